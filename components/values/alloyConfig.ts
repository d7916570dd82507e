import { RelabelRule, podLogLabels } from "./podLogLabels";

export interface AlloyConfigArgs {
  /** URL that the logs are pushed to. */
  pushUrl: string;
  /** Label `cluster` of every log line. */
  cluster: string;
  /** Label `env` of every log line. */
  environment: string;
}

/** Alloy's configuration: the logs of all pods of its own node, labelled, to Loki. */
export function alloyConfig({ pushUrl, cluster, environment }: AlloyConfigArgs): string {
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

  stage.cri {}

  stage.label_drop {
    values = ["filename"]
  }
}

loki.write "loki" {
  endpoint {
    url = ${quoted(pushUrl)}
  }

  external_labels = {
    cluster = ${quoted(cluster)},
    env     = ${quoted(environment)},
  }
}
`;
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

/** A string of Alloy's language, whose escapes include JSON's. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
