import { parse } from "yaml";
import type { QuietHours } from "../../components/slack/slackAlerting";
import type { RecordedResource } from "../engine/recordedResource";
import { definitionConfig, isAlertManagerDefinition } from "../../policies/facts/amp";
import { ruleGroupsOf } from "../../policies/facts/rules";
import { keepListsOf, metricsIn } from "../../policies/facts/keepLists";
import { releaseType } from "../../policies/facts/releaseType";
import { count } from "./count";
import { alertmanagerSecret } from "./exports";
import { destinationsOf } from "./routes";

/** The parts of a recorded resource that the summary uses. */
export type SummarizedResource = Pick<RecordedResource, "type" | "name" | "inputs">;

/** Facts about a part of the stack, such as `["retention", "15 days"]`. */
export interface Fact {
  part: string;
  rows: [name: string, value: string][];
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- inputs of any type of resource
type Inputs = Record<string, any>;

const NAMES_SHOWN = 12;

/**
 * Summarizes the stack for a reviewer, based on the resources and outputs that the program registers:
 * each component's settings, the releases, the rules, Alertmanager's routes, and the outputs
 * `retentionCost` and `existingPrometheus`.
 */
export function summarize(
  resources: SummarizedResource[],
  outputs: Record<string, unknown> = {},
): Fact[] {
  const components = (name: string): Inputs[] =>
    resources.flatMap(({ type, inputs }) => (type === `monitoring:index:${name}` ? [inputs] : []));
  const component = (name: string): Inputs | undefined => components(name)[0];
  const object = (kind: string, name?: string): Inputs[] =>
    resources
      .map((resource) => resource.inputs)
      .filter(
        (inputs) =>
          inputs["kind"] === kind && (name === undefined || inputs["metadata"]?.name === name),
      );
  const dashboards = object("ConfigMap").filter(
    ({ metadata }) => "grafana_dashboard" in (metadata?.labels ?? {}),
  );
  const [definition] = resources
    .filter(isAlertManagerDefinition)
    .map(({ inputs }) => definitionConfig({ props: inputs }));
  return [
    part("Helm releases", releaseRows(resources)),
    part("Namespaces", namespaceRows(resources)),
    part("Prometheus", [
      ...prometheusRows(component("PrometheusStack"), dashboards.length),
      ...keepListRows(resources),
    ]),
    part("Existing Prometheus", textRows(outputs["existingPrometheus"])),
    part("Loki", lokiRows(component("LokiStack"))),
    part("Datadog", datadogRows(component("DatadogAgent"), component("DatadogMonitors"))),
    part("Services", serviceRows(components("MonitoredServices"))),
    part("Alerts", alertRows(component("MonitoredServices"), resources)),
    part(
      "Routes",
      routeRows(
        object("Secret", alertmanagerSecret)[0]?.["stringData"]?.["alertmanager.yaml"] ??
          definition,
        component("SlackAlerting"),
        component("PrometheusStack")?.["grafana"]?.externalUrl ??
          component("MonitoredServices")?.["alerts"]?.dashboardBaseUrl,
      ),
    ),
    part("Retention and cost", textRows(outputs["retentionCost"])),
  ].filter((fact) => fact.rows.length > 0);
}

function part(name: string, rows: (Fact["rows"][number] | undefined)[]): Fact {
  return { part: name, rows: rows.filter((row) => row !== undefined) };
}

/** Returns a row, or undefined if the value is not set. */
function row(
  name: string,
  value: unknown,
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
  show: (value: any) => string = String,
): Fact["rows"][number] | undefined {
  return value === undefined || value === null ? undefined : [name, show(value)];
}

function releaseRows(resources: SummarizedResource[]): Fact["rows"] {
  return resources
    .filter((resource) => resource.type === releaseType)
    .map(({ name, inputs }) => {
      const repository = inputs["repositoryOpts"]?.repo;
      return [
        String(inputs["name"] ?? name),
        `${inputs["chart"]} ${inputs["version"]}` +
          ` in ${inputs["namespace"]}${repository === undefined ? "" : ` from ${repository}`}`,
      ];
    });
}

/** Lists the namespaces of the stack's objects that neither the stack nor Kubernetes creates. */
function namespaceRows(resources: SummarizedResource[]): Fact["rows"] {
  const objects = resources.filter(({ type }) => type.startsWith("kubernetes:"));
  const created = objects.filter(({ inputs }) => inputs["kind"] === "Namespace");
  const names = new Set<unknown>(
    objects.map(({ inputs }) => inputs["metadata"]?.namespace ?? inputs["namespace"]),
  );
  for (const { inputs } of created) names.delete(inputs["metadata"]?.name);
  const missing = [...names].filter(
    (name): name is string => typeof name === "string" && !/^(default|kube-.*)$/.test(name),
  );
  return missing.length === 0 ? [] : [["must exist", firstNames(missing.sort())]];
}

function prometheusRows(settings: Inputs | undefined, dashboards: number) {
  if (settings === undefined) return [];
  const { alertmanager, grafana } = settings;
  const community = (grafana?.communityDashboards ?? []) as { id: number }[];
  return [
    row("retention", settings["retentionDays"], days),
    row("scrape interval", settings["scrapeIntervalSeconds"], (s: number) => `${s} s`),
    row("storage", settings["storageGb"], (gb: number) => `${gb} GiB each`),
    row("replicas", settings["replicas"]),
    row("long-term storage", settings["longTerm"], ({ kind, url }) => `${kind}, ${url}`),
    row("size", settings["size"]),
    row(
      "Alertmanager",
      alertmanager,
      () => `${count(alertmanager.replicas, "replica")}, ${alertmanager.storageGb} GiB each`,
    ),
    row("Grafana", grafana, () =>
      [
        community.length > 0 && `community dashboards ${community.map(({ id }) => id).join(", ")}`,
        dashboards > 0 && `${count(dashboards, "dashboard")} as code`,
        grafana.storageGb !== undefined && `${grafana.storageGb} GiB`,
        grafana.externalUrl,
        grafana.sso !== undefined && `single sign-on with ${grafana.sso.provider}`,
      ]
        .filter(Boolean)
        .join("; "),
    ),
  ];
}

/** Returns the number of metrics that Prometheus keeps from each target with a keep list. */
function keepListRows(resources: SummarizedResource[]): Fact["rows"] {
  const lists = resources.flatMap(({ type, name, inputs }) =>
    keepListsOf({ type, name, urn: "", props: inputs }),
  );
  if (lists.length === 0) return [];
  const counts = lists.map((list) => `${list.target} ${metricsIn(list).length}`);
  return [["metrics kept", counts.join(", ")]];
}

function lokiRows(settings: Inputs | undefined) {
  if (settings === undefined) return [];
  const inBucket = settings["storage"] !== "filesystem";
  return [
    row("mode", settings["mode"]),
    row("retention", settings["retentionDays"], days),
    row("storage", settings["storage"]),
    inBucket ? row("bucket", settings["bucket"]) : undefined,
    inBucket ? row("access", settings["awsIdentity"]) : undefined,
    row("volume", settings["volumeGb"], (gb: number) => `${gb} GiB`),
    row("collector", settings["collector"]),
  ];
}

function datadogRows(settings: Inputs | undefined, monitors: Inputs | undefined) {
  if (settings === undefined) return [];
  const features = ["apm", "profiling", "logs", "processes"].filter(
    (feature) => typeof settings[feature] === "boolean",
  );
  const list = (isEnabled: boolean): string | undefined =>
    features.filter((feature) => settings[feature] === isEnabled).join(", ") || undefined;
  return [
    row("site", settings["site"]),
    row("enabled", list(true)),
    row("disabled", list(false)),
    row("cluster agent", settings["clusterAgentReplicas"], (n: number) => count(n, "replica")),
    row("monitors notify", monitors?.["notify"], (handles: string[]) => handles.join(", ")),
  ];
}

function serviceRows(components: Inputs[]) {
  const services = components.flatMap((settings) =>
    ((settings["services"] ?? []) as Inputs[]).map(({ name, kind, slo }) => ({
      name:
        (components.length === 1 ? String(name) : `${settings["namespace"]}/${name}`) +
        ([undefined, "service"].includes(kind) ? "" : ` (${kind})`),
      slo,
    })),
  );
  if (services.length === 0) return [];
  const objectives = services.flatMap(({ name, slo }) =>
    slo?.["availabilityPercent"] === undefined ? [] : `${name} ${slo["availabilityPercent"]} %`,
  );
  return [
    row(count(services.length, "service"), firstNames(services.map(({ name }) => name))),
    row("availability", objectives.length > 0 ? firstNames(objectives) : undefined),
  ];
}

function alertRows(settings: Inputs | undefined, resources: SummarizedResource[]) {
  const thresholds = settings?.["alerts"] as Inputs | undefined;
  const all = resources.flatMap(
    ({ type, inputs }) => ruleGroupsOf({ type, props: inputs }) as { rules?: Inputs[] }[],
  );
  const alerts = all.flatMap((group) => group.rules ?? []).filter((rule) => "alert" in rule);
  return [
    row("error rate", thresholds?.["errorRatePercent"], (n: number) => `> ${n} %`),
    row("P99 latency", thresholds?.["p99LatencyMs"], (n: number) => `> ${n} ms`),
    row("memory", thresholds?.["memoryPercent"], (n: number) => `> ${n} % of the limit`),
    row("CPU", thresholds?.["cpuPercent"], (n: number) => `> ${n} % of the limit`),
    row(
      "DynamoDB throttles",
      thresholds?.["dynamodbThrottlesPerSecond"],
      (n: number) => `> ${n} per second`,
    ),
    alerts.length === 0
      ? undefined
      : row("rules", `${count(alerts.length, "alert")} in ${count(all.length, "group")}`),
  ];
}

function routeRows(text: unknown, settings: Inputs | undefined, dashboardUrl: string | undefined) {
  if (typeof text !== "string") return [];
  const config = parse(text) as Inputs;
  const to = (labels: Record<string, string>): string => destinationsOf(config, labels).join(", ");
  const toAll = (labels: Record<string, string>): string => {
    const [critical, warning] = ["critical", "warning"].map((severity) =>
      to({ severity, ...labels }),
    );
    return critical === warning ? `${critical}` : `${critical}; warnings: ${warning}`;
  };
  const routes = (settings?.["routes"] ?? []) as Record<string, string>[];
  const receivers = Object.values((settings?.["receivers"] ?? {}) as Record<string, Inputs>);
  const subjects = [
    ...routes.map(({ channel: _channel, ...labels }) => labels),
    ...["service", "team"].flatMap((label) =>
      receivers.flatMap((receiver) =>
        ((receiver[`${label}s`] ?? []) as string[]).map((name) => ({ [label]: name })),
      ),
    ),
  ];
  const named = new Map(
    subjects.map((labels) => [Object.entries(labels).flat().join(" "), labels]),
  );
  return [
    ...["critical", "warning", "info"].map((severity) => row(severity, to({ severity }))),
    row("Watchdog", to({ alertname: "Watchdog", severity: "none" })),
    ...[...named].map(([name, labels]) => row(name, toAll(labels))),
    row("links", settings && missingLinks(settings, dashboardUrl)),
    row("quiet hours", settings?.["quietHours"], quietHoursText),
  ];
}

/** Describes when quiet hours mute warnings. */
export function quietHoursText(quietHours: QuietHours): string {
  const { from, to, timezone, weekends, holidays = [] } = quietHours;
  const days = [...(weekends ? ["weekends"] : []), ...holidays];
  const onDays = days.length === 0 ? "" : ` and on ${days.join(", ")}`;
  return `warnings are muted from ${from} to ${to}${onDays} (${timezone})`;
}

/** Lists the links that messages cannot contain, with the configuration keys of the missing URLs. */
function missingLinks(
  { prometheusUrl, alertmanagerUrl }: Inputs,
  dashboardUrl: string | undefined,
): string | undefined {
  const missing = [
    dashboardUrl === undefined && "no Dashboard and Logs (set grafana.externalUrl)",
    prometheusUrl === undefined && "no Graph (set prometheus.externalUrl)",
    alertmanagerUrl === undefined && "no Silence (set alertmanager.externalUrl)",
  ].filter((text) => text !== false);
  return missing.length === 0 ? undefined : missing.join(", ");
}

/** Returns rows for lines that the program derives from its settings and exports. */
function textRows(lines: unknown): Fact["rows"] {
  if (typeof lines !== "object" || lines === null) return [];
  return Object.entries(lines).filter(
    (line): line is [string, string] => typeof line[1] === "string",
  );
}

function firstNames(items: string[]): string {
  const rest = items.length - NAMES_SHOWN;
  return items.slice(0, NAMES_SHOWN).join(", ") + (rest > 0 ? ` +${rest} more` : "");
}

function days(number: number): string {
  return count(number, "day");
}
