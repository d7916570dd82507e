import { alertChanges } from "./alerts";
import { dashboardChanges } from "./dashboards";
import { deletions } from "./deletions";
import { differences, keysOf, shown } from "./differences";
import { metricChanges } from "./metrics";
import { mutingChanges, notificationChanges } from "./notifications";
import { policyChanges } from "./policies";
import { resourceChanges } from "./resources";
import { secretChanges } from "./secrets";
import { componentsOf, type PreviewState } from "./state";
import { volumeProblems } from "./volumes";

/** Differences between two previews, by topic. All rows of a topic have the same columns. */
export type Comparison = ReturnType<typeof compare>;

/** Compares previews of two revisions of a stack. Topics are in order of importance to a reviewer. */
export function compare(before: PreviewState, after: PreviewState) {
  return {
    problems: volumeProblems(before, after),
    deletedData: deletions(before, after),
    settings: settingChanges(before, after),
    secrets: secretChanges(before, after),
    alerts: alertChanges(before, after),
    notifications: [...notificationChanges(before, after), ...mutingChanges(before, after)],
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
  return keysOf(old, current).flatMap((component) => {
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
