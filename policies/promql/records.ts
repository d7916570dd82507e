import { parseDuration } from "../shared/duration";
import { Matcher } from "../shared/matcher";
import { perObject } from "../shared/perObject";
import { Expr, mapChildren, selectorsOf } from "./expr";
import { parsePromQL } from "./parse";

/** The expressions of the recording rules, by the name of the series that they record. */
export type Records = ReadonlyMap<string, Expr>;

interface RecordingRule {
  record?: string | undefined;
  expr: string;
  labels?: object;
}

/** The range that the name of a recorded rate states, in seconds. */
export function recordedRange(name: string): number | undefined {
  return parseDuration(/(?:rate|increase|burnrate)_?(\d+[smhdw])$/.exec(name)?.[1] ?? "");
}

export const recordsIn = perObject((rules: RecordingRule[]): Records => {
  const records = new Map<string, Expr>();
  for (const { record, expr, labels = {} } of rules) {
    if (record === undefined) continue;
    const parsed = parsePromQL(expr);
    // A constant has no series that the matchers of a selector could narrow.
    if (parsed.error !== undefined || selectorsOf(parsed.expr).length === 0) continue;
    const addedLabels = Object.keys(labels);
    const recorded = addedLabels.length === 0 ? parsed.expr : { ...parsed.expr, addedLabels };
    const earlier = records.get(record);
    const both = { kind: "binary", operator: "or", right: recorded, bool: false } as const;
    records.set(record, earlier === undefined ? recorded : { ...both, left: earlier });
  }
  return records;
});

/** Replaces recorded series with the expressions that record them. */
export function inlineRecords(expr: Expr, records: Records): Expr {
  return records.size === 0 ? expr : inliningOf(records)(expr);
}

const inliningOf = perObject((records: Records) =>
  perObject((expr: Expr) => inlined(expr, records)),
);

function inlined(expr: Expr, records: Records, depth = 5): Expr {
  if (expr.kind === "selector") {
    const recorded = expr.metric === undefined ? undefined : records.get(expr.metric);
    if (recorded === undefined || depth === 0) return expr;
    return inlined(narrowed(recorded, expr.matchers), records, depth - 1);
  }
  return mapChildren(expr, (part) => inlined(part, records, depth));
}

/** Adds the matchers that select a recorded series to every selector in its expression. */
function narrowed(expr: Expr, matchers: Matcher[]): Expr {
  if (expr.kind === "selector") return { ...expr, matchers: [...expr.matchers, ...matchers] };
  return mapChildren(expr, (part) => narrowed(part, matchers));
}
