import { integrationsOf } from "../../policies/facts/integrations";
import { UNKNOWN } from "../../policies/facts/plain";
import { type Labels, readRoutes, routesFor } from "../../policies/facts/routes";
import type { PreviewState } from "../compare/state";
import type { AlertEpisode, Episode } from "./result";

/**
 * Counts notifications by severity. Overlapping episodes that Alertmanager groups together count as one
 * notification per route. Repeats, inhibition, silences and mute time intervals are ignored.
 */
export function notificationsOf(
  { alertmanager }: PreviewState,
  episodes: AlertEpisode[],
): Map<string, number> {
  const tree = alertmanager === undefined ? undefined : readRoutes(alertmanager);
  const root = tree === undefined || tree === UNKNOWN ? undefined : tree.root;
  const groups = new Map<string, { severity: string; times: Episode[] }>();
  for (const { alert, severity, labels, start, end } of root === undefined ? [] : episodes) {
    const all: Labels = { ...labels, alertname: alert, severity };
    for (const { where, receiver, groupBy } of routesFor(root!, all)) {
      if (integrationsOf(alertmanager!, receiver).length === 0) continue;
      const values = groupBy.includes("...") ? all : groupBy.map((label) => all[label] ?? "");
      const key = JSON.stringify([where, severity, values]);
      const group = groups.get(key) ?? { severity, times: [] };
      groups.set(key, group);
      group.times.push({ start, end });
    }
  }
  const counts = new Map<string, number>();
  for (const { severity, times } of groups.values()) {
    counts.set(severity, (counts.get(severity) ?? 0) + separate(times));
  }
  return counts;
}

/** Counts the separate time ranges that the episodes cover. */
function separate(episodes: Episode[]): number {
  let [number, until] = [0, Number.NEGATIVE_INFINITY];
  for (const { start, end } of [...episodes].sort((a, b) => a.start - b.start)) {
    if (start > until) number++;
    until = Math.max(until, end ?? Number.POSITIVE_INFINITY);
  }
  return number;
}
