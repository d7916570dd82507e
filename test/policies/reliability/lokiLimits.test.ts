import * as assert from "node:assert/strict";
import { PlainMap } from "../../../policies/facts/plain";
import { Resource } from "../../../policies/facts/resource";
import { lokiLimits } from "../../../policies/reliability/lokiLimits";
import { judgedByThePack } from "../completePack";
import { problems, release } from "../subjects";
import { bucketParts, chart, itJudges, manifests, loki as lokiRelease } from "../stacks/subjects";

const limits = (limits_config: PlainMap): Resource => release("loki", { loki: { limits_config } });
const tenants = (loki: PlainMap): Resource => {
  const { props, ...rest } = release("loki", { loki });
  return { ...rest, props: { ...(props as PlainMap), name: "loki" } };
};
const push = "http://loki-gateway/loki/api/v1/push";
const collector = (client: PlainMap): Resource =>
  sender("promtail", { config: { clients: [{ url: push, ...client }] } });
const sender = (chart: string, values: PlainMap): Resource => {
  const { urn, ...rest } = release(chart, values);
  return { ...rest, urn: `${urn}-${chart}` };
};
const alloy = (block: string): Resource =>
  sender("alloy", { alloy: { configMap: { content: block } } });
const fluentBit = (...lines: string[]): Resource =>
  sender("fluent-bit", {
    config: { outputs: `[OUTPUT]\n    ${["Name loki", ...lines].join("\n    ")}\n` },
  });
const otel = (exporters: PlainMap): Resource =>
  sender("opentelemetry-collector", {
    config: { exporters, service: { pipelines: { logs: { exporters: Object.keys(exporters) } } } },
  });
const otlp = "http://loki-gateway.monitoring.svc/otlp";
const grafana = (source: PlainMap): Resource =>
  sender("grafana", {
    datasources: {
      "datasources.yaml": {
        datasources: [{ name: "Loki", type: "loki", url: "http://loki-gateway", ...source }],
      },
    },
  });
const header = { jsonData: { httpHeaderName1: "X-Scope-OrgID" } };
const dataSourceMap = (text: string): Resource => ({
  type: "kubernetes:core/v1:ConfigMap",
  name: "loki",
  urn: "urn:loki",
  props: {
    metadata: { name: "loki", labels: { grafana_datasource: "1" } },
    data: { "loki.yaml": text },
  },
});
const found = async (...resources: Resource[]): Promise<string[]> =>
  (await judgedByThePack(resources))
    .filter(({ policy }) => policy === "loki-limits")
    .map(({ message }) => message);

