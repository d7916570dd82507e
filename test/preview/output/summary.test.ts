import * as assert from "node:assert/strict";
import { stringify } from "yaml";
import { type SummarizedResource, summarize } from "../../../preview/output/summary";

function component(name: string, inputs: object): SummarizedResource {
  return { type: `monitoring:index:${name}`, name, inputs };
}

function object(kind: string, inputs: object): SummarizedResource {
  return { type: `kubernetes:x:${kind}`, name: kind, inputs: { kind, ...inputs } };
}

const sns = (name: string) => ({ name, sns_configs: [{ topic_arn: "arn:aws:sns:x" }] });

const resources: SummarizedResource[] = [
  component("PrometheusStack", {
    retentionDays: 1,
    scrapeIntervalSeconds: 30,
    storageGb: 100,
    replicas: 2,
    alertmanager: { replicas: 2, storageGb: 5 },
    grafana: {
      communityDashboards: [
        { id: 7249, revision: 1 },
        { id: 6417, revision: 1 },
      ],
    },
  }),
  component("LokiStack", {
    mode: "singleBinary",
    retentionDays: 15,
    storage: "s3",
    bucket: "ticketing-loki-chunks",
    collector: "alloy",
  }),
  component("DatadogAgent", { site: "datadoghq.eu", apm: true, logs: true, processes: false }),
  component("DatadogMonitors", { notify: ["@slack-a", "@pagerduty"] }),
  component("MonitoredServices", {
    services: [
      { name: "auth-service", kind: "pods" },
      { name: "api", kind: "service", slo: { availabilityPercent: 99.9 } },
    ],
    alerts: { errorRatePercent: 5, p99LatencyMs: 500 },
  }),
  {
    type: "kubernetes:helm.sh/v3:Release",
    name: "loki",
    inputs: {
      name: "loki",
      chart: "loki",
      version: "1.2.3",
      namespace: "monitoring",
      repositoryOpts: { repo: "https://charts.example.com" },
    },
  },
  object("ConfigMap", { metadata: { labels: { grafana_dashboard: "1" } } }),
  object("Namespace", { metadata: { name: "ticketing" } }),
  ...["ticketing", "payments", "kube-system"].map((namespace) =>
    object("Role", { metadata: { namespace } }),
  ),
  {
    type: "kubernetes:monitoring.coreos.com/v1:PrometheusRule",
    name: "rules",
    inputs: {
      spec: { groups: [{ rules: [{ alert: "A" }, { record: "r" }] }, { rules: [{ alert: "B" }] }] },
    },
  },
  component("SlackAlerting", {
    routes: [{ service: "api", channel: "#api" }],
    receivers: { pager: { kind: "pagerduty", severities: ["critical"], teams: ["checkout"] } },
    quietHours: { from: "22:00", to: "07:00", timezone: "Asia/Seoul", weekends: true },
  }),
  object("Secret", {
    metadata: { name: "alertmanager-config" },
    stringData: {
      "alertmanager.yaml": stringify({
        route: {
          receiver: "slack",
          routes: [
            { matchers: ['severity=~"info|none"'], receiver: "nobody" },
            {
              receiver: "nobody",
              continue: true,
              routes: [{ matchers: ['team="checkout"', 'severity="critical"'], receiver: "pager" }],
            },
            { matchers: ['service="api"'], receiver: "slack-api" },
            { receiver: "slack" },
          ],
        },
        receivers: [
          { name: "nobody" },
          { name: "pager", pagerduty_configs: [{ routing_key_file: "/key" }] },
          { name: "slack-api", slack_configs: [{ channel: "#api" }] },
          { name: "slack", slack_configs: [{ channel: "#alerts" }] },
        ],
      }),
    },
  }),
];

