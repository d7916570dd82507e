import { LokiSettings } from "./settings";
import { monolithicSizes, replicationFactors } from "./sizes";
import { lokiName } from "./urls";
import { lokiVolume, lokiVolumeGrowth, volumeRetention } from "./volumes";
import { spreadOverZones } from "../shared/placement";
import { Values } from "../../policies/shared/mergeValues";

const podLabels = {
  "app.kubernetes.io/name": "loki",
  "app.kubernetes.io/instance": lokiName,
  "app.kubernetes.io/component": "single-binary",
};

/** Returns chart values that deploy Loki as a single binary, with one replica or three. */
export function lokiMonolithic(settings: LokiSettings, rulesVolume: Values): Values {
  const replicas = replicationFactors[settings.mode];
  return {
    deploymentMode: "Monolithic",
    singleBinary: {
      replicas,
      ...(replicas > 1 && onDifferentNodes()),
      resources: monolithicSizes[settings.size],
      persistence: {
        enabled: true,
        ...lokiVolume(settings),
        ...volumeRetention(settings),
      },
      // Gives Loki time to flush its memory to the store.
      terminationGracePeriodSeconds: 300,
      ...rulesVolume,
    },
    gateway: { enabled: false },
    extraObjects: lokiVolumeGrowth(settings),
    // By default, these two caches request 9.8 GiB and 1.2 GiB of memory.
    chunksCache: { enabled: false },
    resultsCache: { enabled: false },
    memcached: { enabled: false },
  };
}

/**
 * Returns values that place three replicas on different nodes. Loki needs two of them, so Kubernetes may
 * evict one at a time.
 */
function onDifferentNodes(): Values {
  return {
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { labelSelector: { matchLabels: podLabels }, topologyKey: "kubernetes.io/hostname" },
        ],
      },
    },
    topologySpreadConstraints: spreadOverZones(podLabels),
    podDisruptionBudget: { enabled: true, maxUnavailable: 1 },
  };
}
