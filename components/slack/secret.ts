import { hasPlaceholder } from "../shared/placeholders";
import { type SecretArgument, secretKeyOfEntry, secretsOf } from "../shared/secrets";
import { SlackSettings } from "./settings";

/** Name of the Secret with the credentials of the receivers, unless `existingSecret` names another. */
export const webhookSecretName = "alertmanager-slack";

/** Keys of the Secret with the credentials, by the argument that sets each key. */
export const secretKeys = Object.fromEntries(
  secretsOf("slack").map(({ argument, secretKey }) => [argument, secretKey]),
) as Record<SecretArgument<"slack">, string>;

/** Key for the webhook of one channel. */
export function channelKey(channel: string): string {
  return secretKeyOfEntry(secretKeys.webhookUrls, channel);
}

/** Key for the credential of one receiver. */
export function receiverKey(name: string): string {
  return secretKeyOfEntry(secretKeys.receiverSecrets, name);
}

/** All channels that receive alerts, the default channel first. */
export function channelsOf({ channel, channels, routes }: SlackSettings): string[] {
  const { critical, warning, info } = channels;
  const all = [channel, critical, warning, info, ...routes.map((route) => route.channel)];
  return [...new Set(all.filter((name) => name !== undefined))];
}

/** Keys that the Secret holds, which determine the receivers that exist. */
export function availableKeys(settings: SlackSettings): string[] {
  if (settings.existingSecret !== undefined) {
    return settings.existingSecretKeys ?? [secretKeys.webhookUrl];
  }
  return secretsOf("slack").flatMap(({ argument, secretKey, mapBy }) => {
    const value = settings[argument as SecretArgument<"slack">];
    if (mapBy === undefined) return value ? [secretKey] : [];
    // Applies until the map is known: the check ensures that it has an entry for each of these names.
    const names = hasPlaceholder(value) ? namesOf[mapBy](settings) : Object.keys(value ?? {});
    return names.map((name) => secretKeyOfEntry(secretKey, name));
  });
}

const namesOf = {
  channel: channelsOf,
  receiver: ({ receivers }: SlackSettings) => Object.keys(receivers),
};

/**
 * Path of a credential in Alertmanager's pod, where the Prometheus operator mounts the Secret.
 * Undefined if the Secret does not hold the credential.
 */
export function credentialFile(settings: SlackSettings, key: string): string | undefined {
  if (!availableKeys(settings).includes(key)) return undefined;
  return `/etc/alertmanager/secrets/${settings.existingSecret ?? webhookSecretName}/${key}`;
}
