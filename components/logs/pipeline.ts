import { RedactionSettings } from "./redactionSettings";
import { redactions } from "./redactions";

/** A stage of the log pipeline: its name, and its fields as in Alloy's configuration. */
export interface LogStage {
  name: string;
  fields: Record<string, string | number | string[] | Record<string, string>>;
}

/**
 * Target labels that the pipeline turns into structured metadata. As labels, they would create a
 * separate stream for each pod and version.
 */
export const structuredMetadataLabels = ["pod_uid", "version"];

const builtInRedactionsOnly: RedactionSettings = { disabledRedactions: [], redactionPatterns: [] };

/**
 * Returns the pipeline stages for both collectors. The stages parse the prefix that the container
 * runtime adds, join the lines of a stack trace, redact secrets, and store level, trace ID, pod UID and
 * version as structured metadata.
 */
export function logPipeline(redaction = builtInRedactionsOnly): LogStage[] {
  return [
    stage("cri"),
    ...joinStackTraces(),
    ...redactionStages(redaction),
    stage("json", { expressions: { level: "level || severity || levelname || lvl" } }),
    stage("regex", {
      expression: `(?i)\\b(?:trace_?id|dd\\.trace_id|otelTraceID)"?\\s*[:=]\\s*"?(?P<trace_id>[0-9a-f]{32}|[0-9a-f]{16}|[0-9]{1,20})\\b`,
    }),
    stage("structured_metadata", {
      // An empty value selects the extracted value with the same name.
      values: Object.fromEntries(
        ["level", "trace_id", ...structuredMetadataLabels].map((name) => [name, ""]),
      ),
    }),
    stage("label_drop", { values: ["filename", ...structuredMetadataLabels] }),
  ];
}

/** The `app` label of Kubernetes events. For pod logs, this label is the name of the workload. */
const eventsApp = "kubernetes-events";

/**
 * Returns the pipeline stages for Kubernetes events, which arrive as `name=... kind=... reason=...
 * type=... msg="..."` with the object's `namespace` as a label. An event about a pod gets the label
 * `pod`, like the pod's own logs. Kind, name, reason and level become structured metadata, because as
 * labels they would create a stream for each combination.
 */
export function eventPipeline(redaction = builtInRedactionsOnly): LogStage[] {
  return [
    ...redactionStages(redaction),
    stage("regex", { expression: "^name=(?P<pod>\\S+) kind=Pod " }),
    stage("logfmt", { mapping: { kind: "", name: "", reason: "", level: "type" } }),
    stage("template", {
      source: "level",
      template: '{{ if eq .Value "Warning" }}warning{{ else }}info{{ end }}',
    }),
    stage("structured_metadata", { values: { kind: "", name: "", reason: "", level: "" } }),
    stage("static_labels", { values: { app: eventsApp } }),
    stage("labels", { values: { pod: "" } }),
    stage("label_drop", { values: ["instance", "job"] }),
  ];
}

function redactionStages(redaction: RedactionSettings): LogStage[] {
  return redactions(redaction).map(({ expression, replacement }) =>
    stage("replace", { expression, replace: replacement }),
  );
}

function stage(name: string, fields: LogStage["fields"] = {}): LogStage {
  return { name, fields };
}

/**
 * Returns stages that join each line that starts with whitespace to the previous line. Some lines of a
 * stack trace do not start with whitespace, and RE2 has no negative lookahead that could exclude them in
 * `firstline`. The stages therefore mark those lines with the character U+0001, and remove the mark
 * after joining.
 */
function joinStackTraces(): LogStage[] {
  const name = "[\\w.]+";
  const continuations = [
    // Python: the start of a traceback, its exception, and chained exceptions.
    "Traceback \\(most recent call last\\):",
    `${name}(?:Error|Exception|Warning|Interrupt|Exit|Group)(?::|$)`,
    "During handling of the above exception",
    "The above exception was the direct cause",
    // Go: goroutines, frames (followed by an indented file name), and the exit status.
    "goroutine \\d+",
    "created by ",
    "\\[signal ",
    "exit status \\d",
    "[\\w./*()\\[\\]{}%-]+\\.[\\w.*()\\[\\]{}-]+\\((?:0x|\\.\\.\\.|\\{|\\)|[\\w?, ]*\\)$)",
    "runtime stack:",
    "\\.\\.\\.additional frames",
  ];
  return [
    // The collectors replace the group, which is the empty string at the start of the line.
    stage("replace", { expression: `^()(?:${continuations.join("|")}|$)`, replace: "\u0001" }),
    stage("multiline", {
      firstline: "^[^\\s\\x01]",
      max_lines: 256,
      // How long to wait for another line before forwarding the block.
      max_wait_time: "3s",
    }),
    stage("replace", { expression: "(\\x01)", replace: "" }),
  ];
}
