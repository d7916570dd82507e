import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import {
  DatadogAgent,
  DatadogAgentArgs,
  DatadogMonitors,
  DatadogMonitorsArgs,
  GrafanaDashboards,
  GrafanaDashboardsArgs,
  LokiStack,
  LokiStackArgs,
  MonitoredServices,
  MonitoredServicesArgs,
  PrometheusStack,
  PrometheusStackArgs,
  SlackAlerting,
  SlackAlertingArgs,
} from "../../components";
import { RecordedResource, recordProgram } from "../support/mocks";

/** Passes a value on as it is, or as an Output or a promise. */
type Wrap = <T>(value: T) => pulumi.Input<T>;

// Values that the components transform: they parse, shorten, compare, sort, join or encode each.
const cluster = "Ticketing_Prod-with-a-name-that-is-longer-than-a-role-may-have-in-iam";
const placement = (wrap: Wrap) => ({
  namespace: wrap("platform-monitoring"),
  labels: wrap({ "cost-center": "4711", team: "platform" }),
});
const chart = (wrap: Wrap) => ({
  ...placement(wrap),
  nodeSelector: { pool: wrap("monitoring"), "example.com/disk": "fast" },
  tolerations: [{ key: wrap("pool"), value: wrap("monitoring") }, { operator: "Exists" }],
  priorityClassName: wrap("important"),
  cluster: wrap(cluster),
  environment: wrap("prod"),
  imageRegistry: wrap("registry.example.com/mirror"),
});
const urls = (wrap: Wrap) => ({
  runbookBaseUrl: wrap("https://example.com/runbooks/"),
  dashboardBaseUrl: wrap("https://grafana.example.com/"),
});
const service = { name: "checkout-api", language: "go", team: "checkout" } as const;

