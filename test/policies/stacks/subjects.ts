import * as assert from "node:assert/strict";
import { stringify } from "yaml";
import { typeOfObject } from "../../../policies/facts/manifests";
import { PlainMap, at, textAt } from "../../../policies/facts/plain";
import { Resource } from "../../../policies/facts/resource";
import { readDocuments } from "../../../policies/facts/yaml";
import { fake } from "../fakes";
import { judgedByThePack, notesOfThePack } from "../completePack";
import {
  bucketName,
  changed,
  configSecret,
  goodConfig,
  lokiBucketStack,
  policyDocument,
  stackValues,
} from "../platformSubjects";
import { RuleFixture, release, resource } from "../subjects";

/** Realistic stacks, and changes of them. */

export const repo = "https://prometheus-community.github.io/helm-charts";
export const community = "https://grafana-community.github.io/helm-charts";
/** A release of a chart from its own repository. */
export const chart = (name: string, values: PlainMap, repository = repo): Resource => {
  const { props, ...rest } = release(name, values, "prod");
  return { ...rest, props: { ...(props as PlainMap), repositoryOpts: { repo: repository } } };
};
export const pinned = (change: PlainMap = {}): Resource =>
  chart("kube-prometheus-stack", changed(stackValues, change));
export const selectsAll = {
  prometheus: {
    prometheusSpec: {
      ruleSelectorNilUsesHelmValues: false,
      serviceMonitorSelectorNilUsesHelmValues: false,
    },
  },
};
/** A stack with Alertmanager, whose Prometheus selects every rule and monitor. */
export const base = (): Resource[] => [pinned(selectsAll), configSecret()];
export const grafana = (values: PlainMap): Resource =>
  chart("grafana", { admin: { existingSecret: "grafana-admin" }, ...values }, community);
export const kube = (
  type: string,
  name: string,
  body: PlainMap,
  metadata: PlainMap = {},
): Resource =>
  resource(
    `kubernetes:${type}`,
    name,
    { metadata: { name, namespace: "shop", ...metadata }, ...body },
    "prod",
  );
export const rule = (
  alert: string,
  expr: string,
  change: Partial<RuleFixture> = {},
): RuleFixture => ({
  alert,
  expr,
  for: "5m",
  labels: { severity: "warning" },
  annotations: {
    summary: `${alert} in {{ $labels.namespace }}`,
    description: "The value is {{ $value }}.",
    runbook_url: "https://runbooks.shop.io/alerts",
  },
  ...change,
});
export const plain = (
  alert: string,
  expr: string,
  change: Partial<RuleFixture> = {},
): RuleFixture => {
  const { annotations, ...rest } = rule(alert, expr, change);
  return { ...rest, annotations: { ...annotations, summary: alert } };
};
export const ruleObject = (...rules: RuleFixture[]): Resource =>
  kube("monitoring.coreos.com/v1:PrometheusRule", "shop", {
    spec: { groups: [{ name: "shop", rules }] },
  });
export const withRules = (...rules: RuleFixture[]): Resource[] => [
  pinned(selectsAll),
  configSecret(),
  ruleObject(...rules),
];
export const delivering = (change: PlainMap): Resource[] => [pinned(), configSecret(change)];
export const ratio = (by: string, other = by) =>
  `sum by (${by}) (rate(http_requests_total{status=~"5.."}[5m])) / sum by (${other}) (rate(http_requests_total[5m]))`;
export const flux = (name: string, values: PlainMap): Resource =>
  kube("helm.toolkit.fluxcd.io/v2:HelmRelease", name, {
    spec: {
      targetNamespace: "monitoring",
      chart: {
        spec: { chart: name, version: "18.11.0", sourceRef: { kind: "HelmRepository", name: "x" } },
      },
      values,
    },
  });
export const argo = (name: string, values: PlainMap): Resource =>
  kube("argoproj.io/v1alpha1:Application", name, {
    spec: {
      source: {
        repoURL: repo,
        chart: name,
        targetRevision: "88.5.3",
        helm: { values: stringify(values) },
      },
    },
  });
