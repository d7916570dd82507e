/** Agent that reads the logs of all pods and pushes them to Loki. */
export const LogCollector = {
  /** Grafana Alloy. */
  Alloy: "alloy",
  /** Promtail, which reached end of life on 2026-03-02 and no longer gets security fixes. */
  Promtail: "promtail",
  /** No collector. You deploy your own. */
  None: "none",
} as const;
export type LogCollector = (typeof LogCollector)[keyof typeof LogCollector];

/** Port and metric name prefix of each collector's own metrics, for scraping, alerts and dashboards. */
export const collectorMetrics = {
  alloy: { port: 12345, prefix: "loki_write" },
  promtail: { port: 3101, prefix: "promtail" },
} satisfies Record<Exclude<LogCollector, "none">, object>;

/** Built-in redactions of secrets in logs. */
export const Redaction = {
  /** Credentials after `Authorization:`. */
  AuthorizationHeader: "authorizationHeader",
  /** Tokens after `Bearer`. */
  BearerToken: "bearerToken",
  /** JSON web tokens. */
  JsonWebToken: "jsonWebToken",
  /** Values assigned to a password, secret, API key or token. */
  AssignedSecret: "assignedSecret",
  /** The secret part of Slack webhook URLs. */
  SlackWebhook: "slackWebhook",
  /** Slack app tokens. */
  SlackToken: "slackToken",
  /** AWS access key IDs. */
  AwsAccessKey: "awsAccessKey",
  /** Card numbers, with or without spaces. */
  CardNumber: "cardNumber",
} as const;
export type Redaction = (typeof Redaction)[keyof typeof Redaction];

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
