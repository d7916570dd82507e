import { mustBeUp } from "../../services/alerts/thresholdVariants";
import { clusterTag } from "../tags";
import { operationFor } from "./monitors";
import { DatadogMonitorsSettings } from "./settings";

/**
 * Returns a dashboard for one environment, with the signals that the monitors evaluate. The template
 * variables `service` and `version` narrow it down, for example to a version that is being rolled out.
 */
export function datadogDashboard(settings: DatadogMonitorsSettings): string {
  const { cluster, environment, namespace, services } = settings;
  const operations = new Set(
    services.filter(mustBeUp).map((service) => operationFor(settings, service)),
  );
  const metrics = [...operations].sort().map((operation) => `trace.${operation}`);
  const spans = `{env:${environment},$service,$version}`;
  const pods = `{${clusterTag(cluster)},kube_namespace:${namespace},$service,$version}`;
  const byVersion = "by {service,version}";
  const byPod = "by {pod_name}";
  const throttledRequests = `sum:aws.dynamodb.throttled_requests{env:${environment}} by {tablename}.as_count()`;
  return JSON.stringify({
    title: `${cluster}: services (${environment})`,
    description: "Managed by Pulumi, which overwrites manual changes.",
    layout_type: "ordered",
    reflow_type: "auto",
    template_variables: ["service", "version"].map((name) => ({
      name,
      prefix: name,
      available_values: [],
      defaults: ["*"],
    })),
    widgets: [
      graph(
        "Requests per second",
        metrics.map((metric) =>
          lines("query", { query: `sum:${metric}.hits${spans} ${byVersion}.as_rate()` }),
        ),
      ),
      graph(
        "Failed requests (%)",
        metrics.map((metric) =>
          lines("failed / all * 100", {
            failed: `sum:${metric}.errors${spans} ${byVersion}.as_count()`,
            all: `sum:${metric}.hits${spans} ${byVersion}.as_count()`,
          }),
        ),
      ),
      graph(
        "p99 latency (s)",
        metrics.map((metric) => lines("query", { query: `p99:${metric}${spans} ${byVersion}` })),
      ),
      graph("Container restarts", [
        lines("query", { query: `max:kubernetes.containers.restarts${pods} ${byPod}` }),
      ]),
      graph("Memory (% of limit)", [
        lines("used / allowed * 100", {
          used: `max:kubernetes.memory.working_set${pods} ${byPod}`,
          allowed: `max:kubernetes.memory.limits${pods} ${byPod}`,
        }),
      ]),
      graph("CPU (% of limit)", [
        lines("used / 10000000 / allowed", {
          used: `max:kubernetes.cpu.usage.total${pods} ${byPod}`,
          allowed: `max:kubernetes.cpu.limits${pods} ${byPod}`,
        }),
      ]),
      graph("Throttled DynamoDB requests", [lines("query", { query: throttledRequests })]),
    ],
  });
}

/** Returns a graph's lines: a formula over named queries. */
function lines(formula: string, queries: Record<string, string>) {
  return {
    response_format: "timeseries",
    display_type: "line",
    queries: Object.entries(queries).map(([name, query]) => ({
      name,
      data_source: "metrics",
      query,
    })),
    formulas: [{ formula }],
  };
}

function graph(title: string, requests: object[]) {
  return { definition: { type: "timeseries", title, show_legend: true, requests } };
}
