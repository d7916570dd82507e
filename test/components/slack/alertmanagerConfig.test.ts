import * as assert from "node:assert/strict";
import { alertmanagerConfig } from "../../../components/slack/alertmanagerConfig";
import { slackTemplate } from "../../../components/slack/messageTemplate";
import { slackSettings } from "../../../components/slack/settings";

const webhook = "https://hooks.slack.com/services/T0/B0/secret";

function configFor(args: object = { webhookUrl: webhook }): any {
  const { settings, problems } = slackSettings({
    channel: "#ticketing-alerts",
    ...args,
  });
  assert.deepEqual(problems, undefined);
  assert.ok(settings);
  return alertmanagerConfig(settings);
}

/** The route that an alert takes: the first child that matches, else the parent. */
function routeOf(labels: Record<string, string>, changes = {}): any {
  const { routes, ...root } = configFor({ webhookUrl: webhook, ...changes }).route;
  const route = routes.find(({ matchers }: any) =>
    matchers.every((matcher: string) => {
      const [, label = "", operator, value = ""] = /^(\w+)(=~?)"([^"]*)"$/.exec(matcher) ?? [];
      const actual = labels[label] ?? "";
      return operator === "=" ? actual === value : new RegExp(`^(?:${value})$`).test(actual);
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

  it("sends critical alerts and warnings to Slack, and notifies when they resolve", () => {
    for (const severity of ["critical", "warning"]) {
      const [slack, ...others] = receiverOf({ alertname: "HighErrorRate", severity }).slack_configs;
      assert.deepEqual(others, []);
      assert.equal(slack.channel, "#ticketing-alerts");
      assert.equal(slack.send_resolved, true);
    }
  });

  it("delivers alerts without a severity or with an unknown one", () => {
    assert.ok(receiverOf({ alertname: "Own" }).slack_configs);
    assert.ok(receiverOf({ alertname: "Own", severity: "page" }).slack_configs);
  });

  it("drops Watchdog, InfoInhibitor and info alerts", () => {
    for (const labels of [
      { alertname: "Watchdog", severity: "none" },
      { alertname: "InfoInhibitor", severity: "none" },
      { alertname: "CPUThrottlingHigh", severity: "info" },
      { alertname: "Own", severity: "none" },
    ]) {
      assert.deepEqual(Object.keys(receiverOf(labels)), ["name"], JSON.stringify(labels));
    }
  });

  it("notifies about critical alerts sooner and repeats them more often", () => {
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

  it("repeats notifications after the configured minutes", () => {
    const settings = { repeatMinutes: { critical: 30, warning: 120 } };
    assert.equal(routeOf({ severity: "critical" }, settings).repeat_interval, "30m");
    assert.equal(routeOf({ severity: "warning" }, settings).repeat_interval, "2h");
  });

  it("groups alerts by the configured labels", () => {
    assert.deepEqual(configFor().route.group_by, ["alertname", "cluster", "service"]);
    const groupBy = ["namespace", "alertname"];
    assert.deepEqual(configFor({ webhookUrl: webhook, groupBy }).route.group_by, groupBy);
    for (const route of configFor().route.routes) assert.ok(!("group_by" in route));
  });

  it("notifies the configured channel", () => {
    const { receivers } = configFor({ webhookUrl: webhook, channel: "#checkout" });
    const channels = receivers.flatMap(({ slack_configs = [] }: any) =>
      slack_configs.map(({ channel }: any) => channel),
    );
    assert.deepEqual(channels, ["#checkout"]);
  });

  it("reads the webhook from the mounted Secret and contains no secret", () => {
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

  it("inhibits an alert only by an alert in the same cluster and namespace", () => {
    const { inhibit_rules } = configFor();
    assert.ok(inhibit_rules.length > 0);
    for (const { source_matchers, target_matchers, equal } of inhibit_rules) {
      assert.ok(source_matchers.length > 0 && target_matchers.length > 0);
      assert.ok(equal.includes("cluster") && equal.includes("namespace"));
    }
  });

  it("inhibits all alerts on a service and its pods during planned maintenance", () => {
    const maintenance = configFor().inhibit_rules.filter(({ source_matchers }: any) =>
      source_matchers.includes('alertname="PlannedMaintenance"'),
    );
    assert.deepEqual(
      maintenance.map(({ equal }: any) => equal),
      [
        ["cluster", "namespace", "service"],
        ["cluster", "namespace", "pod"],
      ],
    );
  });

  it("inhibits a warning while the critical alert on the same subject fires", () => {
    const rule = configFor().inhibit_rules.find(({ source_matchers }: any) =>
      source_matchers.includes('severity="critical"'),
    );
    assert.deepEqual(rule.target_matchers, ['severity="warning"']);
    for (const label of ["alertname", "service", "pod"]) assert.ok(rule.equal.includes(label));
  });

  it("inhibits a warning about a full disk only for the same disk", () => {
    const rule = configFor().inhibit_rules.find(({ source_matchers }: any) =>
      source_matchers.includes('severity="critical"'),
    );
    // Labels of KubePersistentVolumeFillingUp and NodeFilesystemSpaceFillingUp.
    for (const label of ["persistentvolumeclaim", "instance", "mountpoint"]) {
      assert.ok(rule.equal.includes(label), label);
    }
  });

  it("inhibits the crash loop alert of the chart where an alert of this library on the pod fires", () => {
    const rule = configFor().inhibit_rules.find(({ source_matchers }: any) =>
      source_matchers.includes('alertname=~"PodCrashLooping|MonitoringPodFailing"'),
    );
    assert.deepEqual(rule.target_matchers, [
      'alertname=~"KubePodCrashLooping|KubePodNotReady|KubeContainerWaiting"',
    ]);
    assert.ok(rule.equal.includes("pod"));
  });

  it("uses templates that are defined, from the folder where the operator mounts them", () => {
    const { receivers, templates } = configFor();
    assert.deepEqual(templates, ["/etc/alertmanager/config/*.tmpl"]);
    const used = [...JSON.stringify(receivers).matchAll(/template \\"([\w.]+)\\"/g)];
    assert.ok(used.length > 0);
    for (const [, name] of used) {
      assert.ok(slackTemplate().includes(`{{ define "${name}" }}`), name);
    }
  });

  it("links the title to Alertmanager only if its external URL is configured", () => {
    const linkOf = (args: object): string =>
      configFor({ webhookUrl: webhook, ...args }).receivers.at(-1).slack_configs[0].title_link;
    const alertmanagerUrl = "https://alertmanager.example.com";
    assert.equal(linkOf({ alertmanagerUrl }), '{{ template "observability.slack.link" . }}');
    // Renders nothing, and is still something for the operator, which drops empty fields.
    assert.equal(linkOf({}), '{{ "" }}');
  });

  it("has a timeout that leaves time for a retry before the next group interval", () => {
    const { receivers, route } = configFor();
    const [slack] = receivers.at(-1).slack_configs;
    assert.equal(slack.timeout, "10s");
    assert.equal(route.routes[2].group_interval, "1m");
  });

  it("reads the bot token instead of a webhook", () => {
    const { global, receivers } = configFor({
      botToken: "given",
      channels: { critical: "#critical" },
    });
    assert.deepEqual(global, {
      resolve_timeout: "5m",
      slack_app_token_file: "/etc/alertmanager/secrets/alertmanager-slack/bot-token",
    });
    assert.ok(!JSON.stringify(receivers).includes("api_url"));
  });

  it("reads the webhook of each channel that has one", () => {
    const { receivers } = configFor({
      webhookUrl: webhook,
      channels: { critical: "#critical", warning: "#ticketing-alerts" },
      webhookUrls: { "#critical": webhook },
    });
    const slack = receivers.filter(({ slack_configs }: any) => slack_configs);
    assert.deepEqual(
      slack.map(({ name, slack_configs: [{ channel, api_url_file }] }: any) => [
        name,
        channel,
        api_url_file,
      ]),
      [
        ["slack", "#ticketing-alerts", undefined],
        [
          "slack-critical",
          "#critical",
          "/etc/alertmanager/secrets/alertmanager-slack/webhook-url-critical",
        ],
      ],
    );
  });

  it("sends Watchdog to the heartbeat every minute, if a heartbeat is configured", () => {
    const { route, receivers } = configFor({ webhookUrl: webhook, heartbeatUrl: "given" });
    const [watchdog] = route.routes;
    assert.equal(watchdog.receiver, "heartbeat");
    assert.equal(watchdog.group_interval, "1m");
    // A whole minute would be missed by a hair at every second round.
    assert.equal(watchdog.repeat_interval, "50s");
    assert.deepEqual(receivers.find(({ name }: any) => name === "heartbeat").webhook_configs, [
      {
        url_file: "/etc/alertmanager/secrets/alertmanager-slack/heartbeat-url",
        send_resolved: false,
      },
    ]);
  });

  it("sends critical alerts to PagerDuty or a webhook in addition to Slack", () => {
    const { route, receivers } = configFor({
      webhookUrl: webhook,
      pagerDutyRoutingKey: "given",
      criticalWebhookUrl: "given",
    });
    const paging = route.routes.find(({ receiver }: any) => receiver === "critical");
    assert.deepEqual(paging.matchers, ['severity="critical"']);
    assert.equal(paging.continue, true);
    const { pagerduty_configs, webhook_configs } = receivers.find(
      ({ name }: any) => name === "critical",
    );
    const secrets = "/etc/alertmanager/secrets/alertmanager-slack";
    assert.equal(pagerduty_configs[0].routing_key_file, `${secrets}/pagerduty-routing-key`);
    assert.equal(webhook_configs[0].url_file, `${secrets}/critical-webhook-url`);
  });

  it("has neither of them by default", () => {
    const names = configFor().receivers.map(({ name }: any) => name);
    assert.deepEqual(names, ["null", "slack"]);
    assert.ok(!("time_intervals" in configFor()));
  });

  it("mutes only warnings in quiet hours", () => {
    const { route, time_intervals } = configFor({
      webhookUrl: webhook,
      quietHours: { from: "22:00", to: "07:00", timezone: "Asia/Seoul" },
      routes: [{ service: "api", channel: "#ticketing-alerts" }],
    });
    assert.equal(time_intervals[0].name, "quiet-hours");
    const muted: any[] = [];
    const walk = (node: any): void => {
      if (node.mute_time_intervals) muted.push(node);
      (node.routes ?? []).forEach(walk);
    };
    walk(route);
    // In the tree, and in each of the two ways to a service.
    assert.equal(muted.length, 3);
    for (const node of muted) {
      assert.deepEqual(node.matchers, ['severity="warning"']);
      assert.deepEqual(node.mute_time_intervals, ["quiet-hours"]);
    }
  });

  it("inhibits the symptoms of a service that is down, only for that service", () => {
    const rule = configFor().inhibit_rules.find(({ source_matchers }: any) =>
      source_matchers.includes('alertname="ServiceDown"'),
    );
    assert.match(rule.target_matchers[0], /^alertname=~"HighErrorRate\|HighLatencyP99\|/);
    assert.deepEqual(rule.equal, ["cluster", "namespace", "service"]);
  });
});
