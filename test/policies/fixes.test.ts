import * as assert from "node:assert/strict";
import { parse } from "yaml";
import { AnyPolicy } from "../../policies/engine/policy";
import { violationText } from "../../policies/engine/violation";
import { PlainMap, setAt } from "../../policies/facts/plain";
import { Resource } from "../../policies/facts/resource";
import { policyDescriptions } from "../../policies/index";
import {
  access,
  accessStatements,
  bucketName,
  configSecret,
  goodConfig,
  lokiBucketStack,
  stack,
} from "./platformSubjects";
import {
  RuleFixture,
  baseSignals,
  judge,
  prometheusRule,
  release,
  resource,
  serviceMonitor,
} from "./subjects";

type Subject = Resource | Resource[];
/** What the fix says, and a subject before and after the fix. */
type Case = [fix: RegExp, before: Subject, after: Subject];

const prod = (subject: Resource): Resource => ({
  ...subject,
  urn: subject.urn.replace(":dev:", ":prod:"),
});
const rule = (change: Partial<RuleFixture>): Resource =>
  prod(prometheusRule([{ alert: "A", expr: "x > 1", ...change }]));
const prometheus = (spec: PlainMap): Resource => stack({ prometheus: { prometheusSpec: spec } });
const critical = { labels: { severity: "critical" } };
const loki = (values: PlainMap): Resource => release("loki", { loki: values }, "prod");
const limited = { retention_period: "360h" };
const compactor = { retention_enabled: true, delete_request_store: "s3" };
const route = (change: PlainMap): Resource => configSecret({ route: change });
const monitor = (endpoint: PlainMap): Resource =>
  serviceMonitor("cart", "shop", { endpoints: [{ port: "metrics", ...endpoint }] });
const labelled = (labels: PlainMap): Resource => {
  const { props, ...rest } = rule({});
  const { metadata, ...spec } = props as { metadata: PlainMap };
  return { ...rest, props: { metadata: { ...metadata, labels }, ...spec } };
};
const chart = (props: PlainMap): Resource =>
  resource("kubernetes:helm.sh/v3:Release", "loki", { chart: "loki", ...props });
const repositoryOpts = { repo: "https://grafana-community.github.io/helm-charts" };
const logGroup = (retentionInDays?: number): Resource =>
  resource("aws:cloudwatch/logGroup:LogGroup", "logs", { retentionInDays });
const signals = Object.values(baseSignals).map((expr, index) => ({ alert: `S${index}`, expr }));

const recorded = (expr: string): Resource[] => [
  stack(),
  prometheusRule([
    { record: "cart:errors:rate5m", expr: "sum(rate(x[5m]))" },
    { alert: "A", expr },
  ]),
];

