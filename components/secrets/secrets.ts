import { isMap } from "../../policies/shared/isMap";
import { formatPath } from "../../policies/shared/path";
import { HIDDEN } from "../shared/hideSecrets";
import { isUnresolved } from "../shared/placeholders";
import type { Problem } from "../shared/problems";
import { type SecretForm, httpUrl, httpsUrl } from "./secretForms";

/** A secret in the configuration. Its row in the table below is its only definition. */
export interface Secret {
  /** Key in the configuration, such as `monitoring:slackWebhookUrl`. */
  key: string;
  /** Part of the configuration that uses the secret. */
  part: "datadog" | "slack";
  /** Component argument that receives the secret. */
  argument: string;
  /** Key in the Kubernetes Secret that holds the secret. */
  secretKey: string;
  /**
   * Meaning of the keys, if the secret is a map. `secretKey` then contains it as a placeholder, such as
   * `<channel>`.
   */
  mapBy?: "channel" | "receiver";
  /** Whether the part works without the secret. */
  optional: boolean;
  /**
   * Feature that the secret enables. If the secret is unset, the feature is disabled without an error.
   */
  enables?: string;
  /** Setting that makes the secret required: another part, or a boolean of this part. */
  requiredBy?: string;
  /** Key of another secret that can be set instead. */
  replacedBy?: string;
  /** Required format of the value, or of all values in a map. Default: any text. */
  form?: SecretForm;
  /** Well-formed value for previews in which the secret is unset or cannot be decrypted. */
  placeholder: string;
  /** Description for the documentation. Ends with a period. */
  description: string;
}

const key = (length: number, name: string): SecretForm => ({
  pattern: new RegExp(`^\\w{${length},}\\s*$`),
  rule: `must be ${name}: at least ${length} letters and digits`,
});

const table = [
  {
    key: "datadogApiKey",
    part: "datadog",
    argument: "apiKey",
    form: key(32, "a Datadog API key"),
    secretKey: "api-key",
    optional: false,
    placeholder: "0000feed0000feed0000feed0000feed",
    description: "API key of the Datadog organization.",
  },
  {
    key: "datadogAppKey",
    part: "datadog",
    argument: "appKey",
    form: key(40, "a Datadog application key"),
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
    form: httpsUrl,
    secretKey: "webhook-url",
    optional: false,
    replacedBy: "slackBotToken",
    placeholder: "https://hooks.slack.com/services/T00000000/B00000000/placeholderOfAnUnsetUrl0",
    description: "Incoming webhook for `slack.channel`.",
  },
  {
    key: "slackWebhookUrls",
    part: "slack",
    argument: "webhookUrls",
    form: httpsUrl,
    secretKey: "webhook-url-<channel>",
    mapBy: "channel",
    optional: true,
    enables: "notifications in additional channels",
    placeholder: "https://hooks.slack.com/services/T00000000/B00000001/placeholderOfAnUnsetUrl1",
    description: "Incoming webhooks for all other channels, keyed by channel.",
  },
  {
    key: "slackBotToken",
    part: "slack",
    argument: "botToken",
    form: {
      pattern: /^(xoxe\.)?xoxb-\S+\s*$/,
      rule: "must be a bot token, which starts with xoxb-",
    },
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
    form: httpUrl,
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
    form: key(32, "a PagerDuty routing key"),
    secretKey: "pagerduty-routing-key",
    optional: true,
    enables: "critical alerts in PagerDuty",
    placeholder: "0000cafe0000cafe0000cafe0000cafe",
    description: "PagerDuty routing key. If set, PagerDuty also receives critical alerts.",
  },
  {
    key: "criticalWebhookUrl",
    part: "slack",
    argument: "criticalWebhookUrl",
    form: httpUrl,
    secretKey: "critical-webhook-url",
    optional: true,
    enables: "critical alerts in another service",
    placeholder: "https://receiver.invalid/placeholderOfAnUnsetUrl3",
    description: "URL of an additional webhook that also receives critical alerts.",
  },
  {
    key: "receiverSecrets",
    part: "slack",
    argument: "receiverSecrets",
    secretKey: "receiver-<receiver>",
    mapBy: "receiver",
    optional: true,
    enables: "additional receivers",
    placeholder: "https://receiver.invalid/placeholderOfAnUnsetSecret4",
    description: "Credential of each receiver in `monitoring:receivers`, keyed by receiver name.",
  },
] as const satisfies readonly Secret[];

