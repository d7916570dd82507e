/** A custom redaction of a secret in logs. */
export interface RedactionPattern {
  /** Name, which is part of the replacement: `<redacted customer-number>`. */
  name: string;
  /**
   * RE2 regular expression with one group around the secret, such as `\\bKD-(\\d{8})\\b`. The Loki
   * collectors keep the rest of the match. Datadog replaces the whole match.
   */
  expression: string;
}
