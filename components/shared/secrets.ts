import { isMap } from "../../policies/shared/isMap";
import { isUnresolved } from "./placeholders";

/** A secret in the configuration. Its row in the table below is its only definition. */
export interface Secret {
  /** Key in the configuration: `monitoring:slackWebhookUrl`. */
  key: string;
  /** Part of the configuration that uses the secret. */
  part: "datadog" | "slack";
  /** Argument of the component that receives the secret. */
  argument: string;
  /** Key in the Kubernetes Secret that holds the secret. */
  secretKey: string;
  /** What names the entries of a map of secrets. If set, `secretKey` contains it: `<channel>`. */
  mapBy?: "channel" | "receiver";
  /** Whether the part works without the secret. */
  optional: boolean;
  /** Feature that the secret enables. An unset secret disables the feature without an error. */
  enables?: string;
  /** Setting that makes the secret required: another part, or a boolean of this part. */
  requiredBy?: string;
  /** Key of the secret that can be set instead. */
  replacedBy?: string;
  /** Well-formed value for previews in which the secret is unset or cannot be decrypted. */
  placeholder: string;
  /** Description for the documentation. Ends with a period. */
  description: string;
}

const table = [
  {
    key: "datadogApiKey",
    part: "datadog",
    argument: "apiKey",
    secretKey: "api-key",
    optional: false,
    placeholder: "0000feed0000feed0000feed0000feed",
    description: "API key of the Datadog organization.",
  },
  {
    key: "datadogAppKey",
    part: "datadog",
    argument: "appKey",
    secretKey: "app-key",
    optional: true,
    requiredBy: "datadogMonitors",
    placeholder: "0000beef0000beef0000beef0000beef0000beef",
    description: "Application key of the Datadog organization. `datadogMonitors` requires it.",
  },
  {
    key: "slackWebhookUrl",
    part: "slack",
    argument: "webhookUrl",
    secretKey: "webhook-url",
    optional: false,
    replacedBy: "slackBotToken",
    placeholder: "https://hooks.slack.com/services/T00000000/B00000000/placeholderOfAnUnsetUrl0",
    description: "Incoming webhook of the channel `slack.channel`.",
  },
  {
    key: "slackWebhookUrls",
    part: "slack",
    argument: "webhookUrls",
    secretKey: "webhook-url-<channel>",
    mapBy: "channel",
    optional: true,
    enables: "notifications in further channels",
    placeholder: "https://hooks.slack.com/services/T00000000/B00000001/placeholderOfAnUnsetUrl1",
    description: "Incoming webhooks of all other channels, by channel.",
  },
  {
    key: "slackBotToken",
    part: "slack",
    argument: "botToken",
    secretKey: "bot-token",
    optional: true,
    enables: "notifications through a Slack app",
    placeholder: ["xoxb", "000000000000", "placeholderOfAnUnsetToken"].join("-"),
    description: "Token of a Slack app, which replaces the webhooks of all channels.",
  },
  {
    key: "heartbeatUrl",
    part: "slack",
    argument: "heartbeatUrl",
    secretKey: "heartbeat-url",
    optional: true,
    enables: "the heartbeat",
    requiredBy: "slack.requireHeartbeat",
    placeholder: "https://heartbeat.invalid/placeholderOfAnUnsetUrl2",
    description: "URL that Alertmanager calls every minute while it delivers alerts.",
  },
  {
    key: "pagerDutyRoutingKey",
    part: "slack",
    argument: "pagerDutyRoutingKey",
    secretKey: "pagerduty-routing-key",
    optional: true,
    enables: "critical alerts in PagerDuty",
    placeholder: "0000cafe0000cafe0000cafe0000cafe",
    description: "Routing key of PagerDuty, which then also receives critical alerts.",
  },
  {
    key: "criticalWebhookUrl",
    part: "slack",
    argument: "criticalWebhookUrl",
    secretKey: "critical-webhook-url",
    optional: true,
    enables: "critical alerts in another service",
    placeholder: "https://receiver.invalid/placeholderOfAnUnsetUrl3",
    description: "URL of a further webhook that also receives critical alerts.",
  },
  {
    key: "receiverSecrets",
    part: "slack",
    argument: "receiverSecrets",
    secretKey: "receiver-<receiver>",
    mapBy: "receiver",
    optional: true,
    enables: "further receivers",
    placeholder: "https://receiver.invalid/placeholderOfAnUnsetSecret4",
    description: "Credential of each receiver in `monitoring:receivers`, by its name.",
  },
] as const satisfies readonly Secret[];

type Row = (typeof table)[number];

/** Part of the configuration that uses secrets. */
export type SecretPart = Row["part"];
/** Key of a secret in the configuration. */
export type SecretKey = Row["key"];
/** Arguments of a part's component that are secrets. */
export type SecretArgument<P extends SecretPart> = Extract<Row, { part: P }>["argument"];
/** The secret arguments of a part's component, with values of the type `T`. */
export type SecretArguments<P extends SecretPart, T> = {
  [R in Extract<Row, { part: P }> as R["argument"]]?: R extends { mapBy: string }
    ? Record<string, T>
    : T;
};

/** All secrets of the configuration. */
export const secrets: readonly (Secret & Pick<Row, "key">)[] = table;

/** The secrets of one part. */
export function secretsOf(part: SecretPart): readonly (Secret & Pick<Row, "key">)[] {
  return secrets.filter((secret) => secret.part === part);
}

/** Whether a key of the configuration holds a secret. */
export function isSecretKey(key: unknown): key is SecretKey {
  return secrets.some((secret) => secret.key === key);
}

/** Key in the Kubernetes Secret for one entry of a map, such as the channel `#oncall`. */
export function secretKeyOfEntry(secretKey: string, name: string): string {
  return secretKey.replace(/<\w+>/, name.replace(/^#/, ""));
}

/**
 * Returns the arguments with `true` in place of each secret that is set, and without unset secrets.
 * Settings and error messages are derived from the result.
 */
export function withoutSecrets(part: SecretPart, args: object): Record<string, unknown> {
  const result: Record<string, unknown> = { ...args };
  for (const { argument, mapBy } of secretsOf(part)) {
    const value = result[argument];
    delete result[argument];
    if (value) result[argument] = mapBy ? setEntries(value) : true;
  }
  return result;
}

/**
 * `true` for each value that is set in a map, or the map itself if it is unknown. Otherwise `true`,
 * which the schema then rejects.
 */
function setEntries(value: unknown): unknown {
  if (isUnresolved(value)) return value;
  if (!isMap(value)) return true;
  const entries = Object.entries(value).filter(([, secret]) => secret);
  return Object.fromEntries(entries.map(([key]) => [key, true]));
}
