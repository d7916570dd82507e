import { stringify } from "yaml";
import { PlainMap } from "../../../policies/facts/plain";
import { Resource } from "../../../policies/facts/resource";
import { Mistakes, chart, community, itJudges, manifests } from "../stacks/subjects";
import { changed } from "../platformSubjects";

const repositories: Record<string, string> = {
  "opentelemetry-collector": "https://open-telemetry.github.io/opentelemetry-helm-charts",
};
const collector = (name: string, values: PlainMap): Resource[] => [
  chart(name, values, repositories[name] ?? community),
];

const configuration: PlainMap = {
  receivers: { otlp: { protocols: { grpc: { endpoint: "0.0.0.0:4317" } } } },
  processors: {
    memory_limiter: { check_interval: "1s", limit_mib: 800, spike_limit_mib: 200 },
    batch: {},
  },
  exporters: { "otlp/tempo": { endpoint: "tempo.monitoring.svc:4317", tls: { insecure: true } } },
  service: {
    pipelines: {
      traces: {
        receivers: ["otlp"],
        processors: ["memory_limiter", "batch"],
        exporters: ["otlp/tempo"],
      },
    },
  },
};
/** A collector of the operator: with its configuration as a map, or as a text. */
const operated = (change: PlainMap, version = "v1beta1", mode = "deployment"): Resource[] => {
  const config = changed(configuration, change);
  return manifests(
    stringify({
      apiVersion: `opentelemetry.io/${version}`,
      kind: "OpenTelemetryCollector",
      metadata: { name: "gateway", namespace: "monitoring" },
      spec: { mode, config: version === "v1alpha1" ? stringify(config) : config },
    }),
  );
};
const pipeline = (change: PlainMap) => ({ service: { pipelines: { traces: change } } });
const processors = (...list: string[]) => pipeline({ processors: list });
const exporter = (name: string, settings: PlainMap) => ({
  exporters: { "otlp/tempo": undefined, [name]: settings },
  ...pipeline({ exporters: [name] }),
});
const installed = (config: PlainMap, values: PlainMap = {}) =>
  collector("opentelemetry-collector", { mode: "deployment", config, ...values });
const toLoki = { "otlphttp/loki": { endpoint: "http://loki-gateway.monitoring.svc/otlp" } };
const logs = (change: PlainMap) => ({ service: { pipelines: { logs: change } } });

const alloy = (content: string) => collector("alloy", { alloy: { configMap: { content } } });
const metrics = (targets: string, receiver: string) =>
  alloy(`
discovery.kubernetes "pods" { role = "pod" }
// prometheus.remote_write.other.receiver is not used any more
prometheus.scrape "pods" {
  targets    = ${targets}
  forward_to = [${receiver}]
}
prometheus.remote_write "mimir" {
  endpoint { url = "http://mimir.monitoring.svc/api/v1/push" }
}
`);
const fluentBit = (match: string, inputs?: string, filters?: string) =>
  collector("fluent-bit", {
    config: {
      ...(inputs !== undefined && { inputs }),
      ...(filters !== undefined && { filters }),
      outputs: `[OUTPUT]\n    Name  loki\n    Match ${match}\n    Host  loki-gateway.monitoring.svc\n    Labels job=fluent-bit\n`,
    },
  });
const inYaml = (output: PlainMap) =>
  collector("fluent-bit", {
    config: {
      extraFiles: {
        "fluent-bit.yaml": stringify({
          pipeline: {
            inputs: [{ name: "tail", tag: "kube.*", path: "/var/log/containers/*.log" }],
            outputs: [{ name: "loki", host: "loki-gateway.monitoring.svc", ...output }],
          },
        }),
      },
    },
  });
const vector = (inputs: string[], transforms: PlainMap = {}) =>
  collector("vector", {
    customConfig: {
      sources: { pods: { type: "kubernetes_logs" } },
      transforms,
      sinks: { loki: { type: "loki", inputs, endpoint: "http://loki:3100", labels: { job: "v" } } },
    },
  });

