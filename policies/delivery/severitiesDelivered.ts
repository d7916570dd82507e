import { environmentPropertyWith, isProd } from "../engine/environment";
import {
  Delivery,
  DeliveryPath,
  deliveryPaths,
  follow,
  obstaclesOf,
  resourcesWithPath,
  undefinedWorkspaces,
} from "./deliveryPath";
import { definedIn, templateMistakes } from "./notificationTemplates";
import { rejectedFields, routeMistakes } from "./routeMistakes";
import { canHoldLogRules, checkRulers, rulerAddresses } from "./rulers";
import { checkVendorMonitors, isVendorMonitor } from "./vendorMonitors";
import { Address, unansweredAddresses } from "../facts/unansweredAddresses";
import { StackFinding, located, stackPolicy } from "../engine/policy";
import { ConfigOf, listProperty } from "../engine/properties";
import {
  AlertmanagerConfiguration,
  canHoldAlertmanager,
  stoppedAlertmanagers,
} from "../facts/alertmanager";
import { definitionTemplates, isAlertManagerDefinition, rejectedByWorkspace } from "../facts/amp";
import { chartAlertsOf, watchdog } from "../facts/chartAlerts";
import { integrationsOf } from "../facts/integrations";
import { Path, PlainMap, entriesAt, listAt, textAt, textsAt } from "../facts/plain";
import {
  alertmanagerTargets,
  canRunPrometheus,
  canRunRuler,
  missingAlertmanager,
  stoppedPrometheus,
} from "../facts/prometheus";
import { Resource } from "../facts/resource";
import { Labels, RouteNode, matches, probeLabels } from "../facts/routes";
import { canHoldRules, rulesOfStack } from "../facts/rules";
import { isSecret, secretTexts } from "../facts/secrets";
import { selectorOf } from "../facts/selection";
import { isMonitor, scrapedServices } from "../facts/services";
import { own } from "../shared/own";
import { serviceType } from "../facts/types";
import { namespaceOf } from "../facts/helm";

const properties = {
  severities: listProperty<string>(
    ["critical", "warning"],
    "Severities that must reach a receiver.",
  ),
  exceptAlerts: listProperty<string>(
    [],
    "Names of additional alerts that do not need to reach a receiver.",
  ),
  externalSecrets: listProperty<string>(
    [],
    "Names of configuration Secrets that are managed and checked outside the stack.",
  ),
  environment: environmentPropertyWith(
    "Outside production, Alertmanager may have no integration at all.",
  ),
};
type Config = ConfigOf<typeof properties>;

export const severitiesDelivered = stackPolicy({
  name: "severities-delivered",
  description:
    "Critical alerts and warnings from each namespace reach a receiver, as do the alerts of rulers, Datadog monitors and CloudWatch alarms. Resolved notifications are sent for critical alerts.",
  why: "The chart's default configuration sends no notifications, and one early route can drop notifications for a few alerts: rules fire, but the on-call engineer is not notified.",
  remediation:
    "route these alerts to a receiver with an address, and set send_resolved: true for it",
  severity: "critical",
  annotations: "forbidden",
  config: properties,
  reads: (type) =>
    canHoldAlertmanager(type) ||
    canRunPrometheus(type) ||
    canRunRuler(type) ||
    canHoldRules(type) ||
    canHoldLogRules(type) ||
    type === serviceType ||
    isMonitor(type) ||
    isVendorMonitor(type),
  check(resources, config) {
    const { paths, unreadable, unknown } = deliveryPaths(resources);
    const defined = definedIn(resources.flatMap(templateTexts));
    // Notifications are optional outside production.
    const mustNotify = resources.some((resource) => isProd(resource, config, resources));
    return [
      ...unknown,
      ...undefinedWorkspaces(resources),
      ...(mustNotify ? [...brokenLinks(resources), ...checkVendorMonitors(resources)] : []),
      ...unreadable
        .filter(({ missingSecret }) => !config.externalSecrets.includes(missingSecret ?? ""))
        .map(describeUnreadable),
      ...paths
        .filter((path) => mustNotify || hasIntegrations(path.config))
        .flatMap((path) => [
          ...checkPath(path, knownLabels(resourcesWithPath(path, resources)), config),
          ...templateMistakes(path.config, path.configuration, defined).map(
            ({ where, ...mistake }) => ({
              ...mistake,
              urn: path.configuration.urn,
              where: `${path.configuration.where}, ${where}`,
            }),
          ),
        ]),
      ...resources.flatMap(checkObjectFields),
    ];
  },
});

