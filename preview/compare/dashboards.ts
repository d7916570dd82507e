import { isDeepStrictEqual } from "node:util";
import { entriesAt, isMap, listAt, textAt } from "../../policies/facts/plain";
import { isDashboard } from "../output/isDashboard";
import { keysOf } from "./differences";
import type { PreviewState } from "./state";

export type DashboardChange = {
  dashboard: string;
  change: string;
};

interface Dashboard {
  title: string;
  panels: Map<string, unknown>;
}

/** Returns dashboards and panels that were added, removed or changed. Panels are matched by title. */
export function dashboardChanges(before: PreviewState, after: PreviewState): DashboardChange[] {
  const [old, current] = [dashboardsOf(before), dashboardsOf(after)];
  return keysOf(old, current).flatMap((uid) => {
    const [was, is] = [old.get(uid), current.get(uid)];
    if (was === undefined) return [{ dashboard: is!.title, change: "added" }];
    if (is === undefined) return [{ dashboard: was.title, change: "removed" }];
    return keysOf(was.panels, is.panels).flatMap((title) => {
      const [panelBefore, panelAfter] = [was.panels.get(title), is.panels.get(title)];
      if (isDeepStrictEqual(panelBefore, panelAfter)) return [];
      const verb =
        panelBefore === undefined ? "added" : panelAfter === undefined ? "removed" : "changed";
      return [{ dashboard: is.title, change: `panel "${title}" ${verb}` }];
    });
  });
}

export function dashboardsOf({ resources }: PreviewState): Map<string, Dashboard> {
  const dashboards = new Map<string, Dashboard>();
  for (const { type, inputs } of resources) {
    if (!type.endsWith(":ConfigMap") || !isDashboard(inputs)) continue;
    for (const [file, text] of entriesAt(inputs, "data")) {
      const dashboard = parsed(text);
      if (!isMap(dashboard)) continue;
      const title = textAt(dashboard, "title") ?? file;
      dashboards.set(textAt(dashboard, "uid") ?? file, { title, panels: panelsOf(dashboard) });
    }
  }
  return dashboards;
}

function parsed(text: unknown): unknown {
  try {
    return typeof text === "string" ? (JSON.parse(text) as unknown) : undefined;
  } catch {
    return undefined;
  }
}

function panelsOf(dashboard: unknown): Map<string, unknown> {
  const panels = new Map<string, unknown>();
  for (const panel of listAt(dashboard, "panels").flatMap((each) => [
    each,
    ...listAt(each, "panels"),
  ])) {
    if (!isMap(panel) || panel["type"] === "row") continue;
    // A panel that only moved counts as unchanged.
    const { gridPos: _position, id: _id, ...content } = panel;
    panels.set(textAt(panel, "title") ?? "untitled", content);
  }
  return panels;
}
