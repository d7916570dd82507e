import { ViolationFinding } from "../engine/policy";
import { PlainMap, textsAt } from "../facts/plain";
import { numeral } from "../engine/violation";
import { flipped, isComparison } from "../promql/comparison";
import { constantOf, measuredArgument, preservesUnit } from "../promql/constants";
import { Expr, nodesOf, selectorsOf } from "../promql/expr";

const used = /(^|_)(usage|used|utili[sz]ation|working_set|rss)(_|$)/;
const unused =
  /^node_cpu_seconds_total$|^(?!.*replicas).*(_|Mem)(avail|available|Available|free|Free)(_|$)/;
const available = /^up$|^probe_success$|avail|success/i;

/** Reports percentages of a resource or an availability that are compared with a ratio, such as 0.9. */
export function checkPercentages(expr: Expr): ViolationFinding[] {
  return nodesOf(expr)
    .filter(isComparison)
    .flatMap(({ left, right, operator }): ViolationFinding[] => {
      const isFlipped = constantOf(left) !== undefined;
      const [side, constant] = isFlipped ? [right, left] : [left, right];
      const direction = isFlipped ? flipped[operator] : operator;
      const threshold = constantOf(constant) ?? 0;
      if (!(threshold >= 0.05 && threshold < 1) || !isPercentage(side)) return [];
      // `100 - …` is the unused part, and a failure percentage may well be below 1.
      const isRest = nodesOf(side).some((node) => node.kind === "binary" && node.operator === "-");
      const isAny = (name: RegExp) =>
        selectorsOf(side).some(({ metric = "" }) => name.test(metric));
      const isMistake = direction.startsWith(">")
        ? isAny(isRest ? unused : used)
        : direction.startsWith("<") && !isRest && (isAny(unused) || isAny(available));
      if (!isMistake) return [];
      return [
        {
          problem: "a percentage is compared with a ratio",
          found: `${direction} ${numeral(threshold)}`,
          bound: "a percentage from 1 to 100, or a ratio without the factor 100",
          fix: `${direction} ${numeral(threshold * 100)}`,
        },
      ];
    });
}

/** Reports annotations that multiply a percentage by 100, such as `523%` for 5.23%. */
export function checkPercentTexts(expr: Expr, annotations: PlainMap): ViolationFinding[] {
  // The alert's value is the value of the left side.
  let value = expr;
  while (value.kind === "binary" && (isComparison(value) || value.operator === "and")) {
    value = constantOf(value.left) === undefined ? value.left : value.right;
  }
  const pattern = /\$value\s*\|\s*humanizePercentage|humanizePercentage\s+\$value/;
  const [name] = textsAt(annotations).find(([, text]) => pattern.test(text)) ?? [];
  if (name === undefined || !isPercentage(value)) return [];
  return [
    {
      problem: `humanizePercentage in ${name} multiplies a percentage by 100`,
      bound: "a ratio for humanizePercentage",
      fix: 'write {{ $value | printf "%.1f" }}%, or remove the factor 100 from the expression',
    },
  ];
}

/** Whether an expression multiplies a value by 100. */
function isPercentage(expr: Expr): boolean {
  if (preservesUnit(expr)) {
    const argument = measuredArgument(expr);
    return argument !== undefined && isPercentage(argument);
  }
  if (expr.kind !== "binary") return false;
  const { operator, left, right } = expr;
  if (operator === "*")
    return [left, right].some((side) => constantOf(side) === 100) || isPercentage(left);
  if (operator === "-") return constantOf(left) === 100 && isPercentage(right);
  return (operator === "/" || operator === "and") && isPercentage(left);
}
