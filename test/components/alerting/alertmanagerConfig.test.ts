import * as assert from "node:assert/strict";
import { alertmanagerConfig } from "../../../components/alerting/alertmanagerConfig";
import { slackTemplate } from "../../../components/alerting/slackTemplate";
import { slackSettings } from "../../../components/settings/slack";

const webhook = "https://hooks.slack.com/services/T0/B0/secret";

function configFor(args: object = { webhookUrl: webhook }): any {
  const { settings, problems } = slackSettings({
    cluster: "ticketing-prod",
    environment: "prod",
    ...args,
  });
  assert.deepEqual(problems, undefined);
  assert.ok(settings);
  return alertmanagerConfig(settings);
}

/** The route that an alert takes: the first child that matches, else the parent. */
function routeOf(labels: Record<string, string>): any {
  const { routes, ...root } = configFor().route;
  const route = routes.find(({ matchers }: any) =>
    matchers.every((matcher: string) => {
      const [, label = "", operator, value = ""] = /^(\w+)(=~?)"([^"]*)"$/.exec(matcher) ?? [];
      const found = labels[label] ?? "";
      return operator === "=" ? found === value : new RegExp(`^(?:${value})$`).test(found);
    }),
  );
  return { ...root, ...route };
}

function receiverOf(labels: Record<string, string>): any {
  const { receiver } = routeOf(labels);
  return configFor().receivers.find(({ name }: any) => name === receiver);
}

describe("alertmanagerConfig", () => {
  it("refers to receivers that exist, each once", () => {
    const { route, receivers } = configFor();
    const names = receivers.map(({ name }: any) => name);
    assert.equal(new Set(names).size, names.length);
    for (const { receiver } of [route, ...route.routes]) assert.ok(names.includes(receiver));
  });

  it("sends critical alerts and warnings to Slack, and says when they are over", () => {
    for (const severity of ["critical", "warning"]) {
      const [slack, ...others] = receiverOf({ alertname: "HighErrorRate", severity }).slack_configs;
      assert.deepEqual(others, []);
      assert.equal(slack.channel, "#ticketing-alerts");
      assert.equal(slack.send_resolved, true);
    }
  });

  it("loses no alert that carries no severity or an unknown one", () => {
    assert.ok(receiverOf({ alertname: "Own" }).slack_configs);
    assert.ok(receiverOf({ alertname: "Own", severity: "page" }).slack_configs);
  });

  it("sends Watchdog, InfoInhibitor and information nowhere", () => {
    for (const labels of [
      { alertname: "Watchdog", severity: "none" },
      { alertname: "InfoInhibitor", severity: "none" },
      { alertname: "CPUThrottlingHigh", severity: "info" },
      { alertname: "Own", severity: "none" },
    ]) {
      assert.deepEqual(Object.keys(receiverOf(labels)), ["name"], JSON.stringify(labels));
    }
  });

  it("tells of critical alerts sooner and reminds of them more often", () => {
    const critical = routeOf({ severity: "critical" });
    assert.deepEqual(
      [critical.group_wait, critical.group_interval, critical.repeat_interval],
      ["10s", "1m", "1h"],
    );
    const warning = routeOf({ severity: "warning" });
    assert.deepEqual(
      [warning.group_wait, warning.group_interval, warning.repeat_interval],
      ["30s", "5m", "12h"],
    );
  });

  it("groups as configured", () => {
    assert.deepEqual(configFor().route.group_by, ["alertname", "cluster", "service"]);
    const groupBy = ["namespace", "alertname"];
    assert.deepEqual(configFor({ webhookUrl: webhook, groupBy }).route.group_by, groupBy);
    for (const route of configFor().route.routes) assert.ok(!("group_by" in route));
  });

  it("writes to the configured channel", () => {
    const { receivers } = configFor({ webhookUrl: webhook, channel: "#checkout" });
    const channels = receivers.flatMap(({ slack_configs = [] }: any) =>
      slack_configs.map(({ channel }: any) => channel),
    );
    assert.deepEqual(channels, ["#checkout"]);
  });

  it("reads the webhook from the mounted Secret and holds no secret", () => {
    const config = configFor();
    assert.equal(
      config.global.slack_api_url_file,
      "/etc/alertmanager/secrets/alertmanager-slack/webhook-url",
    );
    assert.ok(!/hooks\.slack|api_url"|secret"/.test(JSON.stringify(config)));
    assert.equal(
      configFor({ existingSecret: "team-slack" }).global.slack_api_url_file,
      "/etc/alertmanager/secrets/team-slack/webhook-url",
    );
  });

  it("silences an alert only by another of the same cluster and namespace", () => {
    const { inhibit_rules } = configFor();
    assert.ok(inhibit_rules.length > 0);
    for (const { source_matchers, target_matchers, equal } of inhibit_rules) {
      assert.ok(source_matchers.length > 0 && target_matchers.length > 0);
      assert.ok(equal.includes("cluster") && equal.includes("namespace"));
    }
  });

  it("silences the warning of an alert whose critical form fires for the same thing", () => {
    const rule = configFor().inhibit_rules.find(({ source_matchers }: any) =>
      source_matchers.includes('severity="critical"'),
    );
    assert.deepEqual(rule.target_matchers, ['severity="warning"']);
    for (const label of ["alertname", "service", "pod"]) assert.ok(rule.equal.includes(label));
  });

  it("lets a full disk silence no other disk: the chart has both forms for each of them", () => {
    const rule = configFor().inhibit_rules.find(({ source_matchers }: any) =>
      source_matchers.includes('severity="critical"'),
    );
    // Labels of KubePersistentVolumeFillingUp and NodeFilesystemSpaceFillingUp.
    for (const label of ["persistentvolumeclaim", "instance", "mountpoint"]) {
      assert.ok(rule.equal.includes(label), label);
    }
  });

  it("lets the chart's own crash loop alert be silent where ours fires", () => {
    const rule = configFor().inhibit_rules.find(({ source_matchers }: any) =>
      source_matchers.includes('alertname="PodCrashLooping"'),
    );
    assert.deepEqual(rule.target_matchers, ['alertname="KubePodCrashLooping"']);
    assert.ok(rule.equal.includes("pod"));
  });

  it("uses templates that are defined, from where the operator puts them", () => {
    const { receivers, templates } = configFor();
    assert.deepEqual(templates, ["/etc/alertmanager/config/*.tmpl"]);
    const used = [...JSON.stringify(receivers).matchAll(/template \\"([\w.]+)\\"/g)];
    assert.ok(used.length > 0);
    for (const [, name] of used) {
      assert.ok(slackTemplate.includes(`{{ define "${name}" -}}`), name);
    }
  });
});
