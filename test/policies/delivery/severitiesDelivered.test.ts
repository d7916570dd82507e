import * as assert from "node:assert/strict";
import { PlainMap, UNKNOWN } from "../../../policies/facts/plain";
import { stringify } from "yaml";
import { alertmanagerConfig } from "../../../components/slack/alertmanagerConfig";
import { ReceiverKind } from "../../../components/slack/receiverKinds";
import { slackSettings } from "../../../components/slack/settings";
import { severitiesDelivered } from "../../../policies/delivery/severitiesDelivered";
import { violationText } from "../../../policies/engine/violation";
import {
  assertSilent,
  configSecret,
  configText,
  routesFirst,
  stack,
  goodConfig,
} from "../platformSubjects";
import { Resource } from "../../../policies/facts/resource";
import { alerts, judge, problems, release, resource } from "../subjects";
import { delivering, itJudges } from "../stacks/subjects";

const found = (change: PlainMap, shape: "input" | "engine" = "input", config: PlainMap = {}) =>
  problems(severitiesDelivered, [stack(), configSecret(change, shape)], config);
/** The Secret that SlackAlerting creates for a receiver of each kind. */
const everyKind = {
  receiverSecrets: Object.fromEntries(Object.values(ReceiverKind).map((kind) => [kind, "x"])),
};
function ofSettings(args: object, services?: string[]): Resource {
  const email = {
    to: ["a@acme-corp.io"],
    from: "b@acme-corp.io",
    smarthost: "smtp.acme-corp.io:587",
    username: "alerts",
  };
  const receivers = Object.fromEntries(
    Object.values(ReceiverKind).map((kind) => [
      kind,
      { kind, ...(services && { services }), ...(kind === ReceiverKind.Email && email) },
    ]),
  );
  const { settings, problems: invalid } = slackSettings({ ...args, receivers });
  assert.ok(settings, JSON.stringify(invalid));
  return configText(stringify(alertmanagerConfig(settings)));
}
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
    const quiet = (severity: string) => ({
      ...routesFirst({
        receiver: "slack",
        matchers: [`severity="${severity}"`],
        mute_time_intervals: ["night"],
      }),
      time_intervals: [{ name: "night", time_intervals: [] }],
    });
    assert.deepEqual(found(quiet("warning")), []);
    assert.match(found(quiet("critical"))[0] ?? "", /^time intervals mute alerts/);
  });

  it("accepts a configuration without integrations in an environment that is not prod", () => {
    const inEnvironment = (config: PlainMap, stackName = "prod") =>
      problems(severitiesDelivered, [release("kube-prometheus-stack", {}, stackName)], config)
        .length;
    assert.equal(inEnvironment({ environment: "dev" }), 0);
    assert.equal(inEnvironment({ environment: "prod" }, "dev"), 2);
    assert.equal(inEnvironment({}), 2);
    assert.equal(inEnvironment({}, "dev"), 0);
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
    const withoutAlerts = { alertmanager: { enabled: false }, defaultRules: { create: false } };
    assert.deepEqual(problems(severitiesDelivered, [stack(withoutAlerts)]), []);
  });

  describe("follows the path of an alert before and after the routes", () => {
    const spec = (change: PlainMap) => ({ alertmanager: { alertmanagerSpec: change } });
    const relabeling = (...steps: PlainMap[]) => ({
      prometheus: { prometheusSpec: { additionalAlertRelabelConfigs: steps } },
    });
    const drop = { action: "drop", source_labels: ["severity"], regex: "critical" };
    const off = { alertmanager: { enabled: false } };
    const to = (integration: PlainMap) => ({
      receivers: [{ name: "null" }, { name: "slack", ...integration }, { name: "heartbeat" }],
    });
    const inProd = (subject: Resource) => ({
      ...subject,
      urn: subject.urn.replace(":dev:", ":prod:"),
    });
    const group = "kubernetes:monitoring.coreos.com/v1";
    const server = (change: PlainMap = {}) =>
      inProd(resource(`${group}:Prometheus`, "main", { spec: { replicas: 2, ...change } }));
    const rules = inProd(alerts("up == 0"));
    const secret = (text: string) =>
      inProd(
        resource("kubernetes:core/v1:Secret", "relabel", {
          metadata: { name: "relabel" },
          stringData: { "steps.yaml": text },
        }),
      );
    const reference = (name: string) => ({
      prometheus: {
        prometheusSpec: { additionalAlertRelabelConfigsSecret: { name, key: "steps.yaml" } },
      },
    });

    const mail = {
      to: "a@acme-corp.io",
      from: "b@acme-corp.io",
      smarthost: "smtp.acme-corp.io:587",
      send_resolved: true,
    };
    const unsound: Record<string, PlainMap> = {
      "an Opsgenie without a key": { opsgenie_configs: [{}] },
      "a key of Opsgenie that is not mounted": {
        opsgenie_configs: [{ api_key_file: "/etc/alertmanager/secrets/elsewhere/key" }],
      },
      "an API of Opsgenie on loopback": {
        opsgenie_configs: [{ api_key_file: "/keys/a", api_url: "https://localhost/" }],
      },
      "an API of PagerDuty in plain HTTP": {
        pagerduty_configs: [{ routing_key_file: "/keys/a", url: "http://events.acme-corp.io/" }],
      },
      "a webhook in plain HTTP outside the cluster": {
        webhook_configs: [{ url: "http://hooks.acme-corp.io/x" }],
      },
      "a mail server on loopback": { email_configs: [{ ...mail, smarthost: "localhost:25" }] },
      "a mail server named null": { email_configs: [{ ...mail, smarthost: "null:25" }] },
      "email without TLS": { email_configs: [{ ...mail, require_tls: false }] },
      "email without a recipient": { email_configs: [{ ...mail, to: "" }] },
    };
    for (const [link, subjects, problem] of [
      ["no Alertmanager", [stack(off)], /^Prometheus does not send its alerts to an Alertmanager$/],
      [
        "a Prometheus object without one",
        [server(), rules],
        /does not send its alerts to an Alertmanager$/,
      ],
      [
        "an empty list of them",
        [server({ alerting: { alertmanagers: [] } }), rules],
        /does not send its alerts to an Alertmanager$/,
      ],
      [
        "no replica",
        [stack(spec({ replicas: 0 })), configSecret()],
        /^Alertmanager has no replicas/,
      ],
      ["a pause", [stack(spec({ paused: true })), configSecret()], /^Alertmanager is paused/],
      [
        "no replica of the object",
        [resource(`${group}:Alertmanager`, "m", { spec: { replicas: 0 } }, "prod"), configSecret()],
        /^Alertmanager has no replicas/,
      ],
      [
        "relabeling that drops",
        [stack(relabeling(drop)), configSecret()],
        /^alert relabeling drops alerts of severity critical$/,
      ],
      [
        "relabeling that keeps others",
        [stack(relabeling({ ...drop, action: "keep", regex: "critical" })), configSecret()],
        /^alert relabeling drops alerts of severity warning$/,
      ],
      [
        "relabeling that changes the route",
        [stack(relabeling({ target_label: "severity", replacement: "info" })), configSecret()],
        /^alerts of severity critical reach no receiver$/,
      ],
      [
        "relabeling in a Secret",
        [
          stack(reference("relabel")),
          secret("- action: drop\n  source_labels: [severity]\n  regex: warn.*\n"),
          configSecret(),
        ],
        /^alert relabeling drops alerts of severity warning$/,
      ],
      [
        "an unmounted credential",
        [stack(spec({ secrets: ["heartbeat"] })), configSecret()],
        /reach no receiver$/,
      ],
      [
        "a loopback address",
        [stack(), configSecret(to({ webhook_configs: [{ url: "http://127.0.0.1:9/" }] }))],
        /reach no receiver$/,
      ],
      [
        "the address null",
        [stack(), configSecret(to({ webhook_configs: [{ url: "http://null/" }] }))],
        /reach no receiver$/,
      ],
      [
        "the name localhost in another integration",
        [stack(), configSecret(to({ msteams_configs: [{ webhook_url: "https://localhost/x" }] }))],
        /reach no receiver$/,
      ],
      ...Object.entries(unsound).map(([link, integration]): [string, Resource[], RegExp] => [
        link,
        [stack(), configSecret(to(integration))],
        /reach no receiver$/,
      ]),
    ] as [string, Resource[], RegExp][]) {
      it(`and finds ${link}`, () =>
        assert.match(problems(severitiesDelivered, subjects)[0] ?? "none", problem));
    }

    it("and names the obstacle", () => {
      const subjects = [stack(spec({ secrets: [] })), configSecret()];
      const [violation] = judge(severitiesDelivered, subjects).violations;
      assert.equal(
        violation?.found,
        "receivers[2].slack_configs[0]: the file in slack_api_url_file is not mounted",
      );
    });

    for (const [link, subjects] of [
      [
        "another Alertmanager",
        [
          stack({
            ...off,
            prometheus: { prometheusSpec: { alertingEndpoints: [{ name: "am", port: "web" }] } },
          }),
        ],
      ],
      [
        "one Alertmanager for a Prometheus object",
        [server({ alerting: { alertmanagers: [{ name: "am", port: "web" }] } }), rules],
      ],
      ["a Prometheus without alerts", [server()]],
      [
        "relabeling that changes nothing else",
        [stack(relabeling({ action: "labeldrop", regex: "replica" })), configSecret()],
      ],
      [
        "relabeling that drops information",
        [stack(relabeling({ ...drop, regex: "info" })), configSecret()],
      ],
      [
        "a credential in a volume",
        [
          stack(spec({ secrets: [], volumeMounts: [{ mountPath: "/etc/alertmanager/secrets" }] })),
          configSecret(),
        ],
      ],
      [
        "an address inside the cluster",
        [stack(), configSecret(to({ webhook_configs: [{ url: "http://relay.chat:80/" }] }))],
      ],
      ["email over TLS", [stack(), configSecret(to({ email_configs: [mail] }))]],
      ["receivers of every kind instead of Slack", [stack(), ofSettings(everyKind)]],
      [
        "receivers for some services in addition to Slack",
        [stack(), ofSettings({ ...everyKind, channel: "#alerts", webhookUrl: "x" }, ["checkout"])],
      ],
    ] as [string, Resource[]][]) {
      it(`and accepts ${link}`, () =>
        assert.deepEqual(problems(severitiesDelivered, subjects), []));
    }

    it("and finds alerts that only receivers for other services would receive", () => {
      const subjects = [stack(), ofSettings(everyKind, ["checkout"])];
      assert.match(problems(severitiesDelivered, subjects)[0] ?? "", /reach no receiver$/);
    });

    it("and does not evaluate relabeling in a Secret outside the stack", () => {
      const verdict = judge(severitiesDelivered, [stack(reference("elsewhere")), configSecret()]);
      assert.deepEqual(verdict.violations, []);
      assert.deepEqual(verdict.unknown?.path.at(-1), "additionalAlertRelabelConfigsSecret");
    });
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
        "  fix:   send this route to a receiver with an address, or remove the route",
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

describe("receivers of pages and of mail", () => {
  const routed = (matcher: string, receiver: PlainMap) =>
    delivering({
      ...routesFirst({ matchers: [matcher], receiver: "team" }),
      receivers: [...goodConfig.receivers, { name: "team", ...receiver }],
    });
  const mail = (to: string) =>
    routed('team="finance"', {
      email_configs: [
        { to, from: "alerts@shop.io", smarthost: "smtp.shop.io:587", send_resolved: true },
      ],
    });
  const pages = {
    pagerduty_configs: [{ routing_key_file: "/etc/alertmanager/secrets/heartbeat/key" }],
  };

  itJudges(
    {
      "a route for the severity Critical": [
        "severities-delivered",
        routed('severity="Critical"', pages),
      ],
      "mail addresses with a semicolon between them": [
        "severities-delivered",
        mail("oncall@shop.io; finance@shop.io"),
      ],
    },
    {
      "a route for the critical alerts of a team": routed('severity="critical",team="cart"', pages),
      "a route for a severity of another stack": routed('severity="P1"', pages),
      "mail addresses with a comma between them": mail("oncall@shop.io, finance@shop.io"),
    },
  );
});
