import { LokiMode } from "./settings";
import { LokiSettings } from "./settings";
import { monolithicSizes } from "./sizes";
import { lokiName } from "./urls";
import { Values } from "../shared/mergeValues";

const podSelector = {
  "app.kubernetes.io/name": "loki",
  "app.kubernetes.io/instance": lokiName,
  "app.kubernetes.io/component": "single-binary",
};

/** Loki as one program, in one replica or three. */
export function lokiMonolithic(settings: LokiSettings, rules: Values): Values {
  return {
    deploymentMode: "Monolithic",
    singleBinary: {
      ...(settings.mode === LokiMode.HighAvailability ? threeReplicas() : { replicas: 1 }),
      resources: monolithicSizes[settings.size],
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
      ...rules,
    },
    gateway: { enabled: false },
    // By default the chart asks for 9.8 GiB and 1.2 GiB of memory for these two caches.
    chunksCache: { enabled: false },
    resultsCache: { enabled: false },
    memcached: { enabled: false },
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
