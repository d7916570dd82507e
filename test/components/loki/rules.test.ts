import * as assert from "node:assert/strict";
import { parse } from "yaml";
import { LokiRulesArgs, lokiRules } from "../../../components/loki/rules";

const logAlert = {
  namespace: "ticketing",
  service: "order-service",
  errorsPerMinute: 10,
  silentMinutes: 15,
};

interface Rule {
  alert: string;
  record: string;
  expr: string;
  labels: object;
  annotations: Record<string, string>;
}
interface Group {
  name: string;
  interval: string;
  rules: Rule[];
}

const none = { logAlerts: [], logMetricNamespaces: [], runbookBaseUrl: "https://docs.example.com" };

function groupsOf(args: Partial<LokiRulesArgs>): Group[] {
  const text = lokiRules({ ...none, ...args });
  return text === undefined ? [] : (parse(text) as { groups: Group[] }).groups;
}

describe("lokiRules", () => {
  const [group, ...others] = groupsOf({ logAlerts: [logAlert, { ...logAlert, service: "quiet" }] });

  it("returns undefined without alerts and metrics", () => {
    assert.equal(lokiRules(none), undefined);
  });

  it("alerts on the errors and on missing logs of each service", () => {
    assert.deepEqual(others, []);
    assert.deepEqual(
      group?.rules.map(({ alert, expr }) => `${alert} ${/service="(\S+)"/.exec(expr)?.[1]}`),
      [
        "HighLogErrorRate order-service",
        "NoLogs order-service",
        "HighLogErrorRate quiet",
        "NoLogs quiet",
      ],
    );
  });

  it("counts errors by the detected level, and preserves the labels for routing", () => {
    const { expr } = group?.rules[0] ?? { expr: "" };
    assert.match(expr, /detected_level=~"error\|critical\|fatal"/);
    assert.match(expr, /^sum by \(namespace, service\)/);
    assert.match(expr, /> 10$/);
  });

  it("reads the configured number of minutes without logs", () => {
    assert.match(group?.rules[1]?.expr ?? "", /^absent_over_time\(.*\[15m\]\)$/);
  });

  it("adds the severity and the runbook", () => {
    for (const { alert, labels, annotations } of group?.rules ?? []) {
      assert.deepEqual(labels, { severity: "warning" });
      assert.equal(annotations["runbook_url"], `https://docs.example.com/${alert}.md`);
    }
  });

  it("adds the team of the service, if it has one", () => {
    const [owned] = groupsOf({ logAlerts: [{ ...logAlert, team: "checkout" }] });
    const labels = { severity: "warning", team: "checkout" };
    assert.deepEqual(
      owned?.rules.map((rule) => rule.labels),
      [labels, labels],
    );
    assert.ok(group?.rules.every((rule) => !("team" in rule.labels)));
  });

  it("links to the dashboard of the service if the URL of Grafana is known", () => {
    const [linked] = groupsOf({ logAlerts: [logAlert], dashboardBaseUrl: "https://grafana" });
    for (const { annotations } of linked?.rules ?? []) {
      assert.match(annotations["dashboard_url"] ?? "", /^https:\/\/grafana\/d\/.*var-service=/);
    }
  });

  it("records the rates of lines and errors by service", () => {
    const [metrics, ...more] = groupsOf({ logMetricNamespaces: ["ticketing", "shop"] });
    assert.deepEqual(more, []);
    assert.equal(metrics?.interval, "60s");
    assert.deepEqual(
      metrics?.rules.map(({ record, expr }) => [record, expr]),
      [
        [
          "namespace_service:log_lines:rate5m",
          'sum by (namespace, service) (rate({namespace=~"ticketing|shop"} [5m]))',
        ],
        [
          "namespace_service:log_errors:rate5m",
          'sum by (namespace, service) (rate({namespace=~"ticketing|shop"} | detected_level=~"error|critical|fatal" [5m]))',
        ],
      ],
    );
  });

  it("counts the same lines as errors in alerts and in metrics", () => {
    const [alerts, metrics] = groupsOf({
      logAlerts: [logAlert],
      logMetricNamespaces: ["ticketing"],
    });
    const level = /detected_level=~"[^"]+"/;
    assert.deepEqual(
      level.exec(alerts?.rules[0]?.expr ?? "")?.[0],
      level.exec(metrics?.rules[1]?.expr ?? "")?.[0],
    );
  });
});
