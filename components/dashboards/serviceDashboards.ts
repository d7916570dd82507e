import { dashboardPath } from "../alerting/dashboardLinks";
import { podNamePattern } from "../alerting/promql";
import { MetricKey, podMetrics } from "../../policies/shared/metricNames";
import { configuredServices } from "../services/alerts/configuredServices";
import {
  HistogramKey,
  RequestKey,
  ServiceMetricNames,
  histogramOf,
  requestRate,
} from "../services/settings/histograms";
import { newImages } from "../services/alerts/newImages";
import { certificateExpiry, probeLabel } from "../services/alerts/probeAlerts";
import { recorded } from "../services/alerts/recordedSeries";
import { MonitoredServicesSettings } from "../services/settings/settings";
import { ObjectiveKind, objectiveKinds, sloSeries } from "../services/alerts/slo";
import { hasProbe } from "../services/alerts/thresholdVariants";
import { DashboardModel, Panel, Query, graph, logs, query, stat, table } from "./model";
import {
  byMetrics,
  quantiles,
  rateInterval,
  serviceThreshold,
  sum,
  sumRate,
  withSelector,
} from "./queries";
import { runtimePanels } from "./runtimePanels";

type KindName = ObjectiveKind["name"];

/** Returns the kinds of objectives that at least one service has. */
function usedKinds(all: MonitoredServicesSettings[]): KindName[] {
  const services = all.flatMap((settings) => settings.services);
  return objectiveKinds
    .filter(({ objectivePercent }) =>
      services.some((service) => objectivePercent(service) !== undefined),
    )
    .map(({ name }) => name);
}

function budgetLeft(kinds: KindName[], matchers: string): string {
  return `min by (namespace, service) ({${namesOf(kinds, "error_budget:remaining_ratio")}, ${matchers}})`;
}

function namesOf(kinds: KindName[], series: string): string {
  return `__name__=~"${kinds.map((kind) => sloSeries(kind, series)).join("|")}"`;
}

/** Returns PromQL for the ratio of failed HTTP and gRPC requests to all requests. */
function errorRatio(matchers: string): string {
  const requests = `${recorded.requests}{${matchers}}`;
  const failed = (series: string) => `(${series}{${matchers}} or 0 * ${requests})`;
  return `(${failed(recorded.http.failed)} + ${failed(recorded.grpc.failed)}) / (${requests} > 0)`;
}

function p99(matchers: string): string {
  return `max by (namespace, service) (${recorded.http.p99}{${matchers}} or ${recorded.grpc.p99}{${matchers}})`;
}

/** Returns the dashboard with one row for each service. */
export function servicesDashboard(all: MonitoredServicesSettings[]): DashboardModel {
  const matchers = 'namespace=~"$namespace"';
  const kinds = usedKinds(all);
  const top = (expr: string) => [query(`topk(10, ${expr})`, "{{namespace}}/{{service}}")];
  const firing = `ALERTS{alertstate="firing", ${matchers}, service!=""}`;
  return {
    uid: "services-overview",
    title: "Services",
    description: "Traffic, errors, latency, error budget and alerts of all services.",
    variables: [{ name: "namespace", series: recorded.requests, multiple: true }],
    rows: [
      {
        title: "All services",
        panels: [
          table(
            "Services",
            [
              query(`${recorded.requests}{${matchers}}`, "Requests", "reqps"),
              query(errorRatio(matchers), "Failing", "percentunit"),
              query(p99(matchers), "P99", "s"),
              ...(kinds.length === 0
                ? []
                : [query(budgetLeft(kinds, matchers), "Budget left", "percentunit")]),
              query(`count by (namespace, service) (${firing})`, "Firing alerts"),
            ],
            { description: "The name of a service links to its dashboard.", link: "services" },
          ),
        ],
      },
      {
        title: "Ten highest",
        panels: [
          graph("Requests", "reqps", top(`${recorded.requests}{${matchers}}`), { width: 8 }),
          graph("Failing requests", "percentunit", top(errorRatio(matchers)), { width: 8 }),
          graph("Latency P99", "s", top(p99(matchers)), { width: 8 }),
        ],
      },
    ],
  };
}

