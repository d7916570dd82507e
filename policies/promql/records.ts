import { Expr, Matcher, mapParts } from "./expr";
import { parsePromQL } from "./parse";

/** What the recording rules among some rules record, by the name of their series. */
export function recordsIn(rules: { record?: string; expr: string }[]): Map<string, Expr> {
  const records = new Map<string, Expr>();
  for (const { record, expr } of rules) {
    const parsed = record === undefined ? undefined : parsePromQL(expr);
    if (record !== undefined && parsed !== undefined && parsed.error === undefined) {
      records.set(record, parsed.expr);
    }
  }
  return records;
}

/** Replaces the series of recording rules by what they record. */
export function inlineRecords(expr: Expr, records: Map<string, Expr>, depth = 5): Expr {
  if (expr.kind === "selector") {
    const recorded = expr.metric === undefined ? undefined : records.get(expr.metric);
    if (recorded === undefined || depth === 0) return expr;
    return inlineRecords(narrowed(recorded, expr.matchers), records, depth - 1);
  }
  return mapParts(expr, (part) => inlineRecords(part, records, depth));
}

/** Narrows every selector by the matchers that its recorded series is selected with. */
function narrowed(expr: Expr, matchers: Matcher[]): Expr {
  if (expr.kind === "selector") return { ...expr, matchers: [...expr.matchers, ...matchers] };
  return mapParts(expr, (part) => narrowed(part, matchers));
}
