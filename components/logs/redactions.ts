import { Redaction, RedactionSettings } from "./redactionSettings";

/**
 * What is redacted without being asked for, by its name. Each expression has one group: the secret
 * itself. What stands before it tells what it was.
 */
export function builtInRedactions(): Record<Redaction, string[]> {
  const value = `[^\\s"',;&}\\]\\\\]+`;
  const assigned = `\\\\?["']?\\s*[:=]\\s*\\\\?["']?`;
  return {
    // The credential, whatever its scheme.
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
    // By the ranges of their issuers: Visa, Mastercard, Discover, JCB; then American Express. Not part
    // of a longer number or word, nor the digits after a decimal point.
    cardNumber: [
      "(?:^|[^\\w.-])((?:4\\d{3}|5[1-5]\\d{2}|2[2-7]\\d{2}|6(?:011|4[4-9]\\d|5\\d{2})|35\\d{2})(?:[ -]?\\d{4}){3})\\b",
      "(?:^|[^\\w.-])(3[47]\\d{2}[ -]?\\d{6}[ -]?\\d{5})\\b",
    ],
  };
}

/** What stands where a secret was. */
export const redacted = "<redacted>";

/** One expression whose group, or whose whole match, is replaced. */
export interface RedactionStep {
  name: string;
  expression: string;
  replacement: string;
}

/** Everything that is redacted, in order. Own patterns say what stood there, by their name. */
export function redactions({
  disabledRedactions,
  redactionPatterns,
}: RedactionSettings): RedactionStep[] {
  const builtIn = Object.entries(builtInRedactions())
    .filter(([name]) => !disabledRedactions.some((disabled) => disabled === name))
    .flatMap(([name, expressions]) =>
      expressions.map((expression) => ({ name, expression, replacement: redacted })),
    );
  const own = redactionPatterns.map(({ name, expression }) => ({
    name,
    expression,
    replacement: redacted.replace(">", ` ${name}>`),
  }));
  return [...builtIn, ...own];
}
