import { Redaction } from "./enums";
import { RedactionSettings } from "./redactionSettings";

/**
 * Returns the expressions of the built-in redactions. Each has one group, around the secret. The Loki
 * collectors keep the text before the group, which shows readers what was redacted.
 */
export function builtInRedactions(): Record<Redaction, string[]> {
  const value = `[^\\s"',;&}\\]\\\\]+`;
  const assigned = `\\\\?["']?\\s*[:=]\\s*\\\\?["']?`;
  return {
    // The group includes the scheme, such as `Basic`.
    authorizationHeader: [
      `(?i)\\bauthorization${assigned}((?:(?:bearer|basic|digest|token|negotiate|apikey|aws4-hmac-sha256)\\s+)?${value})`,
    ],
    bearerToken: ["(?i)\\bbearer\\s+([\\w.~+/=-]{8,})"],
    jsonWebToken: ["\\b(eyJ[\\w-]{8,}\\.[\\w-]{8,}\\.[\\w-]*)"],
    assignedSecret: [
      `(?i)(?:password|passwd|secret|api[_-]?key|(?:access|refresh|auth|id|session)[_-]?token|x-auth-token)${assigned}(${value})`,
    ],
    slackWebhook: ["hooks\\.slack\\.com/(?:services|workflows|triggers)/([\\w/-]+)"],
    slackToken: ["\\b(xox[a-z]-[\\w-]{10,}|xapp-[\\w-]{10,})"],
    awsAccessKey: ["\\b((?:AKIA|ASIA)[A-Z0-9]{16})\\b"],
    // Number ranges of Visa, Mastercard, Discover and JCB, then American Express. The expressions match
    // neither part of a longer number or word nor the digits after a decimal point.
    cardNumber: [
      "(?:^|[^\\w.-])((?:4\\d{3}|5[1-5]\\d{2}|2[2-7]\\d{2}|6(?:011|4[4-9]\\d|5\\d{2})|35\\d{2})(?:[ -]?\\d{4}){3})\\b",
      "(?:^|[^\\w.-])(3[47]\\d{2}[ -]?\\d{6}[ -]?\\d{5})\\b",
    ],
  };
}

/** Text that replaces a secret. */
export const redacted = "<redacted>";

/** An expression, and the text that replaces its group (in Loki) or the whole match (in Datadog). */
export interface RedactionStep {
  name: string;
  expression: string;
  replacement: string;
}

/** Returns all redactions, in order. The replacement text of a custom pattern includes its name. */
export function redactions({
  disabledRedactions,
  redactionPatterns,
}: RedactionSettings): RedactionStep[] {
  const builtIn = Object.entries(builtInRedactions())
    .filter(([name]) => !disabledRedactions.some((disabled) => disabled === name))
    .flatMap(([name, expressions]) =>
      expressions.map((expression) => ({ name, expression, replacement: redacted })),
    );
  const custom = redactionPatterns.map(({ name, expression }) => ({
    name,
    expression,
    replacement: redacted.replace(">", ` ${name}>`),
  }));
  return [...builtIn, ...custom];
}
