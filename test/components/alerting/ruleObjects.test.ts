import * as assert from "node:assert/strict";
import { ruleObjects } from "../../../components/alerting/ruleObjects";
import { RuleGroup, ruleGroups } from "../../../components/alerting/rules";
import { serviceAlerts } from "../../../components/services/alerts/serviceAlerts";
import { servicesSettings } from "../../../components/services/settings/settings";

function groupsFor(
  count: number,
  overrides: (index: number) => object = () => ({}),
  namespace = "ticketing",
): RuleGroup[] {
  const checked = servicesSettings({
    namespace,
    services: Array.from({ length: count }, (_, index) => ({
      name: `checkout-service-${String(index).padStart(5, "0")}`,
      ...overrides(index),
    })),
  });
  assert.ok(checked.problems === undefined);
  return ruleGroups(serviceAlerts(checked.settings, "services"), checked.settings.alerts);
}

const rulesIn = (groups: RuleGroup[]) => groups.flatMap(({ rules }) => rules);
/** Without the constant series, one for each configured service. */
const sharedRulesIn = (groups: RuleGroup[]) =>
  rulesIn(groups).filter(({ expr }) => expr !== "vector(1)");
const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
const mebibyte = 1024 * 1024;

describe("rules for many services", () => {
  const counts = [10, 100, 1000, 10000];

  it("are as many for ten thousand services as for ten", () => {
    for (const count of counts) {
      assert.equal(sharedRulesIn(groupsFor(count)).length, sharedRulesIn(groupsFor(10)).length);
    }
  });

  it("are as many for any number of services with one objective, plus one for a second objective", () => {
    const slo = { availabilityPercent: 99.9, latencyMs: 300, latencyPercent: 99 };
    const all = counts.map((count) => sharedRulesIn(groupsFor(count, () => ({ slo }))).length);
    assert.equal(new Set(all).size, 1);
    const other = groupsFor(1000, (index) => ({
      slo: index % 2 === 0 ? slo : { ...slo, availabilityPercent: 99.5 },
    }));
    assert.equal(sharedRulesIn(other).length, (all[0] ?? 0) + 1);
  });

  it("fit into objects that the API server accepts, with any settings", () => {
    const cases: ((index: number) => object)[] = [
      () => ({}),
      () => ({ slo: { availabilityPercent: 99.9, latencyMs: 300, latencyPercent: 99 } }),
      (index) => ({ alerts: { errorRatePercent: (index + 1) / 2000, p99LatencyMs: index + 1 } }),
      () => ({ alerts: { enabled: false } }),
      (index) => ({ team: `team-${index % 200}` }),
    ];
    for (const overrides of cases) {
      const groups = groupsFor(4000, overrides);
      const objects = ruleObjects(groups);
      for (const object of objects) assert.ok(bytes(object) < mebibyte, String(bytes(object)));
      assert.deepEqual(rulesIn(objects.flat()), rulesIn(groups));
      const names = objects.flat().map(({ name }) => name);
      assert.equal(new Set(names).size, names.length);
    }
  });

  it("are distributed by the sizes of other texts, if those are the ones that are known", () => {
    const overrides = (index: number) => ({ alerts: { p99LatencyMs: index + 1 } });
    const known = groupsFor(3000, overrides, "a");
    const groups = groupsFor(3000, overrides, "a".repeat(63));
    const counts = (objects: RuleGroup[][]) =>
      objects.map((object) => object.map(({ rules }) => rules.length));
    assert.notDeepEqual(counts(ruleObjects(groups)), counts(ruleObjects(known)));
    assert.deepEqual(counts(ruleObjects(groups, known)), counts(ruleObjects(known)));
    assert.deepEqual(rulesIn(ruleObjects(groups, known).flat()), rulesIn(groups));
  });

  it("stay in one object for a thousand services", () => {
    assert.equal(ruleObjects(groupsFor(1000)).length, 1);
  });
});
