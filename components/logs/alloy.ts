import { defined } from "../shared/defined";
import { nodeAgentPlacement } from "../shared/nodeAgentPlacement";
import { Values } from "../../policies/shared/mergeValues";
import { resources, sizeTable } from "../shared/resources";
import { CollectorSettings } from "./settings";

/** ConfigMap with Alloy's configuration, and its key. The chart would render its own as a template. */
export const alloyConfigMap = { name: "alloy-config", key: "config.alloy" };

const sizes = sizeTable(["50m", "256Mi"], ["100m", "384Mi"], ["200m", "768Mi"]);

const storagePath = "/var/lib/alloy";
const storageVolume = "storage";

/** Values of the Alloy chart, which collects the logs of all pods from every node. */
export function alloyValues(settings: CollectorSettings): Values {
  const { imageRegistry } = settings;
  return {
    ...defined({
      global: imageRegistry === undefined ? undefined : { image: { registry: imageRegistry } },
    }),
    crds: { create: false },
    // The role of the chart grants access to all Secrets. The collector has its own role instead.
    rbac: { create: false },
    alloy: {
      configMap: { create: false, ...alloyConfigMap },
      enableReporting: false,
      // Read position of each file. Without it, a new pod would send every log line again.
      storagePath,
      mounts: {
        varlog: true,
        extra: [{ name: storageVolume, mountPath: storagePath }],
      },
      resources: sizes[settings.size],
      // Only root can read the logs of pods; root needs no other privilege.
      securityContext: {
        runAsUser: 0,
        runAsGroup: 0,
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
        seccompProfile: { type: "RuntimeDefault" },
      },
    },
    configReloader: { resources: resources("10m", "64Mi") },
    controller: {
      ...nodeAgentPlacement,
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
