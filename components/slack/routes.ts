import { chartAlertNames } from "../alerting/alertNames";
import { labelMatcher, podNamePattern } from "../alerting/promql";
import { Severity } from "../alerting/rules";
import { criticalReceiver, hasReceiver, heartbeat, nullReceiver, slackReceiver } from "./receivers";
import { ReceiverSettings } from "./receiverSettings";
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
/** Intervals for warnings, and for alerts without a severity. */
const warningIntervals = ({ repeatMinutes }: SlackSettings) => ({
  group_wait: "30s",
  group_interval: "5m",
  repeat_interval: duration(repeatMinutes.warning),
});
const duration = (minutes: number) => (minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`);
// With a repeat interval of a whole minute, Alertmanager would skip every second group interval.
const heartbeatIntervals = { group_wait: "0s", group_interval: "1m", repeat_interval: "50s" };

const critical = `severity="${Severity.Critical}"`;
const warning = `severity="${Severity.Warning}"`;

/** Returns the route for critical alerts, which then continue to the Slack channel. */
const pageAndContinue = (settings: SlackSettings): Route => ({
  matchers: [critical],
  receiver: criticalReceiver,
  continue: true,
  ...criticalIntervals(settings),
});

/** Returns the routing tree. An alert goes to the first matching route, unless that route continues. */
export function routingTree(settings: SlackSettings): Route {
  const receiver = slackReceiver(settings, settings.channel);
  return {
    receiver,
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
      ...Object.entries(settings.receivers).map(([name, receiver]) =>
        receiverRoute(settings, name, receiver),
      ),
      ...settings.routes.flatMap((route) => channelRoutes(settings, route)),
      ...(settings.channel === undefined ? [] : bySeverity(settings, settings.channels)),
      // Alerts that match a receiver's route no longer fall back to the root.
      ...(Object.keys(settings.receivers).length === 0 ? [] : [{ receiver }]),
    ],
  };
}

/**
 * Returns the route to a receiver, after which alerts continue to other routes. The parent route drops
 * alerts that match no child. Only the first matching child notifies, because an alert can match both
 * by service and by team.
 */
function receiverRoute(settings: SlackSettings, name: string, receiver: ReceiverSettings): Route {
  const { severities, services, teams = [] } = receiver;
  const subjects = [
    ...(services === undefined
      ? []
      : [[labelMatcher("service", services)], [`pod=~"${podNamePattern(services)}"`]]),
    ...teams.map((team) => [`team=${JSON.stringify(team)}`]),
  ];
  const matchersOf: Record<ReceiverSettings["severities"][number], string[]> = {
    critical: [critical],
    // Alerts with other severities are not muted.
    warning: [warning, `severity!~"${Object.values(Severity).join("|")}"`],
    info: [`severity="${Severity.Info}"`],
  };
  return {
    receiver: nullReceiver,
    continue: true,
    routes: (subjects.length === 0 ? [[]] : subjects).flatMap((subject) =>
      severities.flatMap((severity) =>
        matchersOf[severity].map((matcher) => ({
          matchers: [...subject, matcher],
          receiver: name,
          ...(matcher === critical ? criticalIntervals(settings) : {}),
          ...(matcher === warning ? mutedInQuietHours(settings) : {}),
        })),
      ),
    ),
  };
}

const mutedInQuietHours = ({ quietHours }: SlackSettings) =>
  quietHours === undefined ? {} : { mute_time_intervals: [quietHoursName] };

/**
 * Returns the routes to a channel. A service needs two, because its alerts have either the label
 * `service` or the label `pod`.
 */
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
  const warningRoute = { ...route(warning, channels.warning), ...mutedInQuietHours(settings) };
  return [
    { ...route(critical, channels.critical), ...criticalIntervals(settings) },
    // Without a separate channel or quiet hours, the route for warnings would not differ from its
    // parent.
    ...(channels.warning === undefined && settings.quietHours === undefined ? [] : [warningRoute]),
    ...(channels.info === undefined
      ? [{ matchers: [`severity=~"${Severity.Info}|${Severity.None}"`], receiver: nullReceiver }]
      : [
          route(`severity="${Severity.Info}"`, channels.info),
          { matchers: [`severity="${Severity.None}"`], receiver: nullReceiver },
        ]),
  ];
}