/** Link from a row in the services table. */
export const serviceRowLink = dashboardPath(
  "service-detail",
  (variable) => `\${__data.fields.${variable}}`,
);

/** Returns the dashboard for one service, which the user selects with a variable. */
export function serviceDashboard(
  all: MonitoredServicesSettings[],
  metrics: MonitoredServicesSettings["alerts"]["metrics"],
  hasLogs: boolean,
): DashboardModel {
  const matchers = 'namespace="$namespace", service="$service"';
  const pods = `namespace="$namespace", pod=~"${podNamePattern(["$service"])}"`;
  const containers = `${withSelector(pods, metrics.containerSelector)}, container!=""`;
  const kinds = usedKinds(all);
  const probed = all.some(({ services }) => services.some(hasProbe));
  const firing = `ALERTS{alertstate="firing", ${matchers}} or ALERTS{alertstate="firing", ${pods}}`;
  const failing = (failed: string, requests: string) =>
    `${failed}{${matchers}} / (${requests}{${matchers}} > 0)`;
  const named = (
    keys: MetricKey[],
    queriesOf: (metrics: ServiceMetricNames, matchers: string) => Query[],
  ) => byMetrics(all, keys, matchers, queriesOf);
  const requestsBy = (metric: RequestKey, label: MetricKey, protocol: string) =>
    named([metric, label], (names, matchers) => [
      query(
        sum(requestRate(names, metric, matchers, rateInterval), names[label]),
        `${protocol} {{${names[label]}}}`,
      ),
    ]);
  const quantilesOf = (key: HistogramKey, label: string) =>
    named([key], (names, matchers) => quantiles(histogramOf(names, key), matchers, label));
  return {
    uid: "service-detail",
    title: "Service",
    description: "Requests, dependencies, pods, runtime and logs of one service.",
    variables: [
      { name: "namespace", series: recorded.requests },
      {
        name: "service",
        // A service that is only probed has no scrape target, so this also reads the configured
        // services.
        series: probed
          ? `{__name__=~"up|${configuredServices}", namespace="$namespace", service!=""}`
          : `up{namespace="$namespace", service!=""}`,
      },
    ],
    deployments: deploymentsOf(`${withSelector(pods, metrics.kubeStateSelector)}, container!=""`),
    rows: [
      {
        title: "Now",
        panels: [
          stat("Requests", "reqps", `${recorded.requests}{${matchers}}`),
          stat("Failing requests", "percentunit", errorRatio(matchers)),
          stat("Latency P99", "s", p99(matchers)),
          ...(kinds.length === 0
            ? []
            : [stat("Error budget left", "percentunit", budgetLeft(kinds, matchers))]),
          stat("Firing alerts", "short", `count(${firing}) or vector(0)`),
        ],
      },
      {
        title: "Requests",
        panels: [
          graph(
            "Requests",
            "reqps",
            [
              ...requestsBy("httpRequests", "httpStatusLabel", "HTTP"),
              ...requestsBy("grpcRequests", "grpcCodeLabel", "gRPC"),
            ],
            { link: "requests" },
          ),
          graph(
            "Failing requests",
            "percentunit",
            [
              query(failing(recorded.http.failed, recorded.http.requests), "HTTP"),
              query(failing(recorded.grpc.failed, recorded.grpc.requests), "gRPC"),
              ...serviceThreshold(all, "errorRatePercent", 0.01),
            ],
            { link: "errors", description: "Over 5 minutes, as in the alert HighErrorRate." },
          ),
          graph(
            "Latency",
            "s",
            [
              ...quantilesOf("httpDuration", "HTTP"),
              ...quantilesOf("grpcDuration", "gRPC"),
              ...serviceThreshold(all, "p99LatencyMs", 0.001),
            ],
            { link: "latency" },
          ),
          graph(
            "Targets",
            "short",
            [query(`sum(up{${matchers}})`, "up"), query(`count(up{${matchers}})`, "scraped")],
            { link: "targets" },
          ),
        ],
      },
      ...(probed ? [{ title: "Probe", panels: probePanels(matchers) }] : []),
      {
        title: "DynamoDB and Redis",
        panels: [
          graph(
            "DynamoDB throttled requests",
            "reqps",
            [
              ...named(["dynamodbThrottles"], (names, matchers) => [
                query(sumRate(`${names.dynamodbThrottles}{${matchers}}`), "throttled"),
              ]),
              ...serviceThreshold(all, "dynamodbThrottlesPerSecond", 1),
            ],
            { link: "dynamodbThrottles" },
          ),
          graph(
            "DynamoDB latency",
            "s",
            [
              ...quantilesOf("dynamodbDuration", "DynamoDB"),
              ...serviceThreshold(all, "dynamodbP99Ms", 0.001),
            ],
            { link: "dynamodbLatency" },
          ),
          graph(
            "Redis latency",
            "s",
            [
              ...quantilesOf("redisDuration", "Redis"),
              ...serviceThreshold(all, "redisP99Ms", 0.001),
            ],
            { link: "redisLatency" },
          ),
          graph(
            "Redis connections per pod",
            "short",
            [
              ...named(["redisPoolActive"], (names, matchers) => [
                query(`max by (pod) (${names.redisPoolActive}{${matchers}})`, "{{pod}}"),
              ]),
              ...serviceThreshold(all, "redisPoolMaximum", 1).map(({ expr }) =>
                query(expr, "maximum"),
              ),
            ],
            { link: "redisPool" },
          ),
        ],
      },
      {
        title: "Pods",
        panels: [
          ...podPanels(metrics, pods),
          graph("Throttled CPU periods", "percentunit", [
            query(throttledRatio(containers), "{{pod}} {{container}}"),
          ]),
        ],
      },
      { title: "Runtime", panels: [...runtimePanels(all, matchers), samplesPanel(matchers)] },
      ...(hasLogs ? [{ title: "Logs", panels: logPanels() }] : []),
    ],
  };
}

