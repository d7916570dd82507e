import { RedactionSettings } from "./redactionSettings";
import { redactions } from "./redactions";

/** A stage of the log pipeline: its name and its fields in the configuration of Alloy. */
export interface LogStage {
  name: string;
  fields: Record<string, string | number | string[] | Record<string, string>>;
}

/**
 * Target labels that the pipeline turns into structured metadata. As labels, each pod and each
 * version would create a separate stream.
 */
export const structuredMetadataLabels = ["pod_uid", "version"];

const builtInRedactionsOnly: RedactionSettings = { disabledRedactions: [], redactionPatterns: [] };

/**
 * Stages of both collectors: parse the prefix of the container runtime, join the lines of a stack
 * trace, redact secrets, and store level, trace id and pod as structured metadata.
 */
export function logPipeline(redaction = builtInRedactionsOnly): LogStage[] {
  return [
    stage("cri"),
    ...joinStackTraces(),
    ...redactions(redaction).map(({ expression, replacement }) =>
      stage("replace", { expression, replace: replacement }),
    ),
    stage("json", { expressions: { level: "level || severity || levelname || lvl" } }),
    stage("regex", {
      expression: `(?i)\\b(?:trace_?id|dd\\.trace_id|otelTraceID)"?\\s*[:=]\\s*"?(?P<trace_id>[0-9a-f]{32}|[0-9a-f]{16}|[0-9]{1,20})\\b`,
    }),
    stage("structured_metadata", {
      // An empty value stands for the extracted value of the same name.
      values: Object.fromEntries(
        ["level", "trace_id", ...structuredMetadataLabels].map((name) => [name, ""]),
      ),
    }),
    stage("label_drop", { values: ["filename", ...structuredMetadataLabels] }),
  ];
}

function stage(name: string, fields: LogStage["fields"] = {}): LogStage {
  return { name, fields };
}

/**
 * Joins a line that starts with white space to the previous line. Some lines of stack traces do not
 * start with white space. RE2 has no negative lookahead, so the stages first mark those lines with
 * the character U+0001, join by the mark, and remove the mark again.
 */
function joinStackTraces(): LogStage[] {
  const name = "[\\w.]+";
  const continuations = [
    // Python: the start of a traceback, its exception, and chained exceptions.
    "Traceback \\(most recent call last\\):",
    `${name}(?:Error|Exception|Warning|Interrupt|Exit|Group)(?::|$)`,
    "During handling of the above exception",
    "The above exception was the direct cause",
    // Go: goroutines, frames (followed by an indented file name), and the exit of the program.
    "goroutine \\d+",
    "created by ",
    "\\[signal ",
    "exit status \\d",
    "[\\w./*()\\[\\]{}%-]+\\.[\\w.*()\\[\\]{}-]+\\((?:0x|\\.\\.\\.|\\{|\\)|[\\w?, ]*\\)$)",
    "runtime stack:",
    "\\.\\.\\.additional frames",
  ];
  return [
    // The collectors replace the group, which is the empty text at the start of the line.
    stage("replace", { expression: `^()(?:${continuations.join("|")}|$)`, replace: "\u0001" }),
    stage("multiline", {
      firstline: "^[^\\s\\x01]",
      max_lines: 256,
      // Time for which the last line of a burst waits for further lines.
      max_wait_time: "3s",
    }),
    stage("replace", { expression: "(\\x01)", replace: "" }),
  ];
}