describe("policy loki-limits", () => {
  for (const subject of [
    limits({ max_global_streams_per_user: 0 }),
    limits({ max_line_size: "0KB" }),
    limits({ ingestion_rate_mb: 10_000 }),
    release("loki-stack", {
      loki: { config: { limits_config: { max_label_names_per_series: 0 } } },
    }),
  ]) {
    it(`refuses ${JSON.stringify((subject.props as PlainMap)["values"])}`, () => {
      assert.equal(problems(lokiLimits, subject).length, 1);
    });
  }

  for (const subject of [
    limits({}),
    limits({ ingestion_rate_mb: 4, ingestion_burst_size_mb: 6 }),
    limits({ ingestion_rate_mb: 64 }),
    limits({ max_global_streams_per_user: 5000 }),
    limits({ max_line_size: "256KB", max_line_size_truncate: true }),
    limits({ max_query_length: "721h" }),
    limits({ retention_period: "360h" }),
    limits({ per_stream_rate_limit: "0" }),
    release("grafana", { limits_config: { max_line_size: 0 } }),
    release("loki", {}),
  ]) {
    it(`accepts ${JSON.stringify((subject.props as PlainMap)["values"])}`, () => {
      assert.deepEqual(problems(lokiLimits, subject), []);
    });
  }

  for (const [name, resources] of Object.entries({
    Promtail: [collector({})],
    "Alloy by Loki's API": [alloy(`loki.write "default" { endpoint { url = "${push}" } }`)],
    "Alloy by OTLP": [
      alloy(`otelcol.exporter.otlphttp "loki" { client { endpoint = "${otlp}" } }`),
    ],
    Vector: [
      sender("vector", {
        customConfig: { sinks: { loki: { type: "loki", endpoint: "http://loki-gateway" } } },
      }),
    ],
    "Fluent Bit": [fluentBit("Host loki-gateway", "Port 80")],
    "an exporter of OTLP": [otel({ "otlphttp/logs": { endpoint: otlp } })],
    "the chart k8s-monitoring": [
      sender("k8s-monitoring", { destinations: [{ name: "logs", type: "loki", url: push }] }),
    ],
    "one of two outputs": [
      sender("promtail", {
        config: { clients: [{ url: push, tenant_id: "shop" }, { url: push }] },
      }),
    ],
    "a data source": [grafana({})],
    "a data source with another header": [
      grafana({ jsonData: { httpHeaderName1: "X-Forwarded-User" } }),
    ],
    "a data source in a ConfigMap": [
      release("grafana", {}),
      dataSourceMap("datasources: [{name: Loki, type: loki, url: 'http://loki.monitoring:3100'}]"),
    ],
  })) {
    it(`refuses ${name} without the tenant that Loki requires`, async () => {
      const messages = await found(tenants({ auth_enabled: true }), ...resources);
      assert.equal(messages.length, 1);
      assert.match(String(messages), /Loki requires a tenant/);
      assert.deepEqual(await found(tenants({}), ...resources), messages, "the chart's default");
      assert.deepEqual(await found(tenants({ auth_enabled: false }), ...resources), []);
    });
  }

  const byUser = tenants({ tenants: [{ name: "shop", password: "x" }] });
  for (const [name, resources] of Object.entries({
    "a named tenant": [tenants({ auth_enabled: true }), collector({ tenant_id: "shop" })],
    "a tenant in a header": [tenants({}), collector({ headers: { "X-Scope-OrgID": "shop" } })],
    "a tenant of Alloy": [
      tenants({}),
      alloy(`loki.write "default" { endpoint {
        url = "${push}"
        tenant_id = "shop"
      } }`),
    ],
    "a tenant of Fluent Bit": [
      tenants({}),
      fluentBit("Host loki-gateway", "Port 80", "Tenant_ID shop"),
    ],
    "a tenant of an exporter": [
      tenants({}),
      otel({ "otlphttp/logs": { endpoint: otlp, headers: { "X-Scope-OrgID": "shop" } } }),
    ],
    "a tenant of a data source": [tenants({}), grafana(header)],
    "a gateway that sets the tenant by the user": [byUser, collector({}), grafana({})],
    "tenants that Loki ignores": [tenants({ auth_enabled: false }), grafana(header)],
    "a proxy that sets the tenant": [
      tenants({}),
      grafana({ url: "http://loki-tenant-proxy.monitoring:8080" }),
    ],
    "a Loki outside the cluster": [
      tenants({}),
      collector({ url: "https://logs-prod-eu.grafana.net/loki/api/v1/push" }),
      grafana({ url: "https://loki.internal:3100" }),
    ],
    "another exporter": [tenants({}), otel({ otlphttp: { endpoint: "http://tempo:4318" } })],
    "another data source": [tenants({}), grafana({ type: "tempo", url: "http://tempo:3200" })],
    "a collector of another stack": [tenants({ auth_enabled: true })],
    "Loki in another stack": [collector({})],
    "a collector that sends elsewhere": [tenants({}), release("alloy", { alloy: {} })],
  })) {
    it(`accepts ${name}`, async () => assert.deepEqual(await found(...resources), []));
  }

  for (const destinations of [
    [{ name: "logs", type: "loki", url: "http://loki-gateway.loki.svc" }],
    [{ name: "logs", type: "loki", url: "http://localhost:3100/loki/api/v1/push" }],
    { logs: { type: "loki", url: "http://loki:3100/" } },
  ]) {
    it(`refuses the destinations ${JSON.stringify(destinations)}`, () =>
      assert.deepEqual(problems(lokiLimits, release("k8s-monitoring", { destinations })), [
        "the URL does not point to Loki's push API, so no logs arrive",
      ]));
  }

  for (const destinations of [
    [{ name: "logs", type: "loki", url: push }],
    [{ name: "logs", type: "loki", urlFrom: "env(LOKI)" }],
    [{ name: "metrics", type: "prometheus", url: "http://mimir/api/v1/push" }],
    [{ name: "traces", type: "otlp", url: "http://tempo:4317" }],
    { logs: { type: "loki", url: push } },
  ]) {
    it(`accepts the destinations ${JSON.stringify(destinations)}`, () =>
      assert.deepEqual(problems(lokiLimits, release("k8s-monitoring", { destinations })), []));
  }

  const sink = (labels: PlainMap, type = "loki"): Resource =>
    release("vector", { customConfig: { sinks: { logs: { type, labels } } } });
  for (const labels of [
    { request_id: "{{ request_id }}" },
    { request: "{{ context.trace_id }}" },
    { user_id: "{{ user }}" },
  ]) {
    it(`refuses the labels of Vector ${JSON.stringify(labels)}`, () =>
      assert.match(
        problems(lokiLimits, sink(labels)).join(),
        /a different value for each request/,
      ));
  }

  for (const subject of [
    sink({ namespace: "{{ kubernetes.pod_namespace }}", app: '{{ kubernetes.pod_labels."app" }}' }),
    sink({ source: "vector", message: "audit" }),
    sink({ "*": "{{ labels }}" }),
    sink({ trace_id: "{{ trace_id }}" }, "elasticsearch"),
  ]) {
    it(`accepts ${JSON.stringify((subject.props as PlainMap)["values"])}`, () =>
      assert.deepEqual(problems(lokiLimits, subject), []));
  }
});

