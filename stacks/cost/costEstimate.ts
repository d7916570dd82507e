import { LogCollector } from "../../components/logs/enums";
import { usesBucket } from "../../components/loki/enums";
import { deletedVersionDays } from "../../components/loki/settings";
import { replicationFactors } from "../../components/loki/sizes";
import { lokiVolumeCount } from "../../components/loki/volumes";
import { PrometheusSettings } from "../../components/prometheus/settings";
import { defined } from "../../components/shared/defined";
import { limits } from "../../policies/limits/limits";
import type { Settings } from "../config/parseConfiguration";

/**
 * Estimated storage and cost under the retention settings, based on the assumptions in
 * `monitoring:cost`.
 */
export interface CostEstimate {
  prometheus?: PrometheusEstimate;
  loki?: LokiEstimate;
  datadog?: { hosts?: number; logGbPerDay?: number };
  /** Monthly cost of everything with a price. */
  monthly?: { currency: string; items: { name: string; amount: number }[]; total: number };
}

export interface PrometheusEstimate {
  /** Configured volume size of each replica. */
  givenGib: number;
  /** Volume size that a replica needs for the whole retention period. */
  neededGib?: number;
  /** Samples per second that the configured volume can hold for the whole retention period. */
  fitSamplesPerSecond: number;
  /** Days of samples that fit on the configured volume, at most the retention period. */
  keptDays?: number;
}

export interface LokiEstimate {
  /** Number of days after which a line is deleted from the disk or bucket. */
  storedDays: number;
  /** Bytes stored for each byte ingested per day, at the end of the retention period. */
  storedPerDailyByte: number;
  storedGb?: number;
  /** Replicas that write each line. Identical chunks from several replicas are stored only once. */
  writers: number;
  /** Configured volume size for the logs, if Loki does not store them in a bucket. */
  givenGib?: number;
}

const secondsPerDay = 86_400;
const daysPerMonth = 30;
const gib = 1024 ** 3;
const gb = 1e9;

export function costEstimate(settings: Settings): CostEstimate {
  const estimate = defined({
    prometheus: prometheusEstimate(settings),
    loki: lokiEstimate(settings),
    datadog: datadogEstimate(settings),
  });
  return { ...estimate, ...defined({ monthly: bill(settings, estimate) }) };
}

function prometheusEstimate({ prometheus, cost }: Settings): PrometheusEstimate | undefined {
  if (prometheus === undefined) return undefined;
  const { retentionDays, storageGb } = prometheus;
  // Prometheus deletes its oldest blocks when its data exceeds this fraction of the volume. The rest is
  // for the write-ahead log and compaction.
  const usableBytes = storageGb * gib * limits.retentionSizeRatio;
  const bytesPerDay = (samples: number) => samples * cost.bytesPerSample * secondsPerDay;
  const estimate = {
    givenGib: storageGb,
    fitSamplesPerSecond: Math.floor(usableBytes / (bytesPerDay(1) * retentionDays)),
  };
  if (cost.samplesPerSecond === undefined) return estimate;
  const perDay = bytesPerDay(cost.samplesPerSecond);
  return {
    ...estimate,
    neededGib: (perDay * retentionDays) / limits.retentionSizeRatio / gib,
    keptDays: Math.min(retentionDays, usableBytes / perDay),
  };
}

function lokiEstimate({ loki, cost }: Settings): LokiEstimate | undefined {
  if (loki === undefined) return undefined;
  const inBucket = usesBucket(loki);
  const storedDays = loki.retentionDays + (inBucket && loki.createBucket ? deletedVersionDays : 0);
  const storedPerDailyByte = storedDays / cost.logCompression;
  return defined({
    storedDays,
    storedPerDailyByte,
    writers: replicationFactors[loki.mode],
    givenGib: inBucket ? undefined : loki.volumeGb,
    storedGb: cost.logGbPerDay === undefined ? undefined : cost.logGbPerDay * storedPerDailyByte,
  });
}

function datadogEstimate(settings: Settings): CostEstimate["datadog"] {
  const { datadog, cost } = settings;
  if (datadog === undefined) return undefined;
  const { nodes, logGbPerDay } = cost;
  return defined({
    hosts: nodes,
    // Assumes that all logs come from services, because the share of each namespace is unknown.
    logGbPerDay: storesOfServiceLogs(settings).datadog ? logGbPerDay : undefined,
  });
}

function bill(
  settings: Settings,
  { loki, datadog }: Pick<CostEstimate, "loki" | "datadog">,
): CostEstimate["monthly"] {
  const { prices } = settings.cost;
  if (prices === undefined) return undefined;
  const { volumeGbMonth, bucketGbMonth, datadogHostMonth, datadogLogGb, currency } = prices;
  const bucketGb = loki?.givenGib === undefined ? loki?.storedGb : undefined;
  const item = (name: string, quantity: number | undefined, price: number | undefined) =>
    quantity === undefined || price === undefined ? [] : [{ name, amount: quantity * price }];
  const items = [
    ...item("volumes", volumesGib(settings), volumeGbMonth),
    ...item("log bucket", bucketGb, bucketGbMonth),
    ...item("Datadog hosts", datadog?.hosts, datadogHostMonth),
    ...item(
      "Datadog logs",
      datadog?.logGbPerDay && datadog.logGbPerDay * daysPerMonth,
      datadogLogGb,
    ),
  ];
  if (items.length === 0) return undefined;
  return { currency, items, total: items.reduce((sum, { amount }) => sum + amount, 0) };
}

/**
 * Returns the size of all volumes of all replicas. With S3, Loki still has volumes for its write-ahead
 * log and index.
 */
function volumesGib({ prometheus, loki }: Settings): number {
  return (
    (prometheus === undefined ? 0 : prometheusVolumesGib(prometheus)) +
    (loki === undefined ? 0 : loki.volumeGb * lokiVolumeCount(loki))
  );
}

function prometheusVolumesGib(settings: PrometheusSettings): number {
  const { storageGb, replicas, alertmanager, grafana } = settings;
  return (
    storageGb * replicas + alertmanager.storageGb * alertmanager.replicas + (grafana.storageGb ?? 0)
  );
}

/** Returns whether Loki and Datadog store the logs of the services, which make up most of the logs. */
export function storesOfServiceLogs({ loki, datadog, namespaces }: Settings): {
  loki: boolean;
  datadog: boolean;
} {
  const excluded = datadog && [...datadog.excludedNamespaces, ...datadog.excludedLogNamespaces];
  return {
    loki: loki !== undefined && loki.collector !== LogCollector.None,
    datadog: datadog?.logs === true && excluded?.includes(namespaces.application) === false,
  };
}

/** Returns the volume size that the logs need, in GiB. */
export function logVolumeGib({ storedGb }: LokiEstimate): number | undefined {
  return storedGb === undefined ? undefined : (storedGb * gb) / gib;
}
