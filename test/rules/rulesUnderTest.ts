import * as assert from "node:assert/strict";
import {
  alertsWithExistingPrometheus,
  platformAlerts,
} from "../../components/prometheus/platformAlerts";
import { RulesSettings, withRuleSettings } from "../../components/alerting/alertSettings";
import { AlertGroup, RuleGroup, ruleGroups } from "../../components/alerting/rules";
import { serviceAlerts } from "../../components/services/alerts/serviceAlerts";
import { servicesSettings } from "../../components/services/settings/settings";

const services = [
  {
    name: "inventory-service",
    language: "go",
    slo: { availabilityPercent: 99.9, latencyMs: 250, latencyPercent: 99 },
  },
  { name: "auth-service", slo: { availabilityPercent: 99.9 } },
  { name: "api-gateway" },
];

export const links = { runbookBaseUrl: "https://runbooks.example.com" };

/** Rules of a component with these settings, before rendering. */
export function definitionsFor(overrides: object = {}, component = "services"): AlertGroup[] {
  const checked = servicesSettings({
    namespace: "ticketing",
    services,
    ...overrides,
  });
  assert.ok(checked.problems === undefined, JSON.stringify(checked.problems));
  return serviceAlerts(checked.settings, component);
}

/** Rules on the platform with these settings of single alerts. */
export function platformDefinitions(rules: RulesSettings = {}): AlertGroup[] {
  const options = {
    namespace: "monitoring",
    loki: true,
    releaseName: "prometheus",
    clusterMonitoring: true,
  };
  return withRuleSettings(platformAlerts(options), rules);
}

/** Rules on the platform for a Prometheus in the namespace observability that others operate. */
export function existingDefinitions(): AlertGroup[] {
  return alertsWithExistingPrometheus("observability", "monitoring");
}

/** All rules, including those that require a setting. */
export function allDefinitions(): AlertGroup[] {
  return [
    ...definitionsFor({ alerts: { redisPoolMaximum: 50 } }),
    ...jobDefinitions(),
    ...probeDefinitions(),
    ...platformDefinitions(),
  ];
}

/** The rules for scheduled jobs of the same names. */
export function jobDefinitions(): AlertGroup[] {
  const jobs = services.map(({ name }) => ({ name, kind: "job" }));
  return groupsNamed(definitionsFor({ services: jobs }), ["jobs"]);
}

/** The rules for probes of services of the same names. */
export function probeDefinitions(): AlertGroup[] {
  const probes = services.map(({ name }) => ({ name, kind: "probe", probe: `https://${name}/` }));
  return groupsNamed(definitionsFor({ services: probes }), ["probes"]);
}

/** Renders rules without annotations, which scenarios would have to repeat. */
export function withoutTexts(groups: AlertGroup[]): RuleGroup[] {
  return ruleGroups(groups, links).map((group) => ({
    ...group,
    rules: group.rules.map((rule) => ("alert" in rule ? { ...rule, annotations: {} } : rule)),
  }));
}

/** Groups by the parts of their names after the namespace. */
export function groupsNamed<G extends { name: string }>(groups: G[], suffixes: string[]): G[] {
  return groups.filter(({ name }) => suffixes.includes(name.replace(/^[^.]*\./, "")));
}
