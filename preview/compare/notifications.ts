import type { QuietHours } from "../../components/slack/slackAlerting";
import { destinationsOf, mutedDestinationsOf, noNotification } from "../output/routes";
import type { Labels } from "../../policies/facts/routes";
import { quietHoursText } from "../output/summary";
import { keysOf } from "./differences";
import {
  type ConfiguredService,
  type PreviewState,
  type ResourceEntry,
  componentsOf,
  serviceNames,
  servicesOf,
} from "./state";

export type NotificationChange = {
  alerts: string;
  before: string;
  after: string;
};

/** Label sets of the alerts whose notifications are compared, by description. */
type Subjects = Map<string, Labels>;

/** Returns the notification destinations that differ, for the platform, each service and each route. */
export function notificationChanges(
  before: PreviewState,
  after: PreviewState,
): NotificationChange[] {
  const changes = new Map<string, NotificationChange & { subjects: string[] }>();
  const nameOf = serviceNames(before, after);
  const [old, current] = [subjectsOf(before, nameOf), subjectsOf(after, nameOf)];
  for (const severity of ["critical", "warning", "info", "Watchdog"]) {
    for (const subject of keysOf(old, current)) {
      if (severity === "Watchdog" && subject !== platform) continue;
      const to = (state: PreviewState, subjects: Subjects): string => {
        const labels = subjects.get(subject);
        if (labels === undefined) return "-";
        if (state.alertmanager === undefined) return noNotification;
        const alertLabels: Labels =
          severity === "Watchdog" ? { alertname: severity, severity: "none" } : { severity };
        return destinationsOf(state.alertmanager, { ...labels, ...alertLabels }).join(", ");
      };
      const [was, is] = [to(before, old), to(after, current)];
      if (was === is) continue;
      const key = JSON.stringify([severity, was, is]);
      const known = changes.get(key) ?? { alerts: severity, before: was, after: is, subjects: [] };
      changes.set(key, known);
      known.subjects.push(subject);
    }
  }
  return [...changes.values()].map(({ alerts, subjects, ...rest }) => ({
    alerts: alerts === "Watchdog" ? alerts : `${alerts}: ${subjects.join(", ")}`,
    ...rest,
  }));
}

/** Returns the quiet hours and planned maintenance that differ, with the destinations that they mute. */
export function mutingChanges(before: PreviewState, after: PreviewState): NotificationChange[] {
  const nameOf = serviceNames(before, after);
  const [old, current] = [mutingOf(before, nameOf), mutingOf(after, nameOf)];
  const text = (muting: Muting | undefined): string =>
    muting === undefined ? "-" : `${muting.destinations.join(", ")}: ${muting.times}`;
  return keysOf(old, current).flatMap((alerts) => {
    const [was, is] = [old.get(alerts), current.get(alerts)];
    return was?.times === is?.times ? [] : [{ alerts, before: text(was), after: text(is) }];
  });
}

/** The times at which destinations are muted. */
interface Muting {
  times: string;
  destinations: string[];
}

function mutingOf(state: PreviewState, nameOf: (id: string) => string): Map<string, Muting> {
  const { alertmanager } = state;
  const muting = new Map<string, Muting>();
  if (alertmanager === undefined) return muting;
  const add = (alerts: string, times: string, all: string[]): void => {
    const destinations = [...new Set(all)].filter((destination) => destination !== noNotification);
    if (destinations.length > 0) muting.set(alerts, { times, destinations });
  };
  const { quietHours } = componentsOf(state).find(isSlack)?.inputs ?? {};
  if (quietHours !== undefined) {
    const subjects = [...subjectsOf(state, nameOf).values()];
    add(
      "quiet hours",
      quietHoursText(quietHours as QuietHours),
      subjects.flatMap((labels) =>
        mutedDestinationsOf(alertmanager, { ...labels, severity: "warning" }),
      ),
    );
  }
  for (const service of servicesOf(state).filter(({ maintenance }) => maintenance.length > 0)) {
    const windows = service.maintenance.map(
      ({ from, to, reason }) => `from ${from} to ${to} (${reason})`,
    );
    add(
      `all severities: ${nameOf(service.id)}`,
      `no notification ${windows.join(" and ")}`,
      ["critical", "warning"].flatMap((severity) =>
        destinationsOf(alertmanager, { ...labelsOf(service), severity }),
      ),
    );
  }
  return muting;
}

const isSlack = ({ type }: ResourceEntry): boolean => type === "monitoring:index:SlackAlerting";

const platform = "the platform";

function subjectsOf(state: PreviewState, nameOf: (id: string) => string): Subjects {
  const services = servicesOf(state).map((service): [string, Labels] => [
    nameOf(service.id),
    labelsOf(service),
  ]);
  return new Map([[platform, {}], ...services]);
}

function labelsOf({ name, namespace, team }: ConfiguredService): Labels {
  return { service: name, namespace, ...(team !== undefined && { team }) };
}

/** Returns the destinations of a service's alerts, by severity. */
export function serviceRoutes(
  { alertmanager }: PreviewState,
  service: ConfiguredService,
): [severity: string, destinations: string][] {
  if (alertmanager === undefined) return [];
  return ["critical", "warning"].map((severity) => [
    severity,
    destinationsOf(alertmanager, { ...labelsOf(service), severity }).join(", "),
  ]);
}
