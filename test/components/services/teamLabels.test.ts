import * as assert from "node:assert/strict";
import { AlertRule } from "../../../components/alerting/rules";
import { serviceAlerts } from "../../../components/services/serviceAlerts";
import { servicesSettings } from "../../../components/services/settings";

function alertsFor(services: object[]): AlertRule[] {
  const { settings, problems } = servicesSettings({
    cluster: "ticketing-prod",
    environment: "prod",
    namespace: "ticketing",
    services,
  });
  assert.deepEqual(problems, undefined);
  assert.ok(settings);
  return serviceAlerts(settings)
    .flatMap(({ rules }) => rules)
    .filter((rule): rule is AlertRule => "alert" in rule);
}

const teamOf = (alert: string, services: object[]) =>
  alertsFor(services).find((rule) => rule.alert === alert)?.labels?.["team"];

describe("the label team", () => {
  it("is on no alert if no service has a team", () => {
    for (const { labels, alert } of alertsFor([{ name: "a" }])) {
      assert.equal(labels, undefined, alert);
    }
  });

  it("is on every alert if a service has a team, derived from the service or pod", () => {
    for (const { labels, subjectLabel, alert } of alertsFor([{ name: "a", team: "checkout" }])) {
      assert.ok(["service", "pod"].includes(subjectLabel ?? ""), alert);
      assert.ok(labels?.["team"]?.includes(`$labels.${subjectLabel}`), alert);
    }
  });

  it("lists each service once, by team", () => {
    assert.equal(
      teamOf("HighErrorRate", [
        { name: "cart", team: "checkout" },
        { name: "api", team: "Check-in 2" },
        { name: "basket", team: "checkout" },
        { name: "other" },
      ]),
      '{{ if match "^(api)$" $labels.service }}Check-in 2{{ else if match "^(basket|cart)$" $labels.service }}checkout{{ end }}',
    );
  });

  it("changes no expression", () => {
    const expressions = (services: object[]) => alertsFor(services).map(({ expr }) => expr);
    assert.deepEqual(
      expressions([{ name: "a", team: "checkout" }, { name: "b" }]),
      expressions([{ name: "a" }, { name: "b" }]),
    );
  });
});