/** Returns the texts in which a stack may define notification templates. */
function templateTexts(resource: Resource): string[] {
  if (isSecret(resource)) return secretTexts(resource);
  if (isAlertManagerDefinition(resource)) {
    return definitionTemplates(resource).map(([, text]) => text);
  }
  return textsAt(resource.props, "values", "alertmanager", "templateFiles")
    .concat(textsAt(resource.props, "values", "templates"))
    .map(([, text]) => text);
}

/** Checks an AlertmanagerConfig for fields in the format of Alertmanager's configuration file. */
function checkObjectFields(resource: Resource): StackFinding[] {
  if (own(selectorOf, resource.type) !== "alertmanagerConfig") return [];
  // Maps at deeper levels have user-defined keys, such as SNS attributes.
  const keys = (path: Path): Path[] =>
    entriesAt(resource.props, ...path).map(([key]) => [...path, key]);
  const items = (path: Path): Path[] =>
    listAt(resource.props, ...path).map((_, index) => [...path, index]);
  const receivers = items(["spec", "receivers"]).flatMap(keys);
  const integrations = receivers.flatMap(items).flatMap(keys);
  const routes = [["spec", "route"], ...items(["spec", "route", "routes"])].flatMap(keys);
  const rules = items(["spec", "inhibitRules"]).flatMap(keys);
  return [...routes, ...receivers, ...integrations, ...rules]
    .filter((path) => String(path.at(-1)).includes("_"))
    .map((path) => ({
      ...located(resource, path),
      problem:
        "the field is spelled as in Alertmanager's configuration file, so the API server removes it",
      bound: "names such as groupBy, sendResolved and apiURL",
      fix: "write the name in camel case, without _",
    }));
}

/** Alerts of the chart that need no notification: a heartbeat and a source of inhibition. */
const internalAlerts = [watchdog.alertname, "InfoInhibitor"];

/**
 * Returns the labels of expected alerts: an example, alerts on scraped services, and the stack's own
 * alerts.
 */
function knownLabels(resources: Resource[]): Labels[] {
  const services = resources
    .flatMap(scrapedServices)
    .map(({ namespace, name }): Labels => ({ namespace, service: name }));
  const rules = rulesOfStack(resources).rules.flatMap(({ alert, labels }): Labels[] => {
    // The value of a templated label is unknown until the alert fires.
    const known = textsAt(labels).filter(([, value]) => !value.includes("{{"));
    return alert === undefined ? [] : [{ ...Object.fromEntries(known), alertname: alert }];
  });
  return [{ alertname: "SomeAlert", namespace: "some-namespace" }, ...services, ...rules];
}

/**
 * Checks the part of the path before the routes: that Prometheus has an Alertmanager, and that nothing
 * stops the Alertmanager.
 */
function brokenLinks(resources: Resource[]): StackFinding[] {
  const stopped = stoppedAlertmanagers(resources).map(({ resource, path, problem, fix }) => ({
    ...located(resource, path),
    problem: `Alertmanager ${problem}, so alerts reach no receiver`,
    fix,
  }));
  const hasAlerts = rulesOfStack(resources).rules.some(({ alert }) => alert !== undefined);
  const missing = resources.flatMap((resource): StackFinding[] => {
    const path = missingAlertmanager(resource);
    if (path === undefined || stoppedPrometheus(resource) !== undefined) return [];
    if (!hasAlerts && chartAlertsOf(resource).size === 0) return [];
    return [
      {
        ...located(resource, path),
        problem: "Prometheus does not send its alerts to an Alertmanager",
        bound: "the chart's Alertmanager, or the address of another one",
        fix: "enable Alertmanager, or set the address of another one (alertingEndpoints, or alerting.alertmanagers of a Prometheus)",
      },
    ];
  });
  const addresses = resources.flatMap((resource) => [
    ...alertmanagerAddresses(resource),
    ...rulerAddresses(resource),
  ]);
  return [
    ...missing,
    ...stopped,
    ...checkRulers(resources),
    ...unansweredAddresses(addresses, resources),
  ];
}

/** Returns the addresses to which Prometheus sends alerts. */
function alertmanagerAddresses(resource: Resource): Address[] {
  return alertmanagerTargets(resource).map(({ path, target }) => ({
    ...located(resource, path),
    kind: "alertmanager",
    text: target,
    namespace: namespaceOf(resource),
  }));
}

