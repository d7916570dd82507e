import { destinationsOf } from "../output/routes";
import { componentsOf, type PreviewState, servicesByComponent } from "./state";

export interface NotificationChange {
  alerts: string;
  before: string;
  after: string;
}

/** Labels of the alerts whose notifications are compared, by the words that describe them. */
type Subjects = Map<string, Record<string, string>>;

/** Destinations of notifications that differ, for the platform, each service and each route. */
export function notificationChanges(
  before: PreviewState,
  after: PreviewState,
): NotificationChange[] {
  const changes = new Map<string, NotificationChange & { subjects: string[] }>();
  const [old, current] = [subjectsOf(before), subjectsOf(after)];
  for (const severity of ["critical", "warning", "info", "Watchdog"]) {
    for (const subject of new Set([...old.keys(), ...current.keys()])) {
      if (severity === "Watchdog" && subject !== platform) continue;
      const to = (state: PreviewState, subjects: Subjects): string => {
        const labels = subjects.get(subject);
        if (labels === undefined) return "-";
        if (state.alertmanager === undefined) return "no notification";
        const own: Record<string, string> =
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

function subjectsOf(state: PreviewState): Subjects {
  const subjects: Subjects = new Map([[platform, {}]]);
  const namespaces = new Map(
    componentsOf(state).map(({ urn, inputs }) => [urn, String(inputs["namespace"])]),
  );
  for (const [urn, services] of servicesByComponent(state)) {
    for (const { name, team } of services) {
      const labels = { service: name, namespace: namespaces.get(urn) ?? "" };
      subjects.set(name, team === undefined ? labels : { ...labels, team });
    }
  }
  return subjects;
}
