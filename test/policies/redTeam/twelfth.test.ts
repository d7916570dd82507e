import { PlainMap } from "../../../policies/facts/plain";
import { Resource } from "../../../policies/facts/resource";
import {
  accessStatements,
  changed,
  configSecret,
  podTrust,
  policyDocument,
} from "../platformSubjects";
import { resource } from "../subjects";
import {
  Mistakes,
  bucketParts,
  chart,
  itJudges,
  loki,
  manifests,
  pinned,
  plain,
  rolePolicy,
  withRules,
} from "./subjects";

const alert = (expr: string) => withRules(plain("Checkout", expr, { for: "10m" }));
const throttled = (matcher: string) =>
  alert(
    `sum by (namespace, pod) (rate(container_cpu_cfs_throttled_periods_total{${matcher}}[5m])) > 5`,
  );
const ready = (threshold: string) =>
  alert(
    `kube_statefulset_status_replicas_ready{namespace="shop"} / kube_statefulset_replicas{namespace="shop"} ${threshold}`,
  );

const storage = (retention: string, size: string) => {
  const [stack, ...others] = withRules(plain("Checkout", "up == 0"));
  const props = changed(stack?.props as PlainMap, {
    values: {
      prometheus: {
        prometheusSpec: {
          retention,
          retentionSize: undefined,
          remoteWrite: [{ url: "https://mimir.shop.io/api/v1/push" }],
          externalLabels: { cluster: "shop" },
          storageSpec: {
            volumeClaimTemplate: { spec: { resources: { requests: { storage: size } } } },
          },
        },
      },
    },
  });
  return [{ ...stack, props }, ...others] as Resource[];
};

/** A server that only receives samples, and an agent that scrapes and sends them. */
const agent = (selected: string) => [
  pinned({
    prometheus: { prometheusSpec: { serviceMonitorSelector: { matchLabels: { by: "server" } } } },
  }),
  configSecret(),
  ...manifests(`
apiVersion: monitoring.coreos.com/v1alpha1
kind: PrometheusAgent
metadata: {name: edge, namespace: monitoring}
spec: {serviceMonitorSelector: {matchLabels: {by: agent}}, serviceMonitorNamespaceSelector: {}}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: redis-exporter, namespace: shop, labels: {by: ${selected}}}
spec: {selector: {matchLabels: {app: redis-exporter}}, sampleLimit: 50000, endpoints: [{port: metrics, interval: 30s}]}
`),
];

const aws = (type: string, props: PlainMap) => resource(`aws:${type}`, "loki", props, "prod");
const podRole = (...actions: string[]) => [
  loki({ serviceAccount: { name: "loki" } }),
  ...bucketParts({}),
  aws("iam/role:Role", {
    name: "loki",
    assumeRolePolicy: policyDocument({ ...podTrust, Action: actions }),
  }),
  rolePolicy(...accessStatements),
];

const stream = (period: string) => [
  loki({
    loki: {
      limits_config: {
        retention_stream: [{ selector: '{namespace="audit"}', priority: 1, period }],
      },
    },
  }),
  ...bucketParts({
    bucketLifecycleConfiguration: {
      rules: [
        {
          id: "all",
          status: "Enabled",
          filter: {},
          noncurrentVersionExpiration: { noncurrentDays: 7 },
          abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
        },
        { id: "chunks", status: "Enabled", filter: { prefix: "fake/" }, expiration: { days: 60 } },
      ],
    },
  }),
];

const fluentBit = (labels: string) => [
  chart("fluent-bit", {
    config: {
      outputs: `[OUTPUT]\n    Name es\n    Match host.*\n[OUTPUT]\n    Name loki\n    Match kube.*\n    Host loki.monitoring.svc\n    Labels job=fluent-bit\n    ${labels}\n`,
    },
  }),
];
const stages = (stage: string) => [
  chart(
    "k8s-monitoring",
    {
      cluster: { name: "shop" },
      destinations: [
        { name: "logs", type: "loki", url: "http://loki-gateway.monitoring.svc/loki/api/v1/push" },
      ],
      podLogs: {
        enabled: true,
        extraLogProcessingStages: `stage.json { expressions = { trace_id = "" } }\n${stage} { values = { trace_id = "" } }`,
      },
    },
    "https://grafana.github.io/helm-charts",
  ),
];
const vector = (endpoint: string) => [
  chart("vector", {
    role: "Agent",
    customConfig: {
      sources: { pods: { type: "kubernetes_logs" } },
      sinks: { logs: { type: "loki", inputs: ["pods"], endpoint, labels: { job: "vector" } } },
    },
  }),
];

