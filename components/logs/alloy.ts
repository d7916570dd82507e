import { everyNode } from "../shared/nodeAgentPlacement";
import { Values } from "../shared/mergeValues";
import { SizeTable, resources } from "../shared/resources";
import { CollectorSettings } from "./settings";

/** ConfigMap with Alloy's configuration, and its key; not the chart's own, which is a template. */
export const alloyConfigMap = { name: "alloy-config", key: "config.alloy" };

const sizes: SizeTable = {
  small: resources("50m", "256Mi"),
  medium: resources("100m", "384Mi"),
  large: resources("200m", "768Mi"),
};

const storagePath = "/var/lib/alloy";
const storageVolume = "storage";

/** Values of the Alloy chart: a collector of pod logs on every node. */
export function alloyValues(settings: CollectorSettings): Values {
  return {
    ...(settings.imageRegistry === undefined
      ? {}
      : { global: { image: { registry: settings.imageRegistry } } }),
    crds: { create: false },
    // The chart grants a fixed list that includes all Secrets; the role is registered beside it.
    rbac: { create: false },
    alloy: {
      configMap: { create: false, ...alloyConfigMap },
      enableReporting: false,
      // How far each file was read; lost with the pod, every log line would be sent again.
      storagePath,
      mounts: {
        varlog: true,
        extra: [{ name: storageVolume, mountPath: storagePath }],
      },
      resources: sizes[settings.size],
      // Root, because only root may read the logs of pods; but nothing else that root may do.
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
      ...everyNode,
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
