import { destinationsOf } from "../output/routes";
import type { Labels } from "../../policies/facts/routes";
import { type ConfiguredService, type PreviewState, serviceNames, servicesOf } from "./state";

export interface NotificationChange {
  alerts: string;
  before: string;
  after: string;
}

/** Labels of the alerts whose notifications are compared, by description. */
type Subjects = Map<string, Labels>;

/** Destinations of notifications that differ, for the platform, each service and each route. */
export function notificationChanges(
  before: PreviewState,
  after: PreviewState,
): NotificationChange[] {
  const changes = new Map<string, NotificationChange & { subjects: string[] }>();
  const nameOf = serviceNames(before, after);
  const [old, current] = [subjectsOf(before, nameOf), subjectsOf(after, nameOf)];
  for (const severity of ["critical", "warning", "info", "Watchdog"]) {
    for (const subject of new Set([...old.keys(), ...current.keys()])) {
      if (severity === "Watchdog" && subject !== platform) continue;
      const to = (state: PreviewState, subjects: Subjects): string => {
        const labels = subjects.get(subject);
        if (labels === undefined) return "-";
        if (state.alertmanager === undefined) return "no notification";
        const own: Labels =
          severity === "Watchdog" ? { alertname: severity, severity: "none" } : { severity };
        return destinationsOf(state.alertmanager, { ...labels, ...own }).join(", ");
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

/** Destinations of the alerts on a service by severity. */
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
