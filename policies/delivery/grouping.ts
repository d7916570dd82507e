import { parseDuration } from "../shared/duration";
import {
  AlertmanagerConfiguration,
  canHoldAlertmanager,
  configurationsIn,
} from "../facts/alertmanager";
import { PlainMap, UNKNOWN, at, hasUnknown, isMap, listAt, setAt } from "../facts/plain";
import { Resource } from "../facts/resource";
import { RouteNode, matches, readRoutes } from "../facts/routes";
import { limits } from "../shared/limits";
import { ResourcePolicy, Verdict } from "../engine/policy";
import { Violation, shown } from "../engine/violation";

export interface GroupingConfig {
  minWaitSeconds: number;
  maxWaitSeconds: number;
  minIntervalSeconds: number;
  maxIntervalSeconds: number;
  minRepeatSeconds: number;
  maxRepeatSeconds: number;
}

const { waitSeconds, intervalSeconds, repeatSeconds } = limits.grouping;

function seconds(value: number, description: string) {
  return { type: "number" as const, minimum: 0, default: value, description };
}

export const grouping: ResourcePolicy<GroupingConfig> = {
  scope: "resource",
  name: "grouping",
  description:
    "Notifications are grouped by alert, and wait and repeat neither too fast nor too slowly.",
  why: "Ungrouped, an outage is a hundred messages, and Slack drops what comes faster than one a second; too slow, and nobody hears of the next alert in time.",
  remediation:
    'group_by: ["alertname", "cluster", "service"], group_wait: 30s, group_interval: 5m, repeat_interval: 12h',
  severity: "medium",
  enforcementLevel: "mandatory",
  config: {
    minWaitSeconds: seconds(waitSeconds.min, "Shortest group_wait."),
    maxWaitSeconds: seconds(waitSeconds.max, "Longest group_wait."),
    minIntervalSeconds: seconds(intervalSeconds.min, "Shortest group_interval."),
    maxIntervalSeconds: seconds(intervalSeconds.max, "Longest group_interval."),
    minRepeatSeconds: seconds(repeatSeconds.min, "Shortest repeat_interval."),
    maxRepeatSeconds: seconds(repeatSeconds.max, "Longest repeat_interval."),
  },
  appliesTo: canHoldAlertmanager,
  judge,
  remediate,
};

interface Pace {
  field: "group_wait" | "group_interval" | "repeat_interval";
  of: (route: RouteNode) => string;
  min: number;
  max: number;
}

function paces(config: GroupingConfig): Pace[] {
  return [
    {
      field: "group_wait",
      of: (route) => route.groupWait,
      min: config.minWaitSeconds,
      max: config.maxWaitSeconds,
    },
    {
      field: "group_interval",
      of: (route) => route.groupInterval,
      min: config.minIntervalSeconds,
      max: config.maxIntervalSeconds,
    },
    {
      field: "repeat_interval",
      of: (route) => route.repeatInterval,
      min: config.minRepeatSeconds,
      max: config.maxRepeatSeconds,
    },
  ];
}

function judge(resource: Resource, config: GroupingConfig): Verdict {
  const verdicts = configurationsIn(resource).map((found) => judgeOne(found, config));
  return {
    violations: verdicts.flatMap(({ violations }) => violations),
    unknown: verdicts.find(({ unknown }) => unknown !== undefined)?.unknown,
  };
}

function judgeOne(found: AlertmanagerConfiguration, config: GroupingConfig): Verdict {
  if (found.config === UNKNOWN) return { violations: [], unknown: { path: found.path } };
  if (found.config === undefined || at(found.config, "route") === undefined) {
    return { violations: [] };
  }
  const tree = readRoutes(found.config);
  if (tree === UNKNOWN) return { violations: [], unknown: { path: [...found.path, "route"] } };
  const violations: Violation[] = [];
  const walk = (route: RouteNode, above: RouteNode | undefined): void => {
    // Each value is reported where it is set, not where it is inherited.
    for (const violation of wrongWith(route, above, config)) {
      violations.push({ ...violation, where: `${found.where}, ${violation.where}` });
    }
    for (const child of route.routes) walk(child, route);
  };

  if (tree.root !== undefined) walk(tree.root, undefined);
  return { violations };
}

