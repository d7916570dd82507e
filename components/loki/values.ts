import { LokiMode, usesBucket } from "./enums";
import { LokiSettings } from "./settings";
import { replayCeiling, replicationFactors } from "./sizes";
import { lokiName } from "./urls";
import { defined } from "../shared/defined";
import { placement } from "../shared/placement";
import { hasPlaceholder } from "../shared/placeholders";
import { Values } from "../../policies/shared/mergeValues";
import { lokiDistributed } from "./distributed";
import { lokiMonolithic } from "./monolithic";

/** Name of the ConfigMap with LogQL rules. Each key is a file. Loki loads the ConfigMap if it exists. */
export const lokiRulesConfigMapName = "loki-rules";

// Loki reads data with the schema that was in effect when the data was written, so never edit a period.
// Add one with a later date instead. This date precedes all data that this library could have written.
const schemaFrom = "2024-04-01";

// With `auth_enabled: false`, all data and rules belong to the tenant "fake".
const rulesDirectory = "/rules";

/** Volume with the rules, for the pods that evaluate them. */
const rulesVolume = {
  extraVolumes: [{ name: "rules", configMap: { name: lokiRulesConfigMapName, optional: true } }],
  extraVolumeMounts: [{ name: "rules", mountPath: `${rulesDirectory}/fake`, readOnly: true }],
};

/** Returns Loki chart values for the given settings. */
export function lokiValues(settings: LokiSettings): Values {
  const { imageRegistry } = settings;
  return {
    ...defined({ global: imageRegistry === undefined ? undefined : { imageRegistry } }),
    commonLabels: settings.labels,
    loki: configuration(settings),
    ...(settings.mode === LokiMode.Distributed
      ? lokiDistributed(settings, rulesVolume)
      : lokiMonolithic(settings, rulesVolume)),
    // Outside the simple scalable mode, the chart rejects its default replicas for these components.
    write: { replicas: 0 },
    read: { replicas: 0 },
    backend: { replicas: 0 },
    serviceAccount: { create: false, name: lokiName },
    // Loki does not use the Kubernetes API. Its AWS credentials come from a separate volume.
    defaults: { automountServiceAccountToken: false, ...placement(settings) },
    rbac: { namespaced: true },
    // The sidecar would need access to every Secret in the namespace, so pods mount the rules instead.
    sidecar: { rules: { enabled: false } },
    memberlist: { service: { publishNotReadyAddresses: true } },
    monitoring: {
      serviceMonitor: {
        enabled: settings.serviceMonitors,
        ...defined({ labels: settings.selectorLabels }),
        // Empty, so that Prometheus's scrape interval applies.
        interval: "",
      },
    },
    lokiCanary: { enabled: false },
    test: { enabled: false },
  };
}

/** Returns Loki's configuration file. */
function configuration(settings: LokiSettings): Values {
  const replicationFactor = replicationFactors[settings.mode];
  return {
    auth_enabled: false,
    commonConfig: { replication_factor: replicationFactor },
    schemaConfig: {
      configs: [
        {
          from: schemaFrom,
          store: "tsdb",
          object_store: settings.storage,
          schema: "v13",
          index: { prefix: "loki_index_", period: "24h" },
        },
      ],
    },
    storage: storage(settings),
    // Loki deletes old logs only if all of these are set: the retention period, and, for the
    // compactor, `retention_enabled`, a delete request store and a persistent working directory.
    limits_config: {
      retention_period: `${settings.retentionDays * 24}h`,
      // Otherwise, a single line of more than 256 KB would make Loki reject the whole batch.
      max_line_size_truncate: true,
    },
    ingester: {
      // A pod writes its memory to the store before it stops. After a crash, the next pod replays the
      // write-ahead log, and the default memory ceiling of 4 GB can exceed the memory limit.
      wal: { flush_on_shutdown: true, replay_memory_ceiling: replayCeiling(settings) },
    },
    compactor: {
      retention_enabled: true,
      delete_request_store: settings.storage,
      working_directory: "/var/loki/compactor",
      compaction_interval: "10m",
    },
    rulerConfig: {
      storage: { type: "local", local: { directory: rulesDirectory } },
      external_labels: { cluster: settings.cluster, env: settings.environment },
      // Without sharding, every replica would evaluate every rule.
      enable_sharding: replicationFactor > 1,
      ...defined({
        alertmanager_url: settings.alertmanagerUrl,
        remote_write: remoteWrite(settings.remoteWriteUrls),
      }),
    },
    analytics: { reporting_enabled: false },
  };
}

/**
 * Returns one remote-write target for each Prometheus replica, because replicas do not exchange samples.
 */
function remoteWrite(urls: string[]): Values | undefined {
  if (urls.length === 0) return undefined;
  const clients = urls.map(
    // An unknown list is a single placeholder, so its keys must also be unknown.
    (url, index) => [hasPlaceholder(url) ? url : `prometheus-${index}`, { url }] as const,
  );
  return { enabled: true, clients: Object.fromEntries(clients) };
}

function storage(settings: LokiSettings): Values {
  if (!usesBucket(settings)) return { type: "filesystem" };
  return {
    type: "s3",
    bucketNames: { chunks: settings.bucket },
    s3: { region: settings.region },
  };
}