export const lokiValues: PlainMap = {
  deploymentMode: "SingleBinary",
  loki: {
    auth_enabled: false,
    commonConfig: { replication_factor: 3 },
    storage: { type: "s3", bucketNames: { chunks: bucketName } },
    limits_config: {
      retention_period: "720h",
      ingestion_rate_mb: 10,
      max_global_streams_per_user: 10_000,
    },
    compactor: { retention_enabled: true, delete_request_store: "s3" },
  },
  singleBinary: { resources: { requests: { memory: "2Gi" } }, replicas: 3 },
};
export const loki = (change: PlainMap = {}): Resource => {
  const { props, ...rest } = chart("loki", changed(lokiValues, change), community);
  return { ...rest, props: { ...(props as PlainMap), name: "loki" } };
};
export const promtail = (config: PlainMap): Resource => chart("promtail", { config }, community);
export const bucketParts = (change: Parameters<typeof lokiBucketStack>[0]) =>
  lokiBucketStack(change).slice(1);
export const rolePolicy = (...statements: object[]): Resource =>
  resource(
    "aws:iam/rolePolicy:RolePolicy",
    "loki",
    { role: "loki", policy: policyDocument(...statements) },
    "prod",
  );
export const ingress = (service: string, annotations: PlainMap = {}): Resource =>
  kube(
    "networking.k8s.io/v1:Ingress",
    service,
    {
      spec: {
        ingressClassName: "nginx",
        tls: [{ hosts: [`${service}.shop.io`], secretName: "tls" }],
        rules: [
          {
            host: `${service}.shop.io`,
            http: {
              paths: [
                {
                  path: "/",
                  pathType: "Prefix",
                  backend: { service: { name: service, port: { number: 80 } } },
                },
              ],
            },
          },
        ],
      },
    },
    { annotations },
  );
export const pagerduty = (key: string) => ({
  receivers: [
    ...goodConfig.receivers.filter(({ name }) => name !== "slack"),
    { name: "slack", pagerduty_configs: [{ routing_key: key }] },
  ],
});

/** A Prometheus that reads rules of namespaces with a label, and a namespace with these labels. */
export const selectingNamespaces = (labels: PlainMap): Resource[] => [
  pinned({
    prometheus: {
      prometheusSpec: {
        ruleSelectorNilUsesHelmValues: false,
        ruleNamespaceSelector: { matchLabels: { monitoring: "enabled" } },
      },
    },
  }),
  configSecret(),
  resource("kubernetes:core/v1:Namespace", "shop", { metadata: { name: "shop", labels } }, "prod"),
];

/** Mistakes by name, with the policy that catches each. */
export type Mistakes = Record<string, [policy: string, resources: Resource[]]>;

/** Tests that the pack catches each mistake, and finds nothing in a sound stack. */
export function itJudges(mistakes: Mistakes, sound: Record<string, Resource[]>): void {
  for (const [name, [policy, resources]] of Object.entries(mistakes)) {
    it(`catches: ${name}`, async () => {
      const judge = policy === "not-evaluated" ? notesOfThePack : judgedByThePack;
      const policies = (await judge(resources)).map((found) => found.policy);
      assert.ok(policies.includes(policy), policies.join(", "));
    });
  }

  for (const [name, resources] of Object.entries(sound)) {
    it(`leaves alone: ${name}`, async () => {
      const texts = (await judgedByThePack(resources)).map(
        (found) => `${found.policy}: ${found.message}`,
      );
      assert.deepEqual(texts, []);
    });
  }
}

/** The objects of Kubernetes in a YAML text, as a ConfigFile registers them. */
export const manifests = (text: string): Resource[] =>
  readDocuments(text).flatMap((object) => {
    const type = typeOfObject(object) ?? "";
    const name = textAt(object, "metadata", "name") ?? "";
    return [resource(type, name, object as PlainMap, "prod")];
  });
/** A release of kube-prometheus-stack with values as YAML over those of the good stack. */
export const withValues = (text: string): Resource[] => [
  pinned(readDocuments(text)[0] as PlainMap),
  configSecret(),
];
/** The good configuration of Alertmanager with changes as YAML. */
export const withConfig = (text: string): Resource[] =>
  delivering(readDocuments(text)[0] as PlainMap);

export const critical = { labels: { severity: "critical" } };
export const serviceMonitor = (
  name: string,
  endpoint: PlainMap = {},
  spec: PlainMap = {},
): Resource =>
  kube("monitoring.coreos.com/v1:ServiceMonitor", name, {
    spec: {
      selector: { matchLabels: { app: name } },
      endpoints: [{ port: "metrics", ...endpoint }],
      ...spec,
    },
  });
