import { ComparisonOperator, flipped, isComparison } from "./comparison";
import { constantOf, measuredArgument } from "./constants";
import { Binary, Expr, Matching, nodesOf, selectingAggregation, selectorsOf } from "./expr";

/** Mutually exclusive conditions: no series, or no value, satisfies both. */
export interface Contradiction {
  first: string;
  second: string;
}

/** Finds requirements on the two sides of an operator that no single series can satisfy. */
export function contradictionsIn(expr: Expr): Contradiction[] {
  const nodes = nodesOf(expr).filter((node) => node.kind === "binary");
  // The bounds of a nested `and` are also bounds of the outer one.
  const inner = new Set(nodes.filter(isAnd).flatMap(({ left, right }) => [left, right]));
  return [
    ...nodes.filter(({ operator }) => !/^(or|unless)$/.test(operator)).flatMap(contraryLabels),
    ...nodes.filter((node) => isAnd(node) && !inner.has(node)).flatMap(contraryBounds),
  ];
}

function isAnd({ operator }: Binary): boolean {
  return operator === "and";
}

function contraryLabels({ left, right, matching }: Binary): Contradiction[] {
  const other = fixedLabels(right);
  return [...fixedLabels(left)].flatMap(([label, value]) => {
    const otherValue = other.get(label);
    if (otherValue === undefined || otherValue === value || !isMatched(label, matching)) return [];
    return [{ first: `${label}="${value}"`, second: `${label}="${otherValue}"` }];
  });
}

function isMatched(label: string, matching: Matching | undefined): boolean {
  return matching === undefined || (matching.kind === "on") === matching.labels.includes(label);
}

/** Returns the labels that have the same known value in all series of a result. */
function fixedLabels(expr: Expr): Map<string, string> {
  const none = new Map<string, string>();
  if (expr.kind === "selector") {
    const exact = expr.matchers.filter(({ operator, value }) => operator === "=" && value !== "");
    return new Map(exact.map(({ label, value }) => [label, value]));
  }
  if (expr.kind === "subquery" || expr.kind === "negate") return fixedLabels(expr.expr);
  if (expr.kind === "call") {
    const argument = measuredArgument(expr);
    if (argument === undefined || /^(absent|label_|count_values|info$|scalar$)/.test(expr.name)) {
      return none;
    }
    const { name, grouping } = expr;
    const labels = fixedLabels(argument);
    if (name === "histogram_quantile") labels.delete("le");
    if (grouping === undefined || selectingAggregation.test(name)) return labels;
    const isKept = (label: string) => (grouping.kind === "by") === grouping.labels.includes(label);
    return new Map([...labels].filter(([label]) => isKept(label)));
  }
  if (expr.kind !== "binary" || expr.operator === "or") return none;
  const { operator, left, right, matching } = expr;
  if (operator === "and" || operator === "unless") return fixedLabels(left);
  if (constantOf(left) !== undefined) return fixedLabels(right);
  if (constantOf(right) !== undefined) return fixedLabels(left);
  // The labels in `group_left` come from the other side.
  if (matching?.group !== undefined) return none;
  return new Map([...fixedLabels(left)].filter(([label]) => isMatched(label, matching)));
}

/** A comparison of an expression with a number. */
interface Bound {
  subject: Expr;
  operator: ComparisonOperator;
  limit: number;
}

/**
 * Maximum number of conditions on one subject. A larger number is probably generated rather than a human
 * mistake.
 */
const MANY = 20;

/** Finds two bounds of a conjunction that no value can satisfy together. */
function contraryBounds(conjunction: Binary): Contradiction[] {
  const bySubject = new Map<string, Bound[]>();
  for (const bound of boundsIn(conjunction)) {
    const subject = JSON.stringify(bound.subject);
    bySubject.set(subject, [...(bySubject.get(subject) ?? []), bound].slice(0, MANY));
  }
  return [...bySubject.values()].flatMap((bounds) =>
    bounds.flatMap((first, index) =>
      bounds
        .slice(index + 1)
        .filter((second) => !isPossible(first, second))
        .map((second) => ({ first: shown(first), second: shown(second) })),
    ),
  );
}

/** Returns the bounds that each series of a result satisfies. */
function boundsIn(expr: Expr): Bound[] {
  if (expr.kind !== "binary") return [];
  const { operator, left, right, matching } = expr;
  if (operator === "unless") return boundsIn(left);
  if (operator === "and") {
    // With `on (…)`, the right side may select another series of the same metric.
    const isAboutAny = ({ subject }: Bound) => !matching || selectorsOf(subject).length === 0;
    return [...boundsIn(left), ...boundsIn(right).filter(isAboutAny)];
  }
  if (!isComparison(expr) || expr.bool) return [];
  const [onLeft, onRight] = [constantOf(left), constantOf(right)];
  if (onRight !== undefined) {
    return [...boundsIn(left), { subject: left, operator: expr.operator, limit: onRight }];
  }
  if (onLeft === undefined) return boundsIn(left);
  return [...boundsIn(right), { subject: right, operator: flipped[expr.operator], limit: onLeft }];
}

const meets: Record<ComparisonOperator, (value: number, limit: number) => boolean> = {
  ">": (value, limit) => value > limit,
  ">=": (value, limit) => value >= limit,
  "<": (value, limit) => value < limit,
  "<=": (value, limit) => value <= limit,
  "==": (value, limit) => value === limit,
  "!=": (value, limit) => value !== limit,
};

/**
 * Whether a value can satisfy both bounds. Tries both limits, and values below, between and above them.
 */
function isPossible(first: Bound, second: Bound): boolean {
  const [least, most] = [first.limit, second.limit].sort((a, b) => a - b) as [number, number];
  return [least - 1, least, (least + most) / 2, most, most + 1].some((value) =>
    [first, second].every(({ operator, limit }) => meets[operator](value, limit)),
  );
}

function shown({ operator, limit }: Bound): string {
  return `${operator} ${limit}`;
}