const policy = "collector-pipelines";
const mistakes: Mistakes = {
  "an exporter that does not exist": [policy, operated(pipeline({ exporters: ["otlp/temp"] }))],
  "a processor that does not exist, in a text": [
    policy,
    operated(processors("memory_limiter", "k8sattributes", "batch"), "v1alpha1"),
  ],
  "a receiver that the chart does not have": [
    policy,
    installed({
      exporters: toLoki,
      ...logs({ receivers: ["filelog"], exporters: ["otlphttp/loki"] }),
    }),
  ],
  "an exporter that no pipeline uses, in a text": [
    policy,
    operated({ exporters: toLoki }, "v1alpha1"),
  ],
  "an exporter that no pipeline of the chart uses": [policy, installed({ exporters: toLoki })],
  "a pipeline without exporters": [policy, operated(pipeline({ exporters: [] }))],
  "a pipeline without receivers": [policy, operated(pipeline({ receivers: undefined }))],
  "an extension that is not defined": [policy, operated({ service: { extensions: ["pprof"] } })],
  "a limit of memory after the batches": [policy, operated(processors("batch", "memory_limiter"))],
  "batches before the sampling": [
    policy,
    operated({
      processors: { tail_sampling: { policies: [] } },
      ...processors("memory_limiter", "batch", "tail_sampling"),
    }),
  ],
  "a limiter without a limit": [
    policy,
    operated({ processors: { memory_limiter: { limit_mib: undefined } } }),
  ],
  "a limiter without an interval": [
    policy,
    operated({ processors: { memory_limiter: { check_interval: undefined } } }),
  ],
  "a spike above the limit": [
    policy,
    operated({ processors: { memory_limiter: { spike_limit_mib: 900 } } }),
  ],
  "OTLP over HTTP to the port of gRPC": [
    policy,
    operated(exporter("otlphttp", { endpoint: "http://tempo.monitoring.svc:4317" })),
  ],
  "OTLP over HTTP without a scheme": [
    policy,
    operated(exporter("otlphttp/tempo", { endpoint: "tempo.monitoring.svc:4318" })),
  ],
  "OTLP over gRPC to the port of HTTP": [
    policy,
    operated(exporter("otlp", { endpoint: "tempo.monitoring.svc:4318", tls: { insecure: true } })),
  ],
  "OTLP over gRPC with TLS to a Service": [
    policy,
    operated(exporter("otlp", { endpoint: "tempo.monitoring.svc.cluster.local:4317" })),
  ],
  "a remote write without a path": [
    policy,
    operated(exporter("prometheusremotewrite", { endpoint: "https://mimir.shop.io" })),
  ],
  "a receiver on the loopback interface": [
    policy,
    operated({ receivers: { otlp: { protocols: { grpc: { endpoint: "localhost:4317" } } } } }),
  ],
  "targets of a component of Alloy that does not exist": [
    policy,
    metrics("discovery.kubernetes.pod.targets", "prometheus.remote_write.mimir.receiver"),
  ],
  "a receiver of a component of Alloy that does not exist": [
    policy,
    metrics("discovery.kubernetes.pods.targets", "prometheus.remote_write.cortex.receiver"),
  ],
  "an output of Fluent Bit that matches no default input": [policy, fluentBit("kubernetes.*")],
  "an output of Fluent Bit that matches no input": [
    policy,
    fluentBit("kube.*", "[INPUT]\n    Name tail\n    Tag  app.*\n"),
  ],
  "an output of Fluent Bit in YAML that matches no input": [policy, inYaml({ match: "app.*" })],
  "a request ID as a label of Fluent Bit in YAML": [
    "loki-limits",
    inYaml({ match: "kube.*", labels: "job=fluent-bit, request=$request_id" }),
  ],
  "the default host of Fluent Bit's output for Loki": [
    "loki-limits",
    inYaml({ match: "kube.*", host: undefined }),
  ],
  "a source of Vector that does not exist": [policy, vector(["pod"])],
  "a transform of Vector that reads nothing": [
    policy,
    vector(["parsed"], { parsed: { type: "remap", inputs: ["logs"], source: "." } }),
  ],
};

