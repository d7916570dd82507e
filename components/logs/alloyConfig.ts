import { RedactionSettings } from "./redactionSettings";
import { LogStage, logPipeline } from "./pipeline";
import { RelabelRule, podLogLabels } from "./podLabels";

export interface AlloyConfigArgs {
  /** URL to which Alloy pushes logs. */
  pushUrl: string;
  /** Label `cluster` of every log line. */
  cluster: string;
  /** Label `env` of every log line. */
  environment: string;
  /** Default: the built-in patterns. */
  redaction?: RedactionSettings;
}

/** Alloy's configuration, which labels the logs of all pods on its node and pushes them to Loki. */
export function alloyConfig({ pushUrl, cluster, environment, redaction }: AlloyConfigArgs): string {
  return `discovery.kubernetes "pods" {
  role = "pod"

  selectors {
    role  = "pod"
    field = "spec.nodeName=" + sys.env("K8S_NODE_NAME")
  }
}

discovery.relabel "pods" {
  targets = discovery.kubernetes.pods.targets

${podLogLabels.map(relabelRule).join("\n\n")}
}

local.file_match "pods" {
  path_targets = discovery.relabel.pods.output
}

loki.source.file "pods" {
  targets    = local.file_match.pods.targets
  forward_to = [loki.process.pods.receiver]
}

loki.process "pods" {
  forward_to = [loki.write.loki.receiver]

${logPipeline(redaction).map(pipelineStage).join("\n\n")}
}

loki.write "loki" {
  endpoint {
    url = ${quoted(pushUrl)}

    // Retry without a limit: while Loki is unavailable, Alloy stops reading and drops nothing.
    min_backoff_period  = "500ms"
    max_backoff_period  = "1m"
    max_backoff_retries = 0
  }

  external_labels = {
    cluster = ${quoted(cluster)},
    env     = ${quoted(environment)},
  }
}
`;
}

function pipelineStage(stage: LogStage): string {
  switch (stage.kind) {
    case "cri":
      return "  stage.cri {}";
    case "replace":
      return block("replace", [
        ["expression", quoted(stage.expression)],
        ["replace", quoted(stage.replace)],
      ]);
    case "multiline":
      return block("multiline", [
        ["firstline", quoted(stage.firstline)],
        ["max_lines", `${stage.maxLines}`],
        ["max_wait_time", quoted(`${stage.maxWaitSeconds}s`)],
      ]);
    case "json":
      return block("json", [["expressions", map(Object.entries(stage.expressions))]]);
    case "regex":
      return block("regex", [["expression", quoted(stage.expression)]]);
    case "structuredMetadata":
      return block("structured_metadata", [["values", map(stage.names.map((name) => [name, ""]))]]);
    case "dropLabels":
      return block("label_drop", [["values", `[${stage.names.map(quoted).join(", ")}]`]]);
  }
}

function block(stage: string, fields: [string, string][]): string {
  const width = Math.max(...fields.map(([name]) => name.length));
  const lines = fields.map(([name, value]) => `    ${name.padEnd(width)} = ${value}`);
  return [`  stage.${stage} {`, ...lines, "  }"].join("\n");
}

function map(entries: [string, string][]): string {
  return `{ ${entries.map(([name, value]) => `${name} = ${quoted(value)}`).join(", ")} }`;
}

function relabelRule(rule: RelabelRule): string {
  const fields: [string, string | undefined][] = [
    ["source_labels", `[${rule.sourceLabels.map(quoted).join(", ")}]`],
    ["separator", rule.separator && quoted(rule.separator)],
    ["regex", rule.regex && quoted(rule.regex)],
    ["replacement", rule.replacement && quoted(rule.replacement)],
    ["target_label", quoted(rule.targetLabel)],
  ];
  const lines = fields.flatMap(([name, value]) =>
    value === undefined ? [] : [`    ${name.padEnd("source_labels".length)} = ${value}`],
  );
  return ["  rule {", ...lines, "  }"].join("\n");
}

/** A string literal of Alloy, whose escapes include those of JSON. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
