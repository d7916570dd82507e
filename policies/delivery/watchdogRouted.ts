import { InProd, environmentProperty, isProd } from "../engine/environment";
import {
  AlertmanagerConfiguration,
  canHoldAlertmanager,
  effectiveConfigurations,
  integrationsOf,
} from "../facts/alertmanager";
import { helmChart, isTruthy } from "../facts/helm";
import { UNKNOWN, at, listAt, textAt } from "../facts/plain";
import { Resource } from "../facts/resource";
import { readRoutes, routesFor } from "../facts/routes";
import { canHoldRules, rulesOf } from "../facts/rules";
import { StackPolicy, Verdict, holds } from "../engine/policy";

export type WatchdogRoutedConfig = InProd;

export const watchdogRouted: StackPolicy<WatchdogRoutedConfig> = {
  scope: "stack",
  name: "watchdog-routed",
  description:
    "In production, the alert Watchdog goes to a receiver that notices when it stays away.",
  why: "When Prometheus or Alertmanager is down, silence looks like health: only somebody outside who waits for a regular sign of life can tell. Nobody reads such a sign in a chat.",
  remediation:
    'pulumi config set --secret monitoring:heartbeatUrl, or route alertname="Watchdog" to a webhook receiver of a heartbeat service, with a repeat_interval of a minute or so',
  severity: "high",
  enforcementLevel: "mandatory",
  config: { environment: environmentProperty },
  reads: (type) => canHoldAlertmanager(type) || canHoldRules(type),
  judge,
};

function judge(resources: Resource[], config: WatchdogRoutedConfig): Verdict {
  const [first] = resources;
  if (first === undefined || !isProd(first, config)) return holds;
  const configurations = effectiveConfigurations(resources);
  const verdicts = [
    ...configurations.map(routing),
    ...(configurations.length > 0 ? [existence(resources)] : []),
  ];
  return {
    violations: verdicts.flatMap(({ violations }) => violations),
    unknown: verdicts.find(({ unknown }) => unknown !== undefined)?.unknown,
  };
}

const bound = "a receiver that is neither empty nor Slack";
const fix = watchdogRouted.remediation;

function routing(configuration: AlertmanagerConfiguration): Verdict {
  const { config, urn, path, where } = configuration;
  if (config === UNKNOWN) return { violations: [], unknown: { path, urn } };
  // What cannot be read, or is kept elsewhere, is the business of severities-delivered.
  if (config === undefined) return holds;
  const tree = readRoutes(config);
  if (tree === UNKNOWN) return { violations: [], unknown: { path, urn } };
  if (tree.root === undefined) return holds;
  const reached = routesFor(tree.root, { alertname: "Watchdog", severity: "none" });
  const integrations = reached.flatMap(({ receiver }) => integrationsOf(config, receiver));
  const alive = integrations.filter(({ delivers, toSlack }) => delivers && !toSlack);
  const last = reached.at(-1);
  if (
    last === undefined ||
    (alive.length > 0 && !reached.every(({ hasTimeIntervals }) => hasTimeIntervals))
  ) {
    return holds;
  }
  const problem = integrations.some(({ delivers }) => delivers)
    ? "Watchdog only goes to Slack, where nobody notices that it stopped"
    : "Watchdog goes to nobody, so nobody notices that it stopped";
  return {
    violations: [
      { problem, where: `${where}, ${last.where} (receiver "${last.receiver}")`, bound, fix, urn },
    ],
  };
}

/** Somewhere an alert named Watchdog must always fire: the chart brings one. */
function existence(resources: Resource[]): Verdict {
  const stacks = resources.filter(
    (resource) => helmChart(resource)?.chart === "kube-prometheus-stack",
  );
  if (stacks.length === 0) return holds;
  const { rules, unknown } = alerts(resources);
  if (rules.some((rule) => rule.alert === "Watchdog" && alwaysFires(rule.expr))) return holds;
  const chart = stacks.find((resource) => bringsWatchdog(resource) !== false);
  if (chart !== undefined) {
    return bringsWatchdog(chart) === true
      ? holds
      : { violations: [], unknown: { path: ["values", "defaultRules"], urn: chart.urn } };
  }
  if (unknown !== undefined) return { violations: [], unknown };
  return {
    violations: [
      {
        problem: "there is no alert Watchdog: the chart's own is switched off",
        where: `release "${helmChart(stacks[0] as Resource)?.release}", values.defaultRules`,
        bound: "an alert named Watchdog that always fires",
        fix: "leave defaultRules.create and defaultRules.rules.general on, and Watchdog out of defaultRules.disabled",
        urn: stacks[0]?.urn ?? "",
      },
    ],
  };
}

function alerts(resources: Resource[]) {
  const found = resources
    .filter(({ type }) => canHoldRules(type))
    .map((resource) => ({
      ...rulesOf(resource),
      urn: resource.urn,
    }));
  const hidden = found.find(({ unknownAt }) => unknownAt !== undefined);
  return {
    rules: found.flatMap(({ rules }) => rules),
    unknown:
      hidden?.unknownAt === undefined ? undefined : { path: hidden.unknownAt, urn: hidden.urn },
  };
}

function alwaysFires(expr: string): boolean {
  const bare = expr.replace(/\s+/g, "");
  const number = /^vector\(([\d.]+)\)(?:>0|>=1|==1)?$/.exec(bare);
  return number !== null;
}

/** True, false, or undefined while it is not known. */
function bringsWatchdog(resource: Resource): boolean | undefined {
  const defaults = at(resource.props, "values", "defaultRules");
  const switches = [at(defaults, "create"), at(defaults, "rules", "general")];
  const disabled = at(defaults, "disabled", "Watchdog");
  if (switches.includes(false)) return false;
  if (disabled !== undefined && disabled !== UNKNOWN && isTruthy(disabled)) return false;
  if (relabelledAway(defaults)) return false;
  return switches.includes(UNKNOWN) || disabled === UNKNOWN ? undefined : true;
}

/** A list of disabled alerts is a way to write it that older versions of the chart had. */
function relabelledAway(defaults: unknown): boolean {
  return listAt(defaults, "disabled").some((name) => textAt({ name }, "name") === "Watchdog");
}
