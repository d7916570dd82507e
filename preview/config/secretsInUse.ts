import { type Secret, secrets } from "../../components/secrets/secrets";
import type { ConfigValues } from "./configPath";

/**
 * Returns the secrets that a configuration needs. Excludes the secrets of a part that refers to an
 * existing Secret.
 */
export function secretsInUse(values: ConfigValues, project: string): Secret[] {
  const isSet = (key: string): boolean => values[`${project}:${key}`] !== undefined;
  const part = (key: string): Record<string, unknown> | undefined => {
    const settings = values[`${project}:${key}`] ?? undefined;
    if (settings === undefined) return undefined;
    return typeof settings === "object" ? (settings as Record<string, unknown>) : {};
  };
  const requires = (setting: string): boolean => {
    const [name = "", key] = setting.split(".");
    return part(name) !== undefined && (key === undefined || part(name)?.[key] === true);
  };
  return secrets.flatMap((secret) => {
    const settings = part(secret.part);
    const usesAmp = part("existingPrometheus")?.["ampWorkspaceArn"] !== undefined;
    // Amazon Q Developer manages the Slack credentials.
    if (secret.part === "slack" && usesAmp) return isSet(secret.key) ? [secret] : [];
    if (settings === undefined || settings["existingSecret"] !== undefined) return [];
    if (secret.requiredBy !== undefined && requires(secret.requiredBy)) {
      return [{ ...secret, optional: false }];
    }
    // Without a channel, alerts go only to receivers.
    const hasChannel = settings["channel"] !== undefined || part("receivers") === undefined;
    if (secret.key === "slackWebhookUrl" && !hasChannel) return [];
    const isReplaced = secret.replacedBy !== undefined && isSet(secret.replacedBy);
    const isUsed = isSet(secret.key) || (secret.enables === undefined && !isReplaced);
    return isUsed ? [secret] : [];
  });
}
