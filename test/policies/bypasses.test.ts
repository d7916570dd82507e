import * as assert from "node:assert/strict";
import { alertThresholds } from "../../policies/alerts/alertThresholds";
import { PlainMap } from "../../policies/facts/plain";
import { Resource } from "../../policies/facts/resource";
import { lokiRetention } from "../../policies/retention/lokiRetention";
import { noPlaintextCredentials } from "../../policies/access/noPlaintextCredentials";
import { AnyPolicy } from "../../policies/engine/policy";
import { prometheusRetention } from "../../policies/retention/prometheusRetention";
import { requiredAlerts } from "../../policies/alerts/requiredAlerts";
import { fake } from "./fakes";
import {
  alerts,
  baseSignals,
  judge,
  problems,
  prometheusRelease,
  prometheusRule,
  release,
  resource,
  serviceMonitor,
} from "./subjects";

const errors = 'sum(rate(http_requests_total{status=~"5.."}[5m]))';
const total = "sum(rate(http_requests_total[5m]))";
const good = 'sum(rate(http_requests_total{status!~"5.."}[5m]))';
const ratio = `${errors} / ${total}`;
const p99 =
  "histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))";
const memory =
  'container_memory_working_set_bytes / kube_pod_container_resource_limits{resource="memory"}';
const throttled = "dynamodb_throttled_requests_total";

const loki = (limits: PlainMap, compactor: PlainMap = {}, more: PlainMap = {}): Resource =>
  release("loki", {
    loki: {
      limits_config: { retention_period: "360h", ...limits },
      compactor: { retention_enabled: true, delete_request_store: "s3", ...compactor },
      ...more,
    },
  });
const configMap = (data: PlainMap): Resource =>
  resource("kubernetes:core/v1:ConfigMap", "config", { data });
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const without = (signal: keyof typeof baseSignals, instead: string): Resource[] => [
  serviceMonitor("inventory-service"),
  alerts(...Object.values({ ...baseSignals, [signal]: instead })),
];
const scoped = (expression: string, matcher: string): string =>
  expression.replaceAll('namespace="ticketing"', `namespace="ticketing", ${matcher}`);

