import * as assert from "node:assert/strict";
import { Path, PlainMap, plain } from "../../policies/facts/plain";
import { Resource } from "../../policies/facts/resource";
import { AnyPolicy, Verdict } from "../../policies/engine/policy";

/** Resources as the engine shows them to policies. */
export function resource(type: string, name: string, props: PlainMap, stack = "dev"): Resource {
  return { type, name, urn: `urn:pulumi:${stack}::monitoring::${type}::${name}`, props };
}

export function release(chart: string, values: unknown, stack = "dev"): Resource {
  const props = { chart, name: "prometheus", namespace: "monitoring", version: "1.0.0", values };
  return resource("kubernetes:helm.sh/v3:Release", "prometheus", props, stack);
}

export function prometheusRelease(retention: unknown, stack = "dev"): Resource {
  return release(
    "kube-prometheus-stack",
    { prometheus: { prometheusSpec: retention === undefined ? {} : { retention } } },
    stack,
  );
}

export interface RuleFixture {
  alert?: string;
  record?: string;
  expr: unknown;
  for?: unknown;
  labels?: PlainMap;
  annotations?: PlainMap;
}

export function prometheusRule(rules: RuleFixture[], name = "rules"): Resource {
  return resource("kubernetes:monitoring.coreos.com/v1:PrometheusRule", name, {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PrometheusRule",
    metadata: { name, namespace: "ticketing" },
    spec: { groups: [{ name: "group", rules }] },
  });
}

export function alerts(...expressions: string[]): Resource {
  return prometheusRule(expressions.map((expr, index) => ({ alert: `Alert${index}`, expr })));
}

export function serviceMonitor(
  name: string,
  namespace = "ticketing",
  spec: PlainMap = {},
): Resource {
  return resource("kubernetes:monitoring.coreos.com/v1:ServiceMonitor", name, {
    metadata: { name, namespace },
    spec: { selector: { matchLabels: { app: name } }, endpoints: [{ port: "metrics" }], ...spec },
  });
}

/** What a policy says with its default configuration, changed where the test gives another. */
export function judge(
  policy: AnyPolicy,
  subject: Resource | Resource[],
  config: PlainMap = {},
): Pick<Verdict, "violations"> & { unknown?: { path: Path; urn?: string } } {
  assert.ok(policy.scope !== "report");
  const subjects = policy.scope === "stack" ? [subject].flat() : subject;
  const { violations, unevaluated } = policy.judge(subjects as never, withDefaults(policy, config));
  const [first] = unevaluated;
  if (first === undefined) return { violations };
  const { unknown: path, urn } = first;
  return { violations, unknown: { path, ...(urn !== undefined && { urn }) } };
}

function withDefaults(policy: AnyPolicy, config: PlainMap): PlainMap {
  const defaults = Object.entries(policy.config)
    .filter(([, property]) => property.default !== undefined)
    .map(([name, property]) => [name, property.default]);
  return { ...Object.fromEntries(defaults), ...config };
}

/** The problems that a policy finds. */
export function problems(
  policy: AnyPolicy,
  subject: Resource | Resource[],
  config: PlainMap = {},
): string[] {
  return judge(policy, subject, config)
    .violations.filter(({ exception }) => exception === undefined)
    .map(({ problem }) => problem);
}

/** A copy of a resource after remediation, and what the policy then still finds. */
export function remedy(policy: AnyPolicy, subject: Resource, config: PlainMap = {}) {
  assert.ok(policy.scope === "resource" && policy.remediate !== undefined);
  const complete = withDefaults(policy, config);
  const copy = { ...subject, props: plain(subject.props) as PlainMap };
  const changed = policy.remediate(subject, copy.props, complete);
  return { changed, resource: copy, violations: problems(policy, copy, config) };
}

/** The base signals as the components of this library alert on them. */
export const baseSignals = {
  errorRatio: `sum by (namespace, service) (rate(http_requests_total{namespace="ticketing", status=~"5.."}[5m]))
    / sum by (namespace, service) (rate(http_requests_total{namespace="ticketing"}[5m])) > 0.05
    and sum by (namespace, service) (rate(http_requests_total{namespace="ticketing"}[5m])) > 0.2`,
  p99Latency: `histogram_quantile(0.99, sum by (namespace, service, le) (rate(http_request_duration_seconds_bucket{namespace="ticketing"}[5m]))) > 0.5`,
  crashLoop: `max by (namespace, pod, container) (max_over_time(kube_pod_container_status_waiting_reason{namespace="ticketing", reason="CrashLoopBackOff"}[5m])) >= 1`,
  memory: `max by (namespace, pod, container) (container_memory_working_set_bytes{namespace="ticketing", container!=""})
    / (max by (namespace, pod, container) (kube_pod_container_resource_limits{namespace="ticketing", resource="memory"}) > 0) > 0.9`,
  cpu: `sum by (namespace, pod, container) (rate(container_cpu_usage_seconds_total{namespace="ticketing", container!=""}[5m]))
    / ((max by (namespace, pod, container) (kube_pod_container_resource_limits{namespace="ticketing", resource="cpu"})
    or max by (namespace, pod, container) (kube_pod_container_resource_requests{namespace="ticketing", resource="cpu"})) > 0) > 0.85`,
  dynamodbThrottling: `sum by (namespace, service, table) (rate(dynamodb_throttled_requests_total{namespace="ticketing"}[5m])) > 10`,
};
