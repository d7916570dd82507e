import { stringify } from "yaml";
import { defined } from "../shared/defined";
import { nodeAgentPlacement } from "../shared/nodeAgentPlacement";
import { LogStage, logPipeline } from "./pipeline";
import { Values } from "../../policies/shared/mergeValues";
import { RelabelRule, podLogLabels } from "./podLabels";
import { SizeTable, resources } from "../shared/resources";
import { CollectorSettings } from "./settings";

const sizes: SizeTable = {
  small: resources("50m", "128Mi"),
  medium: resources("100m", "256Mi"),
  large: resources("200m", "512Mi"),
};

/** Values of the Promtail chart, which collects logs with the same labels as Alloy. */
export function promtailValues(settings: CollectorSettings, pushUrl: string): Values {
  const { imageRegistry } = settings;
  return {
    ...defined({ global: imageRegistry === undefined ? undefined : { imageRegistry } }),
    ...nodeAgentPlacement,
    podLabels: settings.labels,
    resources: sizes[settings.size],
    // The role of the chart grants the kubelet API of every node. The collector has its own role.
    rbac: { create: false },
    config: {
      clients: [
        {
          url: pushUrl,
          external_labels: { cluster: settings.cluster, env: settings.environment },
          // Retry without a limit: while Loki is unavailable, Promtail stops reading, drops nothing.
          backoff_config: { min_period: "500ms", max_period: "1m", max_retries: 0 },
        },
      ],
      // On the node, so that a new pod continues where the previous one stopped.
      positions: { filename: "/run/promtail/positions.yaml" },
      snippets: { scrapeConfigs: stringify([podLogs(settings)], { lineWidth: 0 }) },
    },
    serviceMonitor: { enabled: settings.serviceMonitors },
  };
}

function podLogs(settings: CollectorSettings): Values {
  return {
    job_name: "pods",
    pipeline_stages: logPipeline(settings).map(pipelineStage),
    kubernetes_sd_configs: [{ role: "pod" }],
    relabel_configs: [
      // With this label, Promtail ignores targets on other nodes.
      { source_labels: ["__meta_kubernetes_pod_node_name"], target_label: "__host__" },
      ...podLogLabels.map(relabelConfig),
    ],
  };
}

function pipelineStage(stage: LogStage): Values {
  switch (stage.kind) {
    case "cri":
      return { cri: {} };
    case "replace":
      return { replace: { expression: stage.expression, replace: stage.replace } };
    case "multiline":
      return {
        multiline: {
          firstline: stage.firstline,
          max_lines: stage.maxLines,
          max_wait_time: `${stage.maxWaitSeconds}s`,
        },
      };
    case "json":
      return { json: { expressions: stage.expressions } };
    case "regex":
      return { regex: { expression: stage.expression } };
    case "structuredMetadata":
      return { structured_metadata: Object.fromEntries(stage.names.map((name) => [name, null])) };
    case "dropLabels":
      return { labeldrop: stage.names };
  }
}

function relabelConfig(rule: RelabelRule): Values {
  return defined({
    source_labels: rule.sourceLabels,
    separator: rule.separator,
    regex: rule.regex,
    replacement: rule.replacement,
    target_label: rule.targetLabel,
  });
}
