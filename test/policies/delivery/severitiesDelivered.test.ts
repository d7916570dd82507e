import * as assert from "node:assert/strict";
import { PlainMap, UNKNOWN } from "../../../policies/facts/plain";
import { severitiesDelivered } from "../../../policies/delivery/severitiesDelivered";
import { violationText } from "../../../policies/engine/violation";
import { assertSilent, configSecret, configText, routesFirst, stack } from "../platformSubjects";
import { judge, problems, release, resource } from "../subjects";

const found = (change: PlainMap, shape: "input" | "engine" = "input", config: PlainMap = {}) =>
  problems(severitiesDelivered, [stack(), configSecret(change, shape)], config);
const toNull = (matcher: string) => routesFirst({ receiver: "null", matchers: [matcher] });

describe("policy severities-delivered", () => {
  for (const shape of ["input", "engine"] as const) {
    it(`follows the routes in the form of the ${shape}`, () => {
      assert.deepEqual(found({}, shape), []);
      assert.equal(found(toNull('namespace="a"'), shape).length, 2);
      assert.equal(found(toNull('severity="warning"'), shape).length, 1);
    });
  }

  it("skips receivers that no required severity reaches", () => {
    assert.deepEqual(found(toNull('severity=~"info|none"')), []);
    assert.deepEqual(found(toNull('alertname="InfoInhibitor"')), []);
  });

  it("does not return to the parent route after a match with continue", () => {
    const onward = { receiver: "null", matchers: ['namespace="a"'], continue: true };
    // Critical alerts have a route of their own further down; warnings had only the root.
    assert.deepEqual(found(routesFirst(onward)), [
      'alerts of severity warning with namespace="a" reach no receiver',
    ]);
  });

  it("accepts mute time intervals for warnings only", () => {
    const quiet = (severity: string) =>
      routesFirst({
        receiver: "slack",
        matchers: [`severity="${severity}"`],
        mute_time_intervals: ["night"],
      });
    assert.deepEqual(found(quiet("warning")), []);
    assert.match(found(quiet("critical"))[0] ?? "", /^time intervals mute alerts/);
  });

  it("accepts a configuration without integrations in an environment that is not prod", () => {
    const stock = release("kube-prometheus-stack", {});
    const inEnvironment = (config: PlainMap) =>
      problems(severitiesDelivered, [stock], config).length;
    assert.equal(inEnvironment({ environment: "dev" }), 0);
    assert.equal(inEnvironment({ environment: "prod" }), 2);
    assert.equal(inEnvironment({}), 2);
    // A configuration that notifies at all must notify about all alerts.
    assert.equal(found(toNull('namespace="a"'), "input", { environment: "dev" }).length, 2);
  });

  it("includes the routes of AlertmanagerConfigs for their namespace", () => {
    const type = "kubernetes:monitoring.coreos.com/v1alpha1:AlertmanagerConfig";
    const object = (namespace: string) =>
      resource(type, "team", {
        metadata: { name: "team", namespace },
        spec: {
          route: { receiver: "pager" },
          receivers: [
            { name: "pager", pagerdutyConfigs: [{ routingKey: { name: "s", key: "k" } }] },
          ],
        },
      });
    const config = configSecret(toNull('namespace="shop"'));
    assert.equal(problems(severitiesDelivered, [stack(), config, object("other")]).length, 2);
    assert.deepEqual(problems(severitiesDelivered, [stack(), config, object("shop")]), []);
  });

  it("is configured by severities, exceptAlerts and externalSecrets", () => {
    assert.deepEqual(
      found(toNull('severity="warning"'), "input", { severities: ["critical"] }),
      [],
    );
    assert.equal(found({}, "input", { severities: ["info"] }).length, 1);
    const noisy = toNull('alertname="Noisy"');
    assert.equal(found(noisy).length, 2);
    assert.deepEqual(found(noisy, "input", { exceptAlerts: ["Noisy"] }), []);
    assert.match(problems(severitiesDelivered, [stack()])[0] ?? "", /is not part of the stack/);
    assert.deepEqual(
      problems(severitiesDelivered, [stack()], { externalSecrets: ["alertmanager-config"] }),
      [],
    );
  });

  it("reports unknown values as unknown", () => {
    const secret = (props: PlainMap) => resource("kubernetes:core/v1:Secret", "c", props, "prod");
    for (const subject of [
      [release("kube-prometheus-stack", UNKNOWN, "prod")],
      [stack(), secret({ metadata: { name: "alertmanager-config" }, data: UNKNOWN })],
      [stack(), { ...secret({}), props: UNKNOWN }],
      [release("kube-prometheus-stack", { alertmanager: { config: { route: UNKNOWN } } })],
    ]) {
      const verdict = judge(severitiesDelivered, subject);
      assert.deepEqual(verdict.violations, []);
      assert.ok(verdict.unknown?.urn);
    }
  });

  it("skips a stack without Alertmanager", () => {
    assert.deepEqual(problems(severitiesDelivered, []), []);
    assert.deepEqual(
      problems(severitiesDelivered, [stack({ alertmanager: { enabled: false } })]),
      [],
    );
  });

  it("states the problem, place, bound and fix", () => {
    const subject = [stack(), configSecret(toNull('namespace="ticketing"'))];
    const [violation] = judge(severitiesDelivered, subject).violations;
    assert.ok(violation);
    assert.equal(
      violationText(violation),
      [
        'alerts of severity critical with namespace="ticketing" reach no receiver',
        '  where: Secret "alertmanager-config", alertmanager.yaml, route.routes[0] (receiver "null")',
        "  bound: a receiver that notifies at any time",
        "  fix:   end this route in a receiver with an address, or remove the route",
      ].join("\n"),
    );
    assertSilent(severitiesDelivered, (secret) => [
      stack(),
      configSecret({
        global: { slack_api_url_file: undefined, smtp_auth_password: secret },
        receivers: [{ name: "null", webhook_configs: [{ url: secret }] }],
      }),
    ]);
    assertSilent(severitiesDelivered, (secret) => [stack(), configText(secret)]);
  });
});
