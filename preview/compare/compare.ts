import { alertChanges } from "./alerts";
import { dashboardChanges } from "./dashboards";
import { differences, shown } from "./differences";
import { metricChanges } from "./metrics";
import { type NotificationChange, notificationChanges } from "./notifications";
import { policyChanges } from "./policies";
import { resourceChanges } from "./resources";
import { componentsOf, type PreviewState } from "./state";

/** The differences between two previews by topic. All rows of a topic have the same columns. */
export type Comparison = Record<
  | "settings"
  | "alerts"
  | "notifications"
  | "retentionAndCost"
  | "charts"
  | "dashboards"
  | "metrics"
  | "policies"
  | "resources",
  object[]
>;

/** Compares the previews of two revisions of a stack, in the order that matters to a reviewer. */
export function compare(before: PreviewState, after: PreviewState): Comparison {
  return {
    settings: settingChanges(before, after),
    alerts: alertChanges(before, after),
    notifications: [...notificationChanges(before, after), ...quietHoursChange(before, after)],
    retentionAndCost: factChanges(before, after, "Retention and cost"),
    charts: factChanges(before, after, "Helm releases"),
    dashboards: dashboardChanges(before, after),
    metrics: metricChanges(before, after),
    policies: policyChanges(before, after),
    resources: resourceChanges(before, after),
  };
}

function settingChanges(before: PreviewState, after: PreviewState) {
  const settingsOf = (state: PreviewState) =>
    new Map(componentsOf(state).map(({ name, inputs }) => [name, inputs]));
  const [old, current] = [settingsOf(before), settingsOf(after)];
  return [...new Set([...old.keys(), ...current.keys()])].flatMap((component) => {
    const [was, is] = [old.get(component), current.get(component)];
    if (was === undefined) return [{ component, setting: "-", before: "-", after: "added" }];
    if (is === undefined) return [{ component, setting: "-", before: "-", after: "removed" }];
    return differences(was, is).map(({ path, before, after }) => ({
      component,
      setting: path,
      before: shown(before),
      after: shown(after),
    }));
  });
}

/** Quiet hours depend on the time, so the destinations do not show them. */
function quietHoursChange(before: PreviewState, after: PreviewState): NotificationChange[] {
  return factChanges(before, after, "Routes")
    .filter(({ name }) => name === "quiet hours")
    .map(({ name, ...values }) => ({ alerts: name, ...values }));
}

function factChanges(before: PreviewState, after: PreviewState, part: string) {
  const rowsOf = (state: PreviewState): Record<string, string> => {
    const { part: _part, ...rows } = state.facts.find((fact) => fact.part === part) ?? {
      part,
    };
    return rows;
  };
  return differences(rowsOf(before), rowsOf(after)).map(({ path, before, after }) => ({
    name: path,
    before: shown(before),
    after: shown(after),
  }));
}