const cases: Record<string, Case> = {
  "prometheus-retention": [
    /retention: "15d"/,
    prometheus({ retention: "1d" }),
    prometheus({ retention: "15d" }),
  ],
  "prometheus-retention-covers-rules": [
    /retention: "30d"|a shorter range/,
    [prometheus({}), rule({ expr: "avg_over_time(x[30d]) > 1" })],
    [prometheus({ retention: "30d" }), rule({ expr: "avg_over_time(x[30d]) > 1" })],
  ],
  "prometheus-storage": [
    /set values\.prometheus\.prometheusSpec\.retentionSize: 43520MiB/,
    prometheus({ retentionSize: "" }),
    prometheus({ retentionSize: "43520MiB" }),
  ],
  "loki-retention": [
    /retention_period: "360h"/,
    loki({ compactor }),
    loki({ compactor, limits_config: limited }),
  ],
  "loki-bucket-lifecycle": [
    /noncurrentVersionExpiration: \{noncurrentDays: 7\}/,
    lokiBucketStack({ bucketLifecycleConfiguration: { rules: [] } }),
    lokiBucketStack({
      bucketLifecycleConfiguration: {
        rules: [
          {
            status: "Enabled",
            filter: {},
            abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
          },
          { status: "Enabled", filter: {}, noncurrentVersionExpiration: { noncurrentDays: 7 } },
        ],
      },
    }),
  ],
  "log-group-retention": [/set retentionInDays: 30/, logGroup(), logGroup(30)],
  "required-alerts": [
    /add to a PrometheusRule: .*dynamodb_throttled_requests_total/s,
    [serviceMonitor("cart"), prometheusRule(signals.slice(0, -1))],
    [serviceMonitor("cart"), prometheusRule(signals)],
  ],
  "alert-thresholds": [
    /> 0.05 in the expression/,
    rule({ expr: baseSignals.errorRatio.replace("> 0.05", "> 0.5") }),
    rule({ expr: baseSignals.errorRatio }),
  ],
  "promql-valid": [
    /add a threshold, for example > 0/,
    rule({ expr: "x" }),
    rule({ expr: "x > 0" }),
  ],
  "promql-units": [
    /> 0.05 instead/,
    rule({ expr: 'sum(rate(x{a="b"}[5m])) / sum(rate(x[5m])) > 5' }),
    rule({ expr: 'sum(rate(x{a="b"}[5m])) / sum(rate(x[5m])) > 0.05' }),
  ],
  "rate-window": [
    /\[2m\] or longer/,
    rule({ expr: "rate(x[1m]) > 1" }),
    rule({ expr: "rate(x[2m]) > 1" }),
  ],
  "alert-severity": [
    /labels.severity: critical/,
    rule({ labels: { severity: "page" } }),
    rule({ labels: { severity: "critical" } }),
  ],
  "alert-for": [/for: 15m/, rule({ ...critical, for: "2h" }), rule({ ...critical, for: "15m" })],
  "alert-annotations": [
    /annotations.summary: "…"/,
    rule({ annotations: { description: "d", runbook_url: "https://runbooks.shop.io/a" } }),
    rule({
      annotations: { summary: "s", description: "d", runbook_url: "https://runbooks.shop.io/a" },
    }),
  ],
  "absent-coverage": [
    /add an alert on absent\(x\)/,
    rule(critical),
    prod(
      prometheusRule([
        { alert: "A", expr: "x > 1", ...critical },
        { alert: "B", expr: "absent(x)" },
      ]),
    ),
  ],
  "rules-are-loaded": [
    /metadata.labels.release: prometheus/,
    [prometheus({}), labelled({})],
    [prometheus({}), labelled({ release: "prometheus" })],
  ],
  "duplicate-rules": [
    /remove one of the two/,
    prometheusRule([
      { alert: "A", expr: "x > 1" },
      { alert: "A", expr: "x > 2" },
    ]),
    rule({}),
  ],
  "watchdog-routed": [
    /route alertname="Watchdog" to a webhook receiver/,
    [stack(), route({ routes: goodConfig.route.routes.slice(1) })],
    [stack(), configSecret()],
  ],
  "severities-delivered": [
    /end this route in a receiver with an address/,
    [stack(), route({ receiver: "null", routes: goodConfig.route.routes.slice(0, 2) })],
    [stack(), route({ receiver: "slack", routes: goodConfig.route.routes.slice(0, 2) })],
  ],
  inhibition: [
    /source_matchers: \[severity="critical"\]/,
    configSecret({ inhibit_rules: [] }),
    configSecret(),
  ],
  grouping: [
    /group_by: \["alertname", "cluster", "service"\]/,
    route({ group_by: ["cluster"] }),
    route({ group_by: ["alertname", "cluster", "service"] }),
  ],
  "no-plaintext-credentials": [
    /create a Kubernetes Secret/,
    release("grafana", { env: { GF_DATABASE_PASSWORD: "hunter2" } }),
    release("grafana", { envFromSecret: "grafana-database" }),
  ],
  "loki-bucket-hardened": [
    /blockPublicAcls: true, blockPublicPolicy: true/,
    lokiBucketStack({ bucketPublicAccessBlock: undefined }),
    lokiBucketStack(),
  ],
  "loki-iam-least-privilege": [
    /name the ARN of the bucket/,
    access({ ...accessStatements[0], Resource: "*" }),
    access({ ...accessStatements[0], Resource: `arn:aws:s3:::${bucketName}` }),
  ],
  "grafana-exposure": [
    /grafana.admin.existingSecret/,
    stack({ grafana: { admin: undefined } }),
    stack({ grafana: { admin: { existingSecret: "grafana-admin" } } }),
  ],
  "records-exist": [
    /write cart:errors:rate5m/,
    recorded("cart:error:rate5m > 1"),
    recorded("cart:errors:rate5m > 1"),
  ],
  "loki-limits": [
    /remove max_line_size/,
    release("loki", { loki: { limits_config: { max_line_size: 0 } } }),
    release("loki", { loki: { limits_config: {} } }),
  ],
  "scrape-cost": [/interval: 15s/, monitor({ interval: "1s" }), monitor({ interval: "15s" })],
  "external-labels": [
    /externalLabels\.cluster: "<name of the cluster>"/,
    prometheus({ remoteWrite: [{}], externalLabels: undefined }),
    prometheus({ remoteWrite: [{}], externalLabels: { cluster: "shop" } }),
  ],
  "resource-requests": [
    /prometheusSpec\.resources\.requests\.memory: 2Gi/,
    prometheus({ resources: undefined }),
    prometheus({ resources: { requests: { memory: "2Gi" } } }),
  ],
  "prod-high-availability": [
    /replicas: 2/,
    prometheus({ replicas: 1 }),
    prometheus({ replicas: 2 }),
  ],
  "pinned-charts": [
    /version: "<major>.<minor>.<patch>"/,
    chart({ repositoryOpts }),
    chart({ repositoryOpts, version: "18.11.0" }),
  ],
};

