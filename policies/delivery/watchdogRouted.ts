import { DeliveryPath, deliveryPaths, follow, obstaclesOf } from "./deliveryPath";
import { StackFinding, stackPolicy } from "../engine/policy";
import { remediationOf } from "../engine/violation";
import { canHoldAlertmanager } from "../facts/alertmanager";
import { chartAlertsOf, watchdog } from "../facts/chartAlerts";
import { helmChart } from "../facts/helm";
import { UNKNOWN, at } from "../facts/plain";
import { canRunPrometheus } from "../facts/prometheus";
import { Resource } from "../facts/resource";
import { RouteNode } from "../facts/routes";
import { canHoldRules, rulesOfStack } from "../facts/rules";
import { parseDuration } from "../shared/duration";

const setting = { path: "slack.heartbeatUrl", isSecret: true };
const fix =
  'route alertname="Watchdog" to a webhook receiver of a heartbeat service, with a repeat_interval of about a minute';

export const watchdogRouted = stackPolicy({
  name: "watchdog-routed",
  description: "In production, the alert Watchdog reaches a receiver that detects its absence.",
  why: "When Prometheus or Alertmanager is down, no alert fires: only an external service that expects a regular heartbeat can detect it. A chat channel cannot.",
  remediation: `${remediationOf(setting)}; or ${fix}`,
  severity: "high",
  baseline: { enforcementLevel: "advisory" },
  annotations: "forbidden",
  prodOnly: true,
  reads: (type) => canHoldAlertmanager(type) || canRunPrometheus(type) || canHoldRules(type),
  check(resources) {
    const { paths: all, unreadable, unknown } = deliveryPaths(resources);
    // AWS operates a workspace's ruler and alert manager, so they keep running when an agent fails.
    const paths = all.filter(({ configuration }) => configuration.definition === undefined);
    // severities-delivered reports configurations that cannot be parsed or are managed elsewhere.
    if (paths.length + unreadable.length + unknown.length === 0) return [];
    return [...unknown, ...paths.flatMap(checkPath), ...checkExistence(resources)];
  },
});

function checkPath(path: DeliveryPath): StackFinding[] {
  const { urn, where } = path.configuration;
  const { droppedBy, reached, integrations } = follow(path, watchdog);
  const last = reached.at(-1);
  const delivering = integrations(true).filter(({ obstacle }) => obstacle === undefined);
  const heartbeats = delivering.filter(({ toSlack }) => !toSlack);
  if (heartbeats.length > 0) return slowHeartbeat(path, reached);
  if (last === undefined && droppedBy === undefined) return [];
  return [
    {
      urn: droppedBy?.urn ?? urn,
      problem:
        delivering.length > 0
          ? "Watchdog reaches only Slack, which does not detect its absence"
          : droppedBy === undefined
            ? "Watchdog reaches no receiver, so its absence is not detected"
            : "alert relabeling drops Watchdog, so its absence is not detected",
      where: droppedBy?.where ?? `${where}, ${last?.where} (receiver "${last?.receiver}")`,
      found: obstaclesOf(integrations(true)),
      bound: "a receiver that is neither empty nor Slack",
      setting,
      fix,
    },
  ];
}

/**
 * Maximum repeat interval of a heartbeat. With a longer one, a pipeline failure would remain undetected
 * for hours.
 */
const maxRepeatSeconds = 3600;

/**
 * Returns the violation for the heartbeat route with the shortest repeat interval, if that interval is
 * too long.
 */
function slowHeartbeat(
  { configuration: { urn, where } }: DeliveryPath,
  reached: RouteNode[],
): StackFinding[] {
  const intervals = reached.map(({ repeatInterval }) => parseDuration(repeatInterval) ?? 0);
  const least = Math.min(...intervals);
  const route = reached[intervals.indexOf(least)];
  if (least <= maxRepeatSeconds || route === undefined) return [];
  return [
    {
      urn,
      problem: "the heartbeat repeats so infrequently that its absence is detected hours later",
      where: `${where}, ${route.where}.repeat_interval`,
      found: route.repeatInterval,
      bound: "at most 1h",
      fix: `set repeat_interval: 1m in ${route.where}, or in a separate route for alertname="Watchdog"`,
    },
  ];
}

/** Checks that an alert named Watchdog always fires. The chart has one. */
function checkExistence(resources: Resource[]): StackFinding[] {
  const charts = resources.filter((resource) => helmChart(resource)?.chart === operatorChart);
  const [first] = charts;
  if (first === undefined || charts.some((chart) => hasWatchdog(chart) === true)) return [];
  const { rules, unknown } = rulesOfStack(resources);
  if (rules.some((rule) => rule.alert === watchdog.alertname && alwaysFires(rule.expr))) return [];
  const undecided = charts.find((chart) => hasWatchdog(chart) === undefined);
  if (undecided !== undefined) {
    return [{ unknown: ["values", "defaultRules"], urn: undecided.urn }];
  }
  if (unknown.length > 0) return unknown;
  return [
    {
      urn: first.urn,
      problem: "the alert Watchdog does not exist, because the values disable the chart's alert",
      where: `release "${helmChart(first)?.release}", values.defaultRules`,
      bound: "an alert named Watchdog that always fires",
      fix: "keep defaultRules.create and defaultRules.rules.general enabled, and remove Watchdog from defaultRules.disabled",
    },
  ];
}

const operatorChart = "kube-prometheus-stack";

function alwaysFires(expr: string): boolean {
  return /^vector\([\d.]+\)(?:>0|>=1|==1)?$/.test(expr.replace(/\s+/g, ""));
}

/** Whether the chart creates its Watchdog alert; undefined if the values are unknown. */
function hasWatchdog(resource: Resource): boolean | undefined {
  if (!chartAlertsOf(resource).has(watchdog.alertname)) return false;
  const defaults = at(resource.props, "values", "defaultRules");
  const deciding = [["create"], ["rules", "general"], ["disabled", watchdog.alertname]];
  return deciding.some((path) => at(defaults, ...path) === UNKNOWN) ? undefined : true;
}