function checkPath(path: DeliveryPath, known: Labels[], settings: Config): StackFinding[] {
  const { severities, exceptAlerts } = settings;
  const { root } = path;
  const { urn, where } = path.configuration;
  const problems = [
    ...path.problems,
    ...rejectedFields(path.config),
    ...(path.configuration.definition === undefined ? [] : rejectedByWorkspace(path.config)),
  ];
  if (root === undefined || problems.length > 0) {
    return problems.map(({ where: place, problem }) => ({
      urn,
      problem: `Alertmanager rejects its configuration: ${problem}`,
      where: `${where}, ${place}`,
      fix: "correct it, and check it with `amtool check-config`",
    }));
  }
  const findings = new Map<string, StackFinding>();
  for (const severity of severities) {
    for (const labels of probeLabels(root, { severity }, known)) {
      if ([...internalAlerts, ...exceptAlerts].includes(labels["alertname"] ?? "")) continue;
      const delivery = follow(path, labels);
      for (const problem of deliveryProblems(delivery, severity, labels)) {
        const place = delivery.droppedBy?.where ?? `${where}, ${problem.where}`;
        findings.set(`${severity} ${place}`, {
          urn: delivery.droppedBy?.urn ?? urn,
          ...problem,
          where: place,
        });
      }
    }
  }
  const alerted = known.flatMap((labels) => labels["severity"] ?? []);
  const mistakes = routeMistakes(root, new Set([...severities, ...alerted])).map(
    ({ where: place, ...mistake }) => ({
      urn,
      where: `${where}, ${place}`,
      ...mistake,
    }),
  );
  return [...findings.values(), ...mistakes];
}

/** Whether any receiver has an integration. A development cluster may have none. */
function hasIntegrations(config: PlainMap): boolean {
  return listAt(config, "receivers").some(
    (receiver) => integrationsOf(config, textAt(receiver, "name") ?? "").length > 0,
  );
}

function describeUnreadable({
  missingSecret,
  foreignNamespace,
  where,
  urn,
}: AlertmanagerConfiguration): StackFinding {
  if (foreignNamespace !== undefined) {
    const problem = "the configuration is in another namespace, where Alertmanager cannot read it";
    const fix = "move it to the namespace of Alertmanager";
    return { urn, problem, where, found: foreignNamespace, fix };
  }
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
  { droppedBy, reached, integrations: integrationsAt }: Delivery,
  severity: string,
  labels: Labels,
) {
  const alerts = `alerts of severity ${severity}`;
  if (droppedBy !== undefined) {
    return [
      {
        problem: `alert relabeling drops ${alerts}`,
        where: droppedBy.where,
        fix: "remove the step that drops them; to mute alerts, use a route or a silence",
      },
    ];
  }
  const last = reached.at(-1);
  if (last === undefined) return [];
  const isCritical = severity === "critical";
  const all = integrationsAt(isCritical);
  const integrations = all.filter(({ obstacle }) => obstacle === undefined);
  const alert = `${alerts}${describe(last, labels)}`;
  if (integrations.length === 0) {
    const isMuted = isCritical && reached.every(({ hasTimeIntervals }) => hasTimeIntervals);
    return [
      {
        problem: isMuted ? `time intervals mute ${alert}` : `${alert} reach no receiver`,
        where: `${last.where} (receiver "${last.receiver}")`,
        found: obstaclesOf(all),
        bound: "a receiver that notifies at any time",
        fix: isMuted
          ? "remove the time intervals from this route"
          : "send this route to a receiver with an address, or remove the route",
      },
    ];
  }
  // One integration that sends resolved notifications is enough. An email archive, for example, does not
  // need them.
  if (!isCritical || integrations.some(({ sendsResolved }) => sendsResolved)) return [];
  return integrations.map(({ where }) => ({
    problem: `resolved notifications of ${alert} are not sent`,
    where,
    found: "send_resolved: false, or not set",
    bound: "true",
    fix: `set send_resolved: true in ${where}`,
  }));
}

/** Describes the labels that a route's matchers require in addition to the severity. */
function describe({ matchers }: RouteNode, labels: Labels): string {
  const failing = matchers.filter((matcher) => !matches(matcher, labels));
  const names = new Set(matchers.map(({ label }) => label));
  for (const label of ["severity", ...failing.map((matcher) => matcher.label)]) names.delete(label);
  const texts = [...names].flatMap((name) =>
    labels[name] === undefined ? [] : [`${name}="${labels[name]}"`],
  );
  return texts.length === 0 ? "" : ` with ${texts.join(", ")}`;
}
