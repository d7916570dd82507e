import * as assert from "node:assert/strict";
import { judgedByThePack } from "./completePack";
import { seedResources } from "./fixtures/seed";
import { stockRelease } from "./fixtures/stockCharts";

const policiesOf = async (...resources: Parameters<typeof judgedByThePack>[0]) => [
  ...new Set((await judgedByThePack(resources)).map(({ policy }) => policy)),
];

describe("docs/why.md", () => {
  it("lists the violations of the guide, and nothing that complies", async () => {
    const found = await policiesOf(...seedResources());
    for (const wrong of [
      "prometheus-storage",
      "loki-retention",
      "loki-bucket-lifecycle",
      "required-alerts",
      "watchdog-routed",
      "severities-delivered",
      "grouping",
      "loki-bucket-hardened",
      "scrape-cost",
      "prod-high-availability",
      "pinned-charts",
    ]) {
      assert.ok(found.includes(wrong), wrong);
    }
    for (const right of [
      "prometheus-retention",
      "loki-iam-least-privilege",
      "log-group-retention",
    ]) {
      assert.ok(!found.includes(right), right);
    }
  });

  it("lists the violations of the charts' defaults", async () => {
    const stack = await policiesOf(stockRelease("kubePrometheusStack"));
    for (const wrong of [
      "prometheus-retention",
      "severities-delivered",
      "watchdog-routed",
      "grouping",
    ]) {
      assert.ok(stack.includes(wrong), wrong);
    }
    assert.ok((await policiesOf(stockRelease("loki"))).includes("loki-retention"));
    assert.deepEqual(await policiesOf(stockRelease("datadog")), []);
  });
});
