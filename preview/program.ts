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
    standIn: "0000beef0000beef0000beef0000beef0000beef",
  },
  {
    key: "slackWebhookUrl",
    part: "slack",
    optional: false,
    standIn: "https://hooks.slack.com/services/T00000000/B00000000/standInForAnUnsetUrl0000",
  },
];

/** The secrets that this configuration uses: not those of a part that names an existing Secret. */
export function secretsInUse(values: ConfigValues, project: string): SecretSetting[] {
  return secretSettings.filter(({ part }) => {
    const settings = values[`${project}:${part}`];
    return settings !== undefined && settings !== null && !namesExistingSecret(settings);
  });
}

function namesExistingSecret(settings: ConfigValue): boolean {
  return typeof settings === "object" && settings !== null && "existingSecret" in settings;
}
