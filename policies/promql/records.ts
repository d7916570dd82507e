import { parseDuration } from "../shared/duration";
import { perObject } from "../shared/perObject";
import { Expr, Selector, mapChildren, selectorsOf } from "./expr";
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

/**
 * Expressions that read a recorded series with the same matchers share one inlined expression, because
 * the results of policies are cached per expression. Within one expression, no part occurs twice.
 */
const inliningOf = perObject((records: Records) => {
  const shared = new Map<string, Expr[]>();
  return perObject((expr: Expr) => {
    const uses = new Map<string, number>();
    return replaceSelectors(expr, (selector) => {
      if (selector.metric === undefined || !records.has(selector.metric)) return selector;
      const key = JSON.stringify([selector.metric, selector.matchers]);
      const use = uses.get(key) ?? 0;
      uses.set(key, use + 1);
      const copies = shared.get(key) ?? [];
      shared.set(key, copies);
      return (copies[use] ??= recorded(selector, records, MAX_DEPTH));
    });
  });
});

/**
 * Maximum number of levels of recorded series that are inlined. Mixins chain two, and each level
 * multiplies the size of the expression and thereby the time of every rule policy.
 */
const MAX_DEPTH = 3;

function recorded(selector: Selector, records: Records, depth: number): Expr {
  const expr = selector.metric === undefined ? undefined : records.get(selector.metric);
  if (expr === undefined || depth === 0) return selector;
  return replaceSelectors(expr, ({ matchers, ...inner }) =>
    recorded({ ...inner, matchers: [...matchers, ...selector.matchers] }, records, depth - 1),
  );
}

function replaceSelectors(expr: Expr, replace: (selector: Selector) => Expr): Expr {
  if (expr.kind === "selector") return replace(expr);
  return mapChildren(expr, (part) => replaceSelectors(part, replace));
}
