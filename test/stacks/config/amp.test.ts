import * as assert from "node:assert/strict";
import { parseConfiguration } from "../../../stacks/config/parseConfiguration";
import { secretsOf } from "../../../components/secrets/secrets";
import { ampChanges as base, workspaceArn } from "../../support/amp";
import { configuration, parsedProd } from "../../support/stackConfig";

const parsed = (changes: object = {}) => parsedProd({ ...base, ...changes });

describe("monitoring:existingPrometheus.ampWorkspaceArn", () => {
  it("needs no credential of Slack", () => {
    const { settings, text } = parsed();
    assert.equal(text, "");
    assert.equal(settings?.existingPrometheus?.ampWorkspaceArn, workspaceArn);
    assert.deepEqual(
      settings?.services.map(({ ampWorkspaceArn }) => ampWorkspaceArn),
      [workspaceArn],
    );
    assert.equal(settings?.slack?.channel, "#ticketing-alerts");
  });

  it("must be the ARN of a workspace", () => {
    const existingPrometheus = { ...base.existingPrometheus, ampWorkspaceArn: "ws-1" };
    const [problem, , ...others] = parsed({ existingPrometheus }).text.split("\n");
    assert.match(
      problem ?? "",
      /existingPrometheus\.ampWorkspaceArn = "ws-1" must be the ARN of an Amazon Managed Service for Prometheus workspace/,
    );
    assert.deepEqual(others, []);
  });

  const slack = { channel: "#alerts" };
  const settings: [key: string, changes: object][] = [
    ["slack.existingSecret", { slack: { ...slack, existingSecret: "slack" } }],
    ["slack.existingSecretKeys", { slack: { ...slack, existingSecretKeys: ["bot-token"] } }],
    ["slack.updateMessages", { slack: { ...slack, updateMessages: true } }],
    ["slack.requireHeartbeat", { slack: { ...slack, requireHeartbeat: true } }],
    ["slack.titleTemplate", { slack: { ...slack, titleTemplate: "{{ .Status }}" } }],
    ["slack.textTemplate", { slack: { ...slack, textTemplate: "{{ .Status }}" } }],
    [
      "slack.quietHours",
      { slack: { ...slack, quietHours: { from: "22:00", to: "07:00", timezone: "UTC" } } },
    ],
    ["prometheus.externalUrl", { prometheus: { externalUrl: "https://prometheus.example.com" } }],
    ["alertmanager.externalUrl", { alertmanager: { externalUrl: "https://am.example.com" } }],
    ["loki.logAlerts", { loki: { logAlerts: [{ namespace: "ticketing", service: "api" }] } }],
    ["loki.logMetricNamespaces", { loki: { logMetricNamespaces: ["ticketing"] } }],
    ["receivers", { receivers: { pager: { kind: "pagerduty" } } }],
  ];
  for (const [key, changes] of settings) {
    it(`refuses ${key}, which would have no effect`, () => {
      const lines = parsed({ loki: {}, ...changes }).text.split("\n");
      assert.equal(lines.length, 2, lines.join("\n"));
      assert.match(lines[0] ?? "", new RegExp(`^ {2}monitoring:${key}( = .*)? is not available`));
      assert.match(lines[1] ?? "", new RegExp(`pulumi config rm --path .?monitoring:${key}`));
    });
  }

  it("accepts the same settings where they say nothing", () => {
    const nothing = { ...slack, updateMessages: false, requireHeartbeat: false };
    assert.equal(parsed({ slack: nothing }).text, "");
  });

  it("refuses every secret of Slack and its receivers", () => {
    for (const { key } of secretsOf("slack")) {
      const raw = configuration("prod", { ...base, [key]: "https://hooks.example.com/x" });
      const { problems = [] } = parseConfiguration(raw);
      assert.deepEqual(
        problems.map(({ path, fix }) => [path, fix]),
        [[[key], { kind: "remove" }]],
      );
    }
  });

  it("limits repetitions to five days, after which a workspace repeats anyway", () => {
    const repeats = (warning: number) =>
      parsed({ slack: { ...slack, repeatMinutes: { warning } } }).text;
    assert.match(repeats(7201), /slack\.repeatMinutes\.warning = 7201 must be at most 7200/);
    assert.equal(repeats(7200), "");
  });

  it("refuses channels whose name cannot be part of the name of a topic", () => {
    const text = parsed({ slack: { channel: "#경보", channels: { critical: "#critical" } } }).text;
    assert.match(text, /slack\.channel = "#경보" must contain only a-z, 0-9, - and _/);
    assert.doesNotMatch(text, /critical/);
  });

  it("has no settings of alerts on logs", () => {
    const rules = { NoLogs: { enabled: false } };
    assert.match(parsed({ alerts: { rules } }).text, /NoLogs = .* is not the name of an alert/);
  });
});
