import { count } from "../output/count";
import type { PreviewState } from "../compare/state";
import { keysOf } from "../compare/differences";
import { canHaveResult } from "./canHaveResult";
import { coverageOf, covers, spanOf } from "./coverage";
import { addTimes, episodesOf } from "./episodes";
import { NotJudged, inlineRecords, parsedExpr } from "./inlineRecords";
import { notificationsOf } from "./notifications";
import { type PrometheusApi, QueryError } from "./prometheusApi";
import { type Data, type Reading, evaluations, readingOf, recordedSeries } from "./reading";
import {
  type AlertEpisode,
  type AlertResult,
  type Backtest,
  type Side,
  type Span,
  labelsKey,
} from "./result";
import {
  type AlertingRule,
  type RuleSet,
  changedAlerts,
  metricsIn,
  ruleSetOf,
  unchangedRecords,
} from "./rules";
import { type Source, openSource } from "./source";

export interface BacktestOptions {
  /** URL of a Prometheus server, or a folder with TSDB blocks. */
  source: string;
  days: number;
}

/** Evaluates the alerting rules that differ between two states, using recorded data. */
export async function backtest(
  before: PreviewState,
  after: PreviewState,
  { source, days }: BacktestOptions,
): Promise<Backtest> {
  const opened = await openSource(source, days);
  try {
    const { judged, alerts } = await results(ruleSetOf(before), ruleSetOf(after), opened);
    const numbers = (state: PreviewState, side: "before" | "after") =>
      notificationsOf(
        state,
        alerts.flatMap((each) => each[side]?.episodes ?? []),
      );
    const [was, is] = [numbers(before, "before"), numbers(after, "after")];
    const notifications = keysOf(was, is)
      .sort()
      .map((severity) => ({
        severity,
        before: was.get(severity) ?? 0,
        after: is.get(severity) ?? 0,
      }));
    return { requested: opened.requested, judged, alerts, notifications };
  } finally {
    await opened.close();
  }
}

async function results(
  old: RuleSet,
  current: RuleSet,
  { api, requested, available }: Source,
): Promise<Pick<Backtest, "judged" | "alerts">> {
  const changed = changedAlerts(old, current);
  process.stderr.write(`evaluating ${count(changed.length, "changed alert")}\n`);
  const exprs = {
    before: changed.flatMap(({ before }) => before.map(({ expr }) => expr)),
    after: changed.flatMap(({ after }) => after.map(({ expr }) => expr)),
  };
  const metrics = new Set([
    // Every Prometheus that scrapes targets has this metric.
    "up",
    ...exprs.before.flatMap((expr) => metricsIn(expr, old.records)),
    ...exprs.after.flatMap((expr) => metricsIn(expr, current.records)),
  ]);
  const covered = [...metrics].map(async (metric) => {
    return [metric, await coverageOf(api, metric, available ?? requested)] as const;
  });
  const coverages = new Map(await Promise.all(covered));
  const judged = available ?? spanOf([...coverages.values()]);
  const data = { api, coverages, judged };
  const recorded = await recordedSeries(
    [...exprs.before, ...exprs.after],
    unchangedRecords(old, current),
    [old, current],
    data,
  );
  const readings = {
    before: readingOf(old, data, recorded),
    after: readingOf(current, data, recorded),
  };
  const alerts = changed.map(async ({ alert, before, after }): Promise<AlertResult> => {
    const [was, is] = await Promise.all([
      sideOf(before, readings.before, data),
      sideOf(after, readings.after, data),
    ]);
    return { alert, before: was, after: is };
  });
  return { judged, alerts: await Promise.all(alerts) };
}

async function sideOf(
  rules: AlertingRule[],
  reading: Reading,
  data: Data,
): Promise<Side | undefined> {
  const results = await Promise.all(rules.map((rule) => judge(rule, reading, data)));
  if (results.length === 0) return undefined;
  const distinct = (texts: string[]) => [...new Set(texts)].sort();
  return {
    episodes: results.flatMap(({ episodes }) => episodes).sort((a, b) => a.start - b.start),
    notJudged: distinct(results.flatMap(({ notJudged }) => notJudged)),
    missing: distinct(results.flatMap(({ missing }) => missing)),
    partial: distinct(results.flatMap(({ partial }) => partial)),
    hasNoData: results.every(({ hasNoData }) => hasNoData),
  };
}

async function judge(
  rule: AlertingRule,
  reading: Reading,
  { api, coverages, judged }: Data,
): Promise<Side> {
  const side: Side = { episodes: [], notJudged: [], missing: [], partial: [], hasNoData: false };
  try {
    checkRule(rule);
    const query = inlineRecords(rule.expr, rule.intervalMs, reading);
    const expr = parsedExpr(rule.expr);
    const metrics = reading.metricsOf(rule.expr);
    const missing = metrics.filter((metric) => coverages.get(metric) === undefined);
    if (judged === undefined || !canHaveResult(expr, reading.canHaveSamples)) {
      return { ...side, missing, hasNoData: true };
    }
    const partial = metrics.filter(
      (metric) => !missing.includes(metric) && !covers(coverages.get(metric), judged),
    );
    return { ...side, missing, partial, episodes: await episodes(rule, query, api, judged) };
  } catch (error) {
    if (error instanceof NotJudged) return { ...side, notJudged: [error.message] };
    if (!(error instanceof QueryError)) throw error;
    return { ...side, notJudged: [`Prometheus rejects the query: ${error.message}`] };
  }
}

function checkRule({ hasLimit, labels }: AlertingRule): void {
  if (hasLimit) throw new NotJudged("its group has a limit");
  if (Object.values(labels).some((label) => /\$value|\.Value/.test(label))) {
    throw new NotJudged("its labels depend on the value");
  }
}

async function episodes(
  rule: AlertingRule,
  query: string,
  api: PrometheusApi,
  judged: Span,
): Promise<AlertEpisode[]> {
  const { alert, intervalMs, forMs, keepFiringMs } = rule;
  // An alert may already be firing at the start of the range, because of earlier samples.
  const earliest = judged.from - forMs - keepFiringMs;
  const span = evaluations({ from: earliest, to: judged.to }, intervalMs);
  const active = new Map<string, { labels: Record<string, string>; runs: Span[] }>();
  for await (const series of api.queryRange(query, span)) {
    for (const { labels, times } of series) {
      const key = labelsKey(labels);
      const known = active.get(key) ?? { labels, runs: [] };
      active.set(key, known);
      // Prometheus fails to evaluate such a rule, so the backtest reports it as not judged.
      const isDuplicate = (times[0] ?? 0) <= (known.runs.at(-1)?.to ?? Number.NEGATIVE_INFINITY);
      if (isDuplicate) throw new NotJudged("several of its series have the same labels");
      addTimes(known.runs, times, intervalMs);
    }
  }
  const constant = Object.entries(rule.labels).filter(([, value]) => !value.includes("{{"));
  const { severity = "none", ...added } = Object.fromEntries(constant);
  return [...active.values()].flatMap(({ labels, runs }) =>
    episodesOf(runs, rule, span.to)
      .filter(({ end }) => end === undefined || end > judged.from)
      .map((episode) => ({ alert, severity, labels: { ...labels, ...added }, ...episode })),
  );
}
