import { SlackSettings } from "./settings";

/** Secret with the credentials of the receivers, unless an existing one is named. */
export const webhookSecretName = "alertmanager-slack";

/** Keys of that Secret. */
export const secretKeys = {
  webhookUrl: "webhook-url",
  botToken: "bot-token",
  heartbeatUrl: "heartbeat-url",
  pagerDutyRoutingKey: "pagerduty-routing-key",
  criticalWebhookUrl: "critical-webhook-url",
} as const;

/** Key of the webhook that belongs to one channel. */
export function channelKey(channel: string): string {
  return `${secretKeys.webhookUrl}-${channel.replace(/^#/, "")}`;
}

/** What can be read from the Secret; it decides which receivers there are. */
export function availableKeys(settings: SlackSettings): string[] {
  if (settings.existingSecret !== undefined) {
    return settings.existingSecretKeys ?? [secretKeys.webhookUrl];
  }
  const single = Object.entries(secretKeys).filter(([setting]) => setting in settings);
  return [
    ...single.map(([, key]) => key),
    ...Object.keys(settings.webhookUrls ?? {}).map(channelKey),
  ];
}

/** The file of a key in Alertmanager's pod, where the Prometheus operator mounts it. */
export function mountedFile(settings: SlackSettings, key: string): string {
  return `/etc/alertmanager/secrets/${settings.existingSecret ?? webhookSecretName}/${key}`;
}
