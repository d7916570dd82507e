import { SlackSettings } from "./settings";
import { availableKeys, channelKey, mountedFile, secretKeys } from "./secret";

/** Where nobody hears it. In YAML it stands in quotes, because a bare null is no name. */
export const nobody = "null";
/** Where Watchdog proves that alerts are delivered at all. */
export const heartbeat = "heartbeat";
/** What hears of critical alerts beside Slack. */
export const criticalReceiver = "critical";

type Receiver = { name: string } & Record<string, unknown>;

/** Name of the receiver of a channel. */
export function slackReceiver(settings: SlackSettings, channel: string): string {
  return channel === settings.channel ? "slack" : `slack-${channel.slice(1)}`;
}

/** Every channel that something is sent to, the default one first. */
export function channelsOf({ channel, channels, routes }: SlackSettings): string[] {
  const { critical, warning, info } = channels;
  const all = [channel, critical, warning, info, ...routes.map((route) => route.channel)];
  return [...new Set(all.filter((name) => name !== undefined))];
}

/** Whether anybody hears of critical alerts beside Slack. */
export function hasCriticalReceiver(settings: SlackSettings): boolean {
  const keys = availableKeys(settings);
  return [secretKeys.pagerDutyRoutingKey, secretKeys.criticalWebhookUrl].some((key) =>
    keys.includes(key),
  );
}

/** Whether Watchdog is sent anywhere. */
export function hasHeartbeat(settings: SlackSettings): boolean {
  return availableKeys(settings).includes(secretKeys.heartbeatUrl);
}

/** Everybody who can be told; each credential is a file of a mounted Secret. */
export function receivers(settings: SlackSettings): Receiver[] {
  const keys = availableKeys(settings);
  const file = (key: string): string => mountedFile(settings, key);
  return [
    { name: nobody },
    ...(hasHeartbeat(settings)
      ? [
          {
            name: heartbeat,
            webhook_configs: [{ url_file: file(secretKeys.heartbeatUrl), send_resolved: false }],
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
              webhook_configs: [
                { url_file: file(secretKeys.criticalWebhookUrl), send_resolved: true },
              ],
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

function slack(settings: SlackSettings, channel: string): Record<string, unknown> {
  return {
    channel,
    ...(channel !== settings.channel &&
      availableKeys(settings).includes(channelKey(channel)) && {
        api_url_file: mountedFile(settings, channelKey(channel)),
      }),
    send_resolved: true,
    // A Slack that does not answer is asked again, while there is still time before the next round.
    timeout: "10s",
    title: '{{ template "observability.slack.title" . }}',
    // An empty text would be taken for Alertmanager's default, a name that only the cluster knows.
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