describe("the facts about the parts of a stack", () => {
  const facts = summarize(resources, { retentionCost: { Datadog: "6 hosts" }, other: "" });
  const expected: Record<string, [string, string][]> = {
    "Helm releases": [["loki", "loki 1.2.3 in monitoring from https://charts.example.com"]],
    Namespaces: [["must exist", "monitoring, payments"]],
    Prometheus: [
      ["retention", "1 day"],
      ["scrape interval", "30 s"],
      ["storage", "100 GiB each"],
      ["replicas", "2"],
      ["Alertmanager", "2 replicas, 5 GiB each"],
      ["Grafana", "community dashboards 7249, 6417; 1 dashboard as code"],
    ],
    Loki: [
      ["mode", "singleBinary"],
      ["retention", "15 days"],
      ["storage", "s3"],
      ["bucket", "ticketing-loki-chunks"],
      ["collector", "alloy"],
    ],
    Datadog: [
      ["site", "datadoghq.eu"],
      ["enabled", "apm, logs"],
      ["disabled", "processes"],
      ["monitors notify", "@slack-a, @pagerduty"],
    ],
    Services: [
      ["2 services", "auth-service (pods), api"],
      ["availability", "api 99.9 %"],
    ],
    Alerts: [
      ["error rate", "> 5 %"],
      ["P99 latency", "> 500 ms"],
      ["rules", "2 alerts in 2 groups"],
    ],
    Routes: [
      ["critical", "#alerts"],
      ["warning", "#alerts"],
      ["info", "no notification"],
      ["Watchdog", "no notification"],
      ["service api", "#api"],
      ["team checkout", "pager (pagerduty), #alerts; warnings: #alerts"],
      [
        "links",
        "no Dashboard and Logs (set grafana.externalUrl), no Graph (set prometheus.externalUrl), no Silence (set alertmanager.externalUrl)",
      ],
      ["quiet hours", "warnings are muted from 22:00 to 07:00 and on weekends (Asia/Seoul)"],
    ],
    "Retention and cost": [["Datadog", "6 hosts"]],
  };
  it("include what an existing Prometheus needs, and links without a Prometheus of the stack", () => {
    const outputs = { existingPrometheus: { namespace: "observability", "not available": "more" } };
    const alerts = { dashboardBaseUrl: "https://grafana.example.com" };
    const own = resources.filter(({ type }) => !/Prometheus|MonitoredServices/.test(type));
    const all = summarize([...own, component("MonitoredServices", { alerts })], outputs);
    const rowsOf = (part: string) => all.find((fact) => fact.part === part)?.rows ?? [];
    assert.deepEqual(rowsOf("Existing Prometheus"), [
      ["namespace", "observability"],
      ["not available", "more"],
    ]);
    assert.deepEqual(rowsOf("Prometheus"), []);
    assert.deepEqual(
      rowsOf("Routes").find(([name]) => name === "links"),
      ["links", "no Graph (set prometheus.externalUrl), no Silence (set alertmanager.externalUrl)"],
    );
  });

  it("include the rules and routes in a workspace of AWS", () => {
    const data = stringify({ groups: [{ name: "g", rules: [{ alert: "A" }] }] });
    const config = { route: { receiver: "slack" }, receivers: [sns("slack")] };
    const all = summarize([
      { type: "aws:amp/ruleGroupNamespace:RuleGroupNamespace", name: "rules", inputs: { data } },
      {
        type: "aws:amp/alertManagerDefinition:AlertManagerDefinition",
        name: "alert-manager",
        inputs: { definition: stringify({ alertmanager_config: stringify(config) }) },
      },
    ]);
    assert.deepEqual(all, [
      { part: "Alerts", rows: [["rules", "1 alert in 1 group"]] },
      {
        part: "Routes",
        rows: ["critical", "warning", "info", "Watchdog"].map((name) => [name, "slack (sns)"]),
      },
    ]);
  });

  it("include how people reach Grafana and sign in, and its volume", () => {
    const grafana = {
      externalUrl: "https://grafana.example.com",
      sso: { provider: "google" },
      storageGb: 10,
    };
    const [prometheus] = summarize([component("PrometheusStack", { grafana })], {});
    assert.deepEqual(
      prometheus?.rows.find(([name]) => name === "Grafana"),
      ["Grafana", "10 GiB; https://grafana.example.com; single sign-on with google"],
    );
  });

  it("include the long-term store", () => {
    const longTerm = { kind: "mimir", url: "https://mimir.example.com/api/v1/push" };
    const [prometheus] = summarize([component("PrometheusStack", { longTerm })], {});
    assert.deepEqual(
      prometheus?.rows.find(([name]) => name === "long-term storage"),
      ["long-term storage", "mimir, https://mimir.example.com/api/v1/push"],
    );
  });

  for (const [part, rows] of Object.entries(expected)) {
    it(part, () => assert.deepEqual(facts.find((fact) => fact.part === part)?.rows, rows));
  }

  it("omit parts that the stack does not have", () => {
    assert.deepEqual(summarize([]), []);
  });

  it("shorten a long list of services", () => {
    const services = Array.from({ length: 1000 }, (_, index) => ({ name: `s${index}` }));
    const [fact] = summarize([component("MonitoredServices", { services })]);
    assert.deepEqual(fact?.rows[0]?.[0], "1000 services");
    assert.match(fact?.rows[0]?.[1] ?? "", /^s0, s1, .* \+988 more$/);
  });
});
