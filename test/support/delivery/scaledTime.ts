import { parseDuration } from "../../../policies/shared/duration";

/**
 * Factor by which time passes faster in tests: a minute in a cluster is a second here. All durations
 * (scrapes, evaluations, windows of expressions, `for`, group waits) use the same factor, because
 * their ratios decide whether and when an alert fires. Thresholds are not scaled.
 */
export const timeScale = 60;

const duration = String.raw`(?:\d+(?:ms|[smhdwy]))+`;

/** Scales a duration: `5m` becomes `5000ms`. */
export function scaledDuration(text: string, scale = timeScale): string {
  const seconds = parseDuration(text);
  if (seconds === undefined) throw new Error(`${text} is not a duration`);
  return seconds === 0 ? "0s" : `${Math.max(1, Math.round((seconds * 1000) / scale))}ms`;
}

/** Scales the ranges, steps and offsets of a PromQL expression. */
export function scaledExpression(expr: string, scale = timeScale): string {
  const scaled = (text: string): string => scaledDuration(text, scale);
  return expr
    .replace(
      new RegExp(String.raw`\[(${duration})(?:(:)(${duration})?)?\]`, "g"),
      (_all, range: string, colon = "", step = "") =>
        `[${scaled(range)}${colon}${step === "" ? "" : scaled(step as string)}]`,
    )
    .replace(
      new RegExp(String.raw`\boffset\s+(-?)(${duration})`, "g"),
      (_all, sign: string, by: string) => `offset ${sign}${scaled(by)}`,
    );
}

/** Fields of rule files and of the Alertmanager configuration that contain a duration. */
const durations =
  /^(for|interval|keep_firing_for|query_offset|resolve_timeout|group_wait|group_interval|repeat_interval|timeout)$/;

/** Scales all durations of a rule file or of an Alertmanager configuration. */
export function scaledDocument(value: unknown, scale = timeScale): unknown {
  if (Array.isArray(value)) return value.map((item) => scaledDocument(item, scale));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]: [string, unknown]) => {
      if (typeof item !== "string") return [key, scaledDocument(item, scale)];
      // The queries in a description have ranges and offsets, as expressions have.
      if (key === "expr" || key === "description") return [key, scaledExpression(item, scale)];
      return [key, durations.test(key) ? scaledDuration(item, scale) : item];
    }),
  );
}
