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
