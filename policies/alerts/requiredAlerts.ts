import { alertsOfStack, unlessUnknown } from "./checkRules";
import { gapOf } from "./coverage";
import { Signal, signalsOf } from "./signals";
import { StackFinding, stackPolicy } from "../engine/policy";
import { ConfigOf, listProperty } from "../engine/properties";
import { MetricVocabulary, metricVocabulary } from "../facts/metricVocabulary";
import { Resource } from "../facts/resource";
import { Rule, canHoldRules } from "../facts/rules";
import { reasonFix, serviceExceptions } from "../facts/serviceExceptions";
import { ScrapedService, isMonitor, scrapedServices } from "../facts/services";
import { Expr, Selector, allows } from "../promql/expr";
import { ServiceScope, includesService } from "../promql/scope";
import { metricNamesAnnotation } from "../shared/metricNames";
import { SignalName, signalNames } from "../shared/serviceExceptions";

const properties = {
  signals: listProperty<SignalName>(
    signalNames,
    "Signals on which each service needs an alert. Omit signals that the stack's services do not have.",
    signalNames,
  ),
  exceptServices: listProperty<string>(
    [],
    "Services without alerts, as `name` or `namespace/name`.",
  ),
};

export const requiredAlerts = stackPolicy({
  name: "required-alerts",
  description: "Each monitored service has an alert on each base signal.",
  why: `A service that is scraped without alerts fails unnoticed. Alerts are recognized by the metrics that their expressions compare, not by their names; a PrometheusRule declares other metric names in the annotation \`${metricNamesAnnotation}\`.`,
  remediation:
    "add the service to monitoring:services, or add the missing alert to a PrometheusRule",
  severity: "high",
  // Another stack may define the rules, and few other teams use DynamoDB.
  baseline: {
    enforcementLevel: "advisory",
    defaults: { signals: signalNames.filter((name) => name !== "dynamodbThrottling") },
  },
  config: properties,
  reads: (type) => isMonitor(type) || canHoldRules(type),
  check,
});

const titles: Record<SignalName, string> = {
  errorRatio: "error ratio",
  p99Latency: "P99 latency",
  crashLoop: "crash loop",
  memory: "memory",
  cpu: "CPU",
  dynamodbThrottling: "DynamoDB throttling",
};

const examples: Record<SignalName, string> = {
  errorRatio:
    'sum by (namespace, service) (rate(http_requests_total{status=~"5.."}[5m])) / sum by (namespace, service) (rate(http_requests_total[5m])) > 0.05',
  p99Latency:
    "histogram_quantile(0.99, sum by (namespace, service, le) (rate(http_request_duration_seconds_bucket[5m]))) > 0.5",
  crashLoop:
    'max_over_time(kube_pod_container_status_waiting_reason{reason="CrashLoopBackOff"}[5m]) >= 1',
  memory:
    'container_memory_working_set_bytes / on (namespace, pod, container) kube_pod_container_resource_limits{resource="memory"} > 0.9',
  cpu: 'rate(container_cpu_usage_seconds_total[5m]) / on (namespace, pod, container) kube_pod_container_resource_limits{resource="cpu"} > 0.85',
  dynamodbThrottling:
    "sum by (namespace, service) (rate(dynamodb_throttled_requests_total[5m])) > 10",
};

/** Names of exporters, databases and cluster components, which do not serve user requests. */
const platformName =
  /(^|-)(exporter|cadvisor|pushgateway|kubelet|coredns|kube-(state-metrics|proxy|apiserver|scheduler|controller-manager|dns)|etcd|cert-manager|external-(dns|secrets)|metrics-server|karpenter|autoscaler|prometheus|alertmanager|grafana|alloy|promtail|loki|thanos|mimir|argocd|otel-collector|opentelemetry-collector|keda|velero|kyverno|gatekeeper|fluent-?bit|fluentd|ingress-nginx|nginx-ingress|traefik|istiod|cilium)(-|$)|(^|-)(redis|valkey|postgres(ql)?|mysql|mariadb|mongodb|rabbitmq|kafka|zookeeper|elasticsearch|opensearch|memcached|nats|clickhouse|cassandra|minio|vault|vector|tempo)(-(master|primary|replicas?|headless|cluster|ha|metrics|\d+))*$/;

function check(
  resources: Resource[],
  { signals: required, exceptServices }: ConfigOf<typeof properties>,
): StackFinding[] {
  const services = servicesOf(resources, exceptServices);
  if (services.length === 0) return [];
  const { alerts, unknown } = alertsOfStack(resources);
  const vocabulary = metricVocabulary(resources);
  const candidates = alerts.flatMap(({ expr, rule }) => candidatesOf(expr, rule, vocabulary));
  const covers = coverageOf(candidates.filter(({ gap }) => gap === undefined));
  const exceptionOf = serviceExceptions(resources);
  const accepted: StackFinding[] = [];
  const violations: StackFinding[] = [];
  for (const service of services) {
    const missing = required.filter((name) => !covers(service, name));
    const exceptions = new Map(
      missing.map((name) => [
        name,
        service.knownAs
          .map((known) => exceptionOf(service.namespace, known, name))
          .find((exception) => exception !== undefined),
      ]),
    );
    const excepted = missing.filter((name) => exceptions.get(name) !== undefined);
    const violating = missing.filter((name) => exceptions.get(name) === undefined);
    const findingFor = (names: SignalName[]) => missingAlerts(service, names, required, candidates);
    const [first] = excepted;
    if (first) accepted.push({ ...findingFor(excepted), exception: exceptions.get(first) });
    if (violating.length > 0) violations.push(findingFor(violating));
  }
  return [...accepted, ...unlessUnknown(violations, unknown)];
}