const sound: Record<string, Resource[]> = {
  "a collector of the operator": operated({}),
  "a collector of the operator, as a text": operated({}, "v1alpha1"),
  "a pipeline of the chart with its defaults": installed({
    exporters: toLoki,
    ...logs({ exporters: ["otlphttp/loki"] }),
  }),
  "a preset of the chart": installed(
    { exporters: toLoki, ...logs({ receivers: ["filelog"], exporters: ["otlphttp/loki"] }) },
    { presets: { logsCollection: { enabled: true } } },
  ),
  "a component without settings, in a text": operated({ processors: { batch: null } }, "v1alpha1"),
  "a default of the chart that is removed": installed({
    receivers: { jaeger: null, zipkin: null },
    exporters: toLoki,
    service: {
      pipelines: {
        logs: { exporters: ["otlphttp/loki"] },
        traces: null,
        metrics: null,
      },
    },
  }),
  "a connector between two pipelines": operated({
    connectors: { spanmetrics: {} },
    exporters: { prometheus: { endpoint: "0.0.0.0:8889" } },
    service: {
      pipelines: {
        traces: { exporters: ["otlp/tempo", "spanmetrics"] },
        metrics: { receivers: ["spanmetrics"], exporters: ["prometheus"] },
      },
    },
  }),
  "a sidecar that listens on the loopback interface": operated(
    { receivers: { otlp: { protocols: { grpc: { endpoint: "localhost:4317" } } } } },
    "v1beta1",
    "sidecar",
  ),
  "OTLP over gRPC with an authority": operated(
    exporter("otlp", {
      endpoint: "tempo.monitoring.svc:4317",
      tls: { ca_file: "/etc/tls/ca.crt" },
    }),
  ),
  "OTLP over gRPC with TLS to a vendor": operated(
    exporter("otlp", { endpoint: "api.honeycomb.io:443" }),
  ),
  "OTLP over gRPC with plain HTTP": operated(
    exporter("otlp", { endpoint: "http://tempo.monitoring.svc:4317" }),
  ),
  "OTLP over HTTP": operated(exporter("otlphttp", { endpoint: "http://tempo:4318" })),
  "attributes of pods after the batches": installed(
    {
      exporters: toLoki,
      ...logs({
        processors: ["memory_limiter", "batch", "k8sattributes"],
        exporters: ["otlphttp/loki"],
      }),
    },
    { presets: { kubernetesAttributes: { enabled: true } } },
  ),
  "inputs of Fluent Bit in another ConfigMap": collector("fluent-bit", {
    existingConfigMap: "fluent-bit",
    config: { outputs: "[OUTPUT]\n    Name  es\n    Match app.*\n" },
  }),
  "sampling before the batches": operated({
    processors: { tail_sampling: { policies: [] } },
    ...processors("memory_limiter", "tail_sampling", "batch"),
  }),
  "components of Alloy": metrics(
    "discovery.kubernetes.pods.targets",
    "prometheus.remote_write.mimir.receiver",
  ),
  "an output of Fluent Bit that matches the default input": fluentBit("kube.*"),
  "an output of Fluent Bit that matches all": fluentBit("*"),
  "an output of Fluent Bit for one namespace": fluentBit("kube.var.log.containers.*_shop_*"),
  "an output of Fluent Bit that matches an input": fluentBit(
    "app",
    "[INPUT]\n    Name tail\n    Tag  app\n",
  ),
  "tags that a filter of Fluent Bit writes": fluentBit(
    "shop.*",
    undefined,
    "[FILTER]\n    Name rewrite_tag\n    Match kube.*\n    Rule $app ^(shop)$ shop.$TAG false\n",
  ),
  "an output of Fluent Bit in YAML": inYaml({ match: "kube.*", labels: "job=fluent-bit" }),
  "a source of Vector": vector(["pods"]),
  "a pattern for transforms of Vector": vector(["parse*"], {
    parsed: { type: "remap", inputs: ["pods"], source: "." },
  }),
  "an output of a transform of Vector": vector(["routed.shop"], {
    routed: { type: "route", inputs: ["pods"], route: { shop: '.app == "shop"' } },
  }),
};

describe("policy collector-pipelines", () => {
  itJudges(mistakes, sound);
});
