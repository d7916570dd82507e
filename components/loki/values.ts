import { LokiMode, LokiStorage } from "./settings";
import { LokiSettings } from "./settings";
import { replayCeiling } from "./sizes";
import { lokiName } from "./urls";
import { Values } from "../shared/mergeValues";
import { lokiDistributed } from "./distributed";
import { lokiMonolithic } from "./monolithic";

/** ConfigMap whose keys are files of LogQL alerting rules; Loki picks it up when it exists. */
export const lokiRulesConfigMapName = "loki-rules";

// Loki reads old data by the schema of its day: a period is only ever added, with a later date,
// never edited. So this date is a constant, and older than any data this library can have written.
const schemaFrom = "2024-04-01";

// Without tenants, everything belongs to the tenant "fake".
const rulesDirectory = "/rules";

/** How the pods that evaluate rules get them. */
const rules = {
  extraVolumes: [{ name: "rules", configMap: { name: lokiRulesConfigMapName, optional: true } }],
  extraVolumeMounts: [{ name: "rules", mountPath: `${rulesDirectory}/fake`, readOnly: true }],
};

/** Values of the Loki chart for the given settings. */
export function lokiValues(settings: LokiSettings): Values {
  return {
    ...(settings.imageRegistry === undefined
      ? {}
      : { global: { imageRegistry: settings.imageRegistry } }),
    commonLabels: settings.labels,
    loki: configuration(settings),
    ...(settings.mode === LokiMode.Distributed
      ? lokiDistributed(settings, rules)
      : lokiMonolithic(settings, rules)),
    // A mode that is not in use, yet the chart counts its three replicas as a conflict.
    write: { replicas: 0 },
    read: { replicas: 0 },
    backend: { replicas: 0 },
    serviceAccount: { create: false, name: lokiName },
    // Loki never talks to the Kubernetes API. Its AWS credentials come in a volume of their own.
    defaults: { automountServiceAccountToken: false },
    rbac: { namespaced: true },
    // It would need to read every Secret of the namespace; the rules are mounted instead.
    sidecar: { rules: { enabled: false } },
    memberlist: { service: { publishNotReadyAddresses: true } },
    monitoring: {
      serviceMonitor: {
        enabled: settings.serviceMonitors,
        // As often as Prometheus scrapes everything else.
        interval: "",
      },
    },
    lokiCanary: { enabled: false },
    test: { enabled: false },
  };
}

/** Loki's own configuration file. */
function configuration(settings: LokiSettings): Values {
  const replicated = settings.mode !== LokiMode.SingleBinary;
  return {
    auth_enabled: false,
    commonConfig: { replication_factor: replicated ? 3 : 1 },
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
    // Only all of these together delete anything: a period, the switch, a store for the requests,
    // and a working directory that survives a restart.
    limits_config: {
      retention_period: `${settings.retentionDays * 24}h`,
      // A line of more than 256 KB would be refused, and with it the batch it came in.
      max_line_size_truncate: true,
    },
    ingester: {
      // What was in memory is written before the pod ends. After a crash it is read back from the
      // volume, by default up to 4 GB of it at once: more than the pod may have.
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
      // Otherwise every replica evaluates every rule.
      enable_sharding: replicated,
      ...(settings.alertmanagerUrl === undefined
        ? {}
        : { alertmanager_url: settings.alertmanagerUrl }),
      ...remoteWrite(settings.remoteWriteUrls),
    },
    analytics: { reporting_enabled: false },
  };
}

/** Each replica of Prometheus gets all that is recorded: none asks the other. */
function remoteWrite(urls: string[]): Values {
  if (urls.length === 0) return {};
  const clients = urls.map((url, index) => [`prometheus-${index}`, { url }] as const);
  return { remote_write: { enabled: true, clients: Object.fromEntries(clients) } };
}

function storage(settings: LokiSettings): Values {
  if (settings.storage === LokiStorage.Filesystem) return { type: "filesystem" };
  return {
    type: "s3",
    bucketNames: { chunks: settings.bucket },
    s3: { region: settings.region },
  };
}
