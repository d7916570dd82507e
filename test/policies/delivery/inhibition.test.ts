import * as assert from "node:assert/strict";
import { PlainMap, UNKNOWN, at } from "../../../policies/facts/plain";
import { inhibition } from "../../../policies/delivery/inhibition";
import { violationText } from "../../../policies/engine/violation";
import { assertSilent, configSecret, configText, goodConfig, remedied } from "../platformSubjects";
import { judge, problems, release, resource } from "../subjects";

const pair = goodConfig.inhibit_rules[0] ?? {};
const rules = (...inhibit_rules: PlainMap[]) => configSecret({ inhibit_rules });
const inValues = (config: unknown) =>
  release("kube-prometheus-stack", { alertmanager: { config } }, "prod");

describe("policy inhibition", () => {
  it("accepts the inhibition rule in all forms of matchers", () => {
    const equal = ["alertname"];
    for (const rule of [
      pair,
      { source_match: { severity: "critical" }, target_match: { severity: "warning" }, equal },
      {
        source_matchers: ["severity=~crit.+"],
        target_match_re: { severity: "warning|info" },
        equal,
      },
    ]) {
      assert.deepEqual(problems(inhibition, rules(rule)), []);
    }
  });

  it("accepts rules that inhibit alerts by name", () => {
    const named = {
      source_matchers: ['alertname="ServiceDown"'],
      target_matchers: ['alertname=~"HighErrorRate|HighLatencyP99"'],
      equal: ["namespace", "service"],
    };
    assert.deepEqual(problems(inhibition, rules(pair, named)), []);
    assert.match(
      problems(inhibition, rules(pair, { ...named, equal: [] }))[0] ?? "",
      /`equal` is empty/,
    );
  });

  it("requires the inhibition rule in a configuration, but not in an AlertmanagerConfig", () => {
    assert.match(problems(inhibition, rules())[0] ?? "", /do not inhibit warnings/);
    const type = "kubernetes:monitoring.coreos.com/v1alpha1:AlertmanagerConfig";
    const object = (inhibitRules: PlainMap[]) => resource(type, "o", { spec: { inhibitRules } });
    assert.deepEqual(problems(inhibition, object([])), []);
    const match = (value: string) => [{ name: "severity", value, matchType: "=" }];
    assert.equal(
      problems(
        inhibition,
        object([{ sourceMatch: match("critical"), targetMatch: match("warning"), equal: [] }]),
      ).length,
      1,
    );
  });

  it("accepts the rules of the chart, and judges the rules that replace them", () => {
    assert.deepEqual(problems(inhibition, inValues(undefined)), []);
    assert.deepEqual(problems(inhibition, inValues({ inhibit_rules: [pair] })), []);
    assert.equal(problems(inhibition, inValues({ inhibit_rules: null })).length, 1);
  });

  it("is configured by inhibitingSeverities", () => {
    const none = { inhibitingSeverities: [] };
    assert.deepEqual(problems(inhibition, rules(), none), []);
    assert.equal(problems(inhibition, rules({ ...pair, equal: [] }), none).length, 1);
    assert.deepEqual(
      problems(inhibition, rules(pair), { inhibitingSeverities: ["critical", "page"] }),
      ["page alerts do not inhibit warnings about the same object"],
    );
  });

  it("only advises an inhibition by advisedSeverities, as in the profile baseline", () => {
    const { defaults = {} } = inhibition.baseline ?? {};
    const levels = (...list: PlainMap[]) =>
      judge(inhibition, rules(...list), defaults).violations.map(({ advisory }) => advisory);
    assert.deepEqual(levels(), [true]);
    assert.deepEqual(levels(pair), []);
    assert.deepEqual(levels(pair, { ...pair, equal: [] }), [undefined]);
  });

  it("reports unknown values as unknown", () => {
    for (const subject of [
      inValues(UNKNOWN),
      inValues({ inhibit_rules: UNKNOWN }),
      resource("kubernetes:core/v1:Secret", "alertmanager-config", { data: UNKNOWN }),
    ]) {
      const verdict = judge(inhibition, subject);
      assert.deepEqual(verdict.violations, []);
      assert.ok(verdict.unknown);
    }
  });

  it("states the problem, place, bound and fix", () => {
    const [violation] = judge(inhibition, rules({ ...pair, equal: [] })).violations;
    assert.ok(violation);
    assert.equal(
      violationText(violation),
      [
        "`equal` is empty, so one alert inhibits every matching alert",
        '  where: Secret "alertmanager-config", alertmanager.yaml, inhibit_rules[0]',
        "  bound: labels that identify an object",
        "  fix:   set equal: [namespace, alertname] in inhibit_rules[0]",
      ].join("\n"),
    );
    assertSilent(inhibition, (secret) => rules({ source_matchers: [secret], equal: [] }));
    assertSilent(inhibition, configText);
  });

  it("remediates chart values: removes rules that inhibit too much, and adds the missing rule", () => {
    const after = remedied(inhibition, inValues({ inhibit_rules: [{ ...pair, equal: [] }] }));
    assert.deepEqual(at(after, "values", "alertmanager", "config", "inhibit_rules"), [
      {
        source_matchers: ['severity="critical"'],
        target_matchers: ['severity="warning"'],
        equal: ["namespace", "alertname"],
      },
    ]);
    assert.equal(remedied(inhibition, inValues(undefined)), undefined);
    assert.equal(remedied(inhibition, inValues(UNKNOWN)), undefined);
    // A Secret stays as it is: its text, and that it is secret.
    assert.equal(remedied(inhibition, rules()), undefined);
  });
});
