import { stringify } from "yaml";
import { defined } from "../shared/defined";
import { nodeAgentPlacement } from "../shared/placement";
import { LogStage, logPipeline } from "./pipeline";
import { Values } from "../../policies/shared/mergeValues";
import { podLogLabels, relabelConfig } from "./podLabels";
import { sizeTable } from "../shared/resources";
import { CollectorSettings, nodeFolder } from "./settings";

const sizes = sizeTable(["50m", "128Mi"], ["100m", "256Mi"], ["200m", "512Mi"]);

const yamlOptions = { lineWidth: 0, aliasDuplicateObjects: false };

/** Returns Promtail chart values. Promtail collects logs with the same labels as Alloy. */
export function promtailValues(settings: CollectorSettings, pushUrl: string): Values {
  const { imageRegistry } = settings;
  return {
    ...defined({ global: imageRegistry === undefined ? undefined : { imageRegistry } }),
    ...nodeAgentPlacement(settings),
    podLabels: settings.labels,
    // The chart's default volumes, with a different folder in the first.
    defaultVolumes: [
      { name: "run", hostPath: { path: nodeFolder("/run/promtail", settings) } },
      { name: "containers", hostPath: { path: "/var/lib/docker/containers" } },
      { name: "pods", hostPath: { path: "/var/log/pods" } },
    ],
    resources: sizes[settings.size],
    podSecurityContext: { seccompProfile: { type: "RuntimeDefault" } },
    // The chart's role grants access to every node's kubelet API, so the collector gets its own role
    // instead.
    rbac: { create: false },
    config: {
      clients: [
        {
          url: pushUrl,
          external_labels: { cluster: settings.cluster, env: settings.environment },
          // Retry forever. While Loki is unavailable, Promtail stops reading and drops nothing.
          backoff_config: { min_period: "500ms", max_period: "1m", max_retries: 0 },
        },
      ],
      // The file is on the node, so a new pod continues where the previous pod stopped.
      positions: { filename: "/run/promtail/positions.yaml" },
      snippets: { scrapeConfigs: stringify([podLogs(settings)], yamlOptions) },
    },
    serviceMonitor: {
      enabled: settings.serviceMonitors,
      ...defined({ labels: settings.selectorLabels }),
    },
  };
}

function podLogs(settings: CollectorSettings): Values {
  return {
    job_name: "pods",
    pipeline_stages: logPipeline(settings).map(pipelineStage),
    kubernetes_sd_configs: [{ role: "pod" }],
    relabel_configs: [
      // Promtail uses this label to ignore targets on other nodes.
      { source_labels: ["__meta_kubernetes_pod_node_name"], target_label: "__host__" },
      ...podLogLabels.map(relabelConfig),
    ],
  };
}

/** Renders a stage in Promtail's format, where two kinds of stages have no `values` field. */
function pipelineStage({ name, fields }: LogStage): Values {
  switch (name) {
    case "structured_metadata":
      return {
        [name]: Object.fromEntries(Object.keys(fields["values"] ?? {}).map((key) => [key, null])),
      };
    case "label_drop":
      return { labeldrop: fields["values"] };
    default:
      return { [name]: fields };
  }
}
