import * as assert from "node:assert/strict";
import { checkRuleFiles } from "../../../policies/delivery/ruleFiles";
import { PlainMap, UNKNOWN } from "../../../policies/facts/plain";
import { release } from "../subjects";

const file = { groups: [{ name: "shop", rules: [{ alert: "A", expr: "up == 0" }] }] };
const found = (values: unknown, chart = "prometheus") =>
  checkRuleFiles(release(chart, values)).length;
const loading = (...files: string[]): PlainMap => ({
  serverFiles: { "prometheus.yml": { rule_files: files }, "shop.yml": file },
});

describe("files with rules of the chart prometheus", () => {
  for (const [name, values] of Object.entries({
    "with another name": { serverFiles: { "shop.yml": file } },
    "as a text": { serverFiles: { "shop.yml": "groups: [{name: a, rules: []}]" } },
    "with labels of Prometheus": { ruleFiles: { "shop.yml": file } },
    "next to others": loading("/etc/config/alerting_rules.yml"),
    "in another folder": loading("/etc/config/rules/*.yml"),
  })) {
    it(`are not loaded ${name}`, () => assert.equal(found(values), 1));
  }

  for (const [name, values] of Object.entries({
    "with a name of the chart": { serverFiles: { "alerting_rules.yml": file, rules: file } },
    "that rule_files names": loading("/etc/config/shop.yml"),
    "that a pattern names": loading("/etc/config/*.yml"),
    "without groups": { serverFiles: { "targets.yml": [{ targets: ["a:80"] }] } },
    "with an unknown list": {
      serverFiles: { "prometheus.yml": { rule_files: UNKNOWN }, "shop.yml": file },
    },
    "with a configuration from elsewhere": {
      server: { configPath: "/etc/merged/prometheus.yml" },
      serverFiles: { "shop.yml": file },
    },
  })) {
    it(`are accepted ${name}`, () => assert.equal(found(values), 0));
  }

  it("are not judged in other charts", () =>
    assert.equal(found({ serverFiles: { "shop.yml": file } }, "shop"), 0));
});