/** Returns a panel that shows how many samples the selected service's metrics add to Prometheus. */
function samplesPanel(matchers: string): Panel {
  return graph(
    "Samples per scrape",
    "short",
    [
      query(`max(scrape_samples_post_metric_relabeling{${matchers}})`, "largest target"),
      query(`sum(scrape_series_added{${matchers}})`, "new series of all targets"),
    ],
    { description: "Prometheus rejects a scrape with more samples than its limit." },
  );
}

/**
 * Returns panels for the responses that the blackbox exporter receives from the selected service's URL.
 */
function probePanels(matchers: string): Panel[] {
  const ofProbe = `namespace="$namespace", ${probeLabel}="$service"`;
  return [
    graph("Successful probes", "short", [query(`max(probe_success{${ofProbe}})`, "successful")], {
      link: "probe",
      description: "1 if the URL answers with a status of 2xx and a valid certificate.",
    }),
    graph("Duration of probes", "s", [
      query(`max by (phase) (probe_http_duration_seconds{${ofProbe}})`, "{{phase}}"),
    ]),
    graph("Time until a certificate expires", "s", [query(`${certificateExpiry}{${matchers}} - time()`, "certificate")], {
      link: "certificate",
    }),
  ];
}

/** Selects images that started within the last five minutes, so each deployment is marked once. */
export function deploymentsOf(matchers: string): string {
  const containersAt = (offset: string) => `${podMetrics.containerInfo}{${matchers}}${offset}`;
  return newImages(containersAt, "5m", "container, image");
}

/** Matchers that select the source of pod metrics in a cluster with several sources. */
export type SourceSelectors = Partial<
  Pick<MonitoredServicesSettings["alerts"]["metrics"], "containerSelector" | "kubeStateSelector">
>;

/**
 * Returns panels for the pods' CPU and memory usage next to their requests and limits, and for restarts
 * with their reasons.
 */
