import * as assert from "node:assert/strict";
import { UNKNOWN } from "../../../policies/facts/plain";
import { violationText } from "../../../policies/engine/violation";
import { watchdogRouted } from "../../../policies/delivery/watchdogRouted";
import { assertSilent, configSecret, routesFirst, stack } from "../platformSubjects";
import { judge, problems, prometheusRule, release, resource } from "../subjects";

const toNull = routesFirst({ receiver: "null", matchers: ['alertname="Watchdog"'] });
const off = { defaultRules: { create: false } };

describe("policy watchdog-routed", () => {
  for (const shape of ["input", "engine"] as const) {
    it(`follows the route of Watchdog in the form of the ${shape}`, () => {
      assert.deepEqual(problems(watchdogRouted, [stack(), configSecret({}, shape)]), []);
      assert.match(
        problems(watchdogRouted, [stack(), configSecret(toNull, shape)])[0] ?? "",
        /reaches no receiver/,
      );
    });
  }

  it("accepts Slack only in addition to a heartbeat receiver", () => {
    const watchdog = { matchers: ['alertname="Watchdog"'] };
    const both = routesFirst({ ...watchdog, receiver: "slack", continue: true });
    assert.deepEqual(problems(watchdogRouted, [stack(), configSecret(both)]), []);
    const alone = routesFirst({ ...watchdog, receiver: "slack" });
    assert.match(
      problems(watchdogRouted, [stack(), configSecret(alone)])[0] ?? "",
      /reaches only Slack/,
    );
  });

  it("follows Watchdog through relabeling, mounts and addresses", () => {
    const step = { action: "drop", source_labels: ["alertname"], regex: "Watch.*" };
    const spec = { prometheusSpec: { additionalAlertRelabelConfigs: [step] } };
    assert.deepEqual(problems(watchdogRouted, [stack({ prometheus: spec }), configSecret()]), [
      "alert relabeling drops Watchdog, so its absence is not detected",
    ]);
    const mounts = { alertmanager: { alertmanagerSpec: { secrets: ["alertmanager-slack"] } } };
    const [violation] = judge(watchdogRouted, [stack(mounts), configSecret()]).violations;
    assert.equal(
      violation?.found,
      "receivers[1].webhook_configs[0]: the file in url_file is not mounted",
    );
    const loopback = { name: "heartbeat", webhook_configs: [{ url: "http://[::1]:8080/" }] };
    const subjects = [stack(), configSecret({ receivers: [{ name: "null" }, loopback] })];
    assert.match(problems(watchdogRouted, subjects)[0] ?? "", /reaches no receiver/);
  });

  it("requires an alert that always fires, from the chart or from the stack", () => {
    for (const defaultRules of [
      { create: false },
      // Helm removes the chart's default, so the template sees no value.
      { create: null },
      { rules: { general: null } },
      { disabled: { Watchdog: "true" } },
      { disabled: ["Watchdog"] },
    ]) {
      assert.match(
        problems(watchdogRouted, [stack({ defaultRules }), configSecret()])[0] ?? "",
        /the alert Watchdog does not exist/,
        JSON.stringify(defaultRules),
      );
    }
    const rules = prometheusRule([{ alert: "Watchdog", expr: "vector(1)" }]);
    const inProd = { ...rules, urn: rules.urn.replace(":dev:", ":prod:") };
    assert.deepEqual(problems(watchdogRouted, [stack(off), configSecret(), inProd]), []);
  });

  it("judges production only, by the configuration or by the name of the stack", () => {
    const dev = [stack(), configSecret(toNull)].map((subject) => ({
      ...subject,
      urn: subject.urn.replace(":prod:", ":dev:"),
    }));
    assert.deepEqual(problems(watchdogRouted, dev), []);
    assert.equal(problems(watchdogRouted, dev, { environment: "prod" }).length, 1);
    assert.deepEqual(problems(watchdogRouted, []), []);
  });

  it("reports unknown values as unknown", () => {
    const hidden = resource(
      "kubernetes:core/v1:Secret",
      "c",
      { metadata: { name: "alertmanager-config" }, data: { "alertmanager.yaml": UNKNOWN } },
      "prod",
    );
    for (const subject of [
      [release("kube-prometheus-stack", UNKNOWN, "prod")],
      [stack(), hidden],
      [stack({ defaultRules: UNKNOWN }), configSecret()],
    ]) {
      const verdict = judge(watchdogRouted, subject);
      assert.deepEqual(verdict.violations, []);
      assert.ok(verdict.unknown?.urn);
    }
  });

  it("states the problem, place, bound and fix", () => {
    const [violation] = judge(watchdogRouted, [stack(), configSecret(toNull)]).violations;
    assert.ok(violation);
    assert.match(
      violationText(violation),
      /^Watchdog reaches no receiver.*\n {2}where: Secret "alertmanager-config", alertmanager\.yaml, route\.routes\[0\] \(receiver "null"\)\n {2}bound: .*\n {2}fix: {3}route alertname="Watchdog"/,
    );
    assertSilent(watchdogRouted, (secret) => [
      stack(),
      configSecret({ receivers: [{ name: "heartbeat", slack_configs: [{ api_url: secret }] }] }),
    ]);
  });
});