/** The rules that the service `cart` needs, with others in place of some. */
export const baseRules = (change: Record<string, string> = {}): RuleFixture[] =>
  Object.entries({
    Errors: `${ratio("namespace, service")} > 0.05`,
    Slow: "histogram_quantile(0.99, sum by (namespace, service, le) (rate(http_request_duration_seconds_bucket[5m]))) > 0.5",
    CrashLoop: "increase(kube_pod_container_status_restarts_total[15m]) > 3",
    Memory:
      'container_memory_working_set_bytes / on (namespace, pod, container) kube_pod_container_resource_limits{resource="memory"} > 0.9',
    Cpu: 'rate(container_cpu_usage_seconds_total[5m]) / on (namespace, pod, container) kube_pod_container_resource_limits{resource="cpu"} > 0.85',
    Throttles: "sum by (namespace, service) (rate(dynamodb_throttled_requests_total[5m])) > 10",
    ...change,
  }).map(([alert, expr]) => plain(alert, expr));
export const configMap = (name: string, data: PlainMap): Resource =>
  kube("core/v1:ConfigMap", name, { data });
export const container = (name: string, spec: PlainMap): Resource =>
  kube("apps/v1:Deployment", name, {
    spec: { template: { spec: { containers: [{ name, ...spec }] } } },
  });
export const labeled = (subject: Resource, metadata: PlainMap): Resource => ({
  ...subject,
  props: changed(subject.props as PlainMap, { metadata }),
});
export const roleNamed = (name: string, props: PlainMap): Resource =>
  resource("aws:iam/role:Role", name, { name, ...props }, "prod");
export const ordersExporter = (interval = "30s", endpoint = ""): Resource[] =>
  manifests(`
apiVersion: v1
kind: Service
metadata: {name: orders-exporter, namespace: shop, labels: {app: orders-exporter}}
spec: {selector: {app: orders-exporter}, ports: [{name: metrics, port: 9100}]}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: orders-exporter, namespace: shop}
spec: {selector: {matchLabels: {app: orders-exporter}}, endpoints: [{port: metrics, interval: ${interval}${endpoint}}]}
`);
export const aws = (type: string, name: string, props: PlainMap) =>
  resource(`aws:${type}`, name, props, "prod");
export const grafanaHost = {
  ingress: {
    enabled: true,
    ingressClassName: "nginx",
    hosts: ["grafana.acme-corp.io"],
    tls: [{ secretName: "grafana-tls", hosts: ["grafana.acme-corp.io"] }],
  },
};
export const arn = `arn:aws:s3:::${bucketName}`;
export const stackValuesOf = ({ props }: Resource) => at(props, "values") as PlainMap;
export const datadogMonitor = (message: string) => [
  resource(
    "datadog:index/monitor:Monitor",
    "cart-errors",
    {
      name: "Cart errors",
      type: "query alert",
      query: "sum(last_5m):sum:trace.http.request.errors{service:cart}.as_count() > 50",
      message,
      monitorThresholds: { critical: "50" },
    },
    "prod",
  ),
];
export const threeReceivers = `
receivers:
  - {name: snitch, webhook_configs: [{url: 'https://nosnch.in/a1b2'}]}
  - {name: slack, slack_configs: [{channel: '#alerts', api_url_file: /etc/keys/slack, send_resolved: true}]}
route: {receiver: slack, group_by: [alertname, namespace], group_wait: 30s, group_interval: 5m, repeat_interval: 4h, routes: [{matchers: ['alertname="Watchdog"'], receiver: snitch, repeat_interval: 5m}]}
inhibit_rules: [{source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: [namespace, alertname]}]
`;
/** The chart alertmanager, with a key in its configuration next to those of Alertmanager. */
export const alertmanager = (line: string) => [
  chart("alertmanager", {
    replicaCount: 2,
    podDisruptionBudget: { maxUnavailable: 1 },
    resources: { requests: { memory: "64Mi" } },
    extraSecretMounts: [{ name: "keys", mountPath: "/etc/keys", secretName: "alertmanager-keys" }],
    config: readDocuments(`${line}${threeReceivers}`)[0],
  }),
];
export const mail = (field: string) =>
  alertmanager(
    `global: {smtp_smarthost: 'email-smtp.eu-west-1.amazonaws.com:587', smtp_from: a@shop.io, smtp_auth_password_file: /etc/keys/smtp, ${field}: ${fake.awsKeyId}}`,
  );
