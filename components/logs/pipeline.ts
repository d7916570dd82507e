import { RedactionSettings } from "./redactionSettings";
import { redactions } from "./redactions";

/** A stage of the log pipeline, in the terms that Promtail and Alloy share. */
export type LogStage =
  | { kind: "cri" }
  | { kind: "replace"; expression: string; replace: string }
  | { kind: "multiline"; firstline: string; maxLines: number; maxWaitSeconds: number }
  | { kind: "json"; expressions: Record<string, string> }
  | { kind: "regex"; expression: string }
  | { kind: "structuredMetadata"; names: string[] }
  | { kind: "dropLabels"; names: string[] };

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
    { kind: "cri" },
    ...joinStackTraces(),
    ...redactions(redaction).map(({ expression, replacement }): LogStage => ({
      kind: "replace",
      expression,
      replace: replacement,
    })),
    { kind: "json", expressions: { level: "level || severity || levelname || lvl" } },
    {
      kind: "regex",
      expression: `(?i)\\b(?:trace_?id|dd\\.trace_id|otelTraceID)"?\\s*[:=]\\s*"?(?P<trace_id>[0-9a-f]{32}|[0-9a-f]{16}|[0-9]{1,20})\\b`,
    },
    {
      kind: "structuredMetadata",
      names: ["level", "trace_id", ...structuredMetadataLabels],
    },
    { kind: "dropLabels", names: ["filename", ...structuredMetadataLabels] },
  ];
}

/**
 * Joins a line that starts with white space to the previous line. Some lines of stack traces do not
 * start with white space. RE2 has no negative lookahead, so the stages first mark those lines, join
 * by the mark, and remove the mark again.
 */
function joinStackTraces(): LogStage[] {
  const mark = "\\x01";
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
    {
      kind: "replace",
      // The collectors replace the group, which is the empty text at the start of the line.
      expression: `^()(?:${continuations.join("|")}|$)`,
      replace: "\u0001",
    },
    {
      kind: "multiline",
      firstline: "^[^\\s\\x01]",
      maxLines: 256,
      // Time for which the last line of a burst waits for further lines.
      maxWaitSeconds: 3,
    },
    { kind: "replace", expression: `(${mark})`, replace: "" },
  ];
}
