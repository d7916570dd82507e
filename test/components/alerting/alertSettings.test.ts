import * as assert from "node:assert/strict";
import {
  mapAlerts,
  withRuleSettings,
  withSettings,
} from "../../../components/alerting/alertSettings";
import { AlertRule, Severity } from "../../../components/alerting/rules";

const rule = (changes: Partial<AlertRule> = {}): AlertRule => ({
  alert: "HighMemory",
  expr: "memory > 0.9",
  forMinutes: 10,
  severity: Severity.Critical,
  summary: "memory",
  description: "memory",
  ...changes,
});

const warning = rule({ expr: "memory > 0.8", forMinutes: 15, severity: Severity.Warning });

describe("the settings of an alert", () => {
  it("keep its rules if nothing is set", () => {
    assert.deepEqual(withSettings([rule(), warning]), [rule(), warning]);
  });

  it("remove it if it is not enabled", () => {
    assert.deepEqual(withSettings([rule(), warning], { enabled: false }), []);
    assert.deepEqual(withSettings([rule()], { enabled: true }), [rule()]);
  });

  it("replace the duration of all of its rules", () => {
    assert.deepEqual(
      withSettings([rule(), warning], { forMinutes: 0 }).map(({ forMinutes }) => forMinutes),
      [0, 0],
    );
  });

  it("replace the severity of an alert with one severity", () => {
    const two = [rule(), rule({ expr: "memory > 0.95" })];
    assert.deepEqual(
      withSettings(two, { severity: Severity.Info }).map(({ expr, severity }) => [expr, severity]),
      [
        ["memory > 0.9", "info"],
        ["memory > 0.95", "info"],
      ],
    );
  });

  it("join the tiers of an alert that gets one severity", () => {
    const [joined, ...others] = withSettings([rule(), warning], { severity: Severity.Warning });
    assert.deepEqual(others, []);
    assert.equal(joined?.expr, "(\nmemory > 0.9\n)\nor\n(\nmemory > 0.8\n)");
    assert.deepEqual([joined?.severity, joined?.forMinutes], ["warning", 10]);
  });

  it("apply to the alert of that name, and leave no empty group", () => {
    const recording = { record: "memory", expr: "x" };
    const other = rule({ alert: "HighCPU" });
    const groups = [
      { name: "a", rules: [recording, rule(), other, warning] },
      { name: "b", rules: [rule()] },
    ];
    assert.deepEqual(withRuleSettings(groups, { HighMemory: { enabled: false } }), [
      { name: "a", rules: [recording, other] },
    ]);
  });
});

describe("mapAlerts", () => {
  it("replaces all rules of an alert at the place of the first", () => {
    const other = rule({ alert: "HighCPU" });
    const seen: number[] = [];
    const [group] = mapAlerts([{ name: "a", rules: [rule(), other, warning] }], (rules, name) => {
      seen.push(rules.length);
      return name === "HighMemory" ? rules.toReversed() : rules;
    });
    assert.deepEqual(group?.rules, [warning, rule(), other]);
    assert.deepEqual(seen, [2, 1]);
  });
});
