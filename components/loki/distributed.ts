import { LokiSettings } from "./settings";
import { Part, distributedSizes } from "./sizes";
import { lokiName } from "./urls";
import { lokiVolume, lokiVolumeGrowth, volumeRetention } from "./volumes";
import { defined } from "../shared/defined";
import { placement, spreadOverZones } from "../shared/placement";
import { Values } from "../../policies/shared/mergeValues";
import { ports } from "../shared/ports";
import { resources } from "../shared/resources";

/** Returns chart values that deploy Loki as separate components, each with its own number of replicas. */
export function lokiDistributed(settings: LokiSettings, rulesVolume: Values): Values {
  const size = distributedSizes[settings.size];
  const volume = lokiVolume(settings);
  const retention = { enabled: true, ...volumeRetention(settings) };
  // For some components, the chart reads the volume size from a list of claims, which has a default.
  const claims = [{ name: "data", accessModes: ["ReadWriteOnce"], ...volume }];
  return {
    deploymentMode: "Distributed",
    singleBinary: { replicas: 0 },
    distributor: spread(size.distributor),
    ingester: {
      ...spread(size.ingester),
      persistence: { ...retention, claims },
      // Otherwise, the chart creates one StatefulSet per zone, which only the chart's rollout operator
      // can update safely.
      zoneAwareReplication: { enabled: false },
      topologySpreadConstraints: spreadOverZones({
        "app.kubernetes.io/name": "loki",
        "app.kubernetes.io/component": "ingester",
      }),
      // Gives an ingester time to flush its memory to the bucket.
      terminationGracePeriodSeconds: 300,
    },
    querier: spread(size.querier),
    queryFrontend: spread(size.queryFrontend),
    queryScheduler: spread(size.queryScheduler),
    indexGateway: {
      ...spread(size.indexGateway),
      persistence: { ...retention, ...volume },
    },
    // Always one replica, because two compactors would both rewrite the index.
    compactor: {
      replicas: size.compactor.replicas,
      resources: size.compactor.resources,
      persistence: { ...retention, claims },
    },
    ruler: {
      ...spread(size.ruler),
      persistence: { enabled: true, ...volume },
      ...rulesVolume,
    },
    // The gateway routes each path to its component, so the URL is the same as in the other modes.
    gateway: {
      enabled: true,
      replicas: 2,
      resources: resources("50m", "64Mi"),
      podDisruptionBudget: { enabled: true, maxUnavailable: 1 },
      ...placement(settings),
    },
    extraObjects: [service(settings), ...lokiVolumeGrowth(settings)],
    chunksCache: { ...cache(size.chunksCacheMb), ...placement(settings) },
    resultsCache: { ...cache(size.resultsCacheMb), ...placement(settings) },
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
      ports: [{ name: "http", port: ports.loki, targetPort: "http", protocol: "TCP" }],
    },
  };
}

/**
 * Lets Kubernetes evict replicas one at a time, if there are several. The chart already spreads them
 * over nodes.
 */
function spread({ replicas, resources }: Part): Values {
  return defined({
    replicas,
    resources,
    podDisruptionBudget: replicas > 1 ? { enabled: true, maxUnavailable: 1 } : undefined,
  });
}

/** Returns a cache of the given size. The pod needs 20% more memory, for memcached itself. */
function cache(megabytes: number): Values {
  return {
    enabled: true,
    replicas: 1,
    allocatedMemory: megabytes,
    resources: resources("100m", `${Math.ceil(megabytes * 1.2)}Mi`),
  };
}
