import { Matcher } from "../shared/matcher";
import { perObject } from "../shared/perObject";
import { constantOf } from "./constants";
import { Binary, Call, Expr, Selector, callsOf, mapChildren, selectorsOf } from "./expr";

/** Functions for native histograms. Only `histogram_fraction` also supports classic buckets. */
export const histogramFunctions = /^histogram_(count|sum|avg|fraction)$/;

/**
 * Rewrites native histogram functions in classic form, so policies treat both kinds of histograms the
 * same: `histogram_count(rate(x[5m]))` becomes `rate(x_count[5m])`, and `histogram_fraction(0, 0.5,
 * rate(x[5m]))` becomes `rate(x_bucket{le="0.5"}[5m]) / rate(x_count[5m])`.
 */
export const inClassicForm = perObject((expr: Expr): Expr => {
  if (callsOf(expr, histogramFunctions).length === 0) return expr;
  const inner = mapChildren(expr, inClassicForm);
  const translated = inner.kind === "call" ? translate(inner) : undefined;
  return translated === undefined ? inner : { ...translated, ...addedLabelsOf(inner) };
});

function addedLabelsOf({ addedLabels }: Expr): Pick<Expr, "addedLabels"> {
  return addedLabels === undefined ? {} : { addedLabels };
}

function translate({ name, args }: Call): Expr | undefined {
  const histogram = args.at(-1);
  if (histogram === undefined || !histogramFunctions.test(name)) return undefined;
  if (name === "histogram_fraction") {
    const [low, high] = args.slice(0, -1).map(constantOf);
    if (low === undefined || high === undefined || losesBoundaries(histogram)) return undefined;
    return fraction(low, high, histogram);
  }
  if (readsClassic(histogram)) return undefined;
  if (name === "histogram_avg") {
    return binary("/", partOf(histogram, "_sum"), partOf(histogram, "_count"));
  }
  return partOf(histogram, name === "histogram_sum" ? "_sum" : "_count");
}

function fraction(low: number, high: number, histogram: Expr): Expr | undefined {
  const ratio = (bound: number) =>
    binary(
      "/",
      partOf(histogram, "_bucket", [{ label: "le", operator: "=", value: String(bound) }]),
      partOf(histogram, "_count"),
    );
  if (low > 0 && high === Infinity) {
    return binary("-", { kind: "number", value: 1 }, ratio(low));
  }
  return low <= 0 && high > 0 && high < Infinity ? ratio(high) : undefined;
}

function binary(operator: string, left: Expr, right: Expr): Binary {
  return { kind: "binary", operator, left, right, bool: false };
}

/** Replaces the histogram in an expression with a series of the classic histogram. */
function partOf(expr: Expr, suffix: string, matchers: Matcher[] = []): Expr {
  if (expr.kind !== "selector") return mapChildren(expr, (part) => partOf(part, suffix, matchers));
  const { metric } = expr;
  if (metric === undefined || metric.includes(":")) return { ...expr };
  const histogram = metric.replace(/_bucket$/, "");
  return {
    ...expr,
    metric: histogram + suffix,
    matchers: [...expr.matchers, ...matchers],
    ...(histogram === metric && { histogram }),
  };
}

const isClassic = ({ metric = "" }: Selector) => /_(bucket|count|sum|total)$/.test(metric);

/** Whether an expression reads series of classic histograms, which most of these functions ignore. */
export function readsClassic(expr: Expr): boolean {
  return selectorsOf(expr).some(isClassic);
}

/** Whether an aggregation removes `le` from classic buckets. Native histograms have no `le`. */
export function losesBoundaries(histogram: Expr): boolean {
  const hasBuckets = (part: Expr) =>
    selectorsOf(part).some(({ metric = "" }) => /_bucket(:|$)/.test(metric));
  return callsOf(histogram, /^(?!top|bottom|limit)/).some(
    (call) =>
      call.grouping &&
      hasBuckets(call) &&
      call.grouping.labels.includes("le") !== (call.grouping.kind === "by"),
  );
}
