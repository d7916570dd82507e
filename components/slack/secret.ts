import { type SecretArgument, secretKeyOfChannel, secretsOf } from "../shared/secrets";
import { SlackSettings } from "./settings";

/** Name of the Secret with the credentials of the receivers, unless `existingSecret` names another. */
export const webhookSecretName = "alertmanager-slack";

/** Keys of that Secret by the argument that sets them. */
export const secretKeys = Object.fromEntries(
  secretsOf("slack").map(({ argument, secretKey }) => [argument, secretKey]),
) as Record<SecretArgument<"slack">, string>;

/** Key of the webhook of one channel. */
export function channelKey(channel: string): string {
  return secretKeyOfChannel(secretKeys.webhookUrls, channel);
}

/** The keys that the Secret holds. They decide which receivers exist. */
export function availableKeys(settings: SlackSettings): string[] {
  if (settings.existingSecret !== undefined) {
    return settings.existingSecretKeys ?? [secretKeys.webhookUrl];
  }
  return Object.entries(secretKeys).flatMap(([argument, key]) => {
    if (argument === "webhookUrls") return Object.keys(settings.webhookUrls ?? {}).map(channelKey);
    return argument in settings ? [key] : [];
  });
}

/**
 * Path of a credential in Alertmanager's pod, where the Prometheus operator mounts the Secret, or
 * undefined if the Secret does not hold it.
 */
export function credentialFile(settings: SlackSettings, key: string): string | undefined {
  if (!availableKeys(settings).includes(key)) return undefined;
  return `/etc/alertmanager/secrets/${settings.existingSecret ?? webhookSecretName}/${key}`;
}
