import * as assert from "node:assert/strict";
import { serviceAlerts } from "../../../../components/services/alerts/serviceAlerts";
import { servicesSettings } from "../../../../components/services/settings/settings";

function rulesFor(services: object[]) {
  const { settings, problems } = servicesSettings({ namespace: "ticketing", services });
  assert.deepEqual(problems, undefined);
  assert.ok(settings);
  return serviceAlerts(settings, "services").flatMap(({ rules, subjectLabel }) =>
    rules.map((rule) => ({ ...rule, subjectLabel })),
  );
}

describe("the label team", () => {
  it("is in no query if no service has a team", () => {
    for (const { expr } of rulesFor([{ name: "a" }])) assert.ok(!expr.includes("team"), expr);
  });

  it("is in the query of every alert if a service has a team, derived from the service or pod", () => {
    const slo = { availabilityPercent: 99.9, latencyMs: 300, latencyPercent: 99 };
    const alerts = rulesFor([{ name: "a", team: "checkout", slo }]).filter(
      (rule) => "alert" in rule,
    );
    for (const { expr, subjectLabel } of alerts) {
      assert.match(
        expr,
        new RegExp(`^label_replace\\([^]*"team", "checkout", "${subjectLabel}", "a`),
      );
    }
  });

  it("lists each service once, by team", () => {
    const errorRate = rulesFor([
      { name: "cart", team: "checkout" },
      { name: "api", team: "Check-in 2" },
      { name: "basket", team: "checkout" },
      { name: "other" },
    ]).find((rule) => "alert" in rule && rule.alert === "HighErrorRate");
    assert.deepEqual(
      [...(errorRate?.expr ?? "").matchAll(/^"team".*$/gm)].map(([line]) => line),
      ['"team", "Check-in 2", "service", "api"', '"team", "checkout", "service", "basket|cart"'],
    );
  });

  it("changes no recording rule", () => {
    const records = (services: object[]) =>
      rulesFor(services).flatMap((rule) => ("record" in rule ? [rule.expr] : []));
    assert.deepEqual(
      records([{ name: "a", team: "checkout" }, { name: "b" }]),
      records([{ name: "a" }, { name: "b" }]),
    );
  });
});
