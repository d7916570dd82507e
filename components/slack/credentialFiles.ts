import { hasPlaceholder } from "../shared/placeholders";
import { type SecretArgument, secretKeyOfEntry, secretsOf } from "../secrets/secrets";
import { secretKeys } from "./secretKeys";
import { SlackSettings } from "./settings";

/** Name of the Secret with the receivers' credentials, unless `existingSecret` names another. */
export const webhookSecretName = "alertmanager-slack";

/** Returns all channels that receive alerts, starting with the default channel. */
export function channelsOf({ channel, channels, routes }: SlackSettings): string[] {
  const { critical, warning, info } = channels;
  const all = [channel, critical, warning, info, ...routes.map((route) => route.channel)];
  return [...new Set(all.filter((name) => name !== undefined))];
}

/** Returns the keys that the Secret contains. They determine which receivers exist. */
export function availableKeys(settings: SlackSettings): string[] {
  if (settings.existingSecret !== undefined) {
    return settings.existingSecretKeys ?? [secretKeys.webhookUrl];
  }
  return secretsOf("slack").flatMap(({ argument, secretKey, mapBy }) => {
    const value = settings[argument as SecretArgument<"slack">];
    if (mapBy === undefined) return value ? [secretKey] : [];
    // While the map is unknown, assumes these names. Once it is known, a check requires an entry for
    // each.
    const names = hasPlaceholder(value) ? namesOf[mapBy](settings) : Object.keys(value ?? {});
    return names.map((name) => secretKeyOfEntry(secretKey, name));
  });
}

const namesOf = {
  channel: channelsOf,
  receiver: ({ receivers }: SlackSettings) => Object.keys(receivers),
};

/**
 * Returns the path of a credential in Alertmanager's pod, where the Prometheus operator mounts the
 * Secret. Returns undefined if the Secret does not contain the credential.
 */
export function credentialFile(settings: SlackSettings, key: string): string | undefined {
  if (!availableKeys(settings).includes(key)) return undefined;
  return `/etc/alertmanager/secrets/${settings.existingSecret ?? webhookSecretName}/${key}`;
}
