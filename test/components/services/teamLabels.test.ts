import * as assert from "node:assert/strict";
import { AlertGroup } from "../../../components/alerting/rules";
import { serviceAlerts } from "../../../components/services/serviceAlerts";
import { servicesSettings } from "../../../components/services/settings";

function groupsFor(services: object[]): AlertGroup[] {
  const { settings, problems } = servicesSettings({
    namespace: "ticketing",
    services,
  });
  assert.deepEqual(problems, undefined);
  assert.ok(settings);
  return serviceAlerts(settings);
}

const teamOf = (alert: string, services: object[]) =>
  groupsFor(services).find(({ rules }) =>
    rules.some((rule) => "alert" in rule && rule.alert === alert),
  )?.labels?.["team"];

describe("the label team", () => {
  it("is on no alert if no service has a team", () => {
    for (const { labels, name } of groupsFor([{ name: "a" }])) {
      assert.equal(labels, undefined, name);
    }
  });

  it("is on every alert if a service has a team, derived from the service or pod", () => {
    const slo = { availabilityPercent: 99.9, latencyMs: 300, latencyPercent: 99 };
    const groups = groupsFor([{ name: "a", team: "checkout", slo }]);
    const withAlerts = groups.filter(({ rules }) => rules.some((rule) => "alert" in rule));
    assert.ok(withAlerts.length > 0);
    for (const { labels, subjectLabel, name } of withAlerts) {
      assert.ok(["service", "pod"].includes(subjectLabel ?? ""), name);
      assert.ok(labels?.["team"]?.includes(`$labels.${subjectLabel}`), name);
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
    const expressions = (services: object[]) =>
      groupsFor(services).flatMap(({ rules }) => rules.map(({ expr }) => expr));
    assert.deepEqual(
      expressions([{ name: "a", team: "checkout" }, { name: "b" }]),
      expressions([{ name: "a" }, { name: "b" }]),
    );
  });
});
