import {
  AlertmanagerConfiguration,
  Integration,
  canHoldAlertmanager,
  effectiveConfigurations,
  integrationsOf,
} from "../facts/alertmanager";
import { PlainMap, UNKNOWN, entriesAt, listAt, textAt } from "../facts/plain";
import { Resource } from "../facts/resource";
import { Labels, RouteNode, matches, probeLabels, readRoutes, routesFor } from "../facts/routes";
import { canHoldRules } from "../facts/rules";
import { isMonitor, scrapedServices } from "../facts/services";
import { StackPolicy, Verdict } from "../engine/policy";
import { Violation } from "../engine/violation";

export interface SeveritiesDeliveredConfig {
  severities: string[];
  exceptAlerts: string[];
  externalSecrets: string[];
}

export const severitiesDelivered: StackPolicy<SeveritiesDeliveredConfig> = {
  scope: "stack",
  name: "severities-delivered",
  description:
    "Critical alerts and warnings of every namespace reach somebody, and critical ones also when they are over.",
  why: "The chart's own configuration sends every alert to nobody, and one route too early does the same to a few: rules fire, dashboards are red, and the channel is quiet.",
  remediation:
    "end the routes of these alerts in a receiver with an address, and set send_resolved: true on it",
  severity: "critical",
  enforcementLevel: "mandatory",
  config: {
    severities: {
      type: "array",
      items: { type: "string" },
      default: ["critical", "warning"],
      description: "The severities that somebody must hear of.",
    },
    exceptAlerts: {
      type: "array",
      items: { type: "string" },
      default: [],
      description: "Names of further alerts that need not reach anybody.",
    },
    externalSecrets: {
      type: "array",
      items: { type: "string" },
      default: [],
      description: "Names of configuration Secrets that are made and checked outside of the stack.",
    },
  },
  reads: (type) => canHoldAlertmanager(type) || canHoldRules(type) || isMonitor(type),
  judge,
};

/** The chart's own alerts that are no messages: a sign of life, and a source of inhibition. */
const silentAlerts = ["Watchdog", "InfoInhibitor"];

function judge(resources: Resource[], config: SeveritiesDeliveredConfig): Verdict {
  const known = knownLabels(resources);
  const verdicts = effectiveConfigurations(resources).map((found) =>
    delivery(found, known, config),
  );
  return {
    violations: verdicts.flatMap(({ violations }) => violations),
    unknown: verdicts.find(({ unknown }) => unknown !== undefined)?.unknown,
  };
}

/** Alerts as they will come: of the rules of the stack, and of the services that it watches. */
function knownLabels(resources: Resource[]): Labels[] {
  const services = resources.flatMap(scrapedServices).map(({ namespace, name }) => ({
    namespace,
    service: name,
  }));
  const rules = resources.flatMap(({ props }) =>
    listAt(props, "spec", "groups").flatMap((group) =>
      listAt(group, "rules").flatMap((rule) => {
        const alert = textAt(rule, "alert");
        if (alert === undefined) return [];
        const labels = entriesAt(rule, "labels").filter(
          // What a template will say is for the alert that fires.
          (entry): entry is [string, string] =>
            typeof entry[1] === "string" && !entry[1].includes("{{"),
        );
        return [{ ...Object.fromEntries(labels), alertname: alert }];
      }),
    ),
  );
  return [{ alertname: "SomeAlert", namespace: "some-namespace" }, ...services, ...rules];
}

function delivery(
  configuration: AlertmanagerConfiguration,
  known: Labels[],
  policy: SeveritiesDeliveredConfig,
): Verdict {
  const { config, urn, path, where, missingSecret } = configuration;
  if (config === UNKNOWN) return { violations: [], unknown: { path, urn } };
  if (missingSecret !== undefined && policy.externalSecrets.includes(missingSecret)) {
    return { violations: [] };
  }
  if (config === undefined) {
    return { violations: [{ ...unreadable(configuration), urn }] };
  }
  const tree = readRoutes(config);
  if (tree === UNKNOWN) return { violations: [], unknown: { path, urn } };
  if (tree.root === undefined || tree.problems.length > 0) {
    return {
      violations: tree.problems.map(({ where: place, problem }) => ({
        problem: `Alertmanager refuses its configuration: ${problem}`,
        where: `${where}, ${place}`,
        fix: "correct it, and try it with `amtool check-config`",
        urn,
      })),
    };
  }
  const violations = new Map<string, Violation>();
  const unheard = [...silentAlerts, ...policy.exceptAlerts];
  for (const severity of policy.severities) {
    for (const labels of probeLabels(tree.root, { severity }, known)) {
      if (unheard.includes(labels["alertname"] ?? "")) continue;
      const reached = routesFor(tree.root, labels);
      for (const violation of wrongWith(config, reached, severity, labels)) {
        violations.set(`${severity} ${violation.where}`, {
          ...violation,
          where: `${where}, ${violation.where}`,
        });
      }
    }
  }
  return { violations: [...violations.values()].map((violation) => ({ ...violation, urn })) };
}

function unreadable({ missingSecret, where }: AlertmanagerConfiguration): Violation {
  return missingSecret === undefined
    ? {
        problem: "the configuration of Alertmanager cannot be read",
        where,
        bound: "YAML with a route and receivers",
        fix: "correct it, and try it with `amtool check-config`",
      }
    : {
        problem: `the Secret "${missingSecret}" with the configuration is not part of the stack, so nobody can say whom it tells`,
        where,
        fix: `make the Secret in the stack, as SlackAlerting does, or add "${missingSecret}" to severities-delivered.externalSecrets`,
      };
}

function wrongWith(
  config: PlainMap,
  reached: RouteNode[],
  severity: string,
  labels: Labels,
): Violation[] {
  const last = reached.at(-1);
  if (last === undefined) return [];
  const loud = reached.filter(
    ({ hasTimeIntervals }) => !hasTimeIntervals || severity !== "critical",
  );
  const integrations = loud
    .flatMap(({ receiver }) => integrationsOf(config, receiver))
    .filter(({ delivers }) => delivers);
  const what = `an alert of severity ${severity}${describe(last, labels)}`;
  const place = `${last.where} (receiver "${last.receiver}")`;
  if (integrations.length === 0) {
    const hasTimeIntervals = loud.length === 0;
    return [
      {
        problem: hasTimeIntervals ? `${what} is silent at times` : `${what} reaches nobody`,
        where: place,
        bound: "a receiver that sends, at any time",
        fix: hasTimeIntervals
          ? "remove the time intervals from this route"
          : "end this route in a receiver with an address, or remove the route",
      },
    ];
  }
  const quiet: Integration[] =
    severity === "critical" ? integrations.filter(({ sendsResolved }) => !sendsResolved) : [];
  return quiet.map((integration) => ({
    problem: `nobody hears that ${what} is over`,
    where: integration.where,
    found: "send_resolved: false, or not set",
    bound: "true",
    fix: `set send_resolved: true in ${integration.where}`,
  }));
}

/** What tells this alert from others: the labels that its way through the tree asks for. */
function describe(route: RouteNode, labels: Labels): string {
  const names = [...new Set(route.matchers.map(({ label }) => label))].filter(
    (label) =>
      label !== "severity" &&
      labels[label] !== undefined &&
      route.matchers.every((one) => one.label !== label || matches(one, labels)),
  );
  if (names.length === 0) return "";
  return ` with ${names.map((label) => `${label}="${labels[label]}"`).join(", ")}`;
}
