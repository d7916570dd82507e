import { stringify } from "yaml";
import { LokiSettings } from "../settings/loki";
import { everyNode } from "./everyNode";
import { lokiPushUrl } from "./lokiUrl";
import { Values } from "./mergeValues";
import { RelabelRule, podLogLabels } from "./podLogLabels";
import { SizeTable, resources } from "./resources";

const sizes: SizeTable = {
  small: resources("50m", "128Mi"),
  medium: resources("100m", "256Mi"),
  large: resources("200m", "512Mi"),
};

/** Values of the Promtail chart: a collector of pod logs on every node, labelled as Alloy does. */
export function promtailValues(settings: LokiSettings): Values {
  return {
    ...(settings.imageRegistry === undefined
      ? {}
      : { global: { imageRegistry: settings.imageRegistry } }),
    ...everyNode,
    podLabels: settings.labels,
    resources: sizes[settings.size],
    // The chart grants the kubelet's API of every node; the role is registered beside it.
    rbac: { create: false },
    config: {
      clients: [
        {
          url: lokiPushUrl(settings.namespace),
          external_labels: { cluster: settings.cluster, env: settings.environment },
        },
      ],
      // On the node, so that a new pod goes on where the old one stopped.
      positions: { filename: "/run/promtail/positions.yaml" },
      snippets: { scrapeConfigs: stringify([podLogs]) },
    },
    serviceMonitor: { enabled: settings.serviceMonitors },
  };
}

const podLogs = {
  job_name: "pods",
  pipeline_stages: [{ cri: {} }, { labeldrop: ["filename"] }],
  kubernetes_sd_configs: [{ role: "pod" }],
  relabel_configs: [
    // Promtail leaves targets of other nodes alone when this label names their node.
    { source_labels: ["__meta_kubernetes_pod_node_name"], target_label: "__host__" },
    ...podLogLabels.map(relabelConfig),
  ],
};

function relabelConfig(rule: RelabelRule): Values {
  return {
    source_labels: rule.sourceLabels,
    ...(rule.separator === undefined ? {} : { separator: rule.separator }),
    ...(rule.regex === undefined ? {} : { regex: rule.regex }),
    ...(rule.replacement === undefined ? {} : { replacement: rule.replacement }),
    target_label: rule.targetLabel,
  };
}
