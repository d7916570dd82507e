import { Resource } from "../../../policies/facts/resource";
import {
  Mistakes,
  bucketParts,
  chart,
  community,
  configMap,
  itJudges,
  loki,
  promtail,
} from "./subjects";
import { PlainMap } from "../../../policies/facts/plain";

const alloy = (content: string) =>
  chart("alloy", { alloy: { configMap: { content } } }, "https://grafana.github.io/helm-charts");
const collector = (stage: string) => [
  loki({ loki: { auth_enabled: true } }),
  ...bucketParts({}),
  chart(
    "alloy",
    {
      alloy: {
        configMap: {
          content: `loki.process "p" {\n  ${stage}\n  forward_to = [loki.write.default.receiver]\n}\nloki.write "default" {\n  endpoint {\n    url = "http://loki-gateway.monitoring.svc/loki/api/v1/push"\n  }\n}\n`,
        },
      },
    },
    "https://grafana.github.io/helm-charts",
  ),
];
const destination = (url: string) => [
  chart(
    "k8s-monitoring",
    { cluster: { name: "shop" }, destinations: [{ name: "logs", type: "loki", url }] },
    "https://grafana.github.io/helm-charts",
  ),
];
const vectorLabels = (labels: object) => [
  chart("vector", {
    role: "Agent",
    customConfig: {
      sources: { pods: { type: "kubernetes_logs" } },
      sinks: { logs: { type: "loki", inputs: ["pods"], endpoint: "http://loki:3100", labels } },
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
const vectorEndpoint = (endpoint: string) => [
  chart("vector", {
    role: "Agent",
    customConfig: {
      sources: { pods: { type: "kubernetes_logs" } },
      sinks: { logs: { type: "loki", inputs: ["pods"], endpoint, labels: { job: "vector" } } },
    },
  }),
];

const podLabels = (regex: string) => ({
  snippets: { extraRelabelConfigs: [{ action: "labelmap", regex }] },
});
const alloyOfPods = (source: string) =>
  alloy(`discovery.kubernetes "pods" { role = "pod" }
discovery.relabel "pods" {
  targets = discovery.kubernetes.pods.targets
  rule {
    action = "labelmap"
    regex  = "__meta_kubernetes_pod_label_(.+)"
  }
}
${source}
`);
const toLoki = `loki.source.kubernetes "pods" {
  targets    = discovery.relabel.pods.output
  forward_to = [loki.write.default.receiver]
}
loki.write "default" {
  endpoint { url = "http://loki-gateway.monitoring.svc/loki/api/v1/push" }
}`;
const toPrometheus = `prometheus.scrape "pods" {
  targets    = discovery.relabel.pods.output
  forward_to = [prometheus.remote_write.default.receiver]
}
prometheus.remote_write "default" {
  endpoint { url = "http://mimir.monitoring.svc/api/v1/push" }
}`;

const mistakes: Mistakes = {
  "all labels of pods as labels of Promtail": [
    "loki-limits",
    [promtail(podLabels("__meta_kubernetes_pod_label_(.+)"))],
  ],
  "all labels of pods as labels of Alloy": ["loki-limits", [alloyOfPods(toLoki)]],
  "tenants that the collector does not name": [
    "loki-limits",
    [
      loki({ loki: { auth_enabled: true } }),
      promtail({ clients: [{ url: "http://loki-gateway/loki/api/v1/push" }] }),
    ],
  ],
  "the address of Loki without the path of its API": [
    "loki-limits",
    [
      loki(),
      ...bucketParts({}),
      promtail({ clients: [{ url: "http://loki-gateway.monitoring.svc" }] }),
    ],
  ],
  "a request ID as a label": [
    "loki-limits",
    [
      loki(),
      ...bucketParts({}),
      promtail({
        clients: [{ url: "http://loki-gateway.monitoring.svc/loki/api/v1/push" }],
        snippets: {
          pipelineStages: [
            { json: { expressions: { request_id: "request_id" } } },
            { labels: { request_id: "" } },
          ],
        },
      }),
    ],
  ],
  "Alloy without the path of Loki's API": [
    "loki-limits",
    [
      loki(),
      ...bucketParts({}),
      alloy(
        'loki.write "default" {\n  endpoint {\n    url = "http://loki-gateway.monitoring.svc"\n  }\n}\n',
      ),
    ],
  ],
  "Alloy with a trace ID as a label": [
    "loki-limits",
    [
      loki(),
      ...bucketParts({}),
      alloy(
        'loki.process "p" {\n  stage.labels {\n    values = { trace_id = "" }\n  }\n  forward_to = [loki.write.default.receiver]\n}\nloki.write "default" {\n  endpoint {\n    url = "http://loki-gateway.monitoring.svc/loki/api/v1/push"\n  }\n}\n',
      ),
    ],
  ],
  "a destination without the path of Loki's API": [
    "loki-limits",
    destination("http://loki-gateway.loki.svc"),
  ],
  "a request ID as a label of Vector": [
    "loki-limits",
    vectorLabels({ request_id: "{{ request_id }}" }),
  ],
  "a request ID as a label of Fluent Bit": ["loki-limits", fluentBit("Label_keys $request_id")],
  "a user ID as a named label of Fluent Bit": [
    "loki-limits",
    fluentBit("labels user=$context['user_id']"),
  ],
  "a trace ID as a label of k8s-monitoring": ["loki-limits", stages("stage.labels")],
  "the method of Loki in the address of Vector": [
    "loki-limits",
    vectorEndpoint("http://loki-gateway.monitoring.svc/loki/api/v1/push"),
  ],
};

const sound: Record<string, Resource[]> = {
  "one label of pods in Promtail": [
    promtail({
      clients: [{ url: "http://loki-gateway.monitoring.svc/loki/api/v1/push" }],
      ...podLabels("__meta_kubernetes_pod_label_(team)"),
    }),
  ],
  "all labels of pods as labels of metrics": [alloyOfPods(toPrometheus)],
  "Loki with tenants that the collector names": [
    loki({ loki: { auth_enabled: true } }),
    promtail({ clients: [{ url: "http://loki-gateway/loki/api/v1/push", tenant_id: "shop" }] }),
    ...bucketParts({}),
  ],
  "a configuration of Fluent Bit": [
    configMap("fluent-bit", {
      "fluent-bit.conf":
        "[OUTPUT]\n    Name loki\n    Host loki-gateway\n    http_User shop\n    http_Passwd ${LOKI_PASSWORD}\n    labels job=fluent-bit\n",
    }),
  ],
  "Grafana Cloud with the Kubernetes monitoring chart": [
    chart(
      "k8s-monitoring",
      {
        cluster: { name: "eu-1" },
        destinations: [
          {
            name: "metrics",
            type: "prometheus",
            url: "https://prometheus-prod-01-eu-west-0.grafana.net/api/prom/push",
            auth: { type: "basic" },
            secret: { create: false, name: "grafana-cloud", namespace: "monitoring" },
          },
          {
            name: "logs",
            type: "loki",
            url: "https://logs-prod-012.grafana.net/loki/api/v1/push",
            auth: { type: "basic" },
            tenantId: "123456",
            secret: { create: false, name: "grafana-cloud" },
          },
        ],
        clusterMetrics: { enabled: true },
        podLogs: { enabled: true },
      },
      "https://grafana.github.io/helm-charts",
    ),
  ],
  "traces in Tempo, by an OpenTelemetry collector": [
    chart(
      "tempo-distributed",
      {
        storage: {
          trace: {
            backend: "s3",
            s3: { bucket: "acme-tempo", endpoint: "s3.eu-west-1.amazonaws.com" },
          },
        },
        ingester: { replicas: 3 },
      },
      "https://grafana-community.github.io/helm-charts",
    ),
    chart(
      "opentelemetry-collector",
      {
        mode: "daemonset",
        config: {
          exporters: {
            otlp: { endpoint: "tempo-distributor.tempo.svc:4317", tls: { insecure: true } },
          },
          service: { pipelines: { traces: { exporters: ["otlp"] } } },
        },
      },
      "https://open-telemetry.github.io/opentelemetry-helm-charts",
    ),
  ].map((each) => ({
    ...each,
    props: { ...(each.props as PlainMap), repositoryOpts: { repo: community } },
  })),
  "a request ID as structured metadata": [
    loki(),
    ...bucketParts({}),
    promtail({
      clients: [{ url: "http://loki-gateway.monitoring.svc/loki/api/v1/push" }],
      snippets: {
        pipelineStages: [
          { json: { expressions: { request_id: "request_id", level: "level" } } },
          { labels: { level: "" } },
          { structured_metadata: { request_id: "" } },
        ],
      },
    }),
  ],
  "Alloy with the API of Loki": [
    loki(),
    ...bucketParts({}),
    alloy(
      'loki.write "default" {\n  endpoint {\n    url = "http://loki-gateway.monitoring.svc/loki/api/v1/push"\n  }\n}\n',
    ),
  ],
  "Alloy with a trace ID as structured metadata": [
    loki(),
    ...bucketParts({}),
    alloy(
      'loki.process "p" {\n  stage.structured_metadata {\n    values = { trace_id = "" }\n  }\n  stage.labels {\n    values = { level = "" }\n  }\n  forward_to = [loki.write.default.receiver]\n}\nloki.write "default" {\n  endpoint {\n    url = "http://loki-gateway.monitoring.svc/loki/api/v1/push"\n  }\n}\n',
    ),
  ],
  "a tenant from a label": collector('stage.tenant { label = "namespace" }'),
  "a destination with the path of Loki's API": destination(
    "http://loki-gateway.loki.svc/loki/api/v1/push",
  ),
  "labels of Vector with few values": vectorLabels({ namespace: "{{ kubernetes.pod_namespace }}" }),
  "labels of Fluent Bit with few values": fluentBit("Label_keys $kubernetes['namespace_name']"),
  "a request ID as structured metadata of Fluent Bit": fluentBit(
    "structured_metadata request_id=$request_id",
  ),
  "a trace ID as structured metadata of k8s-monitoring": stages("stage.structured_metadata"),
  "the address of Loki in Vector": vectorEndpoint("http://loki-gateway.monitoring.svc"),
};

describe("log collectors", () => {
  itJudges(mistakes, sound);
});
