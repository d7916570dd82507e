import { readableRoutes } from "./configurations";
import { StackFinding, stackPolicy } from "../engine/policy";
import { remediationOf } from "../engine/violation";
import {
  AlertmanagerConfiguration,
  canHoldAlertmanager,
  effectiveConfigurations,
  integrationsOf,
} from "../facts/alertmanager";
import { helmChart, isTruthy } from "../facts/helm";
import { UNKNOWN, at, listAt } from "../facts/plain";
import { Resource } from "../facts/resource";
import { routesFor } from "../facts/routes";
import { canHoldRules, rulesOfStack } from "../facts/rules";

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
  reads: (type) => canHoldAlertmanager(type) || canHoldRules(type),
  check(resources) {
    const configurations = effectiveConfigurations(resources);
    if (configurations.length === 0) return [];
    return [...configurations.flatMap(checkRoutes), ...checkExistence(resources)];
  },
});

function checkRoutes(configuration: AlertmanagerConfiguration): StackFinding[] {
  const { urn, where } = configuration;
  const readable = readableRoutes(configuration);
  // severities-delivered reports a configuration that cannot be read or is managed elsewhere.
  if (readable === undefined) return [];
  if ("unknown" in readable) return [readable];
  const { root, config } = readable;
  const reached =
    root === undefined ? [] : routesFor(root, { alertname: "Watchdog", severity: "none" });
  const last = reached.at(-1);
  if (last === undefined) return [];
  const integrations = reached
    .flatMap(({ receiver }) => integrationsOf(config, receiver))
    .filter(({ delivers }) => delivers);
  const isMuted = reached.every(({ hasTimeIntervals }) => hasTimeIntervals);
  if (!isMuted && integrations.some(({ toSlack }) => !toSlack)) return [];
  return [
    {
      urn,
      problem:
        integrations.length > 0
          ? "Watchdog reaches only Slack, which does not detect its absence"
          : "Watchdog reaches no receiver, so its absence is not detected",
      where: `${where}, ${last.where} (receiver "${last.receiver}")`,
      bound: "a receiver that is neither empty nor Slack",
      setting,
      fix,
    },
  ];
}

/** Checks that an alert named Watchdog always fires; the chart has one. */
function checkExistence(resources: Resource[]): StackFinding[] {
  const charts = resources.filter((resource) => helmChart(resource)?.chart === operatorChart);
  const [first] = charts;
  if (first === undefined || charts.some((chart) => hasWatchdog(chart) === true)) return [];
  const { rules, unknown } = rulesOfStack(resources);
  if (rules.some((rule) => rule.alert === "Watchdog" && alwaysFires(rule.expr))) return [];
  const undecided = charts.find((chart) => hasWatchdog(chart) === undefined);
  if (undecided !== undefined) {
    return [{ unknown: ["values", "defaultRules"], urn: undecided.urn }];
  }
  if (unknown.length > 0) return unknown;
  return [
    {
      urn: first.urn,
      problem: "there is no alert Watchdog: the values disable the alert of the chart",
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

/** Whether the chart creates its alert Watchdog; undefined while the values are unknown. */
function hasWatchdog(resource: Resource): boolean | undefined {
  const defaults = at(resource.props, "values", "defaultRules");
  const flags = [at(defaults, "create"), at(defaults, "rules", "general")];
  const disabled = at(defaults, "disabled", "Watchdog");
  // Older versions of the chart accept a list of disabled alerts.
  const isListed = listAt(defaults, "disabled").includes("Watchdog");
  if (flags.includes(false) || isListed) return false;
  if (flags.includes(UNKNOWN) || disabled === UNKNOWN) return undefined;
  return !isTruthy(disabled);
}
