import { type DashboardUid, linkedPanels } from "../components/alerting/dashboardLinks";
import { listAt, mapAt, textAt } from "../policies/facts/plain";
import { type Alert, alertsOf } from "../preview/compare/alerts";
import { compare } from "../preview/compare/compare";
import { dashboardsOf } from "../preview/compare/dashboards";
import { type PreviewState, componentsOf, servicesOf } from "../preview/compare/state";
import { serviceRoutes } from "../preview/compare/notifications";
import type { Fact } from "../preview/output/summary";

/** Describes what the stack provides for an added service, and what else changes. */
export function gains(before: PreviewState, after: PreviewState): Fact[] {
  const known = new Set(servicesOf(before).map(({ id }) => id));
  const service = servicesOf(after).find(({ id }) => !known.has(id));
  if (service === undefined) return [];
  const { namespace, name } = service;
  const alerts = [...alertsOf(after).values()].filter((alert) => alert.service === service.id);
  const { resources, policies } = compare(before, after);
  const hasLoki = componentsOf(after).some(({ type }) => type.endsWith(":LokiStack"));
  const facts: [part: string, rows: Fact["rows"]][] = [
    ["Scraping", scraping(after, namespace, name)],
    ["Probe", probe(after, namespace, name)],
    ["Alerts", distinct(alerts.map(alertRow))],
    ["Notifications", serviceRoutes(after, service)],
    ["Dashboards", dashboards(after, new Set(alerts.map((alert) => alert.name)))],
    ["Logs", hasLoki ? [["query", `{namespace="${namespace}", service="${name}"}`]] : []],
    ["Resources", resources.map(({ resource, change }) => [resource, change])],
    ["Policies", policies.map(({ policy, change }) => [policy, change])],
  ];
  return facts.map(([part, rows]) => ({ part, rows })).filter(({ rows }) => rows.length > 0);
}

function alertRow({ name, severity, for: duration, threshold }: Alert): [string, string] {
  const condition = threshold === undefined ? "" : `, threshold ${threshold}`;
  return [name, `${severity}, for ${duration}${condition}`];
}

/** Removes duplicate rows. An alert can have several rules, such as one per protocol. */
function distinct(rows: Fact["rows"]): Fact["rows"] {
  return [...new Map(rows.map((row) => [row.join(), row])).values()];
}

/** Returns violations of mandatory policies that exist only in the second state. */
export function newViolations(before: PreviewState, after: PreviewState): string[] {
  const mandatory = ({ policy }: PreviewState) =>
    policy.violations
      .filter(({ level }) => level !== "advisory")
      .map(({ policy, message }) => `${policy}: ${message}`);
  const known = new Set(mandatory(before));
  return mandatory(after).filter((text) => !known.has(text));
}

function scraping(state: PreviewState, namespace: string, name: string): Fact["rows"] {
  return objects(state, /^(Service|Pod)Monitor$/, namespace, name).flatMap(
    (inputs): Fact["rows"] => {
      const kind = textAt(inputs, "kind") ?? "";
      const labels = mapAt(inputs, "spec", "selector", "matchLabels");
      const selected = Object.entries(labels).map(([label, value]) => `${label}=${String(value)}`);
      const endpoints = ["endpoints", "podMetricsEndpoints"].flatMap((key) =>
        listAt(inputs, "spec", key),
      );
      return [
        [kind, `${namespace}/${name}`],
        ["selects", `${kind.replace("Monitor", "s")} with the labels ${selected.join(", ")}`],
        ...endpoints.map((endpoint): [string, string] => [
          "target",
          `port ${portOf(endpoint)}, path ${textAt(endpoint, "path")}, ${intervalOf(state, endpoint)}`,
        ]),
      ];
    },
  );
}

/** Returns an endpoint's port name or number. */
function portOf(endpoint: unknown): string {
  const { port, targetPort, portNumber } = mapAt(endpoint);
  return String(port ?? targetPort ?? portNumber);
}

function probe(state: PreviewState, namespace: string, name: string): Fact["rows"] {
  return objects(state, /^Probe$/, namespace, name).flatMap(({ spec }): Fact["rows"] =>
    listAt(spec, "targets", "staticConfig", "static").map((url) => [
      "requests",
      `${String(url)}, ${intervalOf(state, spec)}`,
    ]),
  );
}

/** Returns the Kubernetes objects that make Prometheus scrape a service. */
function objects(state: PreviewState, kinds: RegExp, namespace: string, name: string) {
  return state.resources
    .map(({ inputs }) => inputs)
    .filter((inputs) => {
      const metadata = mapAt(inputs, "metadata");
      const isOfService = metadata["name"] === name && metadata["namespace"] === namespace;
      return isOfService && kinds.test(textAt(inputs, "kind") ?? "");
    });
}

/** Returns the scrape interval of an endpoint or probe. Default: the interval of Prometheus. */
function intervalOf(state: PreviewState, scraped: unknown): string {
  const interval = textAt(scraped, "interval");
  if (interval !== undefined) return `every ${interval}`;
  const prometheus = componentsOf(state).find(({ type }) => type.endsWith(":PrometheusStack"));
  return prometheus === undefined
    ? "at the interval of the existing Prometheus"
    : `every ${String(prometheus.inputs["scrapeIntervalSeconds"])}s`;
}

/** Returns the dashboards with the panels that the alerts link to. */
function dashboards(state: PreviewState, alerts: Set<string>): Fact["rows"] {
  const panels: { dashboard: DashboardUid; alerts: string[] }[] = Object.values(linkedPanels);
  const linked = panels.filter((panel) => panel.alerts.some((alert) => alerts.has(alert)));
  const uids = new Set<string>(["services-overview", ...linked.map(({ dashboard }) => dashboard)]);
  return [...dashboardsOf(state)]
    .filter(([uid]) => uids.has(uid))
    .map(([uid, { title }]) => [uid, title]);
}
