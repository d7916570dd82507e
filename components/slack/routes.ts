import { chartAlertNames } from "../alerting/alertNames";
import { podNamePattern } from "../alerting/promql";
import { Severity } from "../alerting/rules";
import { defined } from "../shared/defined";
import { criticalReceiver, hasReceiver, heartbeat, nullReceiver, slackReceiver } from "./receivers";
import { SlackRouteSettings, SlackSettings } from "./settings";

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

/** Name of the time interval that mutes warnings. */
export const quietHoursName = "quiet-hours";

/** Intervals for critical alerts, which page the on-call engineer. */
const criticalIntervals = ({ repeatMinutes }: SlackSettings) => ({
  group_wait: "10s",
  group_interval: "1m",
  repeat_interval: duration(repeatMinutes.critical),
});
/** Intervals for warnings and for alerts without a severity. */
const warningIntervals = ({ repeatMinutes }: SlackSettings) => ({
  group_wait: "30s",
  group_interval: "5m",
  repeat_interval: duration(repeatMinutes.warning),
});
const duration = (minutes: number) => (minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`);
// A repeat interval of a whole minute would skip every second group interval.
const heartbeatIntervals = { group_wait: "0s", group_interval: "1m", repeat_interval: "50s" };

const critical = `severity="${Severity.Critical}"`;

/** Route for critical alerts, which then continue to the Slack channel. */
const pageAndContinue = (settings: SlackSettings): Route => ({
  matchers: [critical],
  receiver: criticalReceiver,
  continue: true,
  ...criticalIntervals(settings),
});

/** Routing tree. An alert goes to the first route that matches, unless that route continues. */
export function routingTree(settings: SlackSettings): Route {
  return {
    receiver: slackReceiver(settings, settings.channel),
    group_by: settings.groupBy,
    ...warningIntervals(settings),
    routes: [
      {
        matchers: [`alertname="${chartAlertNames.watchdog}"`],
        ...(hasReceiver(settings, heartbeat)
          ? { receiver: heartbeat, ...heartbeatIntervals }
          : { receiver: nullReceiver }),
      },
      { matchers: [`alertname="${chartAlertNames.infoInhibitor}"`], receiver: nullReceiver },
      ...(hasReceiver(settings, criticalReceiver) ? [pageAndContinue(settings)] : []),
      ...settings.routes.flatMap((route) => channelRoutes(settings, route)),
      ...bySeverity(settings, settings.channels),
    ],
  };
}

/** Routes to a channel. A service needs two, because its alerts have a label `service` or `pod`. */
function channelRoutes(settings: SlackSettings, route: SlackRouteSettings): Route[] {
  const { channel, service, team, namespace } = route;
  const common = [
    ...(team === undefined ? [] : [`team=${JSON.stringify(team)}`]),
    ...(namespace === undefined ? [] : [`namespace="${namespace}"`]),
  ];
  const subjects =
    service === undefined
      ? [[]]
      : [[`service="${service}"`], [`pod=~"${podNamePattern([service])}"`]];
  const channels = { critical: channel, warning: channel, info: settings.channels.info && channel };
  return subjects.map((subject) => ({
    matchers: [...common, ...subject],
    receiver: slackReceiver(settings, channel),
    routes: bySeverity(settings, channels),
  }));
}

function bySeverity(settings: SlackSettings, channels: SlackSettings["channels"]): Route[] {
  const route = (matcher: string, channel = settings.channel): Route => ({
    matchers: [matcher],
    receiver: slackReceiver(settings, channel),
  });
  const warningRoute = defined({
    ...route(`severity="${Severity.Warning}"`, channels.warning),
    mute_time_intervals: settings.quietHours && [quietHoursName],
  });
  return [
    { ...route(critical, channels.critical), ...criticalIntervals(settings) },
    // Without a channel or quiet hours, the route for warnings would not differ from its parent.
    ...(channels.warning === undefined && settings.quietHours === undefined ? [] : [warningRoute]),
    ...(channels.info === undefined
      ? [{ matchers: [`severity=~"${Severity.Info}|${Severity.None}"`], receiver: nullReceiver }]
      : [
          route(`severity="${Severity.Info}"`, channels.info),
          { matchers: [`severity="${Severity.None}"`], receiver: nullReceiver },
        ]),
  ];
}