/** Returns the scraped services that serve user requests. */
function servicesOf(resources: Resource[], exceptServices: string[]): ScrapedService[] {
  return resources
    .flatMap(scrapedServices)
    .filter(({ knownAs }) => !knownAs.some((name) => platformName.test(name)))
    .filter(
      ({ name, namespace }) =>
        ![name, `${namespace}/${name}`].some((text) => exceptServices.includes(text)),
    );
}

/** A signal whose excess an alert detects. */
interface Candidate extends Signal {
  alert: string;
  /** Why the alert does not count, as a predicate. */
  gap: string | undefined;
}

function candidatesOf(expr: Expr, rule: Rule, vocabulary: MetricVocabulary): Candidate[] {
  const signals = signalsOf(expr, vocabulary);
  return signals
    .filter(detectsExcess)
    .map((signal) => ({ ...signal, alert: rule.name, gap: gapOf(signal, expr, rule, signals) }));
}

/** Describes the signals on which a service has no alert. */
function missingAlerts(
  service: ScrapedService,
  missing: SignalName[],
  required: SignalName[],
  candidates: Candidate[],
) {
  const titlesOf = (names: SignalName[]) => names.map((name) => titles[name]).join(", ");
  const related = candidates.filter(({ name }) => missing.includes(name));
  return {
    urn: service.urn,
    problem: `${service.name} has no alert on ${titlesOf(missing)}`,
    where: `service "${service.name}" in namespace "${service.namespace}"`,
    found: [
      `${required.length - missing.length} of ${required.length} base signals`,
      ...related
        .filter((candidate) => candidate.gap !== undefined && concerns(candidate, service))
        .map(({ alert, gap }) => `the alert ${alert} ${gap}`),
      ...droppedFrom(service, related).map((metric) => `the monitor drops ${metric}`),
    ].join("; "),
    bound: titlesOf(required),
    fix: `add ${service.name} to monitoring:services, enable the alert in alerts.rules, or ${reasonFix}, or add to a PrometheusRule: ${missing.map((name) => examples[name]).join("; ")}`,
  };
}

/**
 * Whether a comparison detects that a signal exceeds its threshold. Burn rates do not count, because
 * their thresholds are far less strict than alert-thresholds allows for other alerts.
 */
function detectsExcess({ name, operator, threshold, burnRate }: Signal): boolean {
  if (burnRate || threshold === undefined) return false;
  return /^>=?$/.test(operator) || (name === "crashLoop" && operator === "==" && threshold === 1);
}

/**
 * Returns a function that reports whether a signal's selector covers a service. A stack with a rule per
 * service has as many selectors as services, so selectors are indexed by service.
 */
function coverageOf(signals: Signal[]): (service: ScrapedService, name: SignalName) => boolean {
  const index = new Map<string, { selector: Selector; scopes: ServiceScope[] }[]>();
  for (const { name, selectors, scopes } of signals) {
    for (const selector of selectors) {
      const key = `${name} ${namedService(selector)}`;
      index.set(key, index.get(key) ?? []);
      index.get(key)?.push({ selector, scopes });
    }
  }
  return (service, name) =>
    [...service.knownAs, undefined]
      .flatMap((known) => index.get(`${name} ${known}`) ?? [])
      .some(({ selector, scopes }) => selectsService(selector, service, scopes));
}

/** Returns the base-signal metrics that a service's monitor drops. */
function droppedFrom({ drops }: ScrapedService, signals: Signal[]): string[] {
  const metrics = signals.flatMap(({ selectors }) => selectors.map(storedMetric));
  return [...new Set(metrics)].filter(drops);
}

/** Returns the metric name under which Prometheus stores a selector's series. */
function storedMetric({ metric = "", histogram = metric }: Selector): string {
  return histogram;
}

function concerns({ selectors, scopes }: Signal, service: ScrapedService): boolean {
  return selectors.some((selector) => selectsService(selector, service, scopes));
}

function namedService({ matchers }: Selector): string | undefined {
  return matchers.find(({ label, operator }) => label === "service" && operator === "=")?.value;
}

/** Whether a selector covers a service's series, judging by the labels of the service or of its pods. */
function selectsService(
  selector: Selector,
  { namespace, knownAs, drops }: ScrapedService,
  scopes: ServiceScope[],
): boolean {
  // In pod metrics, the `job` label names the exporter.
  const isPodMetric = /^(container|kube|node_namespace)_/.test(selector.metric ?? "");
  if (!isPodMetric && drops(storedMetric(selector))) return false;
  const labels = ["service", "app", "container", ...(isPodMetric ? [] : ["job"])];
  const selectsName = (name: string): boolean =>
    includesService(scopes, name) &&
    labels.every((label) => allows(selector, label, name)) &&
    // Example pod names in a Deployment and a StatefulSet.
    (allows(selector, "pod", `${name}-7d4b9c8f6d-x2x7k`) || allows(selector, "pod", `${name}-0`));
  return allows(selector, "namespace", namespace) && knownAs.some(selectsName);
}