function wrongWith(
  route: RouteNode,
  above: RouteNode | undefined,
  config: GroupingConfig,
): Violation[] {
  // A sign of life is no notification: it has to repeat fast.
  if (isHeartbeat(route)) return [];
  const violations: Violation[] = [];
  if (route.groupBy.join() !== above?.groupBy.join()) {
    const problem = groupProblem(route.groupBy);
    if (problem !== undefined) {
      violations.push({
        problem,
        where: `${route.where}.group_by`,
        bound: "label names with alertname among them, not ...",
        fix: `pulumi config set --path 'monitoring:slack.groupBy[0]' alertname, or group_by: ["alertname", "cluster", "service"] in ${route.where}`,
      });
    }
  }
  for (const { field, of, min, max } of paces(config)) {
    const text = of(route);
    if (above !== undefined && of(above) === text) continue;
    const length = parseDuration(text);
    if (length !== undefined && length >= min && length <= max) continue;
    const speed =
      length === undefined ? "is no duration" : length < min ? "is too short" : "is too long";
    violations.push({
      problem: `${field} ${speed}`,
      where: `${route.where}.${field}`,
      found: shown(text),
      bound: `${formatSeconds(min)} to ${formatSeconds(max)}`,
      fix: `set ${field}: ${formatSeconds(clamp(length, min, max))} in ${route.where}`,
    });
  }
  return violations;
}

function isHeartbeat(route: RouteNode): boolean {
  return route.matchers.some(
    (matcher) =>
      matcher.label === "alertname" &&
      matcher.operator === "=" &&
      matches(matcher, { alertname: "Watchdog" }),
  );
}

function groupProblem(groupBy: string[]): string | undefined {
  if (groupBy.includes("...")) return "group_by is ..., so every alert is a message of its own";
  if (!groupBy.includes("alertname")) {
    return "group_by has no alertname, so unlike alerts share a message and hide each other";
  }
  return undefined;
}

function clamp(value: number | undefined, min: number, max: number): number {
  return Math.min(Math.max(value ?? min, min), max);
}

function formatSeconds(value: number): string {
  if (value > 0 && value % 3600 === 0) return `${value / 3600}h`;
  if (value > 0 && value % 60 === 0) return `${value / 60}m`;
  return `${value}s`;
}

function remediate(resource: Resource, props: PlainMap, config: GroupingConfig): boolean {
  let changed = false;
  for (const found of configurationsIn(resource)) {
    const route = isMap(found.config) ? found.config["route"] : undefined;
    if (!found.editable || !isMap(route) || hasUnknown(route)) continue;
    if (judgeOne(found, config).violations.length === 0) continue;
    const tree = readRoutes(found.config as PlainMap);
    if (tree === UNKNOWN || tree.root === undefined) continue;
    const mended = mend(route, tree.root, undefined, config);
    changed = setAt(props, [...found.path, "route"], mended) || changed;
  }
  return changed;
}

function mend(
  node: PlainMap,
  route: RouteNode,
  above: RouteNode | undefined,
  config: GroupingConfig,
): PlainMap {
  const mended = { ...node };
  if (!isHeartbeat(route)) {
    if (route.groupBy.join() !== above?.groupBy.join() && groupProblem(route.groupBy)) {
      const labels = route.groupBy.filter((label) => label !== "...");
      mended["group_by"] = labels.includes("alertname") ? labels : ["alertname", ...labels];
    }
    for (const { field, of, min, max } of paces(config)) {
      if (above !== undefined && of(above) === of(route)) continue;
      const length = parseDuration(of(route));
      if (length === undefined || length < min || length > max) {
        mended[field] = formatSeconds(clamp(length, min, max));
      }
    }
  }
  const children = listAt(node, "routes");
  if (children.length > 0) {
    let index = 0;
    mended["routes"] = children.map((child) => {
      const read = isMap(child) ? route.routes[index++] : undefined;
      return isMap(child) && read !== undefined ? mend(child, read, route, config) : child;
    });
  }
  return mended;
}
