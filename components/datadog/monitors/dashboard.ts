import { DatadogMonitorsSettings } from "./settings";
import { monitoredBy, operationOf } from "./monitors";
import { clusterTag } from "../tags";

/** A line of a graph: queries by name, and the formula that combines them. */
interface Line {
  queries: Record<string, string>;
  formula: string;
}

/**
 * The dashboard of an environment: what the monitors watch, side by side. `service` and `version` are
 * variables, so that a version that is rolled out can be looked at alone.
 */
export function datadogDashboard(settings: DatadogMonitorsSettings): string {
  const { cluster, environment, namespace } = settings;
  const operations = [
    ...new Set(monitoredBy(settings).map((service) => operationOf(settings, service))),
  ].sort();
  const spans = `{env:${environment},$service,$version}`;
  const pods = `{${clusterTag(cluster)},kube_namespace:${namespace},$service,$version}`;
  const ofRequests = (line: (metric: string) => Line) =>
    operations.map((operation) => line(`trace.${operation}`));
  const byVersion = "by {service,version}";
  const byPod = "by {pod_name}";
  return JSON.stringify({
    title: `${cluster}: services (${environment})`,
    description: "Made by Pulumi: what is changed here is changed back.",
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
        "Requests a second",
        ofRequests((metric) => single(`sum:${metric}.hits${spans} ${byVersion}.as_rate()`)),
      ),
      graph(
        "Failed requests, %",
        ofRequests((metric) => ({
          queries: {
            failed: `sum:${metric}.errors${spans} ${byVersion}.as_count()`,
            all: `sum:${metric}.hits${spans} ${byVersion}.as_count()`,
          },
          formula: "failed / all * 100",
        })),
      ),
      graph(
        "Latency that 99 % of the requests stay under, s",
        ofRequests((metric) => single(`p99:${metric}${spans} ${byVersion}`)),
      ),
      graph("Restarts", [single(`max:kubernetes.containers.restarts${pods} ${byPod}`)]),
      graph("Memory, % of the limit", [
        {
          queries: {
            used: `max:kubernetes.memory.working_set${pods} ${byPod}`,
            allowed: `max:kubernetes.memory.limits${pods} ${byPod}`,
          },
          formula: "used / allowed * 100",
        },
      ]),
      graph("CPU, % of the limit", [
        {
          queries: {
            used: `max:kubernetes.cpu.usage.total${pods} ${byPod}`,
            allowed: `max:kubernetes.cpu.limits${pods} ${byPod}`,
          },
          formula: "used / 10000000 / allowed",
        },
      ]),
      graph("Requests that DynamoDB refuses", [
        single(`sum:aws.dynamodb.throttled_requests{env:${environment}} by {tablename}.as_count()`),
      ]),
    ],
  });
}

function single(query: string): Line {
  return { queries: { query }, formula: "query" };
}

function graph(title: string, lines: Line[]) {
  return {
    definition: {
      type: "timeseries",
      title,
      show_legend: true,
      requests: lines.map(({ queries, formula }) => ({
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
