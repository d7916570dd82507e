import { isMap } from "../../policies/shared/isMap";
import { LogStage, eventPipeline, logPipeline } from "./pipeline";
import { podLogLabels, relabelConfig } from "./podLabels";
import { RedactionSettings } from "./redactionSettings";

export interface AlloyConfigArgs {
  /** URL that Alloy pushes logs to. */
  pushUrl: string;
  /** The `cluster` label of every log line. */
  cluster: string;
  /** The `env` label of every log line. */
  environment: string;
  /** Redactions to apply to each log line. Default: the built-in patterns. */
  redaction?: RedactionSettings;
}

/** Returns the Alloy configuration that labels the logs of all pods on a node and pushes them to Loki. */
export function alloyConfig(args: AlloyConfigArgs): string {
  return `discovery.kubernetes "pods" {
  role = "pod"

  selectors {
    role  = "pod"
    field = "spec.nodeName=" + sys.env("K8S_NODE_NAME")
  }
}

discovery.relabel "pods" {
  targets = discovery.kubernetes.pods.targets

${podLogLabels.map((rule) => block("rule", relabelConfig(rule))).join("\n\n")}
}

local.file_match "pods" {
  path_targets = discovery.relabel.pods.output
}

loki.source.file "pods" {
  targets    = local.file_match.pods.targets
  forward_to = [loki.process.pods.receiver]
}

${processAndWrite("pods", logPipeline(args.redaction), args)}`;
}

/**
 * Returns the configuration of the Alloy pod that reads cluster events and pushes them to Loki. Every
 * replica would read the same events from the API server and push them again, so there is only one.
 */
export function alloyEventsConfig(args: AlloyConfigArgs): string {
  return `loki.source.kubernetes_events "events" {
  forward_to = [loki.process.events.receiver]
}

${processAndWrite("events", eventPipeline(args.redaction), args)}`;
}

/** Returns the configuration blocks that process log lines and push them to Loki. */
function processAndWrite(
  name: string,
  stages: LogStage[],
  { pushUrl, cluster, environment }: AlloyConfigArgs,
): string {
  return `loki.process "${name}" {
  forward_to = [loki.write.loki.receiver]

${stages.map(({ name, fields }) => block(`stage.${name}`, fields)).join("\n\n")}
}

loki.write "loki" {
  endpoint {
    url = ${literal(pushUrl)}

    // Retry without a limit: while Loki is unavailable, Alloy stops reading and drops nothing.
    min_backoff_period  = "500ms"
    max_backoff_period  = "1m"
    max_backoff_retries = 0
  }

  external_labels = {
    cluster = ${literal(cluster)},
    env     = ${literal(environment)},
  }
}
`;
}

function block(name: string, fields: Record<string, unknown>): string {
  const width = Math.max(...Object.keys(fields).map((field) => field.length));
  const lines = Object.entries(fields).map(
    ([field, value]) => `    ${field.padEnd(width)} = ${literal(value)}`,
  );
  return lines.length === 0 ? `  ${name} {}` : [`  ${name} {`, ...lines, "  }"].join("\n");
}

/** Formats a value as an Alloy literal. Alloy strings support every JSON escape sequence. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (!isMap(value)) return JSON.stringify(value);
  const entries = Object.entries(value).map(([name, entry]) => `${name} = ${literal(entry)}`);
  return `{ ${entries.join(", ")} }`;
}
