import * as assert from "node:assert/strict";
import { AnyPolicy } from "../../policies/engine/policy";
import { Violation, violationText } from "../../policies/engine/violation";
import { PlainMap } from "../../policies/facts/plain";
import { Resource } from "../../policies/facts/resource";
import { policyDescriptions } from "../../policies/index";
import { changeIn, withChange } from "./appliedFix";
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
import { violating } from "./violating";

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
    /send this route to a receiver with an address/,
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
    /name the bucket's ARN/,
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
  "grafana-provisioning": [
    /set isDefault: false/,
    stack({
      grafana: { additionalDataSources: [{ name: "Loki", type: "loki", isDefault: true }] },
    }),
    stack({
      grafana: { additionalDataSources: [{ name: "Loki", type: "loki", isDefault: false }] },
    }),
  ],
  "loki-limits": [
    /remove max_line_size/,
    release("loki", { loki: { limits_config: { max_line_size: 0 } } }),
    release("loki", { loki: { limits_config: {} } }),
  ],
  "pod-security": [
    /remove values\.prometheus\.prometheusSpec\.hostNetwork/,
    stack({ prometheus: { prometheusSpec: { hostNetwork: true } } }),
    stack(),
  ],
  "collector-pipelines": [
    /write Match kube\.\*/,
    release("fluent-bit", { config: { outputs: "[OUTPUT]\n    Name loki\n    Match app.*\n" } }),
    release("fluent-bit", { config: { outputs: "[OUTPUT]\n    Name loki\n    Match kube.*\n" } }),
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

/** Policies whose fixes are not a key with its value, so `cases` applies them by hand. */
const byHand = [
  "prometheus-retention-covers-rules",
  "loki-bucket-lifecycle",
  "required-alerts",
  "alert-thresholds",
  "promql-valid",
  "promql-units",
  "records-exist",
  "rate-window",
  "absent-coverage",
  "duplicate-rules",
  "watchdog-routed",
  "severities-delivered",
  "no-plaintext-credentials",
  "loki-bucket-hardened",
  "loki-iam-least-privilege",
  "grafana-exposure",
  "pod-security",
  "loki-limits",
  "collector-pipelines",
];

const policies = (policyDescriptions() as AnyPolicy[]).filter(
  ({ name }) => !overview.includes(name),
);
const fixOf = (violation: Violation): string =>
  violationText(violation).split("  fix:   ")[1] ?? "";

describe("a fix that names a key and its value", () => {
  const prometheusObject = (spec: PlainMap): Resource => ({
    ...prod(resource("kubernetes:monitoring.coreos.com/v1:Prometheus", "k8s", { spec })),
  });
  const further: Record<string, Resource[]> = {
    "prometheus-retention": [prometheus({ retention: "" }), prometheusObject({})],
    "prometheus-storage": [prometheusObject({ retention: "15d" })],
    "loki-retention": [loki({}), release("loki", { loki: { structuredConfig: {} } }, "prod")],
    "prod-high-availability": [
      stack({ prometheus: { podDisruptionBudget: { enabled: false } } }),
      stack({ prometheus: { podDisruptionBudget: { enabled: true, maxUnavailable: "100%" } } }),
    ],
    "external-labels": [prometheusObject({ remoteWrite: [{}] })],
    "resource-requests": [prometheusObject({})],
  };
  const applied = new Set<string>();
  for (const policy of policies) {
    const subjects = [
      cases[policy.name]?.[1] ?? [],
      ...(further[policy.name] ?? []),
      ...(violating[policy.name] ?? []),
    ].map((subject) => [subject].flat());
    const found = subjects.flatMap((before) =>
      judged(policy, before).flatMap((violation) => {
        const change = changeIn(fixOf(violation));
        return change === undefined ? [] : [{ before, violation, change }];
      }),
    );
    if (found.length > 0) applied.add(policy.name);
    for (const [index, { before, violation, change }] of found.entries()) {
      it(`clears the violation: ${policy.name} ${index + 1}, ${fixOf(violation).slice(0, 60)}`, () => {
        const after = judged(policy, withChange(before, violation, change));
        const same = after.filter(
          ({ problem, where }) => problem === violation.problem && where === violation.where,
        );
        assert.deepEqual(same, []);
      });
    }
  }

  it("is that of each policy that is not applied by hand", () =>
    assert.deepEqual(
      policies.map(({ name }) => name).filter((name) => !applied.has(name)),
      byHand.filter((name) => !applied.has(name)),
    ));
});

/** The violations of resources as a list. */
function judged(policy: AnyPolicy, subjects: Resource[]) {
  const subject = policy.scope === "stack" ? subjects : (subjects[0] as Resource);
  return judge(policy, subject).violations;
}

describe("the fix of a violation", () => {
  for (const policy of policies) {
    it(`clears it: ${policy.name}`, () => {
      const [fix, before, after] = cases[policy.name] ?? assert.fail("no case");
      const violations = judged(policy, [before].flat());
      assert.match(violations.map((violation) => violationText(violation)).join("\n"), fix);
      assert.deepEqual(judged(policy, [after].flat()), []);
    });
  }

  it("is applied by hand only where it is not a key with its value", () => {
    const parsed = byHand.filter((name) => {
      const policy = policies.find((candidate) => candidate.name === name);
      const [, before] = cases[name] ?? assert.fail(name);
      return policy && judged(policy, [before].flat()).every((found) => changeIn(fixOf(found)));
    });
    assert.deepEqual(parsed, []);
  });
});