/** Each component with every argument that accepts an Output. */
const components: Record<string, (wrap: Wrap) => unknown> = {
  "LokiStack with a new bucket": (wrap) => {
    const args: LokiStackArgs = {
      ...chart(wrap),
      ...urls(wrap),
      bucket: wrap("shop-logs"),
      region: wrap("cn-north-1"),
      kmsKeyArn: wrap("arn:aws-cn:kms:cn-north-1:123456789012:key/1234abcd"),
      accessLogBucket: wrap("shop-access-logs"),
      storageClassName: wrap(""),
      alertmanagerUrl: wrap("http://alertmanager.monitoring:9093/"),
      logAlerts: [{ namespace: wrap("shop"), service: wrap("checkout-api") }],
      logMetricNamespaces: [wrap("shop"), "billing"],
      remoteWriteUrls: wrap(["http://b:9090/api/v1/write", "http://a:9090/api/v1/write"]),
      values: wrap({ loki: { analytics: { reporting_enabled: wrap(true) } } }),
    };
    return new LokiStack("loki", args);
  },
  "LokiStack in distributed mode with IRSA, Promtail and an existing bucket": (wrap) => {
    const args: LokiStackArgs = {
      ...chart(wrap),
      labels: { team: wrap("platform") },
      mode: "distributed",
      collector: "promtail",
      createBucket: false,
      bucket: wrap("shop-logs"),
      nodeSelector: wrap({ pool: wrap("logs") }),
      tolerations: wrap([{ key: "pool", value: "logs" }]),
      region: wrap("us-gov-west-1"),
      awsIdentity: "irsa",
      oidcProviderArn: wrap("arn:aws-us-gov:iam::123456789012:oidc-provider/oidc.example.com/id/A"),
      oidcIssuerUrl: wrap("https://oidc.example.com/id/A"),
      storageClassName: wrap("fast"),
      remoteWriteUrls: [wrap("http://a:9090/api/v1/write")],
      collectorValues: wrap({ podLabels: { extra: wrap("yes") } }),
      values: { commonLabels: { extra: wrap("yes") } },
    };
    return new LokiStack("loki", args);
  },
  PrometheusStack: (wrap) => {
    const args: PrometheusStackArgs = {
      ...chart(wrap),
      releaseName: wrap("a-release-of-26-characters"),
      runbookBaseUrl: wrap("https://example.com/runbooks/"),
      replicas: 2,
      storageClassName: wrap(""),
      lokiUrl: wrap("http://loki.monitoring.svc.cluster.local:3100"),
      traceUrl: wrap("https://traces.example.com/{traceId}"),
      longTerm: {
        kind: "amp",
        url: wrap("https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1234abcd/"),
      },
      externalUrl: wrap("https://prometheus.example.com"),
      alertmanager: {
        configSecretName: wrap("alertmanager-config"),
        mountedSecretNames: wrap(["slack-b", "slack-a"]),
        externalUrl: wrap("https://alertmanager.example.com"),
      },
      grafana: {
        externalUrl: wrap("https://grafana.example.com/"),
        dashboardsFolder: "dashboards",
        ingress: {
          host: wrap("monitoring.example.com"),
          className: "alb",
          certificateArn: wrap("arn:aws:acm:eu-west-1:123456789012:certificate/1234abcd"),
          annotations: wrap({ "alb.ingress.kubernetes.io/group.name": wrap("internal") }),
        },
        sso: {
          provider: "entra",
          clientId: wrap("grafana"),
          clientSecret: { name: "grafana-sso", key: "client-secret" },
          tenantId: wrap("8eaef023-2b34-4da1-9baa-8bc8c9d6a490"),
          allowedGroups: [wrap("8bab1c86-8fba-33e5-2089-1d1c80ec267d")],
          adminGroups: wrap([wrap("8bab1c86-8fba-33e5-2089-1d1c80ec267d")]),
        },
        dataSources: [{ name: "Tempo", type: "tempo", url: wrap("http://tempo:3200") }],
      },
      values: wrap({ commonLabels: { extra: wrap("yes") }, grafana: { replicas: wrap(2) } }),
    };
    return new PrometheusStack("prometheus", args);
  },
  "PrometheusStack with a long-term store of its own": (wrap) => {
    const args: PrometheusStackArgs = {
      ...chart(wrap),
      longTerm: {
        kind: "mimir",
        url: wrap("https://mimir.example.com/api/v1/push"),
        tenant: wrap("shop"),
        bearerToken: { name: "mimir", key: "token" },
      },
    };
    return new PrometheusStack("prometheus", args);
  },
  "SlackAlerting with webhooks": (wrap) => {
    const args: SlackAlertingArgs = {
      ...placement(wrap),
      channel: "#alerts",
      webhookUrl: wrap("https://hooks.slack.com/services/T0/B0/a"),
      webhookUrls: wrap({ "#critical": wrap("https://hooks.slack.com/services/T0/B0/b") }),
      heartbeatUrl: wrap("https://heartbeat.example.com"),
      pagerDutyRoutingKey: wrap("0123456789abcdef0123456789abcdef"),
      criticalWebhookUrl: wrap("https://critical.example.com"),
      channels: { critical: "#critical" },
      routes: [
        { namespace: wrap("shop"), team: wrap("checkout"), channel: "#critical" },
        { service: wrap("checkout-api"), channel: "#critical" },
      ],
      receivers: {
        mail: {
          kind: "email",
          services: [wrap("checkout-api")],
          teams: [wrap("checkout")],
          to: ["oncall@example.com"],
          from: wrap("alerts@example.com"),
          smarthost: wrap("smtp.example.com:587"),
          username: wrap("alerts"),
        },
      },
      receiverSecrets: wrap({ mail: wrap("password") }),
      grafanaUrl: wrap("https://grafana.example.com/"),
      prometheusUrl: wrap("https://prometheus.example.com"),
      alertmanagerUrl: wrap("https://alertmanager.example.com//"),
    };
    return new SlackAlerting("slack", args);
  },
  "SlackAlerting with an existing Secret": (wrap) =>
    new SlackAlerting("slack", {
      ...placement(wrap),
      channel: "#alerts",
      labels: { team: wrap("platform") },
      existingSecret: wrap("team-slack"),
    }),
  DatadogAgent: (wrap) => {
    const args: DatadogAgentArgs = {
      ...chart(wrap),
      apiKey: wrap("0123456789abcdef0123456789abcdef"),
      appKey: wrap("0123456789abcdef0123456789abcdef01234567"),
      keyRevision: wrap("2026-11"),
      instrumentedNamespaces: [wrap("shop"), "billing"],
      excludedNamespaces: [wrap("kube-system")],
      excludedLogNamespaces: wrap([wrap("shop"), wrap("billing")]),
      excludedMetricNamespaces: wrap(["monitoring"]),
      values: { datadog: { tags: wrap(["a:b"]) } },
    };
    return new DatadogAgent("datadog", args);
  },
  "DatadogAgent with an existing Secret": (wrap) =>
    new DatadogAgent("datadog", { ...chart(wrap), existingSecret: wrap("team-datadog") }),
  MonitoredServices: (wrap) => {
    const args: MonitoredServicesArgs = {
      ...placement(wrap),
      services: [
        { ...service, slo: { availabilityPercent: 99.9 }, probe: "https://shop.example.com/" },
      ],
      prober: wrap("exporter:9115"),
      alerts: { ...urls(wrap), metrics: { httpRequests: "requests_total" } },
    };
    return new MonitoredServices("services", args);
  },
  DatadogMonitors: (wrap) => {
    const args: DatadogMonitorsArgs = {
      cluster: wrap(cluster),
      environment: wrap("prod"),
      namespace: wrap("shop"),
      services: [service],
      notify: [wrap("@slack-alerts"), "@pagerduty-checkout"],
      alerts: urls(wrap),
      team: wrap("shop"),
      overrides: { "checkout-api": { notify: [wrap("@slack-checkout")], team: wrap("checkout") } },
    };
    return new DatadogMonitors("monitors", args);
  },
  GrafanaDashboards: (wrap) => {
    const args: GrafanaDashboardsArgs = {
      ...placement(wrap),
      services: [{ namespace: wrap("shop"), services: [service] }],
      logCollector: "alloy",
      prometheusUid: wrap("shop-prometheus"),
      lokiUid: wrap("shop-loki"),
    };
    return new GrafanaDashboards("dashboards", args);
  },
};