describe("collectors whose logs do not arrive", () => {
  const logs = (change: PlainMap = {}, namespace = "monitoring"): Resource => {
    const { props, ...rest } = lokiRelease(change);
    return { ...rest, props: { ...(props as PlainMap), namespace } };
  };
  const exporters = { "otlphttp/loki": { endpoint: "http://loki-gateway.loki.svc/otlp" } };
  const collecting = (config: PlainMap) => [
    chart(
      "opentelemetry-collector",
      { mode: "daemonset", config },
      "https://open-telemetry.github.io/opentelemetry-helm-charts",
    ),
  ];
  const piped = (...names: string[]) => ({
    exporters,
    service: { pipelines: { logs: { receivers: ["otlp"], exporters: names } } },
  });
  const forwarding = (to: string) => [
    chart(
      "alloy",
      {
        alloy: {
          configMap: {
            content: `discovery.kubernetes "pods" { role = "pod" }
loki.source.kubernetes "pods" {
  targets    = discovery.kubernetes.pods.targets
  forward_to = [${to}.receiver]
}
loki.write "default" {
  endpoint {
    url = "${push}"
  }
}`,
          },
        },
      },
      "https://grafana.github.io/helm-charts",
    ),
  ];
  const operated = (url: string) => [
    logs(),
    ...bucketParts({}),
    ...manifests(`
apiVersion: opentelemetry.io/v1beta1
kind: OpenTelemetryCollector
metadata: {name: logs, namespace: monitoring}
spec:
  config:
    receivers: {otlp: {protocols: {grpc: {}}}}
    exporters: {otlphttp/loki: {endpoint: "${url}"}}
    service: {pipelines: {logs: {receivers: [otlp], exporters: [otlphttp/loki]}}}
`),
  ];
  const promtail = (values: PlainMap) => [
    logs({}, "logging"),
    ...bucketParts({}),
    chart("promtail", values, "https://grafana.github.io/helm-charts"),
  ];

  itJudges(
    {
      "an exporter that no pipeline uses": ["collector-pipelines", collecting({ exporters })],
      "a pipeline with another exporter": ["collector-pipelines", collecting(piped("debug"))],
      "a component that Alloy does not have": [
        "collector-pipelines",
        forwarding("loki.write.loki"),
      ],
      "a collector of the operator with another port": [
        "loki-limits",
        operated("http://loki-gateway.monitoring.svc:3100/otlp"),
      ],
      "the default address of Promtail, and Loki in another namespace": [
        "loki-limits",
        promtail({}),
      ],
    },
    {
      "an exporter of a pipeline": collecting(piped("otlphttp/loki")),
      "an exporter behind a connector": collecting({
        ...piped("routing"),
        connectors: { routing: { default_pipelines: ["logs/loki"] } },
      }),
      "an exporter for traces": collecting({
        exporters: { "otlphttp/tempo": { endpoint: "http://tempo.tempo.svc:4318" } },
        service: { pipelines: { traces: { exporters: ["otlphttp/tempo"] } } },
      }),
      "a component that Alloy has": forwarding("loki.write.default"),
      "a collector of the operator": operated("http://loki-gateway.monitoring.svc/otlp"),
      "the address of Loki in another namespace": promtail({
        config: { clients: [{ url: "http://loki-gateway.logging.svc/loki/api/v1/push" }] },
      }),
    },
  );
});
