import { Finding, ViolationFinding, resourcePolicy } from "../engine/policy";
import { ConfigOf, numberProperty } from "../engine/properties";
import { shown } from "../engine/violation";
import {
  AlertmanagerConfiguration,
  canHoldAlertmanager,
  configurationsIn,
} from "../facts/alertmanager";
import { PlainMap, UNKNOWN, at, hasUnknown, isMap, listAt, setAt } from "../facts/plain";
import { Resource } from "../facts/resource";
import { RouteNode, matches, readRoutes } from "../facts/routes";
import { parseDuration } from "../shared/duration";
import { clamp, limits } from "../shared/limits";

const { waitSeconds, intervalSeconds, repeatSeconds } = limits.grouping;

const properties = {
  minWaitSeconds: secondsProperty(waitSeconds.min, "Minimum group_wait"),
  maxWaitSeconds: secondsProperty(waitSeconds.max, "Maximum group_wait"),
  minIntervalSeconds: secondsProperty(intervalSeconds.min, "Minimum group_interval"),
  maxIntervalSeconds: secondsProperty(intervalSeconds.max, "Maximum group_interval"),
  minRepeatSeconds: secondsProperty(repeatSeconds.min, "Minimum repeat_interval"),
  maxRepeatSeconds: secondsProperty(repeatSeconds.max, "Maximum repeat_interval"),
};
type Config = ConfigOf<typeof properties>;

export const grouping = resourcePolicy({
  name: "grouping",
  description:
    "Notifications are grouped by alertname, and their wait and repeat intervals are within bounds.",
  why: "Without grouping, an outage is a hundred messages, and Slack drops messages that arrive faster than one per second; with long intervals, the on-call engineer learns of the next alert too late.",
  remediation:
    'group_by: ["alertname", "cluster", "service"], group_wait: 30s, group_interval: 5m, repeat_interval: 12h',
  severity: "medium",
  config: properties,
  appliesTo: canHoldAlertmanager,
  check: (resource, config) =>
    configurationsIn(resource).flatMap((configuration) =>
      checkConfiguration(configuration, config),
    ),
  remediate,
});

function secondsProperty(value: number, description: string) {
  return numberProperty(value, `${description}, in seconds.`, { minimum: 0 });
}

/** A violation in one field of a route, with the value that corrects it. */
type Correction = ViolationFinding & { field: string; set: string | string[] };

function checkConfiguration(
  { config, path, where }: AlertmanagerConfiguration,
  bounds: Config,
): Finding[] {
  if (config === UNKNOWN) return [{ unknown: path }];
  if (config === undefined || at(config, "route") === undefined) return [];
  const tree = readRoutes(config);
  if (tree === UNKNOWN) return [{ unknown: [...path, "route"] }];
  const check = (route: RouteNode, parent?: RouteNode): ViolationFinding[] => [
    ...correctionsOf(route, parent, bounds).map(({ field, ...violation }) => ({
      ...violation,
      where: `${where}, ${route.where}.${field}`,
    })),
    ...route.routes.flatMap((child) => check(child, route)),
  ];
  return tree.root === undefined ? [] : check(tree.root);
}

/** The corrections of the fields that a route sets itself, not those that it inherits. */
function correctionsOf(
  route: RouteNode,
  parent: RouteNode | undefined,
  config: Config,
): Correction[] {
  // A heartbeat must repeat within minutes.
  if (isHeartbeat(route)) return [];
  const corrections: Correction[] = [];
  const problem = groupingProblem(route.groupBy);
  if (problem !== undefined && route.groupBy.join() !== parent?.groupBy.join()) {
    const labels = route.groupBy.filter((label) => label !== "...");
    corrections.push({
      field: "group_by",
      problem,
      bound: "label names that include alertname, not ...",
      fix: `pulumi config set --path 'monitoring:slack.groupBy[0]' alertname, or group_by: ["alertname", "cluster", "service"] in ${route.where}`,
      set: labels.includes("alertname") ? labels : ["alertname", ...labels],
    });
  }
  for (const [field, key, min, max] of [
    ["group_wait", "groupWait", config.minWaitSeconds, config.maxWaitSeconds],
    ["group_interval", "groupInterval", config.minIntervalSeconds, config.maxIntervalSeconds],
    ["repeat_interval", "repeatInterval", config.minRepeatSeconds, config.maxRepeatSeconds],
  ] as const) {
    if (parent?.[key] === route[key]) continue;
    const seconds = parseDuration(route[key]);
    if (seconds !== undefined && seconds >= min && seconds <= max) continue;
    const nearest = formatSeconds(clamp(seconds ?? min, min, max));
    corrections.push({
      field,
      problem: `${field} ${
        seconds === undefined ? "is not a duration" : seconds < min ? "is too short" : "is too long"
      }`,
      found: shown(route[key]),
      bound: `${formatSeconds(min)} to ${formatSeconds(max)}`,
      fix: `set ${field}: ${nearest} in ${route.where}`,
      set: nearest,
    });
  }
  return corrections;
}

function isHeartbeat(route: RouteNode): boolean {
  return route.matchers.some(
    (matcher) =>
      matcher.label === "alertname" &&
      matcher.operator === "=" &&
      matches(matcher, { alertname: "Watchdog" }),
  );
}

function groupingProblem(groupBy: string[]): string | undefined {
  if (groupBy.includes("...")) return "group_by is ..., so each alert is a separate message";
  if (!groupBy.includes("alertname")) {
    return "group_by does not include alertname, so different alerts share a message";
  }
  return undefined;
}

function formatSeconds(value: number): string {
  if (value > 0 && value % 3600 === 0) return `${value / 3600}h`;
  if (value > 0 && value % 60 === 0) return `${value / 60}m`;
  return `${value}s`;
}

function remediate(resource: Resource, props: PlainMap, bounds: Config): boolean {
  return configurationsIn(resource)
    .map((configuration) => {
      const { config, editable, path } = configuration;
      const route = isMap(config) ? config["route"] : undefined;
      if (!editable || !isMap(config) || !isMap(route) || hasUnknown(route)) return false;
      if (checkConfiguration(configuration, bounds).length === 0) return false;
      const tree = readRoutes(config);
      if (tree === UNKNOWN || tree.root === undefined) return false;
      return setAt(props, [...path, "route"], corrected(route, tree.root, undefined, bounds));
    })
    .includes(true);
}

/** A route of the configuration with the corrections of the node that was read from it. */
function corrected(
  route: PlainMap,
  node: RouteNode,
  parent: RouteNode | undefined,
  config: Config,
): PlainMap {
  const nodes = [...node.routes];
  const children = listAt(route, "routes").map((child) => {
    const childNode = isMap(child) ? nodes.shift() : undefined;
    return isMap(child) && childNode !== undefined
      ? corrected(child, childNode, node, config)
      : child;
  });
  return {
    ...route,
    ...Object.fromEntries(
      correctionsOf(node, parent, config).map(({ field, set }) => [field, set]),
    ),
    ...(children.length > 0 ? { routes: children } : {}),
  };
}
