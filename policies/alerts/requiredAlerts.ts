import { Path } from "../facts/plain";
import { Resource } from "../facts/resource";
import { canHoldRules, rulesOf } from "../facts/rules";
import { ScrapedService, isMonitor, scrapedServices } from "../facts/services";
import { StackPolicy, Verdict, holds } from "../engine/policy";
import { Selector } from "../promql/expr";
import { parsePromQL } from "../promql/parse";
import { inlineRecords, recordsIn } from "../promql/records";
import { allows } from "../promql/selectors";
import { Signal, SignalName, signalNames, signalsOf } from "./signals";
import { metricVocabulary } from "../facts/metricVocabulary";

export interface RequiredAlertsConfig {
  signals: SignalName[];
  exceptServices: string[];
}

export const requiredAlerts: StackPolicy<RequiredAlertsConfig> = {
  scope: "stack",
  name: "required-alerts",
  description: "Every monitored service has an alert on each of the base signals.",
  why: "A service that is scraped but not alerted on fails in silence. Alerts are recognised by what their expressions compare, not by their names.",
  remediation:
    "add the service to monitoring:services, or add the missing alert to a PrometheusRule",
  severity: "high",
  enforcementLevel: "mandatory",
  config: {
    signals: {
      type: "array",
      items: { type: "string", enum: [...signalNames] },
      default: [...signalNames],
      description: "The signals that every service needs; leave out what a stack does not have.",
    },
    exceptServices: {
      type: "array",
      items: { type: "string" },
      default: [],
      description: "Services that need no alerts, as `name` or `namespace/name`.",
    },
  },
  reads: (type) => isMonitor(type) || canHoldRules(type),
  judge,
};

const descriptions: Record<SignalName, { what: string; example: string }> = {
  errorRatio: {
    what: "error ratio",
    example:
      'sum by (namespace, service) (rate(http_requests_total{status=~"5.."}[5m])) / sum by (namespace, service) (rate(http_requests_total[5m])) > 0.05',
  },
  p99Latency: {
    what: "P99 latency",
    example:
      "histogram_quantile(0.99, sum by (namespace, service, le) (rate(http_request_duration_seconds_bucket[5m]))) > 0.5",
  },
  crashLoop: {
    what: "crash loop",
    example:
      'max_over_time(kube_pod_container_status_waiting_reason{reason="CrashLoopBackOff"}[5m]) >= 1',
  },
  memory: {
    what: "memory",
    example:
      'container_memory_working_set_bytes / on (namespace, pod, container) kube_pod_container_resource_limits{resource="memory"} > 0.9',
  },
  cpu: {
    what: "CPU",
    example:
      'rate(container_cpu_usage_seconds_total[5m]) / on (namespace, pod, container) kube_pod_container_resource_limits{resource="cpu"} > 0.85',
  },
  dynamodbThrottling: {
    what: "DynamoDB throttling",
    example: "sum by (namespace, service) (rate(dynamodb_throttled_requests_total[5m])) > 10",
  },
};

function judge(resources: Resource[], config: RequiredAlertsConfig): Verdict {
  const services = resources
    .flatMap(scrapedServices)
    .filter(
      ({ name, namespace }) =>
        !config.exceptServices.includes(name) &&
        !config.exceptServices.includes(`${namespace}/${name}`),
    );
  if (services.length === 0) return holds;
  const { signals, unknown } = alertsOf(resources);
  const covers = coverageOf(signals);
  const missing = services
    .map((service) => ({ service, lacks: config.signals.filter((name) => !covers(service, name)) }))
    .filter(({ lacks }) => lacks.length > 0);
  // A rule that is not known yet may be the one that is missing.
  if (missing.length > 0 && unknown !== undefined) return { violations: [], unknown };
  return {
    violations: missing.map(({ service, lacks }) => ({
      urn: service.urn,
      problem: `${service.name} has no alert on ${lacks.map((name) => descriptions[name].what).join(", ")}`,
      where: `service "${service.name}" in namespace "${service.namespace}"`,
      found: `${config.signals.length - lacks.length} of ${config.signals.length} base signals`,
      bound: config.signals.map((name) => descriptions[name].what).join(", "),
      fix: `add ${service.name} to monitoring:services, or add to a PrometheusRule: ${lacks.map((name) => descriptions[name].example).join("; ")}`,
    })),
  };
}

interface Alerts {
  signals: Signal[];
  unknown?: { path: Path; urn: string };
}

/** Every base signal that some alert of the stack watches. */
function alertsOf(resources: Resource[]): Alerts {
  const found = resources.map((resource) => ({ ...rulesOf(resource), urn: resource.urn }));
  const rules = found.flatMap((each) => each.rules);
  const records = recordsIn(rules);
  const vocabulary = metricVocabulary(resources);
  const signals = rules.flatMap((rule) => {
    const parsed = rule.alert === undefined ? undefined : parsePromQL(rule.expr);
    if (parsed === undefined || parsed.error !== undefined) return [];
    return signalsOf(inlineRecords(parsed.expr, records), vocabulary).filter(counts);
  });
  for (const { unknownAt: path, urn } of found) {
    if (path !== undefined) return { signals, unknown: { path, urn } };
  }
  return { signals };
}

/**
 * Whether a comparison says that the signal is exceeded. A burn rate does not count: it is far laxer
 * than an alert may be, which alert-thresholds accepts of it alone.
 */
function counts({ name, operator, threshold, burnRate }: Signal): boolean {
  if (burnRate || threshold === undefined) return false;
  return /^>=?$/.test(operator) || (name === "crashLoop" && operator === "==" && threshold === 1);
}

/**
 * Answers whether some selector of a signal takes in a service. Where rules are written per service,
 * there are as many selectors as services, so those that name one are found by its name.
 */
function coverageOf(signals: Signal[]): (service: ScrapedService, name: SignalName) => boolean {
  const bySignal = new Map<SignalName, Map<string, Selector[]>>();
  for (const { name, selectors } of signals) {
    const byService = bySignal.get(name) ?? new Map<string, Selector[]>();
    bySignal.set(name, byService);
    for (const selector of selectors) {
      const service = namedService(selector);
      const same = byService.get(service);
      if (same === undefined) byService.set(service, [selector]);
      else same.push(selector);
    }
  }
  return (service, name) =>
    [...service.knownAs, ANY_SERVICE].some((known) =>
      bySignal
        .get(name)
        ?.get(known)
        ?.some((selector) => selectsService(selector, service)),
    );
}

const ANY_SERVICE = "";

function namedService({ matchers }: Selector): string {
  const named = matchers.find(({ label, operator }) => label === "service" && operator === "=");
  return named?.value ?? ANY_SERVICE;
}

/** Whether a selector takes in the series of a service: by its own labels or by those of its pods. */
function selectsService(selector: Selector, { namespace, knownAs }: ScrapedService): boolean {
  if (!allows(selector, "namespace", namespace)) return false;
  return knownAs.some(
    (name) =>
      // The label `job` of a pod's metrics names their exporter.
      ["service", "app", "container", ...(isPodMetric(selector) ? [] : ["job"])].every((label) =>
        allows(selector, label, name),
      ) &&
      // Names of the pods of a Deployment, and of a StatefulSet.
      (allows(selector, "pod", `${name}-7d4b9c8f6d-x2x7k`) || allows(selector, "pod", `${name}-0`)),
  );
}

function isPodMetric({ metric = "" }: Selector): boolean {
  return /^(container|kube|node_namespace)_/.test(metric);
}
