import { SlackSettings } from "./settings";
import { availableKeys, channelKey, mountedFile, secretKeys } from "./secret";

/** Receiver without an integration, which drops alerts. */
export const nullReceiver = "null";
/** Receiver of Watchdog, which proves that Alertmanager delivers alerts. */
export const heartbeat = "heartbeat";
/** Receiver of critical alerts in addition to Slack. */
export const criticalReceiver = "critical";

type Receiver = { name: string } & Record<string, unknown>;

/** Name of the receiver for a channel. */
export function slackReceiver(settings: SlackSettings, channel: string): string {
  return channel === settings.channel ? "slack" : `slack-${channel.slice(1)}`;
}

/** All channels that receive alerts, the default channel first. */
export function channelsOf({ channel, channels, routes }: SlackSettings): string[] {
  const { critical, warning, info } = channels;
  const all = [channel, critical, warning, info, ...routes.map((route) => route.channel)];
  return [...new Set(all.filter((name) => name !== undefined))];
}

/** Whether critical alerts go to a receiver in addition to Slack. */
export function hasCriticalReceiver(settings: SlackSettings): boolean {
  const keys = availableKeys(settings);
  return [secretKeys.pagerDutyRoutingKey, secretKeys.criticalWebhookUrl].some((key) =>
    keys.includes(key),
  );
}

/** Whether Watchdog goes to a heartbeat service. */
export function hasHeartbeat(settings: SlackSettings): boolean {
  return availableKeys(settings).includes(secretKeys.heartbeatUrl);
}

/** All receivers. Each credential is a file of a mounted Secret. */
export function receivers(settings: SlackSettings): Receiver[] {
  const keys = availableKeys(settings);
  const file = (key: string): string => mountedFile(settings, key);
  return [
    { name: nullReceiver },
    ...(hasHeartbeat(settings)
      ? [
          {
            name: heartbeat,
            webhook_configs: [webhook(file(secretKeys.heartbeatUrl), false)],
          },
        ]
      : []),
    ...(hasCriticalReceiver(settings)
      ? [
          {
            name: criticalReceiver,
            ...(keys.includes(secretKeys.pagerDutyRoutingKey) && {
              pagerduty_configs: [pagerDuty(file(secretKeys.pagerDutyRoutingKey))],
            }),
            ...(keys.includes(secretKeys.criticalWebhookUrl) && {
              webhook_configs: [webhook(file(secretKeys.criticalWebhookUrl), true)],
            }),
          },
        ]
      : []),
    ...channelsOf(settings).map((channel) => ({
      name: slackReceiver(settings, channel),
      slack_configs: [slack(settings, channel)],
    })),
  ];
}

function webhook(urlFile: string, sendResolved: boolean): Record<string, unknown> {
  return { url_file: urlFile, send_resolved: sendResolved };
}

function slack(settings: SlackSettings, channel: string): Record<string, unknown> {
  return {
    channel,
    ...(channel !== settings.channel &&
      availableKeys(settings).includes(channelKey(channel)) && {
        api_url_file: mountedFile(settings, channelKey(channel)),
      }),
    send_resolved: true,
    // Leaves time for a retry before the next group interval if Slack does not respond.
    timeout: "10s",
    title: '{{ template "observability.slack.title" . }}',
    // Alertmanager replaces an empty link with its own URL, which works only inside the cluster.
    title_link:
      settings.alertmanagerUrl === undefined
        ? '{{ "" }}'
        : '{{ template "observability.slack.link" . }}',
    text: '{{ template "observability.slack.text" . }}',
    color: '{{ template "observability.slack.color" . }}',
    fallback: '{{ template "observability.slack.title" . }}',
  };
}

function pagerDuty(routingKeyFile: string): Record<string, unknown> {
  return {
    routing_key_file: routingKeyFile,
    send_resolved: true,
    description: '{{ template "observability.slack.title" . }}',
    severity: "critical",
  };
}
