import { LokiMode, LokiStorage } from "../lokiOptions";
import { LokiSettings } from "../settings/loki";
import { lokiName } from "./lokiUrl";
import { Values } from "./mergeValues";
import { SizeTable, resources } from "./resources";

/** ConfigMap whose keys are files of LogQL alerting rules; Loki picks it up when it exists. */
export const lokiRulesConfigMapName = "loki-rules";

const sizes: SizeTable = {
  small: resources("250m", "1Gi"),
  medium: resources("1", "4Gi"),
  large: resources("2", "8Gi"),
};

// Loki reads old data by the schema of its day: a period is only ever added, with a later date,
// never edited. So this date is a constant, and older than any data this library can have written.
const schemaFrom = "2024-04-01";

// Without tenants, everything belongs to the tenant "fake".
const rulesDirectory = "/rules";
const tenantRulesDirectory = `${rulesDirectory}/fake`;

const podSelector = {
  "app.kubernetes.io/name": "loki",
  "app.kubernetes.io/instance": lokiName,
  "app.kubernetes.io/component": "single-binary",
};

/** Values of the Loki chart for the given settings. */
export function lokiValues(settings: LokiSettings): Values {
  return {
    ...(settings.imageRegistry === undefined
      ? {}
      : { global: { imageRegistry: settings.imageRegistry } }),
    commonLabels: settings.labels,
    deploymentMode: "Monolithic",
    loki: configuration(settings),
    singleBinary: workload(settings),
    // The chart's default mode does not use these, yet counts their three replicas as a conflict.
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
    gateway: { enabled: false },
    // By default the chart asks for 9.8 GiB and 1.2 GiB of memory for these two caches.
    chunksCache: { enabled: false },
    resultsCache: { enabled: false },
    memcached: { enabled: false },
    lokiCanary: { enabled: false },
    test: { enabled: false },
  };
}

/** Loki's own configuration file. */
function configuration(settings: LokiSettings): Values {
  const highAvailability = settings.mode === LokiMode.HighAvailability;
  return {
    auth_enabled: false,
    commonConfig: { replication_factor: highAvailability ? 3 : 1 },
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
    limits_config: { retention_period: `${settings.retentionDays * 24}h` },
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
      enable_sharding: highAvailability,
      ...(settings.alertmanagerUrl === undefined
        ? {}
        : { alertmanager_url: settings.alertmanagerUrl }),
    },
    analytics: { reporting_enabled: false },
  };
}

function storage(settings: LokiSettings): Values {
  if (settings.storage === LokiStorage.Filesystem) return { type: "filesystem" };
  return {
    type: "s3",
    bucketNames: { chunks: settings.bucket },
    s3: { region: settings.region },
  };
}

function workload(settings: LokiSettings): Values {
  return {
    ...(settings.mode === LokiMode.HighAvailability ? threeReplicas() : { replicas: 1 }),
    resources: sizes[settings.size],
    persistence: {
      enabled: true,
      size: `${settings.volumeGb}Gi`,
      ...(settings.storageClassName === "" ? {} : { storageClass: settings.storageClassName }),
      enableStatefulSetAutoDeletePVC: !settings.protectData,
      whenDeleted: "Delete",
      whenScaled: "Retain",
    },
    // Time to write what is in memory to the store.
    terminationGracePeriodSeconds: 300,
    extraVolumes: [{ name: "rules", configMap: { name: lokiRulesConfigMapName, optional: true } }],
    extraVolumeMounts: [{ name: "rules", mountPath: tenantRulesDirectory, readOnly: true }],
  };
}

/** Two of three replicas must be there: never two on one node, one down at a time. */
function threeReplicas(): Values {
  const labelSelector = { matchLabels: podSelector };
  return {
    replicas: 3,
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { labelSelector, topologyKey: "kubernetes.io/hostname" },
        ],
      },
    },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "topology.kubernetes.io/zone",
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector,
      },
    ],
    podDisruptionBudget: { enabled: true, maxUnavailable: 1 },
  };
}