const mistakes: Mistakes = {
  "two jobs that must fail at once, on one series": [
    "promql-valid",
    alert('up{job="cart-eu"} == 0 and up{job="cart-us"} == 0'),
  ],
  "used and hard quota of one series": [
    "promql-valid",
    alert('kube_resourcequota{type="used"} / kube_resourcequota{type="hard"} > 0.9'),
  ],
  "a day that is Saturday and Sunday": [
    "promql-valid",
    alert("cart_queue_depth > 100 and on () (day_of_week() == 6 and day_of_week() == 0)"),
  ],
  "a queue that is long and short": [
    "promql-valid",
    alert("cart_queue_depth > 100 and cart_queue_depth < 50"),
  ],
  "the label of a container before Kubernetes 1.16": [
    "promql-valid",
    throttled('container_name!=""'),
  ],
  "a percentage of replicas": ["promql-units", ready("< 90")],
  "a role whose sessions EKS may not tag": ["loki-iam-least-privilege", podRole("sts:AssumeRole")],
  "chunks of one stream that expire before their retention": [
    "loki-bucket-lifecycle",
    stream("90d"),
  ],
  "a request ID as a label of Fluent Bit": ["loki-limits", fluentBit("Label_keys $request_id")],
  "a user ID as a named label of Fluent Bit": [
    "loki-limits",
    fluentBit("labels user=$context['user_id']"),
  ],
  "a trace ID as a label of k8s-monitoring": ["loki-limits", stages("stage.labels")],
  "a monitor that neither the server nor the agent selects": ["rules-are-loaded", agent("nobody")],
  "a volume that may fill, without a limit": ["prometheus-storage", storage("7d", "50Gi")],
  "the method of Loki in the address of Vector": [
    "loki-limits",
    vector("http://loki-gateway.monitoring.svc/loki/api/v1/push"),
  ],
};

const sound = {
  "two jobs that fail at once": alert('up{job="cart-eu"} == 0 and on () up{job="cart-us"} == 0'),
  "one of two jobs": alert('up{job="cart-eu"} == 0 or up{job="cart-us"} == 0'),
  "used and hard quota of one resource": alert(
    'kube_resourcequota{type="used"} / ignoring (type) (kube_resourcequota{type="hard"} > 0) > 0.9',
  ),
  "sums of two jobs": alert(
    'sum(rate(cart_lost_total{job="cart-eu"}[5m])) / sum(rate(cart_seen_total{job="cart-us"}[5m])) > 0.1',
  ),
  "a label that is replaced": alert(
    'up{job="cart-eu"} == 0 and label_replace(up{job="cart-us"}, "job", "cart-eu", "", "") == 0',
  ),
  "a night": alert("cart_queue_depth > 100 and on () (hour() > 22 or hour() < 6)"),
  "a working day": alert("cart_queue_depth > 100 and on () (hour() >= 8 and hour() < 18)"),
  "a queue next to a short one": alert(
    "cart_queue_depth > 100 and on (namespace) cart_queue_depth < 50",
  ),
  "the label of a container": throttled('container!=""'),
  "the absence of an old label": throttled('container_name="", container!=""'),
  "a share of replicas": ready("< 0.9"),
  "more replicas than wanted": ready("> 1"),
  "a role whose sessions EKS tags": podRole("sts:AssumeRole", "sts:TagSession"),
  "chunks of one stream that expire after their retention": stream("45d"),
  "labels of Fluent Bit with few values": fluentBit("Label_keys $kubernetes['namespace_name']"),
  "a request ID as structured metadata of Fluent Bit": fluentBit(
    "structured_metadata request_id=$request_id",
  ),
  "a trace ID as structured metadata of k8s-monitoring": stages("stage.structured_metadata"),
  "a monitor that the agent selects": agent("agent"),
  "half a day of samples on a large volume, without a limit": storage("12h", "50Gi"),
  "the address of Loki in Vector": vector("http://loki-gateway.monitoring.svc"),
};

describe("the twelfth red team", () => {
  itJudges(mistakes, sound);
});
