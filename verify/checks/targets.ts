import {
  bucketSeries,
  histogramOf,
  requestSeries,
} from "../../components/services/settings/histograms";
import { monitorKind } from "../../components/services/serviceMonitor";
import type {
  MonitoredServicesSettings,
  ServiceSettings,
} from "../../components/services/settings/settings";
import { WorkloadKind } from "../../components/services/settings/enums";
import { probeLabel } from "../../components/services/alerts/probeAlerts";
import {
  hasAlerts,
  hasProbe,
  isScraped,
  metricsFor,
} from "../../components/services/alerts/thresholdVariants";
import { podMetrics } from "../../policies/shared/metricNames";
import { accessCommands } from "../../stacks/accessCommands";
import type { Settings } from "../../stacks/config/parseConfiguration";
import { type Check, listed, pass } from "./check";
import { query } from "./prometheusQuery";

/** Checks that all targets of each service are up and expose the metrics that its alerts read. */
export function serviceChecks(settings: Settings): Check[] {
  return settings.services.flatMap((services) => checksOfServices(services, settings));
}

function checksOfServices(
  { namespace, services, alerts }: MonitoredServicesSettings,
  settings: Settings,
): Check[] {
  return services.flatMap((service) => [
    ...(isScraped(service) ? [targetsCheck(service)] : []),
    ...(service.kind === WorkloadKind.Job ? [jobCheck(namespace, service.name)] : []),
    ...(hasProbe(service) ? [probeCheck(namespace, service.name)] : []),
  ]);

  function targetsCheck(service: ServiceSettings): Check {
    return {
      name: `service ${service.name}`,
      next: `kubectl get ${monitoring(service)} -n ${namespace} ${service.name}`,
      run: async ({ prometheus: open }) => {
        const prometheus = await open();
        const labels = `namespace="${namespace}", service="${service.name}"`;
        const targets = await query(prometheus, `up{${labels}}`);
        if (targets.length === 0) {
          return { status: "fail", evidence: "Prometheus has no target for this service" };
        }
        const down = targets.filter(({ value }) => value !== 1);
        if (down.length > 0) {
          const names = down.map(
            (target) => target.labels["pod"] ?? target.labels["instance"] ?? "",
          );
          return {
            status: "fail",
            evidence: `${down.length} of ${targets.length} targets are down: ${listed(names)}`,
            next: accessCommands(settings)["prometheus"] ?? "",
          };
        }
        const up = `${targets.length} of ${targets.length} targets are up`;
        if (!hasAlerts(service) || service.alerts?.expectsRequests === false) {
          return pass(`${up}; its alerts read no request metrics`);
        }
        const metrics = metricsFor({ alerts }, service);
        const requests = (["httpRequests", "grpcRequests"] as const).map((key) =>
          requestSeries(metrics, key),
        );
        const durations = (["httpDuration", "grpcDuration"] as const).map((key) =>
          bucketSeries(histogramOf(metrics, key)),
        );
        const counts = [metrics.httpDuration, metrics.grpcDuration].map((name) => `${name}_count`);
        const names = [...requests, ...durations, ...counts].join("|");
        const named = await query(
          prometheus,
          // If Prometheus scrapes a native histogram as a classic one, only the bucket `+Inf` exists.
          `count by (__name__) ({${labels}, __name__=~"${names}", le!="+Inf"})`,
        );
        const existing = new Set(named.map((series) => series.labels["__name__"]));
        const exists = (name: string) => existing.has(name);
        const missing = [requests, durations].filter((read) => !read.some(exists));
        if (missing.length === 0) {
          const exposed = new Set([...requests, ...durations].filter(exists).sort());
          return pass(`${up}; ${[...exposed].join(", ")}`);
        }
        const isOtherKind = missing.includes(durations) && counts.some(exists);
        const kind = metrics.nativeHistograms
          ? "its histograms are classic: remove nativeHistograms from its metrics"
          : "its histograms have no buckets: if they are native, set nativeHistograms in its metrics";
        const read = missing.map((series) => series.join(" or ")).join(" and ");
        return {
          status: "fail",
          evidence: `${up}, but its alerts read ${read}, which it does not expose${isOtherKind ? `; ${kind}` : ""}`,
          next: `kubectl describe ${monitorKind(service).toLowerCase()} -n ${namespace} ${service.name}`,
        };
      },
    };
  }
}

/** Checks that a scheduled job's CronJob exists. It has no targets. */
function jobCheck(namespace: string, name: string): Check {
  return {
    name: `job ${name}`,
    next: `kubectl get cronjob,job -n ${namespace}`,
    run: async ({ prometheus }) => {
      const series = `kube_cronjob_info{namespace="${namespace}", cronjob="${name}"}`;
      const [cronJob] = await query(await prometheus(), series);
      if (cronJob !== undefined) return pass("the CronJob exists");
      return { status: "fail", evidence: "Prometheus has no series for a CronJob with this name" };
    },
  };
}

/** Checks that the blackbox exporter receives a successful response from a service's URL. */
function probeCheck(namespace: string, name: string): Check {
  return {
    name: `probe ${name}`,
    next: `kubectl get probe -n ${namespace} ${name}`,
    run: async ({ prometheus }) => {
      const series = `probe_success{namespace="${namespace}", ${probeLabel}="${name}"}`;
      const [probe] = await query(await prometheus(), series);
      if (probe === undefined) {
        return { status: "fail", evidence: "Prometheus has no result for this probe" };
      }
      const { instance = "the URL" } = probe.labels;
      return probe.value === 1
        ? pass(`${instance} answers`)
        : { status: "fail", evidence: `${instance} does not answer with a status of 2xx` };
    },
  };
}

/** Returns the objects through which Prometheus discovers a service's targets. */
function monitoring(service: ServiceSettings): string {
  const monitor = monitorKind(service).toLowerCase();
  return monitor === "podmonitor" ? monitor : `${monitor},service,endpoints`;
}

/** Pod metrics that every running container has. Others appear only after the first failure. */
const { memory, cpu, resourceRequests, owner, restarts } = podMetrics;

/** Checks that each service namespace has the pod metrics that alerts read. */
export function podMetricsChecks(settings: Settings): Check[] {
  return settings.services
    .filter(({ services }) => services.length > 0)
    .map(({ namespace }) => ({
      name: `metrics of the pods in ${namespace}`,
      next: "kubectl get servicemonitor -A",
      run: async ({ prometheus }) => {
        const names = [memory, cpu, resourceRequests, owner, restarts];
        const counts = await query(
          await prometheus(),
          `count by (__name__) ({namespace="${namespace}", __name__=~"${names.join("|")}"})`,
        );
        const missing = names.filter(
          (name) => !counts.some(({ labels }) => labels["__name__"] === name),
        );
        if (missing.length === 0) return pass(names.join(", "));
        return { status: "fail", evidence: `no series of ${missing.join(", ")}` };
      },
    }));
}
