import { Scenario, alertScenario } from "./scenarios";

type Input = Scenario["input_series"][number];
const monitoring = `namespace="monitoring"`;

const scenario = (
  alertname: string,
  name: string,
  series: Input[],
  labels: object,
  checks: [minutes: number, isFiring: boolean][],
): Scenario => alertScenario(alertname, name, series, { severity: "critical", ...labels }, checks);

const claim = `${monitoring}, persistentvolumeclaim="data"`;
const claimLabels = { namespace: "monitoring", persistentvolumeclaim: "data" };
const capacity: Input = {
  series: `kubelet_volume_stats_capacity_bytes{${claim}}`,
  values: "100x800",
};
const available = (values: string): Input[] => [
  { series: `kubelet_volume_stats_available_bytes{${claim}}`, values },
  capacity,
];
/** Percent of the volume in half a minute, at a rate per hour. */
const perStep = (percentPerHour: number) => percentPerHour / 120;

const fast = perStep(20);
const slow = perStep(4);
export const volumeScenarios: Scenario[] = [
  // 50% used for 30 minutes; then it fills at 20% an hour, and is full after 150 minutes more.
  scenario(
    "VolumeNearlyFull",
    "a volume that fills fast fires half an hour before it is full",
    available(`50x60 ${50 - fast}-${fast}x299`),
    claimLabels,
    [
      [100, false],
      [119, false],
      [132, true],
      [150, true],
      [165, true],
    ],
  ),
  // More than 95% used while it fills: both conditions hold for one volume, which is one alert.
  scenario(
    "VolumeNearlyFull",
    "a volume that fills to the end fires once",
    available("40x59 40-0.5x80 0x60"),
    claimLabels,
    [60, 66, 68, 70, 75, 80, 90].map((minute) => [minute, true]),
  ),
  // It is full within an hour from the start of its growth, so the share of used space decides.
  scenario(
    "VolumeNearlyFull",
    "a volume that fills at 60% an hour fires 10 minutes after it is 70% full",
    available(`95x60 94.5-0.5x180`),
    claimLabels,
    [
      [105, false],
      [105.5, true],
    ],
  ),
  // The forecast of the last 5 minutes falls below 0 after 4 minutes, that of 20 minutes after 13.
  scenario(
    "VolumeNearlyFull",
    "a volume that starts to fill at 28% an hour fires 10 minutes after both forecasts",
    available(`25x60 ${25 - perStep(28)}-${perStep(28)}x60`),
    claimLabels,
    [
      [52.5, false],
      [53, true],
    ],
  ),
  scenario(
    "VolumeNearlyFull",
    "a volume that fills within hours does not fire yet",
    available(`10-${slow}x90`),
    claimLabels,
    [
      [20, false],
      [40, false],
    ],
  ),
  scenario(
    "VolumeNearlyFull",
    "a volume that is less than 70% full does not fire",
    available(`100x30 98-2x33 32x100`),
    claimLabels,
    [
      [26, false],
      [31, false],
      [34, false],
    ],
  ),
  scenario(
    "VolumeNearlyFull",
    "growth that ends after four minutes does not fire",
    available(`15x60 14-1x7 7x100`),
    claimLabels,
    [32, 34, 36, 38, 40, 42, 44, 46, 50].map((minute) => [minute, false]),
  ),
  ...[
    `kube_persistentvolumeclaim_access_mode{${claim}, access_mode="ReadOnlyMany"}`,
    `kube_persistentvolumeclaim_labels{${claim}, label_excluded_from_alerts="true"}`,
  ].flatMap((series) =>
    ([true, false] as const).flatMap((isExcluded) =>
      (
        [
          ["full", "1x320", "critical"],
          ["fast-filling", `50x60 ${50 - fast}-${fast}x260`, "critical"],
          ["slowly filling", "14.9-0.0017x320", "warning"],
        ] as const
      ).map(([state, values, severity]) =>
        scenario(
          "VolumeNearlyFull",
          `a ${state} volume with ${series.replace(/{.*", /, " ").replace("}", "")} = ${Number(isExcluded)}`,
          [...available(values), { series, values: `${Number(isExcluded)}x320` }],
          { ...claimLabels, severity },
          [[150, !isExcluded]],
        ),
      ),
    ),
  ),
];

const kubelet: Input = { series: `up{namespace="kube-system", job="kubelet"}`, values: "1x80" };
const containers = (values: string): Input => ({
  series: `container_memory_working_set_bytes{${monitoring}, pod="prometheus-0", container="prometheus"}`,
  values,
});
const cadvisor = { namespace: "monitoring", job: "cadvisor" };
export const targetScenarios: Scenario[] = [
  scenario(
    "MonitoringDown",
    "no container metrics while the kubelet is up",
    [kubelet, containers("1x20 stale")],
    cadvisor,
    [
      [10, false],
      [15, false],
      [16, true],
      [40, true],
    ],
  ),
  scenario(
    "MonitoringDown",
    "a kubelet that is down is not missing container metrics",
    [{ ...kubelet, values: "1x10 0x70" }, containers("1x10 stale")],
    cadvisor,
    [[30, false]],
  ),
];

