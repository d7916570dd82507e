import { parseDuration } from "../shared/duration";
import { perObject } from "../shared/perObject";
import { Expr, Selector, mapChildren, selectorsOf } from "./expr";
import { parsePromQL } from "./parse";

/** Expressions of the recording rules, by the name of the recorded series. */
export type Records = ReadonlyMap<string, Expr>;

interface RecordingRule {
  record?: string | undefined;
  expr: string;
  labels?: object;
}

/** Returns the range in a recorded rate's name, in seconds. */
export function recordedRange(name: string): number | undefined {
  return parseDuration(/(?:rate|increase|burnrate)_?(\d+[smhdw])$/.exec(name)?.[1] ?? "");
}

export const recordsIn = perObject((rules: RecordingRule[]): Records => {
  const records = new Map<string, Expr>();
  for (const { record, expr, labels = {} } of rules) {
    if (record === undefined) continue;
    const parsed = parsePromQL(expr);
    // A constant has no series that a selector's matchers could narrow.
    if (parsed.error !== undefined || selectorsOf(parsed.expr).length === 0) continue;
    const addedLabels = Object.keys(labels);
    const recorded = addedLabels.length === 0 ? parsed.expr : { ...parsed.expr, addedLabels };
    const earlier = records.get(record);
    const both = { kind: "binary", operator: "or", right: recorded, bool: false } as const;
    records.set(record, earlier === undefined ? recorded : { ...both, left: earlier });
  }
  return records;
});

/** Replaces recorded series with their expressions. */
export function inlineRecords(expr: Expr, records: Records): Expr {
  return records.size === 0 ? expr : inliningOf(records)(expr);
}

/**
 * Expressions that read a recorded series with the same matchers share one inlined expression, because
 * policy results are cached per expression. Within an expression, each part occurs only once.
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
 * Maximum number of levels of recorded series to inline. Mixins use two, and each level multiplies the
 * size of the expression and therefore the run time of every rule policy.
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
