import { canHaveResult } from "./canHaveResult";
import { PRECISION_MS, covers } from "./coverage";
import { type Inlining, NotJudged, inlineRecords, parsedExpr } from "./inlineRecords";
import { type PrometheusApi, QueryError, type Steps } from "./prometheusApi";
import type { Span } from "./result";
import { type RuleSet, metricsIn } from "./rules";

/** Recorded data and the metrics that it contains. */
export interface Data {
  api: PrometheusApi;
  coverages: ReadonlyMap<string, Span | undefined>;
  /** Undefined if there are no samples. */
  judged: Span | undefined;
}

/** How the rules of one state read the data. */
export interface Reading extends Inlining {
  /** Whether a metric has samples, or its recording rules can return results. */
  canHaveSamples: (metric: string) => boolean;
  /**
   * Returns the metrics that an expression ultimately reads, with recorded series replaced by their
   * sources.
   */
  metricsOf: (expr: string) => string[];
}

/** Reads the given recorded series from the data, and evaluates the others from their definitions. */
export function readingOf(
  set: RuleSet,
  { coverages, judged }: Data,
  recorded: ReadonlySet<string>,
): Reading {
  const known = new Map<string, boolean>();
  const canHaveSamples = (metric: string): boolean => {
    if (coverages.get(metric) !== undefined) return true;
    const result = known.get(metric);
    if (result !== undefined) return result;
    // A series that is recorded only from itself has no samples.
    known.set(metric, false);
    const rules = set.records.get(metric) ?? [];
    const can = rules.some(({ expr }) => canHaveResult(parsedExpr(expr), canHaveSamples));
    known.set(metric, can);
    return can;
  };
  const isWhole = (metric: string): boolean =>
    recorded.has(metric) && judged !== undefined && covers(coverages.get(metric), judged);
  const derived = new Map([...set.records].filter(([metric]) => !isWhole(metric)));
  return {
    canHaveSamples,
    metricsOf: (expr) => metricsIn(expr, derived).filter((metric) => !derived.has(metric)),
    rulesOf: (metric) =>
      recorded.has(metric) || !canHaveSamples(metric) ? undefined : set.records.get(metric),
    defaultStepMs: set.intervalMs,
  };
}

/**
 * Returns the unchanged recorded series that expressions read and that the data contains as their rules
 * record them. If a series has no samples at the start or end of the range, it is included only if its
 * rules return no result there. Otherwise, its rules were added later.
 */
export async function recordedSeries(
  exprs: string[],
  unchanged: ReadonlySet<string>,
  sets: RuleSet[],
  data: Data,
): Promise<Set<string>> {
  const { coverages, judged } = data;
  const recorded = new Set<string>();
  const visited = new Set<string>();
  const visit = async (expr: string): Promise<void> => {
    for (const metric of metricsIn(expr)) {
      if (visited.has(metric)) continue;
      visited.add(metric);
      const isUnchanged = unchanged.has(metric);
      if (isUnchanged && judged !== undefined && covers(coverages.get(metric), judged)) {
        recorded.add(metric);
        continue;
      }
      for (const set of sets) {
        for (const rule of set.records.get(metric) ?? []) await visit(rule.expr);
      }
      if (isUnchanged && (await isRecorded(metric, sets[0]!, data, recorded))) recorded.add(metric);
    }
  };
  for (const expr of exprs) await visit(expr);
  return recorded;
}

async function isRecorded(
  metric: string,
  set: RuleSet,
  data: Data,
  recorded: ReadonlySet<string>,
): Promise<boolean> {
  const { api, coverages, judged } = data;
  const coverage = coverages.get(metric);
  if (judged === undefined) return true;
  const uncovered =
    coverage === undefined
      ? [judged]
      : [
          { from: judged.from, to: coverage.from - PRECISION_MS },
          { from: coverage.to + PRECISION_MS, to: judged.to },
        ];
  const reading = readingOf(set, data, recorded);
  const [stepMs = 0] = (set.records.get(metric) ?? []).map(({ intervalMs }) => intervalMs);
  try {
    const query = `group(${inlineRecords(metric, stepMs, reading)})`;
    for (const span of uncovered) {
      for await (const series of api.queryRange(query, evaluations(span, stepMs))) {
        if (series.length > 0) return false;
      }
    }
    return true;
  } catch (error) {
    if (error instanceof NotJudged || error instanceof QueryError) return false;
    throw error;
  }
}

/** Returns a rule's evaluation times in a time range, which are multiples of its interval. */
export function evaluations({ from, to }: Span, stepMs: number): Steps {
  const [first, last] = [Math.ceil(from / stepMs), Math.floor(to / stepMs)];
  return { from: first * stepMs, to: last * stepMs, stepMs };
}
