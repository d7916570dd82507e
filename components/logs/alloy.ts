import { defined } from "../shared/defined";
import { nodeAgentPlacement, placement } from "../shared/placement";
import { Values } from "../../policies/shared/mergeValues";
import { resources, sizeTable } from "../shared/resources";
import { SizePreset } from "../shared/sizePreset";
import { unprivileged } from "../shared/unprivileged";
import { CollectorSettings, nodeFolder } from "./settings";

/**
 * Names and keys of Alloy's ConfigMaps, which the chart does not create: it would evaluate its own as a
 * template.
 */
export const alloyConfigMap = { name: "alloy-config", key: "config.alloy" };
export const alloyEventsConfigMap = { name: "alloy-events-config", key: "config.alloy" };

const sizes = sizeTable(["50m", "256Mi"], ["100m", "384Mi"], ["200m", "768Mi"]);

const storageVolume = "storage";

/** Values for the Alloy chart. Alloy runs on every node and collects the logs of all pods. */
export function alloyValues(settings: CollectorSettings): Values {
  const storagePath = nodeFolder("/var/lib/alloy", settings);
  return valuesWith(settings, {
    alloy: {
      configMap: { create: false, ...alloyConfigMap },
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
    controller: {
      ...nodeAgentPlacement(settings),
      volumes: {
        extra: [
          { name: storageVolume, hostPath: { path: storagePath, type: "DirectoryOrCreate" } },
        ],
      },
    },
  });
}

/** Alloy chart values for the single pod that collects Kubernetes events. */
export function alloyEventsValues(settings: CollectorSettings): Values {
  const storagePath = "/var/lib/alloy";
  return valuesWith(settings, {
    alloy: {
      configMap: { create: false, ...alloyEventsConfigMap },
      // A new pod resends the events of the last hour, and Loki stores identical lines once.
      storagePath,
      mounts: { extra: [{ name: storageVolume, mountPath: storagePath }] },
      resources: sizes[SizePreset.Small],
      securityContext: { ...alloyUser, runAsNonRoot: true, ...unprivileged },
    },
    controller: {
      type: "deployment",
      ...placement(settings),
      volumes: { extra: [{ name: storageVolume, emptyDir: { sizeLimit: "64Mi" } }] },
    },
  });
}

/** The user of Alloy's image. */
const alloyUser = { runAsUser: 473, runAsGroup: 473 };

/** Merges the values that both kinds of Alloy share with the values of one kind. */
function valuesWith(
  settings: CollectorSettings,
  { alloy, controller }: { alloy: Values; controller: Values },
): Values {
  const { imageRegistry, labels } = settings;
  return {
    global: defined({
      podSecurityContext: { seccompProfile: { type: "RuntimeDefault" } },
      image: imageRegistry === undefined ? undefined : { registry: imageRegistry },
    }),
    crds: { create: false },
    // The chart's role grants access to all Secrets, so the collector has its own role instead.
    rbac: { create: false },
    alloy: { enableReporting: false, ...alloy },
    configReloader: { resources: resources("10m", "64Mi") },
    controller: { extraLabels: labels, podLabels: labels, ...controller },
    serviceMonitor: {
      enabled: settings.serviceMonitors,
      ...defined({ additionalLabels: settings.selectorLabels }),
    },
  };
}