/** Attempts to bypass a policy, deliberate or by mistake. */
const bypasses: [string, AnyPolicy, Resource | Resource[]][] = [
  ["500m for half a second", alertThresholds, alerts(`${p99} > 500m`)],
  ["the comparison flipped", alertThresholds, alerts(`0.5 < ${ratio}`)],
  ["a threshold of 50/100", alertThresholds, alerts(`${ratio} > 50 / 100`)],
  ["* 1", alertThresholds, alerts(`${ratio} > 0.5 * 1`)],
  ["the ratio scaled down", alertThresholds, alerts(`${ratio} / 10 > 0.05`)],
  [
    "the errors scaled down",
    alertThresholds,
    alerts(`sum(rate(http_requests_total{status=~"5.."}[5m]) * 0.1) / ${total} > 0.05`),
  ],
  ["a percentage above the bound", alertThresholds, alerts(`100 * ${ratio} > 50`)],
  ["parentheses", alertThresholds, alerts(`((${ratio})) > ((0.5))`)],
  ["bool", alertThresholds, alerts(`(${ratio} > bool 0.5) == 1`)],
  ["a unary minus on both sides", alertThresholds, alerts(`-(${ratio}) < -0.5`)],
  ["an exponent", alertThresholds, alerts(`${ratio} > 5e-1`)],
  [
    "a hexadecimal number",
    alertThresholds,
    alerts(`${throttled} and sum(rate(${throttled}[5m])) > 0xFF`),
  ],
  ["a power", alertThresholds, alerts(`${ratio} > 0.25 ^ 0.5`)],
  ["a square of the ratio", alertThresholds, alerts(`(${ratio}) ^ 2 > 0.04`)],
  [
    "a root of the ratio with a bound for the ratio",
    alertThresholds,
    alerts(`sqrt(${ratio}) > 0.5`),
  ],
  [
    "a vector instead of a number",
    alertThresholds,
    alerts(`${ratio} > on () group_left vector(0.5)`),
  ],
  ["a scalar of a vector", alertThresholds, alerts(`${ratio} > scalar(vector(0.5))`)],
  ["a constant on the side of the ratio", alertThresholds, alerts(`${ratio} - 0.45 > 0.05`)],
  ["a difference instead of a quotient", alertThresholds, alerts(`${errors} - 0.5 * ${total} > 0`)],
  ["a product instead of a quotient", alertThresholds, alerts(`${errors} > 0.5 * ${total}`)],
  ["success instead of failure", alertThresholds, alerts(`${good} / ${total} < 0.5`)],
  ["one minus success", alertThresholds, alerts(`1 - ${good} / ${total} > 0.5`)],
  ["unless the opposite", alertThresholds, alerts(`${total} unless ${ratio} < 0.5`)],
  [
    "a stricter condition joined by and",
    alertThresholds,
    alerts(`${ratio} > 0.05 and ${ratio} > 0.5`),
  ],
  ["or vector(0)", alertThresholds, alerts(`(${errors} or vector(0)) / ${total} > 0.5`)],
  ["a subquery", alertThresholds, alerts(`max_over_time((${ratio})[10m:1m]) > 0.5`)],
  [
    "counting how often it is exceeded",
    alertThresholds,
    alerts(`count_over_time((${p99} > 5)[10m:1m]) > 3`),
  ],
  ["clamped below the threshold", alertThresholds, alerts(`clamp_max(${ratio}, 0.04) > 0.05`)],
  ["clamped above the threshold", alertThresholds, alerts(`clamp_min(${ratio}, 0.06) > 0.05`)],
  ["rounded", alertThresholds, alerts(`floor(${ratio}) > 0.05`)],
  ["sgn", alertThresholds, alerts(`sgn(${memory} - 0.5) > 0.04`)],
  [
    "label_replace around it",
    alertThresholds,
    alerts(`label_replace(${ratio}, "a", "b", "c", "d") > 0.5`),
  ],
  [
    "a ratio of increases",
    alertThresholds,
    alerts(`${ratio.replaceAll("rate(", "increase(")} > 0.5`),
  ],
  ["increase instead of rate", alertThresholds, alerts(`sum(increase(${throttled}[5m])) > 5000`)],
  ["irate instead of rate", alertThresholds, alerts(`sum(irate(${throttled}[5m])) > 50`)],
  [
    "the name as a matcher",
    alertThresholds,
    alerts(`sum(rate({__name__="${throttled}"}[5m])) > 50`),
  ],
  [
    "the name as a pattern",
    alertThresholds,
    alerts(`sum(rate({__name__=~"dynamodb_throttled.*"}[5m])) > 50`),
  ],
  ["the name quoted", alertThresholds, alerts(`sum(rate({"${throttled}"}[5m])) > 50`)],
  ["a comment in between", alertThresholds, alerts(`${ratio} # > 0.05\n > 0.5`)],
  ["milliseconds against seconds", alertThresholds, alerts(`${p99} > 500`)],
  ["seconds scaled with the bound of seconds", alertThresholds, alerts(`${p99} * 1000 > 5000`)],
  ["a dynamic threshold", alertThresholds, alerts(`${ratio} > on () group_left my_threshold`)],
  ["an infinite threshold", alertThresholds, alerts(`${ratio} > Inf`)],
  ["NaN", alertThresholds, alerts(`${ratio} > NaN`)],
  ["an equality that never holds", alertThresholds, alerts(`${ratio} == 0.05`)],
  [
    "a floor on traffic instead of a threshold",
    alertThresholds,
    alerts(`${total} > 1e6 and ${ratio} > 0.05`),
  ],
  [
    "a floor on traffic by unless",
    alertThresholds,
    alerts(`${ratio} > 0.05 unless ${total} < 1e6`),
  ],
  [
    "a threshold in a recording rule",
    alertThresholds,
    prometheusRule([
      { record: "bad", expr: `${ratio} > bool 0.5` },
      { alert: "A", expr: "bad == 1" },
    ]),
  ],
  [
    "a scale in a recording rule",
    alertThresholds,
    prometheusRule([
      { record: "percent", expr: `${ratio} * 10` },
      { record: "bound", expr: "vector(5)" },
      { alert: "A", expr: "percent > on () group_left bound" },
    ]),
  ],

  ["retention of 90000h", prometheusRetention, prometheusRelease("90000h")],
  ["retention as a number", prometheusRetention, prometheusRelease(15)],
  ["retention as an empty string", prometheusRetention, prometheusRelease("")],
  ["retention as null", prometheusRetention, prometheusRelease(null)],
  ["retention with a unit in upper case", prometheusRetention, prometheusRelease("15D")],
  ["retention in minutes", prometheusRetention, prometheusRelease("15m")],
  ["retention in years", prometheusRetention, prometheusRelease("1y")],
  ["retention in two units", prometheusRetention, prometheusRelease("12w30d")],
  [
    "retention by size only",
    prometheusRetention,
    release("kube-prometheus-stack", { prometheus: { prometheusSpec: { retentionSize: "40GB" } } }),
  ],
  [
    "the chart from an OCI registry",
    prometheusRetention,
    release("oci://ghcr.io/prometheus-community/charts/kube-prometheus-stack", {}),
  ],
  [
    "the chart as an archive",
    prometheusRetention,
    release("./charts/kube-prometheus-stack-88.5.3.tgz", {}),
  ],
  [
    "the chart as an archive without a version",
    prometheusRetention,
    release("kube-prometheus-stack.tgz", {}),
  ],
  [
    "the chart with its repository",
    prometheusRetention,
    release("prometheus-community/kube-prometheus-stack", {}),
  ],
  [
    "the chart as helm.v4.Chart",
    prometheusRetention,
    resource("kubernetes:helm.sh/v4:Chart", "p", { chart: "kube-prometheus-stack", values: {} }),
  ],
  [
    "a Prometheus object",
    prometheusRetention,
    resource("kubernetes:monitoring.coreos.com/v1:Prometheus", "p", { spec: { retention: "1h" } }),
  ],
  ["no values at all", prometheusRetention, release("kube-prometheus-stack", undefined)],

  ["a period without the compactor", lokiRetention, loki({}, { retention_enabled: false })],
  ['retention_enabled: "true"', lokiRetention, loki({}, { retention_enabled: "true" })],
  ["no store for delete requests", lokiRetention, loki({}, { delete_request_store: " " })],
  ["a period of 0s", lokiRetention, loki({ retention_period: "0s" })],
  ["a period that is not a multiple of 24h", lokiRetention, loki({ retention_period: "361h" })],
  ["a period as a number", lokiRetention, loki({ retention_period: 360 })],
  [
    "one stream retained for ten years",
    lokiRetention,
    loki({ retention_stream: [{ selector: '{a=~".+"}', period: "10y" }] }),
  ],
  [
    "one tenant retained for ten years",
    lokiRetention,
    loki({}, {}, { runtimeConfig: { overrides: { fake: { retention_period: "10y" } } } }),
  ],
  [
    "structuredConfig over the settings",
    lokiRetention,
    loki({}, {}, { structuredConfig: { limits_config: { retention_period: "10y" } } }),
  ],
  [
    "a configuration as text",
    lokiRetention,
    loki({}, {}, { config: "limits_config:\n  retention_period: 10y\n" }),
  ],
  [
    "a configuration as a template",
    lokiRetention,
    loki(
      {},
      {},
      { config: "auth_enabled: {{ .Values.x }}\nlimits_config:\n  retention_period: 10y\n" },
    ),
  ],
  [
    "the deprecated table manager",
    lokiRetention,
    release("loki-stack", {
      loki: {
        config: { table_manager: { retention_deletes_enabled: true, retention_period: "360h" } },
      },
    }),
  ],

  [
    "an alert with the right name on another signal",
    requiredAlerts,
    without("errorRatio", "up == 0"),
  ],
  [
    "an alert that fires in normal operation",
    requiredAlerts,
    without("cpu", baseSignals.cpu.replace("> 0.85", "< 0.85")),
  ],
  ["errors without the total", requiredAlerts, without("errorRatio", `${errors} > 5`)],
  [
    "a status that is not an error",
    requiredAlerts,
    without("errorRatio", baseSignals.errorRatio.replace("5..", "2..")),
  ],
  [
    "a median instead of the 99th percentile",
    requiredAlerts,
    without("p99Latency", baseSignals.p99Latency.replace("0.99", "0.5")),
  ],
  [
    "another service only",
    requiredAlerts,
    without("p99Latency", scoped(baseSignals.p99Latency, 'service="other"')),
  ],
  [
    "every service but this one",
    requiredAlerts,
    without("errorRatio", scoped(baseSignals.errorRatio, 'service!="inventory-service"')),
  ],
  [
    "the pods of another service",
    requiredAlerts,
    without("memory", scoped(baseSignals.memory, 'pod=~"other-.*"')),
  ],
  [
    "another namespace",
    requiredAlerts,
    without("memory", baseSignals.memory.replaceAll("ticketing", "other")),
  ],
  [
    "a counter without a rate",
    requiredAlerts,
    without("dynamodbThrottling", `${throttled}{namespace="ticketing"} > 10`),
  ],
  [
    "a burn rate instead of an alert",
    requiredAlerts,
    without("errorRatio", `${ratio.replaceAll("5m", "1h")} > 0.5 and ${ratio} > 0.5`),
  ],
  ["an expression that does not parse", requiredAlerts, without("cpu", `${baseSignals.cpu} >`)],
  [
    "a pattern that is invalid",
    requiredAlerts,
    without("memory", scoped(baseSignals.memory, 'pod=~"("')),
  ],

  ["a webhook in values", noPlaintextCredentials, release("x", { url: fake.slackWebhook })],
  ["a webhook in base64", noPlaintextCredentials, configMap({ url: base64(fake.slackWebhook) })],
  [
    "a webhook in base64 twice",
    noPlaintextCredentials,
    configMap({ url: base64(base64(fake.slackWebhook)) }),
  ],
  [
    "a webhook in base64 inside a text",
    noPlaintextCredentials,
    configMap({ a: `token: ${base64(fake.slackWebhook)} # x` }),
  ],
  [
    "a webhook in the middle of YAML",
    noPlaintextCredentials,
    configMap({ a: `global:\n  slack_api_url: '${fake.slackWebhook}'` }),
  ],
  [
    "a webhook with JSON's slashes",
    noPlaintextCredentials,
    configMap({ a: fake.slackWebhook.replaceAll("/", "\\/") }),
  ],
  [
    "a webhook in capitals",
    noPlaintextCredentials,
    configMap({ a: fake.slackWebhook.toUpperCase() }),
  ],
  [
    "a webhook without https",
    noPlaintextCredentials,
    configMap({ a: fake.slackWebhook.replace("https://", "") }),
  ],
  ["a webhook as a key", noPlaintextCredentials, configMap({ [fake.slackWebhook]: "x" })],
  [
    "a webhook in a list of lists",
    noPlaintextCredentials,
    release("x", { a: [[{ b: fake.slackWebhook }]] }),
  ],
  [
    "an annotation of a Secret",
    noPlaintextCredentials,
    resource("kubernetes:core/v1:Secret", "s", {
      metadata: { annotations: { a: fake.slackWebhook } },
    }),
  ],
  [
    "a parameter that is not secure",
    noPlaintextCredentials,
    resource("aws:ssm/parameter:Parameter", "p", { type: "String", value: fake.slackWebhook }),
  ],
  [
    "an environment variable",
    noPlaintextCredentials,
    release("x", { env: [{ name: "DD_API_KEY", value: fake.hex32 }] }),
  ],
  [
    "an environment variable in a map",
    noPlaintextCredentials,
    release("x", { env: { DB_PASSWORD: "hunter2" } }),
  ],
  [
    "a password inside a text",
    noPlaintextCredentials,
    configMap({ ini: "[security]\nadmin_password = hunter2\n" }),
  ],
  [
    "a URL with a password",
    noPlaintextCredentials,
    release("x", { url: "https://user:hunter2@example.com" }),
  ],
];

/** Ways to write a threshold that the reader does not understand: reported as not evaluated. */
const unreadable = new Set([
  "a square of the ratio",
  "a root of the ratio with a bound for the ratio",
  "sgn",
  "the name as a pattern",
  "a dynamic threshold",
  "a scale in a recording rule",
]);

describe("attempts to bypass policies", () => {
  it("has at least 25 cases", () => assert.ok(bypasses.length >= 25));

  for (const [way, policy, subject] of bypasses) {
    it(`${policy.name}: ${way}`, () => {
      if (!unreadable.has(way)) return assert.notDeepEqual(problems(policy, subject), []);
      assert.deepEqual(problems(policy, subject), []);
      assert.equal(judge(policy, subject).unknown?.path.at(-1), "expr");
    });
  }
});
