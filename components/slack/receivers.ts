import { defined } from "../shared/defined";
import { KindSettings, ReceiverKind, receiverKinds } from "./receiverKinds";
import { channelsOf, credentialFile } from "./credentialFiles";
import { channelKey, receiverKey, secretKeys } from "./secretKeys";
import { SlackSettings } from "./settings";
import { template } from "./templateReference";

/** Receiver without an integration, which drops alerts. */
export const nullReceiver = "null";
/** Receiver for Watchdog, whose notifications prove that Alertmanager delivers alerts. */
export const heartbeat = "heartbeat";
/** Receiver for critical alerts, in addition to Slack. */
export const criticalReceiver = "critical";

type Receiver = { name: string } & Record<string, unknown>;

/** Returns the name of the receiver for a channel. Without a channel, alerts are dropped. */
export function slackReceiver(settings: SlackSettings, channel: string | undefined): string {
  if (channel === undefined) return nullReceiver;
  return channel === settings.channel ? "slack" : `slack-${channel.slice(1)}`;
}

/** Whether a receiver exists. `heartbeat` and `critical` require a credential in the Secret. */
export function hasReceiver(settings: SlackSettings, receiver: string): boolean {
  return receivers(settings).some(({ name }) => name === receiver);
}

/** Returns all receivers. Each credential is a file in a mounted Secret. */
export function receivers(settings: SlackSettings): Receiver[] {
  const heartbeatFile = credentialFile(settings, secretKeys.heartbeatUrl);
  const critical = {
    ...integration(settings, ReceiverKind.PagerDuty, secretKeys.pagerDutyRoutingKey),
    ...integration(settings, ReceiverKind.Webhook, secretKeys.criticalWebhookUrl),
  };
  const result: Receiver[] = [{ name: nullReceiver }];
  if (heartbeatFile !== undefined) {
    const webhook = { url_file: heartbeatFile, send_resolved: false };
    result.push({ name: heartbeat, webhook_configs: [webhook] });
  }
  if (Object.keys(critical).length > 0) result.push({ name: criticalReceiver, ...critical });
  return [
    ...result,
    ...Object.entries(settings.receivers).map(([name, receiver]) => ({
      name,
      ...integration(settings, receiver.kind, receiverKey(name), receiver),
    })),
    ...channelsOf(settings).map((channel) => ({
      name: slackReceiver(settings, channel),
      slack_configs: [slack(settings, channel)],
    })),
  ];
}

/**
 * Returns an integration, keyed by its field name, or nothing if the Secret does not contain its
 * credential.
 */
function integration(
  settings: SlackSettings,
  kind: ReceiverKind,
  secretKey: string,
  kindSettings: KindSettings = {},
): Record<string, unknown> {
  const file = credentialFile(settings, secretKey);
  if (file === undefined) return {};
  const { integration, credentialFile: field, fields } = receiverKinds[kind];
  return {
    [integration]: [defined({ [field]: file, send_resolved: true, ...fields(kindSettings) })],
  };
}

/** Settings for updating messages, which requires a bot token and the URL of Slack's API. */
const updatedMessage = (settings: SlackSettings) => ({
  update_message: true,
  api_url: "https://slack.com/api/chat.postMessage",
  http_config: {
    authorization: {
      type: "Bearer",
      credentials_file: credentialFile(settings, secretKeys.botToken),
    },
  },
});

function slack(settings: SlackSettings, channel: string): Record<string, unknown> {
  const isDefault = channel === settings.channel;
  return defined({
    channel,
    ...(settings.updateMessages && updatedMessage(settings)),
    api_url_file: isDefault ? undefined : credentialFile(settings, channelKey(channel)),
    send_resolved: true,
    // If Slack does not respond, this leaves time for a retry before the next group interval.
    timeout: "10s",
    title: template("slack.title"),
    // Renders as an empty string. Alertmanager would replace a literal empty string with its own
    // cluster-internal URL.
    title_link: settings.alertmanagerUrl === undefined ? '{{ "" }}' : template("slack.link"),
    text: template("slack.text"),
    color: template("slack.color"),
    fallback: template("slack.title"),
  });
}
