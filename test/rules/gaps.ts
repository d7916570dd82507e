import { Scenario, alertScenario } from "./scenarios";

const pod = "inventory-service-7d4b9c8f6d-x2x7k";
const container = `namespace="ticketing", pod="${pod}", container="main"`;

type Gap = "kubelet" | "kube-state-metrics" | "none";

/** A pod at its limits. One scrape in every eight minutes, of the source, fails. */
const input = (gap: Gap, steps = 140): Scenario["input_series"] => {
  const series = (source: Gap, name: string, extra: string, valueAt: (step: number) => number) => ({
    series: `${name}{${container}${extra}}`,
    values: [
      ...Array.from({ length: steps }, (_, step) =>
        source === gap && step % 16 === 5 ? "stale" : valueAt(step),
      ),
      "stale",
    ].join(" "),
  });
  return [
    series("kubelet", "container_memory_working_set_bytes", "", () => 95),
    series("kubelet", "container_cpu_usage_seconds_total", "", (step) => step * 30 * 1.05),
    series("kube-state-metrics", "kube_pod_container_status_restarts_total", "", () => 0),
    ...[
      ["memory", 100],
      ["cpu", 1],
    ].map(([resource, value]) =>
      series(
        "kube-state-metrics",
        "kube_pod_container_resource_limits",
        `, resource="${resource}"`,
        () => Number(value),
      ),
    ),
  ];
};

const cpuLimit = {
  series: `kube_pod_container_resource_limits{${container}, resource="cpu"}`,
  values: "1x120",
};

const scenario = (
  alertname: "HighMemory" | "HighCPU" | "MemoryLimitMissing",
  name: string,
  series: Scenario["input_series"],
  checks: [minutes: number, isFiring: boolean][],
): Scenario =>
  alertScenario(
    alertname,
    name,
    series,
    { severity: alertname === "HighMemory" ? "critical" : "warning", namespace: "ticketing", pod },
    checks,
  );

export const gapScenarios: Scenario[] = [
  ...(["kubelet", "kube-state-metrics"] as const).flatMap((gap) =>
    (["HighMemory", "HighCPU"] as const).map((alert) =>
      scenario(alert, `one scrape of ${gap} in eight minutes fails`, input(gap), [
        [17, true],
        [18.5, true],
        [26.5, true],
        [40, true],
        [60, true],
      ]),
    ),
  ),
  // A request is a share of a busy node, not a bound: the container can use what the node has free.
  scenario(
    "HighCPU",
    "a container that uses twice its request, without a limit, does not fire",
    [
      { series: `container_cpu_usage_seconds_total{${container}}`, values: "0+60x120" },
      {
        series: `kube_pod_container_resource_requests{${container}, resource="cpu"}`,
        values: "1x120",
      },
    ],
    [
      [20, false],
      [50, false],
    ],
  ),
  // An earlier release of the chart may leave a second Service for the kubelet.
  scenario(
    "HighCPU",
    "a container at 60% of its limit, whose kubelet is scraped twice, does not fire",
    [
      ...["prometheus-kubelet", "old-kubelet"].map((service) => ({
        series: `container_cpu_usage_seconds_total{${container}, service="${service}", cpu="total", id="/kubepods/a"}`,
        values: "0+18x120",
      })),
      cpuLimit,
    ],
    [
      [20, false],
      [50, false],
    ],
  ),
  scenario(
    "HighCPU",
    "a container at 90% of its limit, measured for each processor, fires",
    [
      ...["cpu00", "cpu01"].map((cpu) => ({
        series: `container_cpu_usage_seconds_total{${container}, cpu="${cpu}", id="/kubepods/a"}`,
        values: "0+13.5x120",
      })),
      cpuLimit,
    ],
    [[20, true]],
  ),
  scenario("HighMemory", "a pod that is deleted just before it would fire", input("none", 18), [
    [9.5, false],
    [10, false],
    [11, false],
  ]),
  scenario(
    "MemoryLimitMissing",
    "kube-state-metrics is down for two hours",
    [{ series: `container_memory_working_set_bytes{${container}}`, values: "95x300" }],
    [
      [70, false],
      [130, false],
    ],
  ),
];
