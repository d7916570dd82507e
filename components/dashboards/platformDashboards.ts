import { collectorMetrics } from "../logs/collectorMetrics";
import { LogCollector } from "../logs/enums";
import { DashboardModel, Panel, Query, graph, query, stat } from "./model";
import { mean, rate, sumRate } from "./queries";

const matchers = 'namespace=~"$namespace"';

/** Returns the dashboard for Loki and the log collector. */
export function lokiDashboard(collector: LogCollector): DashboardModel {
  const requests = (extra = "") =>
    sumRate(`loki_request_duration_seconds_count{${matchers}${extra}}`, "route");
  return {
    uid: "loki-health",
    title: "Loki and its collector",
    description: "Whether logs arrive, are stored and can be queried.",
    variables: [{ name: "namespace", series: "loki_build_info", multiple: true }],
    rows: [
      {
        title: "Ingestion",
        panels: [
          graph("Lines received", "short", [query(sumRate(`loki_distributor_lines_received_total{${matchers}}`), "lines per second")], { link: "lokiLines" }),
          graph("Bytes received", "Bps", [query(sumRate(`loki_distributor_bytes_received_total{${matchers}}`), "bytes per second")]),
          graph("Streams in memory", "short", [query(`sum by (pod) (loki_ingester_memory_streams{${matchers}})`, "{{pod}}")]),
          graph("Chunks in memory", "short", [query(`sum by (pod) (loki_ingester_memory_chunks{${matchers}})`, "{{pod}}")]),
        ],
      },
      {
        title: "Requests and storage",
        panels: [
          graph(
            "Failing requests by route",
            "percentunit",
            [query(`(${requests(', status_code=~"5.."')} or 0 * ${requests()}) / (${requests()} > 0)`, "{{route}}")],
            { link: "lokiErrors", description: "The alert LokiRequestErrors fires above 10%." },
          ),
          graph("Mean duration by route", "s", [query(mean("loki_request_duration_seconds", matchers, "route"), "{{route}}")]),
          graph("Chunks written to storage", "short", [query(sumRate(`loki_ingester_chunks_flushed_total{${matchers}}`, "reason"), "{{reason}}")]),
          graph(
            "Time since the last index compaction",
            "s",
            [
              query(
                `time() - max(loki_boltdb_shipper_compact_tables_operation_last_successful_run_timestamp_seconds{${matchers}} > 0)`,
                "last successful run",
              ),
            ],
            { link: "lokiCompaction", description: "The alert LokiCompactionNotRunning fires above 3 hours." },
          ),
          graph("Memory", "bytes", [query(`process_resident_memory_bytes{${matchers}} and on (namespace, pod) loki_build_info`, "{{pod}}")]),
        ],
      },
      ...(collector === LogCollector.None ? [] : [{ title: "Collector", panels: collectorPanels(collector) }]),
    ],
  };
}

function collectorPanels(collector: Exclude<LogCollector, "none">): Panel[] {
  const { prefix } = collectorMetrics[collector];
  const perPod = (metric: string): Query[] => [query(sumRate(`${prefix}_${metric}{${matchers}}`, "pod"), "{{pod}}")];
  return [
    graph("Lines sent", "short", perPod("sent_entries_total")),
    graph("Bytes sent", "Bps", perPod("sent_bytes_total")),
    graph("Lines dropped", "short", perPod("dropped_entries_total"), {
      description: "Loki rejected these lines, or was unavailable for longer than the retries.",
    }),
    graph("Mean duration of requests to Loki", "s", [query(mean(`${prefix}_request_duration_seconds`, matchers, "pod"), "{{pod}}")]),
  ];
}

