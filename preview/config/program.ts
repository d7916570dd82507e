import type { ConfigValue, ConfigValues } from "./configPath";

/**
 * What the preview has to know of the program beyond what it records. `index.ts` itself is run as
 * it is; only its secrets need a word, because a preview has nothing to decrypt them with.
 */
export interface SecretSetting {
  /** Key in the program's configuration. */
  key: string;
  /** Part of the configuration that uses it. */
  part: string;
  /** Whether the part works without it. */
  optional: boolean;
  /** Whether it is what switches something on: unset, it is not missing but off. */
  isSwitch?: boolean;
  /** Setting that asks for it nevertheless: a part that is set, or a switch of a part that is on. */
  requiredBy?: string;
  /** Secret that takes its place where it is set. */
  replacedBy?: string;
  /** A value of the right form that opens nothing. */
  standIn: string;
}

export const secretSettings: SecretSetting[] = [
  {
    key: "datadogApiKey",
    part: "datadog",
    optional: false,
    standIn: "0000feed0000feed0000feed0000feed",
  },
  {
    key: "datadogAppKey",
    part: "datadog",
    optional: true,
    requiredBy: "datadogMonitors",
    standIn: "0000beef0000beef0000beef0000beef0000beef",
  },
  {
    key: "slackWebhookUrl",
    part: "slack",
    optional: false,
    replacedBy: "slackBotToken",
    standIn: "https://hooks.slack.com/services/T00000000/B00000000/standInForAnUnsetUrl0000",
  },
  {
    key: "slackWebhookUrls",
    part: "slack",
    optional: true,
    isSwitch: true,
    standIn: "https://hooks.slack.com/services/T00000000/B00000001/standInForAnUnsetUrl0001",
  },
  {
    key: "slackBotToken",
    part: "slack",
    optional: true,
    isSwitch: true,
    standIn: ["xoxb", "000000000000", "standInForAnUnsetToken"].join("-"),
  },
  {
    key: "heartbeatUrl",
    part: "slack",
    optional: true,
    isSwitch: true,
    requiredBy: "slack.requireHeartbeat",
    standIn: "https://heartbeat.invalid/standInForAnUnsetUrl0002",
  },
  {
    key: "pagerDutyRoutingKey",
    part: "slack",
    optional: true,
    isSwitch: true,
    standIn: "0000cafe0000cafe0000cafe0000cafe",
  },
  {
    key: "criticalWebhookUrl",
    part: "slack",
    optional: true,
    isSwitch: true,
    standIn: "https://receiver.invalid/standInForAnUnsetUrl0003",
  },
];

/** The secrets that this configuration uses: not those of a part that names an existing Secret. */
export function secretsInUse(values: ConfigValues, project: string): SecretSetting[] {
  const isSet = (key: string): boolean => values[`${project}:${key}`] !== undefined;
  return secretSettings.flatMap((secret) => {
    const { key, part, isSwitch = false, requiredBy, replacedBy } = secret;
    const settings = values[`${project}:${part}`];
    if (settings === undefined || settings === null || namesExistingSecret(settings)) return [];
    if (requiredBy !== undefined && asks(values, project, requiredBy)) {
      return [{ ...secret, optional: false }];
    }
    const isUsed = isSwitch
      ? isSet(key)
      : isSet(key) || replacedBy === undefined || !isSet(replacedBy);
    return isUsed ? [secret] : [];
  });
}

function asks(values: ConfigValues, project: string, setting: string): boolean {
  const [part = "", key] = setting.split(".");
  const settings = values[`${project}:${part}`];
  if (settings === undefined || settings === null) return false;
  return key === undefined || valueIn(settings, key) === true;
}

function namesExistingSecret(settings: ConfigValue): boolean {
  return valueIn(settings, "existingSecret") !== undefined;
}

function valueIn(settings: ConfigValue, key: string): unknown {
  if (typeof settings !== "object" || settings === null) return undefined;
  return (settings as Record<string, unknown>)[key];
}
