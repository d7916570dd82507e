import { LokiSettings } from "./settings";
import { Part, distributedSizes } from "./sizes";
import { lokiName } from "./urls";
import { Values } from "../shared/mergeValues";
import { resources } from "../shared/resources";

/** Loki as its parts, each in as many replicas as the size says. */
export function lokiDistributed(settings: LokiSettings, rules: Values): Values {
  const size = distributedSizes[settings.size];
  const volume = {
    size: `${settings.volumeGb}Gi`,
    ...(settings.storageClassName === "" ? {} : { storageClass: settings.storageClassName }),
  };
  const kept = {
    enabled: true,
    enableStatefulSetAutoDeletePVC: !settings.protectData,
    whenDeleted: "Delete",
    whenScaled: "Retain",
  };
  return {
    deploymentMode: "Distributed",
    singleBinary: { replicas: 0 },
    distributor: spread(size.distributor),
    ingester: {
      ...spread(size.ingester),
      persistence: {
        ...kept,
        claims: [{ name: "data", accessModes: ["ReadWriteOnce"], ...volume }],
      },
      // The chart's three zones are three StatefulSets that only its rollout operator updates safely.
      zoneAwareReplication: { enabled: false },
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: "topology.kubernetes.io/zone",
          whenUnsatisfiable: "ScheduleAnyway",
          labelSelector: {
            matchLabels: {
              "app.kubernetes.io/name": "loki",
              "app.kubernetes.io/component": "ingester",
            },
          },
        },
      ],
      // Time to write what is in memory to the bucket.
      terminationGracePeriodSeconds: 300,
    },
    querier: spread(size.querier),
    queryFrontend: spread(size.queryFrontend),
    queryScheduler: spread(size.queryScheduler),
    indexGateway: {
      ...spread(size.indexGateway),
      persistence: { ...kept, ...volume },
    },
    // One, always: two would both rewrite the index.
    compactor: {
      replicas: size.compactor.replicas,
      resources: size.compactor.resources,
      persistence: { ...kept, ...volume },
    },
    ruler: {
      ...spread(size.ruler),
      persistence: { enabled: true, ...volume },
      ...rules,
    },
    // Each path to the part that answers it, under the URL that Loki has in the other modes too.
    gateway: {
      enabled: true,
      replicas: 2,
      resources: resources("50m", "64Mi"),
      podDisruptionBudget: { enabled: true, maxUnavailable: 1 },
    },
    extraObjects: [service(settings)],
    chunksCache: cache(size.chunksCacheMb),
    resultsCache: cache(size.resultsCacheMb),
  };
}

function service(settings: LokiSettings): Values {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: lokiName, namespace: settings.namespace, labels: settings.labels },
    spec: {
      selector: {
        "app.kubernetes.io/name": "loki",
        "app.kubernetes.io/instance": lokiName,
        "app.kubernetes.io/component": "gateway",
      },
      ports: [{ name: "http", port: 3100, targetPort: "http", protocol: "TCP" }],
    },
  };
}

/** Several replicas with one down at a time; the chart already keeps them on different nodes. */
function spread({ replicas, resources }: Part): Values {
  return {
    replicas,
    resources,
    ...(replicas > 1 ? { podDisruptionBudget: { enabled: true, maxUnavailable: 1 } } : {}),
  };
}

/** A cache of the given memory, and a fifth more for what the program itself needs. */
function cache(megabytes: number): Values {
  return {
    enabled: true,
    replicas: 1,
    allocatedMemory: megabytes,
    resources: resources("100m", `${Math.ceil(megabytes * 1.2)}Mi`),
  };
}
