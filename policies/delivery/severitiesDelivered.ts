import { isProdName } from "../engine/environment";
import { readableRoutes } from "./configurations";
import { StackFinding, stackPolicy } from "../engine/policy";
import { ConfigOf, listProperty, stringProperty } from "../engine/properties";
import {
  AlertmanagerConfiguration,
  canHoldAlertmanager,
  effectiveConfigurations,
  integrationsOf,
} from "../facts/alertmanager";
import { PlainMap, listAt, textAt, textsAt } from "../facts/plain";
import { Resource } from "../facts/resource";
import { Labels, RouteNode, matches, probeLabels, routesFor } from "../facts/routes";
import { canHoldRules, rulesOfStack } from "../facts/rules";
import { isMonitor, scrapedServices } from "../facts/services";

const properties = {
  severities: listProperty<string>(
    ["critical", "warning"],
    "Severities that must reach a receiver.",
  ),
  exceptAlerts: listProperty<string>(
    [],
    "Names of further alerts that do not need to reach a receiver.",
  ),
  externalSecrets: listProperty<string>(
    [],
    "Names of configuration Secrets that are managed and checked outside the stack.",
  ),
  environment: stringProperty(
    "Environment of the stack. Where it is set to another environment than production, Alertmanager may have no integration at all.",
  ),
};
type Config = ConfigOf<typeof properties>;

export const severitiesDelivered = stackPolicy({
  name: "severities-delivered",
  description:
    "Critical alerts and warnings from each namespace reach a receiver, and resolved notifications are sent for critical alerts.",
  why: "The chart's default configuration sends no notifications, and one early route can drop notifications for a few alerts: rules fire, but the on-call engineer is not notified.",
  remediation:
    "end the routes of these alerts in a receiver with an address, and set send_resolved: true in it",
  severity: "critical",
  annotations: "forbidden",
  config: properties,
  reads: (type) => canHoldAlertmanager(type) || canHoldRules(type) || isMonitor(type),
  check(resources, config) {
    const known = knownLabels(resources);
    return effectiveConfigurations(resources).flatMap((configuration) =>
      checkConfiguration(configuration, known, config),
    );
  },
});

/** Alerts of the chart that do not need to notify: a heartbeat, and a source of inhibition. */
const internalAlerts = ["Watchdog", "InfoInhibitor"];

/** Labels of expected alerts: an example, alerts on scraped services, and the stack's alerts. */
function knownLabels(resources: Resource[]): Labels[] {
  const services = resources
    .flatMap(scrapedServices)
    .map(({ namespace, name }): Labels => ({ namespace, service: name }));
  const rules = rulesOfStack(resources).rules.flatMap(({ alert, labels }): Labels[] => {
    // The value of a templated label is known only when the alert fires.
    const known = textsAt(labels).filter(([, value]) => !value.includes("{{"));
    return alert === undefined ? [] : [{ ...Object.fromEntries(known), alertname: alert }];
  });
  return [{ alertname: "SomeAlert", namespace: "some-namespace" }, ...services, ...rules];
}

function checkConfiguration(
  configuration: AlertmanagerConfiguration,
  known: Labels[],
  { severities, exceptAlerts, externalSecrets, environment = "prod" }: Config,
): StackFinding[] {
  const { urn, where, missingSecret } = configuration;
  if (missingSecret !== undefined && externalSecrets.includes(missingSecret)) return [];
  const readable = readableRoutes(configuration);
  if (readable === undefined) return [unreadable(configuration)];
  if ("unknown" in readable) return [readable];
  const { config, root, problems } = readable;
  if (root === undefined || problems.length > 0) {
    return problems.map(({ where: place, problem }) => ({
      urn,
      problem: `Alertmanager rejects its configuration: ${problem}`,
      where: `${where}, ${place}`,
      fix: "correct it, and check it with `amtool check-config`",
    }));
  }
  if (isProdName(environment) === false && !hasIntegrations(config)) return [];
  const findings = new Map<string, StackFinding>();
  for (const severity of severities) {
    for (const labels of probeLabels(root, { severity }, known)) {
      if ([...internalAlerts, ...exceptAlerts].includes(labels["alertname"] ?? "")) continue;
      for (const problem of deliveryProblems(config, routesFor(root, labels), severity, labels)) {
        const place = `${where}, ${problem.where}`;
        findings.set(`${severity} ${place}`, { urn, ...problem, where: place });
      }
    }
  }
  return [...findings.values()];
}

/** Whether any receiver has an integration. A development cluster may do without notifications. */
function hasIntegrations(config: PlainMap): boolean {
  return listAt(config, "receivers").some(
    (receiver) => integrationsOf(config, textAt(receiver, "name") ?? "").length > 0,
  );
}

function unreadable({ missingSecret, where, urn }: AlertmanagerConfiguration): StackFinding {
  if (missingSecret !== undefined) {
    const problem = `the Secret "${missingSecret}" with the configuration is not part of the stack, so its receivers are unknown`;
    const fix = `create the Secret in the stack, as SlackAlerting does, or add "${missingSecret}" to severities-delivered.externalSecrets`;
    return { urn, problem, where, fix };
  }
  return {
    urn,
    problem: "the configuration of Alertmanager cannot be read",
    where,
    bound: "YAML with a route and receivers",
    fix: "correct it, and check it with `amtool check-config`",
  };
}

function deliveryProblems(
  config: PlainMap,
  reached: RouteNode[],
  severity: string,
  labels: Labels,
) {
  const last = reached.at(-1);
  if (last === undefined) return [];
  const isCritical = severity === "critical";
  const notifying = reached.filter(({ hasTimeIntervals }) => !hasTimeIntervals || !isCritical);
  const integrations = notifying
    .flatMap(({ receiver }) => integrationsOf(config, receiver))
    .filter(({ delivers }) => delivers);
  const alert = `alerts of severity ${severity}${describe(last, labels)}`;
  if (integrations.length === 0) {
    const isMuted = notifying.length === 0;
    return [
      {
        problem: isMuted ? `time intervals mute ${alert}` : `${alert} reach no receiver`,
        where: `${last.where} (receiver "${last.receiver}")`,
        bound: "a receiver that notifies at any time",
        fix: isMuted
          ? "remove the time intervals from this route"
          : "end this route in a receiver with an address, or remove the route",
      },
    ];
  }
  return integrations
    .filter(({ sendsResolved }) => isCritical && !sendsResolved)
    .map(({ where }) => ({
      problem: `resolved notifications of ${alert} are not sent`,
      where,
      found: "send_resolved: false, or not set",
      bound: "true",
      fix: `set send_resolved: true in ${where}`,
    }));
}

/** The labels that the matchers of a route require, in addition to the severity. */
function describe({ matchers }: RouteNode, labels: Labels): string {
  const failing = matchers.filter((matcher) => !matches(matcher, labels));
  const names = new Set(matchers.map(({ label }) => label));
  for (const label of ["severity", ...failing.map((matcher) => matcher.label)]) names.delete(label);
  const texts = [...names].flatMap((name) =>
    labels[name] === undefined ? [] : [`${name}="${labels[name]}"`],
  );
  return texts.length === 0 ? "" : ` with ${texts.join(", ")}`;
}