export function podPanels(
  { containerSelector, kubeStateSelector }: SourceSelectors,
  pods: string,
): Panel[] {
  const containers = `${withSelector(pods, containerSelector)}, container!=""`;
  const state = withSelector(pods, kubeStateSelector);
  const allowed = (resource: string): Query[] =>
    (["resourceRequests", "resourceLimits"] as const).map((kind) =>
      query(
        `sum by (pod) (${podMetrics[kind]}{${state}, resource="${resource}"})`,
        `{{pod}} ${kind === "resourceRequests" ? "request" : "limit"}`,
      ),
    );
  return [
    graph("CPU", "cores", [
      query(sumRate(`${podMetrics.cpu}{${containers}}`, "pod"), "{{pod}}"),
      ...allowed("cpu"),
    ]),
    graph(
      "Memory",
      "bytes",
      [
        query(`sum by (pod) (${podMetrics.memory}{${containers}})`, "{{pod}}"),
        ...allowed("memory"),
      ],
      { link: "memoryUsage" },
    ),
    graph("Restarts and their reasons", "short", restartQueries(state), { link: "restarts" }),
  ];
}

export function throttledRatio(containers: string): string {
  const by = "namespace, pod, container";
  return `${sumRate(`${podMetrics.cpuThrottledPeriods}{${containers}}`, by)} / ${sumRate(`${podMetrics.cpuPeriods}{${containers}}`, by)}`;
}

function restartQueries(state: string): Query[] {
  const reasons = (metric: string) =>
    `sum by (pod, container, reason) (${metric}{${state}}) > 0`;
  return [
    query(
      `sum by (pod, container) (increase(${podMetrics.restarts}{${state}}[${rateInterval}]))`,
      "{{pod}} {{container}} restarts",
    ),
    query(reasons(podMetrics.lastTerminatedReason), "{{pod}} {{container}} last ended: {{reason}}"),
    query(reasons(podMetrics.waitingReason), "{{pod}} {{container}} waits: {{reason}}"),
  ];
}

function logPanels(): Panel[] {
  const stream = '{namespace="$namespace", service="$service"}';
  return [
    graph(
      "Log lines by level",
      "short",
      [
        query(
          `sum by (detected_level) (count_over_time(${stream} [$__auto]))`,
          "{{detected_level}}",
        ),
      ],
      { source: "loki", link: "logVolume", width: 24 },
    ),
    logs("Logs", stream, { link: "logs" }),
  ];
}

/** Returns the dashboard that shows objectives over a month. */
export function objectivesDashboard(all: MonitoredServicesSettings[]): DashboardModel[] {
  const kinds = usedKinds(all);
  if (kinds.length === 0) return [];
  const matchers = 'namespace=~"$namespace", service=~"$service"';
  const legend = (kind: KindName) => `{{service}} ${kind}`;
  const perKind = (name: string, factor = "") =>
    kinds.map((kind) => query(`${sloSeries(kind, name)}{${matchers}}${factor}`, legend(kind)));
  const badRatio = kinds.map((kind) =>
    query(
      `${sloSeries(kind, "bad_requests:rate1h")}{${matchers}} / (${sloSeries(kind, "requests:rate1h")}{${matchers}} > 0)`,
      legend(kind),
    ),
  );
  return [
    {
      uid: "service-objectives",
      title: "Objectives",
      description: "Error budgets over the last 30 days, and how fast they burn.",
      variables: [
        { name: "namespace", series: `{${namesOf(kinds, "error_budget:ratio")}}`, multiple: true },
        {
          name: "service",
          series: `{${namesOf(kinds, "error_budget:ratio")}, namespace=~"$namespace"}`,
          multiple: true,
        },
      ],
      from: "now-30d",
      rows: [
        {
          title: "Error budgets",
          panels: [
            table("Objectives", kinds.flatMap((kind) => [
              query(`1 - ${sloSeries(kind, "error_budget:ratio")}{${matchers}}`, `Objective (${kind})`, "percentunit"),
              query(`${sloSeries(kind, "error_budget:remaining_ratio")}{${matchers}}`, `Budget left (${kind})`, "percentunit"),
            ])),
            graph("Error budget left", "percentunit", perKind("error_budget:remaining_ratio")),
            graph("Burn rate over an hour", "short", perKind("burn_rate:ratio_rate1h"), {
              link: "budgetBurn",
              description: "At a burn rate of 1, the budget lasts exactly as long as the window of the objective.",
            }),
            graph("Bad requests", "percentunit", badRatio),
            graph("Requests", "reqps", perKind("requests:rate1h")),
          ],
        },
      ],
    },
  ];
}
