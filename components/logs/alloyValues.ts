import { defined } from "../shared/defined";
import { nodeAgentPlacement, placement } from "../shared/placement";
import { Values } from "../../policies/shared/mergeValues";
import { resources, sizeTable } from "../shared/resources";
import { SizePreset } from "../shared/sizePreset";
import { unprivileged } from "../shared/unprivileged";
import { CollectorSettings, nodeFolder } from "./settings";

/**
 * Names and keys of Alloy's ConfigMaps. The component creates them itself, because the chart would
 * evaluate the configuration as a template.
 */
export const alloyConfigMap = { name: "alloy-config", key: "config.alloy" };
export const alloyEventsConfigMap = { name: "alloy-events-config", key: "config.alloy" };

const sizes = sizeTable(["50m", "256Mi"], ["100m", "384Mi"], ["200m", "768Mi"]);

const storageVolume = "storage";

/** Returns Alloy chart values for collecting the logs of all pods, with one Alloy pod on every node. */
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
      // Only root can read pod logs. The collector needs no other privileges.
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

/** Returns Alloy chart values for the single pod that collects Kubernetes events. */
export function alloyEventsValues(settings: CollectorSettings): Values {
  const storagePath = "/var/lib/alloy";
  return valuesWith(settings, {
    alloy: {
      configMap: { create: false, ...alloyEventsConfigMap },
      // A new pod resends the events of the last hour, but Loki stores identical lines only once.
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

/** The user that Alloy's image defines. */
const alloyUser = { runAsUser: 473, runAsGroup: 473 };

/** Merges the values that both Alloy deployments share with the values of one of them. */
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
    // The chart's role grants access to all Secrets, so the collector gets its own role instead.
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
