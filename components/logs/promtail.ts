import { stringify } from "yaml";
import { everyNode } from "../shared/nodeAgentPlacement";
import { LogStage, logPipeline } from "./pipeline";
import { Values } from "../shared/mergeValues";
import { RelabelRule, podLogLabels } from "./podLabels";
import { SizeTable, resources } from "../shared/resources";
import { CollectorSettings } from "./settings";

const sizes: SizeTable = {
  small: resources("50m", "128Mi"),
  medium: resources("100m", "256Mi"),
  large: resources("200m", "512Mi"),
};

/** Values of the Promtail chart: a collector of pod logs on every node, labelled as Alloy does. */
export function promtailValues(settings: CollectorSettings, pushUrl: string): Values {
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
          url: pushUrl,
          external_labels: { cluster: settings.cluster, env: settings.environment },
          // For ever: while Loki is away, files are read no further, and nothing is given up.
          backoff_config: { min_period: "500ms", max_period: "1m", max_retries: 0 },
        },
      ],
      // On the node, so that a new pod goes on where the old one stopped.
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
      // Promtail leaves targets of other nodes alone when this label names their node.
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
  return {
    source_labels: rule.sourceLabels,
    ...(rule.separator === undefined ? {} : { separator: rule.separator }),
    ...(rule.regex === undefined ? {} : { regex: rule.regex }),
    ...(rule.replacement === undefined ? {} : { replacement: rule.replacement }),
    target_label: rule.targetLabel,
  };
}