const exporter = (values: string): Input => ({
  series: `up{namespace="observability", job="kube-state-metrics", service="platform-kube-state-metrics"}`,
  values,
});
const lokiUp = (values: string): Input => ({
  series: `up{${monitoring}, job="monitoring/loki", pod="loki-0"}`,
  values,
});
const lokiTargets = (values: string): Input => ({
  series: `prometheus_target_scrape_pool_targets{namespace="observability", pod="prometheus-0", scrape_job="serviceMonitor/monitoring/loki/0"}`,
  values,
});
const ofExisting = (job: string) => ({ namespace: "observability", job });
const down = (
  name: string,
  series: Input[],
  labels: object,
  checks: [minutes: number, isFiring: boolean][],
) => scenario("MonitoringDown", name, series, labels, checks);
export const existingScenarios: Scenario[] = [
  down(
    "the existing kube-state-metrics is down",
    [exporter("1x20 0x60"), containers("1x80"), lokiUp("1x80")],
    ofExisting("kube-state-metrics"),
    [
      [10, false],
      [15, false],
      [16, true],
      [35, true],
    ],
  ),
  down(
    "the existing Prometheus never scraped kube-state-metrics",
    [containers("1x80"), lokiUp("1x80")],
    ofExisting("kube-state-metrics"),
    [
      [4, false],
      [6, true],
    ],
  ),
  down(
    "the existing Prometheus has no metrics of containers",
    [exporter("1x80"), containers("1x20 stale"), lokiUp("1x80")],
    ofExisting("cadvisor"),
    [
      [15, false],
      [16, true],
      [35, true],
    ],
  ),
  down(
    "Loki is down, in a namespace of its own",
    [exporter("1x80"), containers("1x80"), lokiUp("1x20 0x60")],
    { namespace: "monitoring", job: "loki" },
    [
      [15, false],
      [16, true],
    ],
  ),
  down(
    "Loki has no targets any more, in a namespace of its own",
    [exporter("1x80"), containers("1x80"), lokiUp("1x20 stale"), lokiTargets("1x20 0x60")],
    { namespace: "monitoring", job: "loki" },
    [
      [15, false],
      [16, true],
    ],
  ),
  down(
    "all targets of the existing Prometheus are up",
    [exporter("1x80"), containers("1x80"), lokiUp("1x80"), lokiTargets("1x80")],
    {},
    [
      [10, false],
      [40, false],
    ],
  ),
];

/** A target that fails at these scrapes, one every 30 seconds. */
const scrapes = (fails: (step: number) => boolean): Input[] => [
  {
    series: `up{namespace="ticketing", job="api", service="api", instance="a"}`,
    values: Array.from({ length: 160 }, (_, step) => Number(!fails(step))).join(" "),
  },
];
const scraped = { severity: "warning", namespace: "ticketing", job: "api", service: "api" };
/** A target with so many samples per scrape, and its limit. */
const samples = (instance: string, count: string, limit: number): Input[] => {
  const target = `namespace="ticketing", job="api", service="api", instance="${instance}"`;
  return [
    { series: `scrape_samples_post_metric_relabeling{${target}}`, values: count },
    { series: `scrape_sample_limit{${target}}`, values: `${limit}x80` },
  ];
};
export const scrapeScenarios: Scenario[] = [
  scenario(
    "ScrapesFailing",
    "one failed scrape in fifteen minutes does not fire",
    scrapes((step) => step % 30 === 1),
    scraped,
    [40, 70].map((minute) => [minute, false]),
  ),
  scenario(
    "ScrapesFailing",
    "four of five failed scrapes",
    scrapes((step) => step % 5 !== 0),
    scraped,
    [40, 70].map((minute) => [minute, true]),
  ),
  scenario(
    "ScrapesFailing",
    "three failures in most periods of 30 minutes are one alert",
    scrapes((step) => [1, 6, 11, 33, 38, 43].includes(step / 2)),
    scraped,
    [20, 32, 37, 42, 47].map((minute) => [minute, true]),
  ),
  scenario(
    "SamplesNearLimit",
    "the largest of several targets decides",
    [...samples("a", "100x80", 1000), ...samples("b", "100x19 900x60", 1000)],
    scraped,
    [
      [20, false],
      [27, true],
    ],
  ),
  scenario(
    "SamplesNearLimit",
    "a scrape that Prometheus rejects still fires",
    samples("a", "1200x80", 1000),
    scraped,
    [[20, true]],
  ),
  scenario(
    "SamplesNearLimit",
    "a target without a limit does not fire",
    samples("a", "900000x80", 0),
    scraped,
    [[30, false]],
  ),
];

const failedNotifications = (
  name: string,
  integration: string,
  values: string,
  isFiring: boolean,
  reason = "other",
): Scenario =>
  scenario(
    "NotificationsFailing",
    name,
    [
      {
        series: `alertmanager_notifications_failed_total{${monitoring}, integration="${integration}", reason="${reason}"}`,
        values,
      },
    ],
    { namespace: "monitoring", integration },
    [[18, isFiring]],
  );

export const notificationScenarios: Scenario[] = [
  failedNotifications("one failed heartbeat does not fire", "webhook", "0x20 1x40", false),
  failedNotifications("two failed heartbeats fire", "webhook", "0x20 1x4 2x40", true),
  failedNotifications("one failed message of Slack fires", "slack", "0x20 1x40", true),
  failedNotifications(
    "a message that a reload cancels does not fire",
    "slack",
    "0x20 1x40",
    false,
    "contextCanceled",
  ),
];

export const lokiScenarios: Scenario[] = [
  scenario(
    "LokiNotIngesting",
    "no line has arrived since a restart",
    [
      { series: `up{${monitoring}, job="monitoring/loki"}`, values: "1x100" },
      {
        series: `loki_distributor_lines_received_total{${monitoring}, pod="loki-0"}`,
        values: "0+30x10 stale",
      },
    ],
    { namespace: "monitoring" },
    [
      [5, false],
      [20, false],
      [30, true],
      [45, true],
    ],
  ),
  scenario(
    "LokiNotIngesting",
    "Loki is down",
    [{ series: `up{${monitoring}, job="loki"}`, values: "0x100" }],
    {},
    [[40, false]],
  ),
];
