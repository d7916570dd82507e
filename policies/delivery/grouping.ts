import { checkConfigurations, remediateConfigurations } from "./configurations";
import { ViolationFinding, resourcePolicy } from "../engine/policy";
import { ConfigOf, numberProperty } from "../engine/properties";
import { shown } from "../engine/violation";
import { canHoldAlertmanager } from "../facts/alertmanager";
import { watchdog } from "../facts/chartAlerts";
import { PlainMap, UNKNOWN, setAt } from "../facts/plain";
import { RouteNode, inheritedSettings, matches, readRoutes } from "../facts/routes";
import { parseDuration } from "../shared/duration";
import { clamp, limits } from "../limits/limits";

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
  why: "Without grouping, an outage causes a hundred messages, and Slack drops messages that arrive faster than one per second; with long intervals, the on-call engineer is notified of the next alert too late.",
  remediation:
    'group_by: ["alertname", "cluster", "service"], group_wait: 30s, group_interval: 5m, repeat_interval: 12h',
  severity: "medium",
  baseline: {
    enforcementLevel: "advisory",
    defaults: {
      minWaitSeconds: 0,
      maxWaitSeconds: 300,
      minIntervalSeconds: 10,
      maxIntervalSeconds: 3_600,
      minRepeatSeconds: 300,
      maxRepeatSeconds: 604_800,
    },
  },
  config: properties,
  appliesTo: canHoldAlertmanager,
  check: (resource, bounds) =>
    checkConfigurations(resource, (config, { path, where, namespace }) => {
      // The route of an AlertmanagerConfig inherits all fields that it does not set.
      const isInherited = namespace !== undefined;
      const corrections = correctionsIn(
        config,
        bounds,
        isInherited ? inheritedSettings : undefined,
      );
      if (corrections === UNKNOWN) return [{ unknown: [...path, "route"] }];
      return corrections.map((finding) => ({ ...finding, where: `${where}, ${finding.where}` }));
    }),
  remediate: (resource, props, bounds) =>
    remediateConfigurations(resource, props, "route", (config) => {
      const corrections = correctionsIn(config, bounds);
      if (corrections === UNKNOWN || corrections.length === 0) return undefined;
      const copy = { route: structuredClone(config["route"]) };
      for (const { path, set } of corrections) setAt(copy, path, set);
      return copy.route;
    }),
});

function secondsProperty(value: number, description: string) {
  return numberProperty(value, `${description}, in seconds.`, { minimum: 0 });
}

/** A violation in a field of a route, with the value that fixes it. */
type Correction = ViolationFinding & Required<Pick<ViolationFinding, "path" | "set">>;

type Settings = Omit<typeof inheritedSettings, "receiver">;

function correctionsIn(
  config: PlainMap,
  bounds: Config,
  inherited?: Settings,
): Correction[] | typeof UNKNOWN {
  const tree = readRoutes(config);
  if (tree === UNKNOWN) return UNKNOWN;
  const walk = (route: RouteNode, parent?: Settings): Correction[] => [
    ...correctionsOf(route, parent, bounds),
    ...route.routes.flatMap((child) => walk(child, route)),
  ];
  return tree.root === undefined ? [] : walk(tree.root, inherited);
}

/** Returns corrections for the fields that a route sets itself. Ignores inherited fields. */
function correctionsOf(
  route: RouteNode,
  parent: Settings | undefined,
  bounds: Config,
): Correction[] {
  // The bounds do not apply to a heartbeat, which must repeat within minutes.
  if (isHeartbeat(route)) return [];
  const place = (field: string) => ({
    path: [...route.path, field],
    where: `${route.where}.${field}`,
  });
  const corrections: Correction[] = [];
  const problem = groupingProblem(route.groupBy);
  if (problem !== undefined && route.groupBy.join() !== parent?.groupBy.join()) {
    const labels = route.groupBy.filter((label) => label !== "..." && !ofPods.test(label));
    corrections.push({
      ...place("group_by"),
      problem,
      bound: "label names that include alertname, but not ... or pod",
      setting: { path: "slack.groupBy[0]", value: "alertname" },
      fix: `group_by: ["alertname", "cluster", "service"] in ${route.where}`,
      set: labels.includes("alertname") ? labels : ["alertname", ...labels],
    });
  }
  for (const [field, key, min, max] of [
    ["group_wait", "groupWait", bounds.minWaitSeconds, bounds.maxWaitSeconds],
    ["group_interval", "groupInterval", bounds.minIntervalSeconds, bounds.maxIntervalSeconds],
    ["repeat_interval", "repeatInterval", bounds.minRepeatSeconds, bounds.maxRepeatSeconds],
  ] as const) {
    const seconds = parseDuration(route[key]);
    const nearestSeconds = clamp(seconds ?? min, min, max);
    if (parent?.[key] === route[key] || seconds === nearestSeconds) continue;
    const nearest = formatSeconds(nearestSeconds);
    corrections.push({
      ...place(field),
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
      matcher.label === "alertname" && matcher.operator === "=" && matches(matcher, watchdog),
  );
}

/** Matches labels whose values are unique to a pod. */
const ofPods = /^(pod|pod_name|uid|pod_uid|container_id)$/;

function groupingProblem(groupBy: string[]): string | undefined {
  if (groupBy.includes("..."))
    return "group_by is ..., so each alert is sent as a separate message";
  if (!groupBy.includes("alertname")) {
    return "group_by does not include alertname, so different alerts share a message";
  }
  const single = groupBy.find((label) => ofPods.test(label));
  if (single !== undefined) {
    return `group_by includes ${single}, so an outage of a service causes one message per pod`;
  }
  return undefined;
}

function formatSeconds(value: number): string {
  if (value > 0 && value % 3600 === 0) return `${value / 3600}h`;
  if (value > 0 && value % 60 === 0) return `${value / 60}m`;
  return `${value}s`;
}
