import { SlackRouteSettings, SlackSettings } from "./settings";
import { podNamePattern } from "../alerting/promql";
import {
  criticalReceiver,
  hasCriticalReceiver,
  hasHeartbeat,
  heartbeat,
  nobody,
  slackReceiver,
} from "./receivers";
import { chartAlertNames } from "../alerting/alertNames";
import { Severity } from "../alerting/rules";

/** A node of Alertmanager's routing tree. */
export interface Route {
  receiver: string;
  matchers?: string[];
  continue?: boolean;
  group_by?: string[];
  group_wait?: string;
  group_interval?: string;
  repeat_interval?: string;
  mute_time_intervals?: string[];
  routes?: Route[];
}

/** Name of the time in which warnings wait. */
export const quietHoursName = "quiet-hours";

/** Somebody is woken: soon, and again every hour. */
const urgent = { group_wait: "10s", group_interval: "1m", repeat_interval: "1h" };
/** The pace of a warning; an alert without a severity gets it too, rather than getting lost. */
const unhurried = { group_wait: "30s", group_interval: "5m", repeat_interval: "12h" };
// Repeated at every round: a repeat_interval of a whole minute would miss every second one.
const everyMinute = { group_wait: "0s", group_interval: "1m", repeat_interval: "50s" };

const critical = `severity="${Severity.Critical}"`;
const warning = `severity="${Severity.Warning}"`;

/** Who hears of which alert, and when. The first route that matches takes the alert. */
export function routingTree(settings: SlackSettings): Route {
  return {
    receiver: slackReceiver(settings, settings.channel),
    group_by: settings.groupBy,
    ...unhurried,
    routes: [
      {
        matchers: [`alertname="${chartAlertNames.watchdog}"`],
        ...(hasHeartbeat(settings)
          ? { receiver: heartbeat, ...everyMinute }
          : { receiver: nobody }),
      },
      { matchers: [`alertname="${chartAlertNames.infoInhibitor}"`], receiver: nobody },
      // Beside Slack, whatever the channel.
      ...(hasCriticalReceiver(settings)
        ? [{ matchers: [critical], receiver: criticalReceiver, continue: true, ...urgent }]
        : []),
      ...settings.routes.flatMap((route) => override(settings, route)),
      ...bySeverity(settings, settings.channels),
    ],
  };
}

/** A service's alerts carry its name, or the name of one of its pods. */
function override(settings: SlackSettings, route: SlackRouteSettings): Route[] {
  const { channel, service, team, namespace } = route;
  const common = [
    ...(team === undefined ? [] : [`team=${JSON.stringify(team)}`]),
    ...(namespace === undefined ? [] : [`namespace="${namespace}"`]),
  ];
  const kinds =
    service === undefined
      ? [common]
      : [
          [...common, `service="${service}"`],
          [...common, `pod=~"${podNamePattern([service])}"`],
        ];
  const channels = { critical: channel, warning: channel, info: settings.channels.info && channel };
  return kinds.map((matchers) => ({
    matchers,
    receiver: slackReceiver(settings, channel),
    routes: bySeverity(settings, channels),
  }));
}

function bySeverity(settings: SlackSettings, channels: SlackSettings["channels"]): Route[] {
  const to = (channel = settings.channel): string => slackReceiver(settings, channel);
  return [
    { matchers: [critical], receiver: to(channels.critical), ...urgent },
    // What is like its parent in everything needs no route of its own.
    ...(channels.warning === undefined && settings.quietHours === undefined
      ? []
      : [
          {
            matchers: [warning],
            receiver: to(channels.warning),
            ...(settings.quietHours && { mute_time_intervals: [quietHoursName] }),
          },
        ]),
    ...(channels.info === undefined
      ? [{ matchers: [`severity=~"${Severity.Info}|${Severity.None}"`], receiver: nobody }]
      : [
          { matchers: [`severity="${Severity.Info}"`], receiver: to(channels.info) },
          { matchers: [`severity="${Severity.None}"`], receiver: nobody },
        ]),
  ];
}
