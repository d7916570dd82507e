import * as assert from "node:assert/strict";
import { platformAlerts } from "../../components/prometheus/platformAlerts";
import { AlertGroup, RuleGroup, ruleGroups } from "../../components/alerting/rules";
import { serviceAlerts } from "../../components/services/serviceAlerts";
import { servicesSettings } from "../../components/services/settings";

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

/** All alerts on services with these settings, as data. */
export function definitionsFor(given: object = {}): AlertGroup[] {
  const checked = servicesSettings({
    cluster: "ticketing-prod",
    environment: "prod",
    namespace: "ticketing",
    services,
    ...given,
  });
  assert.ok(checked.problems === undefined, JSON.stringify(checked.problems));
  return serviceAlerts(checked.settings);
}

/** Every alert there is, those that need a setting included. */
export function allDefinitions(): AlertGroup[] {
  return [
    ...definitionsFor({ alerts: { redisPoolMaximum: 50 } }),
    ...platformAlerts({ namespace: "monitoring", loki: true }),
  ];
}

/** As Prometheus reads them; without annotations scenarios need not repeat every text. */
export function withoutTexts(groups: AlertGroup[]): RuleGroup[] {
  return ruleGroups(groups, links).map((group) => ({
    ...group,
    rules: group.rules.map((rule) => ("alert" in rule ? { ...rule, annotations: {} } : rule)),
  }));
}

/** The groups whose names end with one of these. */
export function groupsNamed<G extends { name: string }>(groups: G[], ends: string[]): G[] {
  return groups.filter(({ name }) => ends.includes(name.replace(/^[^.]*\./, "")));
}
