import { defined } from "../shared/defined";
import { nodeAgentPlacement } from "../shared/placement";
import { Values } from "../../policies/shared/mergeValues";
import { resources, sizeTable } from "../shared/resources";
import { unprivileged } from "../shared/unprivileged";
import { CollectorSettings, nodeFolder } from "./settings";

/** Name and key of Alloy's ConfigMap. The chart would evaluate its own ConfigMap as a template. */
export const alloyConfigMap = { name: "alloy-config", key: "config.alloy" };

const sizes = sizeTable(["50m", "256Mi"], ["100m", "384Mi"], ["200m", "768Mi"]);

const storageVolume = "storage";

/** Values for the Alloy chart. Alloy runs on every node and collects the logs of all pods. */
export function alloyValues(settings: CollectorSettings): Values {
  const { imageRegistry } = settings;
  const storagePath = nodeFolder("/var/lib/alloy", settings);
  return {
    global: defined({
      podSecurityContext: { seccompProfile: { type: "RuntimeDefault" } },
      image: imageRegistry === undefined ? undefined : { registry: imageRegistry },
    }),
    crds: { create: false },
    // The chart's role grants access to all Secrets, so the collector has its own role instead.
    rbac: { create: false },
    alloy: {
      configMap: { create: false, ...alloyConfigMap },
      enableReporting: false,
      // Directory for the read position in each file. Without it, a new pod would resend all lines.
      storagePath,
      mounts: {
        varlog: true,
        extra: [{ name: storageVolume, mountPath: storagePath }],
      },
      resources: sizes[settings.size],
      // Only root can read the logs of pods. The collector needs no other privilege.
      securityContext: { runAsUser: 0, runAsGroup: 0, ...unprivileged },
    },
    configReloader: { resources: resources("10m", "64Mi") },
    controller: {
      ...nodeAgentPlacement(settings),
      extraLabels: settings.labels,
      podLabels: settings.labels,
      volumes: {
        extra: [
          { name: storageVolume, hostPath: { path: storagePath, type: "DirectoryOrCreate" } },
        ],
      },
    },
    serviceMonitor: { enabled: settings.serviceMonitors },
  };
}
