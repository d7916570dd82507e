import { type SecretArgument, secretKeyOfEntry, secretsOf } from "../secrets/secrets";

/** Keys of the credentials in the Secret, by the argument that sets each key. */
export const secretKeys = Object.fromEntries(
  secretsOf("slack").map(({ argument, secretKey }) => [argument, secretKey]),
) as Record<SecretArgument<"slack">, string>;

/** Returns the key of a channel's webhook. */
export function channelKey(channel: string): string {
  return secretKeyOfEntry(secretKeys.webhookUrls, channel);
}

/** Returns the key of a receiver's credential. */
export function receiverKey(name: string): string {
  return secretKeyOfEntry(secretKeys.receiverSecrets, name);
}