/** Policies on the work of the others. */
const overview = ["not-evaluated", "exceptions"];

/** Applies each fix of the form `set <path>: <value>`, once. */
function withFixes(policy: AnyPolicy, subject: Resource): Resource {
  const fixed = structuredClone(subject);
  for (const violation of judge(policy, subject).violations) {
    const text = violationText(violation);
    const [, path = "", value = ""] = /fix: {3}set (\S+): (\S+)$/.exec(text) ?? assert.fail(text);
    const keys = path.split(/[.[\]]+/).filter((key) => key !== "");
    setAt(fixed.props as PlainMap, keys, parse(value));
  }
  return fixed;
}

describe("a fix that sets a value", () => {
  const prometheusObject = (spec: PlainMap): Resource => ({
    ...prod(resource("kubernetes:monitoring.coreos.com/v1:Prometheus", "k8s", { spec })),
  });
  const subjects: [policy: string, what: string, subject: Resource][] = [
    ["prometheus-retention", "a chart", prometheus({ retention: "" })],
    ["prometheus-retention", "an object", prometheusObject({})],
    ["prometheus-storage", "an object", prometheusObject({ retention: "15d" })],
    ["loki-retention", "a chart", loki({})],
    ["loki-retention", "a legacy key", release("loki", { loki: { structuredConfig: {} } }, "prod")],
    ["prod-high-availability", "replicas", prometheus({ replicas: 1 })],
    [
      "prod-high-availability",
      "a disruption budget",
      stack({ prometheus: { podDisruptionBudget: { enabled: false } } }),
    ],
    ["log-group-retention", "a log group", logGroup()],
  ];
  for (const [name, what, subject] of subjects) {
    it(`names the key to set, and clears the violation: ${name}, ${what}`, () => {
      const policy = (policyDescriptions() as AnyPolicy[]).find((one) => one.name === name);
      assert.ok(policy);
      assert.notDeepEqual(judge(policy, subject).violations, []);
      const once = withFixes(policy, subject);
      assert.deepEqual(judge(policy, withFixes(policy, once)).violations, []);
    });
  }
});

describe("the fix of a violation", () => {
  for (const policy of policyDescriptions() as AnyPolicy[]) {
    if (overview.includes(policy.name)) continue;
    it(`clears it: ${policy.name}`, () => {
      const [fix, before, after] = cases[policy.name] ?? assert.fail("no case");
      const { violations } = judge(policy, before);
      assert.match(violations.map((violation) => violationText(violation)).join("\n"), fix);
      assert.deepEqual(judge(policy, after).violations, []);
    });
  }
});
