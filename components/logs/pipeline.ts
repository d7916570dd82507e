import { RedactionSettings } from "./redactionSettings";
import { redactions } from "./redactions";

/** One step that a collector takes with every line, in the words that Promtail and Alloy share. */
export type LogStage =
  | { kind: "cri" }
  | { kind: "replace"; expression: string; replace: string }
  | { kind: "multiline"; firstline: string; maxLines: number; maxWaitSeconds: number }
  | { kind: "json"; expressions: Record<string, string> }
  | { kind: "regex"; expression: string }
  | { kind: "structuredMetadata"; names: string[] }
  | { kind: "dropLabels"; names: string[] };

/**
 * Labels that only travel with a target until the pipeline makes them structured metadata: each pod
 * and each version would otherwise be streams of its own.
 */
export const structuredMetadataLabels = ["pod_uid", "version"];

const builtInOnly: RedactionSettings = { disabledRedactions: [], redactionPatterns: [] };

/**
 * What happens to every line: the container runtime's prefix is read, lines of one stack trace are
 * joined, secrets are removed, and level, trace and pod become structured metadata. Both collectors
 * follow these steps.
 */
export function logPipeline(redaction = builtInOnly): LogStage[] {
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
 * A line that starts with white space continues the one before it. Stack traces also have lines that
 * do not; there is no "unless" in these expressions, so those lines are marked first, joined by the
 * mark, and the mark is taken out again.
 */
function joinStackTraces(): LogStage[] {
  const mark = "\\x01";
  const name = "[\\w.]+";
  const continuations = [
    // Python: where a trace starts, the exception at its end, and what led to it.
    "Traceback \\(most recent call last\\):",
    `${name}(?:Error|Exception|Warning|Interrupt|Exit|Group)(?::|$)`,
    "During handling of the above exception",
    "The above exception was the direct cause",
    // Go: goroutines, frames (their file follows, indented), and how the program ended.
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
      // The group is what is replaced: nothing, at the start of the line.
      expression: `^()(?:${continuations.join("|")}|$)`,
      replace: "\u0001",
    },
    {
      kind: "multiline",
      firstline: "^[^\\s\\x01]",
      maxLines: 256,
      // How long the last line of a burst waits for more.
      maxWaitSeconds: 3,
    },
    { kind: "replace", expression: `(${mark})`, replace: "" },
  ];
}
