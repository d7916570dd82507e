import { ViolationFinding } from "../engine/policy";
import { numeral } from "../engine/violation";
import { isComparison } from "../promql/comparison";
import { constantOf } from "../promql/constants";
import { Binary, Expr, nodesOf, selectorsOf } from "../promql/expr";
import { recordedRange } from "../promql/records";

/*
 * Alerts on the burn rate of an error budget combine two comparisons: one over a long window, which
 * shows that the errors are significant, and one over a short window, which shows that they are ongoing.
 */

/**
 * Checks that the two windows of a burn-rate alert differ only in their range, and that both comparisons
 * must hold.
 */
export function checkBurnRates(expr: Expr): ViolationFinding[] {
  return nodesOf(expr).flatMap((node) => {
    if (node.kind !== "binary" || !/^(and|or)$/.test(node.operator)) return [];
    const [first, second] = [burnOf(node.left), burnOf(node.right)];
    if (first === undefined || second === undefined || first.subject !== second.subject) return [];
    // Outside burn-rate alerts, each window may have its own threshold.
    if (
      ![first, second].every(({ subject, factors }) => factors.length > 1 || /burn/i.test(subject))
    ) {
      return [];
    }
    const finding = checkPair(node, first, second);
    return finding === undefined ? [] : [finding];
  });
}

/** An error ratio over a window, compared with a threshold. */
interface Burn {
  /** The ratio's expression without the window. */
  subject: string;
  windowSeconds: number;
  threshold: number;
  /** Factors of the threshold, as in `14.4 * 0.001`. */
  factors: number[];
}

/** Matches the names of error metrics and recorded error ratios. */
const errors = /error|fail|burn|slo/i;

function burnOf(expr: Expr): Burn | undefined {
  if (!isComparison(expr) || !expr.operator.startsWith(">") || expr.bool) return undefined;
  const threshold = constantOf(expr.right);
  const isOfErrors = selectorsOf(expr.left).some(({ metric = "" }) => errors.test(metric));
  if (threshold === undefined || !isOfErrors) return undefined;
  const windows = new Set<number>();
  const subject = withoutWindows(expr.left, windows);
  const [windowSeconds] = windows;
  if (windowSeconds === undefined || windows.size !== 1) return undefined;
  const factors = nodesOf(expr.right).flatMap((node) =>
    node.kind === "number" ? [node.value] : [],
  );
  return { subject, windowSeconds, threshold, factors };
}

/** Serializes an expression without its ranges, and adds them to `windows`. */
function withoutWindows(expr: Expr, windows: Set<number>): string {
  return JSON.stringify(expr, (key, value: unknown) => {
    if (key === "rangeSeconds" && typeof value === "number") {
      windows.add(value);
      return undefined;
    }
    const range = key === "metric" && typeof value === "string" ? recordedRange(value) : undefined;
    if (range === undefined) return value;
    windows.add(range);
    return String(value).replace(/\d+[smhdw]$/, "");
  });
}

/** Burn rate that consumes 2% of a 30-day budget in one hour. */
const fastFactor = 14.4;
const HOUR = 3600;

function checkPair({ operator }: Binary, first: Burn, second: Burn): ViolationFinding | undefined {
  const bound = "rate1h > 14.4 * budget and rate5m > 14.4 * budget, or rate6h and rate30m with 6";
  if (first.windowSeconds === second.windowSeconds) {
    return operator === "or" || first.threshold !== second.threshold
      ? undefined
      : {
          problem: "both burn-rate windows have the same length, so the alert resolves late",
          found: `${numeral(first.windowSeconds / 60)} min twice`,
          bound,
          fix: "use a window one twelfth as long in the second condition",
        };
  }
  if (operator === "or") {
    if (first.threshold !== second.threshold) return undefined;
    return {
      problem: "either burn-rate window alone is enough, so the alert fires on every spike",
      found: "or between two windows with the same threshold",
      bound,
      fix: "replace or with and",
    };
  }
  if (Math.abs(first.threshold - second.threshold) > 1e-9) {
    return {
      problem: "the two burn-rate windows have different thresholds",
      found: `${numeral(first.threshold)} and ${numeral(second.threshold)}`,
      bound,
      fix: "use the same factor and budget for both windows",
    };
  }
  const long = Math.max(first.windowSeconds, second.windowSeconds);
  return first.factors.includes(fastFactor) && long > 2 * HOUR
    ? {
        problem: "the burn-rate factor is for a one-hour window, so the alert fires late",
        found: `${fastFactor} over ${numeral(long / HOUR)} h`,
        bound,
        fix: "use 6 over 6h and 30m, 3 over 1d and 2h, or 1 over 3d and 6h",
      }
    : undefined;
}