async function register(
  component: (wrap: Wrap) => unknown,
  wrap: Wrap,
): Promise<RecordedResource[]> {
  const { resources } = await recordProgram(() => void component(wrap));
  return resources.sort((a, b) => (a.urn < b.urn ? -1 : 1));
}

const shown = (resources: RecordedResource[]) =>
  resources.map(({ urn, inputs, options }) => ({ urn, inputs, protect: options.protect }));

const output: Wrap = (value) => pulumi.output(value) as pulumi.Input<typeof value>;
const promise: Wrap = (value) => Promise.resolve(value);
const unknown: Wrap = <T>() => pulumi.output(pulumi.unknown) as pulumi.Input<T>;

/**
 * Ways to know only some arguments. For each two arguments, there is a way that knows the first and
 * not the second.
 */
function waysToKnowSome(count: number): Wrap[] {
  const bits = [...Array(Math.ceil(Math.log2(count))).keys()];
  return bits.flatMap((bit) =>
    [0, 1].map((knownBit): Wrap => {
      let index = 0;
      return (value) => ((index++ >> bit) % 2 === knownBit ? value : unknown(value));
    }),
  );
}

describe("arguments that are unknown when the program runs", () => {
  for (const [name, component] of Object.entries(components)) {
    describe(name, () => {
      let expected: RecordedResource[];
      let count = 0;

      before(async () => {
        const counted: Wrap = (value) => {
          count += 1;
          return value;
        };
        expected = await register(component, counted);
      });

      it("register the same resources as plain values", async () => {
        for (const wrap of [output, promise]) {
          assert.deepEqual(shown(await register(component, wrap)), shown(expected));
        }
      });

      it("leave everything else known in a preview, and as it will be", async () => {
        for (const wrap of [unknown, ...waysToKnowSome(count)]) {
          const resources = await register(component, wrap);
          assert.deepEqual(
            resources.map(({ urn }) => urn),
            expected.map(({ urn }) => urn),
          );
          for (const [index, { urn, inputs }] of resources.entries()) {
            assert.doesNotMatch(JSON.stringify(inputs), /pulumi-input/i, urn);
            assert.ok(agrees(inputs, expected[index]?.inputs), urn);
          }
        }
      });
    });
  }
});

/** Whether each known part of a value is the same in another value. */
function agrees(value: unknown, expected: unknown): boolean {
  if (value === "[unknown]") return true;
  if (typeof value !== "object" || value === null) return value === expected;
  if (typeof expected !== "object" || expected === null) return false;
  const keys = Object.keys(value);
  if (Array.isArray(value) && keys.length !== Object.keys(expected).length) return false;
  return keys.every((key) => agrees((value as any)[key], (expected as any)[key]));
}
