import { helmChart } from "../../policies/facts/helm";
import { lokiCharts, lokiField } from "../../policies/facts/loki";
import { type Plain, at, entriesAt, listAt, textAt } from "../../policies/facts/plain";
import { prometheusServer, retentionPath } from "../../policies/facts/prometheus";
import { parseDuration } from "../../policies/shared/duration";
import { count } from "../output/count";
import { policyResource } from "../engine/policyResource";
import { keysOf } from "./differences";
import type { PreviewState, ResourceEntry } from "./state";

/** Data that a shorter retention deletes. */
export type Deletion = {
  data: string;
  effect: string;
};

/** Returns the data that an update deletes because of a shorter retention. */
export function deletions(before: PreviewState, after: PreviewState): Deletion[] {
  const old = new Map(before.resources.map((resource) => [resource.urn, resource]));
  return after.resources.flatMap((resource) => {
    const previous = old.get(resource.urn);
    if (previous === undefined) return [];
    return [...samplesDeleted(previous, resource), ...logsDeleted(previous, resource)];
  });
}

function samplesDeleted(before: ResourceEntry, after: ResourceEntry): Deletion[] {
  const retention = (resource: ResourceEntry): number => {
    const server = prometheusServer(policyResource(resource));
    if (server === undefined) return NaN;
    return seconds(at(resource.inputs, ...retentionPath(server)) ?? server.defaultRetention);
  };
  const restart = "are deleted when Prometheus restarts";
  return shorter("samples of Prometheus", "samples", restart, retention(before), retention(after));
}

function logsDeleted(before: ResourceEntry, after: ResourceEntry): Deletion[] {
  const [old, current] = [lokiRetention(before), lokiRetention(after)];
  if (old === undefined || current === undefined) return [];
  const tenants = [undefined, ...keysOf(old.tenants, current.tenants)];
  return tenants.flatMap((tenant) => {
    const [was, is] = [old, current].map(
      (loki) => (tenant === undefined ? undefined : loki.tenants.get(tenant)) ?? loki.all,
    ) as [Periods, Periods];
    const logs = tenant === undefined ? "logs of Loki" : `logs of the tenant ${tenant}`;
    const compaction = "are deleted at the next compaction";
    const selectors = keysOf(was.streams, is.streams);
    return [
      ...shorter(logs, "logs", compaction, was.period, is.period),
      ...selectors.flatMap((selector) => {
        const periods = [was, is].map(({ streams, period }) => streams.get(selector) ?? period);
        const [from = NaN, to = NaN] = periods;
        return shorter(`${logs} with ${selector}`, "logs", compaction, from, to);
      }),
    ];
  });
}

/** Number of seconds that Loki retains a tenant's logs, and the logs of specific streams. */
interface Periods {
  period: number;
  streams: Map<string, number>;
}

function lokiRetention(resource: ResourceEntry) {
  const chart = helmChart(policyResource(resource));
  if (chart === undefined || !lokiCharts.has(chart.chart)) return undefined;
  const isEnabled = lokiField(chart, "compactor", "retention_enabled").value === true;
  // Loki retains logs forever if the compactor's retention is disabled or the period is 0.
  const retained = (period: Plain): number =>
    isEnabled && seconds(period) !== 0 ? seconds(period) : Infinity;
  const periodsOf = (limits: (key: string) => Plain): Periods => ({
    period: retained(limits("retention_period") ?? "0"),
    streams: new Map(
      listAt(limits("retention_stream")).map((stream) => [
        textAt(stream, "selector") ?? "",
        retained(at(stream, "period")),
      ]),
    ),
  });
  const limit = (key: string) => lokiField(chart, "limits_config", key).value;
  const overrides = entriesAt(chart.values, "loki", "runtimeConfig", "overrides");
  return {
    all: periodsOf(limit),
    tenants: new Map(
      overrides.map(([tenant, limits]) => [
        tenant,
        periodsOf((key) => at(limits, key) ?? limit(key)),
      ]),
    ),
  };
}

/**
 * Converts a period to seconds. Returns NaN if it is unknown, because NaN is neither shorter nor longer
 * than any period.
 */
function seconds(period: Plain): number {
  return parseDuration(period) ?? NaN;
}

function shorter(
  data: string,
  items: string,
  deleted: string,
  before: number,
  after: number,
): Deletion[] {
  if (!(after < before)) return [];
  const effect = `${items} older than ${age(after)} ${deleted} (before: ${age(before)})`;
  return [{ data, effect }];
}

function age(seconds: number): string {
  if (seconds === Infinity) return "retained forever";
  return seconds % 86_400 === 0 ? count(seconds / 86_400, "day") : count(seconds / 3600, "hour");
}
