import { defined } from "../shared/defined";
import { channelKey, channelsOf, credentialFile, secretKeys } from "./secret";
import { SlackSettings } from "./settings";

/** Receiver without an integration, which drops alerts. */
export const nullReceiver = "null";
/** Receiver for Watchdog, whose notifications prove that Alertmanager delivers alerts. */
export const heartbeat = "heartbeat";
/** Receiver for critical alerts, in addition to Slack. */
export const criticalReceiver = "critical";

type Receiver = { name: string } & Record<string, unknown>;

/** Name of the receiver for a channel. */
export function slackReceiver(settings: SlackSettings, channel: string): string {
  return channel === settings.channel ? "slack" : `slack-${channel.slice(1)}`;
}

/** Whether a receiver exists: `heartbeat` and `critical` require a credential in the Secret. */
export function hasReceiver(settings: SlackSettings, receiver: string): boolean {
  return receivers(settings).some(({ name }) => name === receiver);
}

/** All receivers. Each credential is a file in a mounted Secret. */
export function receivers(settings: SlackSettings): Receiver[] {
  const heartbeatFile = credentialFile(settings, secretKeys.heartbeatUrl);
  const pagerDutyFile = credentialFile(settings, secretKeys.pagerDutyRoutingKey);
  const webhookFile = credentialFile(settings, secretKeys.criticalWebhookUrl);
  const result: Receiver[] = [{ name: nullReceiver }];
  if (heartbeatFile !== undefined) {
    result.push({ name: heartbeat, webhook_configs: [webhook(heartbeatFile, false)] });
  }
  if (pagerDutyFile !== undefined || webhookFile !== undefined) {
    result.push({
      name: criticalReceiver,
      ...defined({
        pagerduty_configs: pagerDutyFile && [pagerDuty(pagerDutyFile)],
        webhook_configs: webhookFile && [webhook(webhookFile, true)],
      }),
    });
  }
  return [
    ...result,
    ...channelsOf(settings).map((channel) => ({
      name: slackReceiver(settings, channel),
      slack_configs: [slack(settings, channel)],
    })),
  ];
}

function webhook(urlFile: string, sendResolved: boolean): Record<string, unknown> {
  return { url_file: urlFile, send_resolved: sendResolved };
}

function pagerDuty(routingKeyFile: string): Record<string, unknown> {
  return {
    routing_key_file: routingKeyFile,
    send_resolved: true,
    description: template("title"),
    severity: "critical",
  };
}

function slack(settings: SlackSettings, channel: string): Record<string, unknown> {
  const isDefault = channel === settings.channel;
  return defined({
    channel,
    api_url_file: isDefault ? undefined : credentialFile(settings, channelKey(channel)),
    send_resolved: true,
    // Leaves time for a retry before the next group interval if Slack does not respond.
    timeout: "10s",
    title: template("title"),
    // Renders as empty. Alertmanager replaces an empty string with its own, cluster-internal URL.
    title_link: settings.alertmanagerUrl === undefined ? '{{ "" }}' : template("link"),
    text: template("text"),
    color: template("color"),
    fallback: template("title"),
  });
}

function template(name: string): string {
  return `{{ template "observability.slack.${name}" . }}`;
}