/** Returns the dashboard for Prometheus and Alertmanager. */
export function prometheusDashboard(): DashboardModel {
  const perPod = (expr: string): Query[] => [query(`sum by (pod) (${expr})`, "{{pod}}")];
  const selector = (metric: string, extra = "") => `${metric}{${matchers}${extra}}`;
  return {
    uid: "prometheus-health",
    title: "Prometheus and Alertmanager",
    description: "Whether metrics are scraped, rules are evaluated and alerts reach Alertmanager.",
    variables: [{ name: "namespace", series: "prometheus_build_info", multiple: true }],
    rows: [
      {
        title: "Now",
        panels: [
          stat("Targets down", "short", "count(up == 0) or vector(0)"),
          stat("Series in memory", "short", `sum(${selector("prometheus_tsdb_head_series")})`),
          stat("Samples per second", "short", `sum(${rate(selector("prometheus_tsdb_head_samples_appended_total"))})`),
          stat("Size of blocks", "bytes", `sum(${selector("prometheus_tsdb_storage_blocks_bytes")})`),
          stat("Alerts firing", "short", 'count(ALERTS{alertstate="firing"}) or vector(0)'),
        ],
      },
      {
        title: "Scraping and storage",
        panels: [
          graph("Targets up", "percentunit", [query(`avg by (job) (up{${matchers}})`, "{{job}}")], { link: "monitoringTargets" }),
          graph("Samples ingested per second", "short", perPod(rate(selector("prometheus_tsdb_head_samples_appended_total"))), { link: "ingestion" }),
          graph("Series in memory", "short", perPod(selector("prometheus_tsdb_head_series"))),
          graph(
            "Compactions",
            "short",
            [
              query(`sum by (pod) (increase(${selector("prometheus_tsdb_compactions_failed_total")}[3h]))`, "{{pod}} failed in 3 hours"),
              query(`sum by (pod) (increase(${selector("prometheus_tsdb_compactions_total")}[3h]))`, "{{pod}} in 3 hours"),
            ],
            { link: "compactions", description: "Three hours, as in the alert PrometheusCompactionsFailing: compactions run every two hours." },
          ),
          graph("Memory", "bytes", perPod(`process_resident_memory_bytes{${matchers}} and on (namespace, pod) prometheus_build_info`)),
          graph("Slowest scrapes", "s", [query(`topk(5, max by (namespace, job) (scrape_duration_seconds))`, "{{namespace}}/{{job}}")]),
          graph("Most series", "short", [query(`topk(5, sum by (namespace, job) (scrape_samples_post_metric_relabeling))`, "{{namespace}}/{{job}}")], {
            description: "Series of all targets of a job.",
          }),
          graph(
            "Samples, as a part of the limit",
            "percentunit",
            [query(`topk(5, max by (namespace, job) (scrape_samples_post_metric_relabeling / (scrape_sample_limit > 0)))`, "{{namespace}}/{{job}}")],
            { link: "samplesPerScrape", description: "Of the largest scrape of each job. Above 1, Prometheus rejects the scrape. The alert SamplesNearLimit fires above 0.8." },
          ),
        ],
      },
      {
        title: "Rules and alerts",
        panels: [
          graph("Failed rule evaluations per second", "short", perPod(rate(selector("prometheus_rule_evaluation_failures_total"))), { link: "ruleFailures" }),
          graph("Slowest rule groups", "percentunit", [
            query(
              `topk(5, ${selector("prometheus_rule_group_last_duration_seconds")} / ${selector("prometheus_rule_group_interval_seconds")})`,
              "{{rule_group}}",
            ),
          ], { description: "Duration of the last evaluation as a part of the interval." }),
          graph("Alerts sent and dropped per second", "short", [
            query(sumRate(selector("prometheus_notifications_sent_total"), "pod"), "{{pod}} sent"),
            query(sumRate(selector("prometheus_notifications_dropped_total"), "pod"), "{{pod}} dropped"),
          ]),
          graph("Queries", "s", [
            query(mean("prometheus_http_request_duration_seconds", `${matchers}, handler=~"/api/v1/query.*"`, "handler"), "{{handler}}"),
          ], { description: "Mean duration." }),
          graph("Alerts in Alertmanager", "short", [query(`max by (state) (${selector("alertmanager_alerts")})`, "{{state}}")]),
        ],
      },
    ],
  };
}

/** Returns the dashboard for notifications to Slack and other receivers. */
export function deliveryDashboard(): DashboardModel {
  // Hides unused integrations, for which Alertmanager exports zeros.
  const ofUsed = (expr: string) =>
    `${expr} and on (integration) (sum by (integration) (alertmanager_notifications_total{${matchers}}) > 0)`;
  const perIntegration = (metric: string) => ofUsed(sumRate(`${metric}{${matchers}}`, "integration"));
  return {
    uid: "alert-delivery",
    title: "Alert delivery",
    description: "Whether notifications reach Slack and the other receivers.",
    variables: [{ name: "namespace", series: "alertmanager_build_info", multiple: true }],
    rows: [
      {
        title: "Notifications",
        panels: [
          graph(
            "Failed notifications per second",
            "short",
            [query(ofUsed(sumRate(`alertmanager_notifications_failed_total{${matchers}}`, "integration, reason")), "{{integration}} {{reason}}")],
            { link: "failedNotifications" },
          ),
          graph("Notifications per second", "short", [query(perIntegration("alertmanager_notifications_total"), "{{integration}}")]),
          graph("Mean duration", "s", [query(ofUsed(mean("alertmanager_notification_latency_seconds", matchers, "integration")), "{{integration}}")]),
          graph("Requests and failed requests per second", "short", [
            query(perIntegration("alertmanager_notification_requests_total"), "{{integration}} requests"),
            query(perIntegration("alertmanager_notification_requests_failed_total"), "{{integration}} failed"),
          ], { description: "A notification fails after several failed requests." }),
        ],
      },
      {
        title: "Alerts",
        panels: [
          graph("Firing alerts", "short", [query('count by (alertname, severity) (ALERTS{alertstate="firing"})', "{{alertname}} {{severity}}")]),
          graph("Silences", "short", [query(`max by (state) (alertmanager_silences{${matchers}})`, "{{state}}")]),
          graph("Alerts by state", "short", [query(`max by (state) (alertmanager_alerts{${matchers}})`, "{{state}}")]),
          graph("Age of the configuration", "s", [query(`time() - max by (pod) (alertmanager_config_last_reload_success_timestamp_seconds{${matchers}})`, "{{pod}}")]),
        ],
      },
    ],
  };
}
