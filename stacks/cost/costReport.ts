import type { Settings } from "../config/parseConfiguration";
import { defined } from "../../components/shared/defined";
import { CostEstimate, logVolumeGib, storesOfServiceLogs } from "./costEstimate";

/** Retention and cost for the reviewer of a preview. */
export interface CostReport {
  /** The estimate, with one line for each part. */
  lines: Record<string, string>;
  /** Volumes that are too small, and logs that are stored twice. */
  warnings: string[];
}

/** Formats the estimate as text, with the assumptions behind each number. */
export function costReport(settings: Settings, estimate: CostEstimate): CostReport {
  return {
    lines: defined({
      "Prometheus volume": prometheusLine(settings, estimate),
      "Loki storage": lokiLine(settings, estimate),
      Datadog: datadogLine(settings, estimate),
      "Cost per month": monthLine(estimate),
    }),
    warnings: [
      prometheusWarning(settings, estimate),
      lokiWarning(settings, estimate),
      doubleLogsWarning(settings),
    ].filter((warning) => warning !== undefined),
  };
}

function prometheusLine(
  { prometheus, cost }: Settings,
  estimate: CostEstimate,
): string | undefined {
  if (prometheus === undefined || estimate.prometheus === undefined) return undefined;
  const { givenGib, neededGib, fitSamplesPerSecond, keptDays = 0 } = estimate.prometheus;
  const { retentionDays } = prometheus;
  const bytes = `${number(cost.bytesPerSample)} B per sample`;
  if (neededGib === undefined) {
    return `${givenGib} GiB keep ${days(retentionDays)} of up to ${number(fitSamplesPerSecond)} samples/s (${bytes}; set monitoring:cost.samplesPerSecond to compare)`;
  }
  const need = `${days(retentionDays)} of ${number(cost.samplesPerSecond)} samples/s need ${gibOf(neededGib)} (${bytes}), each replica has ${givenGib} GiB`;
  return neededGib > givenGib ? `too small: ${need} and keeps ${days(keptDays)}` : need;
}

function lokiLine({ loki, cost }: Settings, { loki: estimate }: CostEstimate): string | undefined {
  if (loki === undefined || estimate === undefined) return undefined;
  const { storedGb, storedDays, storedPerDailyByte, writers, givenGib } = estimate;
  const storageTime =
    storedDays === loki.retentionDays
      ? days(storedDays)
      : `${days(storedDays)} (${loki.retentionDays}, then ${storedDays - loki.retentionDays} as deleted versions)`;
  const assumed = `compressed ${number(cost.logCompression)} times`;
  const copies = writers === 1 ? "" : `, up to ${writers} times that with ${writers} writers`;
  if (storedGb === undefined) {
    return `each GB per day becomes ${number(storedPerDailyByte)} GB over ${storageTime}, ${assumed}${copies} (set monitoring:cost.logGbPerDay for a total)`;
  }
  const need = `${number(cost.logGbPerDay)} GB per day become ${number(storedGb)} GB over ${storageTime}, ${assumed}${copies}`;
  if (givenGib === undefined) return need;
  const small = isTooSmall(estimate) ? "too small: " : "";
  return `${small}${need}; the volume has ${givenGib} GiB`;
}

function datadogLine({ cost }: Settings, { datadog }: CostEstimate): string | undefined {
  if (datadog === undefined) return undefined;
  const { hosts, logGbPerDay } = datadog;
  const parts = [
    hosts === undefined
      ? "a host for each node (set monitoring:cost.nodes for a total)"
      : `${number(hosts)} ${hosts === 1 ? "host" : "hosts"}`,
    logGbPerDay === undefined ? undefined : `${number(logGbPerDay)} GB of logs per day`,
    cost.logGbPerDay !== undefined && logGbPerDay === undefined ? "no service logs" : undefined,
  ];
  return parts.filter((part) => part !== undefined).join(", ");
}

function monthLine({ monthly }: CostEstimate): string | undefined {
  if (monthly === undefined) return undefined;
  const { currency, items, total } = monthly;
  const amount = (value: number) => value.toFixed(2);
  const sum = items.map((item) => `${item.name} ${amount(item.amount)}`).join(" + ");
  return `${sum} = ${amount(total)} ${currency}`;
}

function prometheusWarning({ prometheus, cost }: Settings, estimate: CostEstimate) {
  if (prometheus === undefined || estimate.prometheus === undefined) return undefined;
  const { givenGib, neededGib, keptDays = 0 } = estimate.prometheus;
  if (neededGib === undefined || neededGib <= givenGib) return undefined;
  return (
    `Prometheus's volume is too small: ${days(prometheus.retentionDays)} of ${number(cost.samplesPerSecond)} samples/s need ${gibOf(neededGib)}, ` +
    `and with ${givenGib} GiB Prometheus deletes the oldest samples after ${days(keptDays)}. ` +
    `Set monitoring:prometheus.storageGb to ${Math.ceil(neededGib)}, or reduce monitoring:prometheus.retentionDays.`
  );
}

function lokiWarning({ loki, cost }: Settings, { loki: estimate }: CostEstimate) {
  if (loki === undefined || estimate === undefined || !isTooSmall(estimate)) return undefined;
  const needed = Math.ceil(logVolumeGib(estimate) ?? 0);
  return (
    `Loki's volume is too small: ${days(loki.retentionDays)} of ${number(cost.logGbPerDay)} GB per day need ${needed} GiB, and it has ${loki.volumeGb} GiB; when it is full, Loki accepts no more logs. ` +
    `Set monitoring:loki.volumeGb to ${needed}, or reduce monitoring:loki.retentionDays.`
  );
}

function doubleLogsWarning(settings: Settings): string | undefined {
  const stores = storesOfServiceLogs(settings);
  if (!stores.loki || !stores.datadog) return undefined;
  const { application } = settings.namespaces;
  return (
    `Loki and Datadog both store every log line of ${application}, and you pay for both. ` +
    `To store them only in Loki, set monitoring:datadog.logs to false (traces and metrics stay in Datadog), ` +
    `or exclude namespaces: monitoring:datadog.excludedLogNamespaces [${application}]. ` +
    `To store them only in Datadog, set monitoring:loki.collector to none.`
  );
}

function isTooSmall(estimate: NonNullable<CostEstimate["loki"]>): boolean {
  const needed = logVolumeGib(estimate);
  return estimate.givenGib !== undefined && needed !== undefined && needed > estimate.givenGib;
}

function gibOf(value: number): string {
  return `${number(Math.ceil(value * 10) / 10)} GiB`;
}

function days(value: number): string {
  return `${number(Math.floor(value * 10) / 10)} ${value === 1 ? "day" : "days"}`;
}

function number(value: number | undefined): string {
  return (value ?? 0).toLocaleString("en-US", { maximumFractionDigits: 1 });
}
