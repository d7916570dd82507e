import * as assert from "node:assert/strict";
import { parse } from "yaml";
import { ruleNamespaceArgs } from "../../../components/alerting/ruleNamespace";
import { ruleObjects } from "../../../components/alerting/ruleObjects";
import { RuleGroup, ruleGroups } from "../../../components/alerting/rules";
import { workspaceArnParts } from "../../../components/alerting/workspaceArn";
import { serviceAlerts } from "../../../components/services/alerts/serviceAlerts";
import { servicesSettings } from "../../../components/services/settings/settings";
import { declarationsIn } from "../../../policies/shared/ruleDeclarations";
import { workspaceArn } from "../../support/amp";

const common = { workspaceArn, name: "shop-services", namespace: "shop", tags: { team: "a" } };
const group: RuleGroup = { name: "g", rules: [{ record: "a:b", expr: "1" }] };

function groupsOf(count: number, settingsOf: (index: number) => object): RuleGroup[] {
  const { settings } = servicesSettings({
    namespace: "shop",
    services: Array.from({ length: count }, (_, index) => ({
      name: `checkout-service-${index}`,
      ...settingsOf(index),
    })),
  });
  assert.ok(settings);
  return ruleGroups(serviceAlerts(settings, "services"), settings.alerts);
}

describe("ruleNamespaceArgs", () => {
  it("names the workspace in its region", () => {
    const { data: _data, ...others } = ruleNamespaceArgs({ ...common, groups: [group] });
    assert.deepEqual(others, {
      workspaceId: "ws-1234abcd-12ab-34cd-56ef-1234567890ab",
      region: "us-east-1",
      name: "shop-services",
      tags: { team: "a" },
    });
    const china = "arn:aws-cn:aps:cn-north-1:123456789012:workspace/ws-1";
    assert.equal(workspaceArnParts(china).partition, "aws-cn");
  });

  it("declares in comments what annotations of a PrometheusRule declare", () => {
    const declarations = { "observability.policy/services": '{"a":{"reason":"# of requests: 1"}}' };
    const { data } = ruleNamespaceArgs({ ...common, groups: [group], declarations });
    assert.deepEqual(declarationsIn(data), {
      "observability.policy/namespace": "shop",
      ...declarations,
    });
    assert.deepEqual(parse(data), { groups: [{ ...group, interval: "60s" }] });
  });

  it("keeps the interval of a group", () => {
    const { data } = ruleNamespaceArgs({ ...common, groups: [{ ...group, interval: "120s" }] });
    assert.equal(parse(data).groups[0].interval, "120s");
  });

  it("has only fields that the ruler documents, and no interval below its minimum", () => {
    const { data } = ruleNamespaceArgs({
      ...common,
      groups: groupsOf(3, () => ({ slo: { availabilityPercent: 99.9 }, probe: "https://a.b/" })),
    });
    const { groups } = parse(data);
    const keys = (maps: object[]) => [...new Set(maps.flatMap((map) => Object.keys(map)))].sort();
    assert.deepEqual(keys(groups), ["interval", "name", "rules"]);
    for (const { interval } of groups) assert.ok(Number.parseInt(interval) >= 30, interval);
    const rules = groups.flatMap(({ rules: all }: { rules: object[] }) => all);
    // https://docs.aws.amazon.com/prometheus/latest/userguide/AMP-ruler-rulesfile.html
    const documented = [
      "alert",
      "annotations",
      "expr",
      "for",
      "keep_firing_for",
      "labels",
      "record",
    ];
    assert.deepEqual(keys(rules), documented);
  });

  it("stays below 1 MB, the quota of a rule group namespace, with many different thresholds", () => {
    const groups = groupsOf(1500, (index) => ({
      alerts: { errorRatePercent: (index + 1) / 2000, p99LatencyMs: index + 1 },
    }));
    const sizes = ruleObjects(groups).map((object) =>
      Buffer.byteLength(ruleNamespaceArgs({ ...common, groups: object }).data),
    );
    assert.ok(sizes.length > 1);
    assert.ok(Math.max(...sizes) < 1_000_000, sizes.join());
  });
});
