import { hasAlerts } from "../../services/variants";
import { clusterTag } from "../tags";
import { operationFor } from "./monitors";
import { DatadogMonitorsSettings } from "./settings";

/** Named queries and the formula that combines them into the lines of a graph. */
interface Request {
  queries: Record<string, string>;
  formula: string;
}

/**
 * Dashboard of an environment with the signals that the monitors evaluate. The template variables
 * `service` and `version` narrow it down, for example to a version that is being rolled out.
 */
export function datadogDashboard(settings: DatadogMonitorsSettings): string {
  const { cluster, environment, namespace } = settings;
  const operations = [
    ...new Set(
      settings.services.filter(hasAlerts).map((service) => operationFor(settings, service)),
    ),
  ].sort();
  const spans = `{env:${environment},$service,$version}`;
  const pods = `{${clusterTag(cluster)},kube_namespace:${namespace},$service,$version}`;
  const perOperation = (request: (metric: string) => Request) =>
    operations.map((operation) => request(`trace.${operation}`));
  const byVersion = "by {service,version}";
  const byPod = "by {pod_name}";
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
        perOperation((metric) => single(`sum:${metric}.hits${spans} ${byVersion}.as_rate()`)),
      ),
      graph(
        "Failed requests (%)",
        perOperation((metric) => ({
          queries: {
            failed: `sum:${metric}.errors${spans} ${byVersion}.as_count()`,
            all: `sum:${metric}.hits${spans} ${byVersion}.as_count()`,
          },
          formula: "failed / all * 100",
        })),
      ),
      graph(
        "p99 latency (s)",
        perOperation((metric) => single(`p99:${metric}${spans} ${byVersion}`)),
      ),
      graph("Container restarts", [single(`max:kubernetes.containers.restarts${pods} ${byPod}`)]),
      graph("Memory (% of limit)", [
        {
          queries: {
            used: `max:kubernetes.memory.working_set${pods} ${byPod}`,
            allowed: `max:kubernetes.memory.limits${pods} ${byPod}`,
          },
          formula: "used / allowed * 100",
        },
      ]),
      graph("CPU (% of limit)", [
        {
          queries: {
            used: `max:kubernetes.cpu.usage.total${pods} ${byPod}`,
            allowed: `max:kubernetes.cpu.limits${pods} ${byPod}`,
          },
          formula: "used / 10000000 / allowed",
        },
      ]),
      graph("Throttled DynamoDB requests", [
        single(`sum:aws.dynamodb.throttled_requests{env:${environment}} by {tablename}.as_count()`),
      ]),
    ],
  });
}

function single(query: string): Request {
  return { queries: { query }, formula: "query" };
}

function graph(title: string, requests: Request[]) {
  return {
    definition: {
      type: "timeseries",
      title,
      show_legend: true,
      requests: requests.map(({ queries, formula }) => ({
        response_format: "timeseries",
        display_type: "line",
        queries: Object.entries(queries).map(([name, query]) => ({
          name,
          data_source: "metrics",
          query,
        })),
        formulas: [{ formula }],
      })),
    },
  };
}
