import { ViolationFinding } from "../engine/policy";
import { numeral } from "../engine/violation";
import { Comparison, neverHolds, subjectOf } from "../promql/comparison";
import { Expr, callsOf, selectorsOf } from "../promql/expr";
import { comparisonsOf } from "../promql/findComparisons";
import { countGroups, highestGroup } from "../shared/groups";
import { own } from "../shared/own";

/** Checks for labels and values that no series can have. */
export function checkEmptyResults(expr: Expr): ViolationFinding[] {
  return [
    ...callsOf(expr, /^label_replace$/).flatMap(({ args }) => missingGroup(args)),
    ...comparisonsOf(expr).flatMap(impossibleTime),
    ...selectorsOf(expr).flatMap(({ matchers }) =>
      matchers
        .filter(({ label, operator, value }) => {
          if (operator !== "=" || value === "") return false;
          return label === "quantile"
            ? !(Number(value) >= 0 && Number(value) <= 1)
            : isBadBound(label, value);
        })
        .map(({ label, value }) => ({
          problem: `no series has the ${label} "${value}", so the selector matches nothing`,
          found: `${label}="${value}"`,
          bound: label === "le" ? "the number of a bucket, or +Inf" : "a number from 0 to 1",
          fix:
            label === "le"
              ? 'write the bound in the metric\'s unit, such as le="0.25"'
              : 'write quantile="0.99"',
        })),
    ),
  ];
}

function isBadBound(label: string, value: string): boolean {
  return label === "le" && value !== "+Inf" && Number.isNaN(Number(value));
}

/**
 * Reports a `label_replace` whose replacement refers to a group that its regular expression does not
 * have.
 */
function missingGroup([, target, replacement, , pattern]: Expr[]): ViolationFinding[] {
  if (replacement?.kind !== "string" || pattern?.kind !== "string") return [];
  const highest = highestGroup(replacement.value);
  if (highest <= countGroups(pattern.value)) return [];
  const label = target?.kind === "string" ? target.value : "";
  return [
    {
      problem: `label_replace removes ${label}, because its replacement refers to a group that the regular expression does not have`,
      found: `$${highest}`,
      bound: `a group in parentheses for each $1`,
      fix: 'put parentheses around the part to keep, such as "([^:]+):.*"',
    },
  ];
}

/** Minimum and maximum of each calendar function. */
const calendar: Record<string, [least: number, most: number]> = {
  minute: [0, 59],
  hour: [0, 23],
  day_of_week: [0, 6],
  day_of_month: [1, 31],
  month: [1, 12],
};

function impossibleTime(comparison: Comparison) {
  const subject = subjectOf(comparison);
  const bounds = subject?.kind === "call" ? own(calendar, subject.name) : undefined;
  if (subject?.kind !== "call" || bounds === undefined) return [];
  const [least, most] = bounds;
  if (!neverHolds(comparison, least, most)) return [];
  return [
    {
      problem: `${subject.name}() never returns such a value, so the condition never holds`,
      found: `${comparison.operator} ${numeral(comparison.threshold)}`,
      bound: `${least} to ${most}, in UTC`,
      fix: subject.name === "day_of_week" ? "write 0 for Sunday" : "correct the number",
    },
  ];
}