type Row = (typeof table)[number];

/** Part of the configuration that uses secrets. */
export type SecretPart = Row["part"];
/** Key of a secret in the configuration. */
export type SecretKey = Row["key"];
/** Arguments of a part's component that are secrets. */
export type SecretArgument<P extends SecretPart> = Extract<Row, { part: P }>["argument"];
/** The secret arguments of a part's component, with values of type `T`. */
export type SecretArguments<P extends SecretPart, T> = {
  [R in Extract<Row, { part: P }> as R["argument"]]?: R extends { mapBy: string }
    ? Record<string, T>
    : T;
};

/** All secrets in the configuration. */
export const secrets: readonly (Secret & Pick<Row, "key">)[] = table;

/** Returns the secrets of one part. */
export function secretsOf(part: SecretPart): readonly (Secret & Pick<Row, "key">)[] {
  return secrets.filter((secret) => secret.part === part);
}

/** Whether a configuration key holds a secret. */
export function isSecretKey(key: unknown): key is SecretKey {
  return secrets.some((secret) => secret.key === key);
}

/** Returns the key in the Kubernetes Secret for one entry of a map, such as the channel `#oncall`. */
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
 * Returns a map with `true` for each value that is set, or the argument itself if it is unknown. For
 * any other value, returns `true`, which the schema then rejects.
 */
function setEntries(value: unknown): unknown {
  if (isUnresolved(value)) return value;
  if (!isMap(value)) return true;
  const entries = Object.entries(value).filter(([, secret]) => secret);
  return Object.fromEntries(entries.map(([key]) => [key, true]));
}

/** A secret argument, or an entry in a map of secrets. */
export interface SecretEntry {
  path: string[];
  /** Key in the Kubernetes Secret. */
  secretKey: string;
  /** Required format of the value. Undefined if any text is allowed. */
  form: SecretForm | undefined;
  value: unknown;
}

/** Returns the required format of an entry in a map of secrets, if other arguments determine it. */
export type FormOfEntry = (argument: string, name: string) => SecretForm | undefined;

/** Returns the secrets in the arguments of a part's component, excluding the entries of unknown maps. */
export function secretEntries(
  part: SecretPart,
  args: object,
  formOf: FormOfEntry = () => undefined,
): SecretEntry[] {
  return secretsOf(part).flatMap((secret) => {
    const { argument, secretKey, form } = secret;
    const value = (args as Record<string, unknown>)[argument];
    if (!secret.mapBy) return [{ path: [argument], secretKey, form, value }];
    return Object.entries(isMap(value) && !isUnresolved(value) ? value : {}).map(
      ([name, entry]) => ({
        path: [argument, name],
        secretKey: secretKeyOfEntry(secretKey, name),
        form: form ?? formOf(argument, name),
        value: entry,
      }),
    );
  });
}

/** Returns the problem with the value of a secret. No message quotes the value. */
export function secretProblem({ form, path, value }: SecretEntry): Problem | undefined {
  const isNothing = value === undefined || value === null;
  if (isNothing || value === "") {
    const rule = `must not be empty${isNothing ? ": the Output resolved to nothing" : ""}`;
    const fix = { kind: "do", text: "set the secret that the Output reads" } as const;
    return { path, code: "required", rule, fix };
  }
  const { pattern, rule } = form ?? { pattern: /\S/, rule: "must be a string" };
  if (typeof value === "string" && pattern.test(value)) return undefined;
  const fix = { kind: "do", text: `correct the secret ${formatPath(path)}` } as const;
  return { path, value: HIDDEN, code: "invalid", rule, fix };
}
