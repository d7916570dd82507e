import { Scenario, alertScenario } from "./scenarios";

const pod = "inventory-service-7d4b9c8f6d-x2x7k";
const container = `namespace="ticketing", pod="${pod}", container="main"`;
const waiting = (kind: "" | "init_", values: string) => ({
  series: `kube_pod_${kind}container_status_waiting_reason{${container}, reason="CrashLoopBackOff"}`,
  values,
});
/** A counter of restarts with one restart every `minutes`, until `end`. */
const restarts = (minutes: number, end: number, kind: "" | "init_" = "") => ({
  series: `kube_pod_${kind}container_status_restarts_total{${container}}`,
  values: Array.from({ length: 2 * 360 }, (_, step) =>
    Math.floor(Math.min(step / 2, end) / minutes),
  ).join(" "),
});
const oomKilled = {
  series: `kube_pod_container_status_last_terminated_reason{${container}, reason="OOMKilled"}`,
  values: "1x720",
};

const scenario = (
  alertname: "PodCrashLooping" | "OOMKilled",
  name: string,
  series: Scenario["input_series"],
  checks: [minutes: number, isFiring: boolean][],
): Scenario =>
  alertScenario(
    alertname,
    name,
    series,
    { severity: alertname === "OOMKilled" ? "warning" : "critical", namespace: "ticketing", pod },
    checks,
  );

const never = (minutes: number[]): [number, boolean][] => minutes.map((minute) => [minute, false]);
const always = (minutes: number[]): [number, boolean][] => minutes.map((minute) => [minute, true]);

export const crashLoopScenarios: Scenario[] = [
  scenario(
    "PodCrashLooping",
    "two crashes at the start of a pod do not fire",
    [waiting("", "_x4 1 stale 1 stale"), restarts(1, 2)],
    never([3, 5, 7, 7.5, 8, 8.5, 10, 30]),
  ),
  scenario(
    "PodCrashLooping",
    "an init container fires",
    [waiting("init_", "1x100")],
    [
      [4, false],
      [6, true],
      [40, true],
    ],
  ),
  ...[20, 30].map((minutes) =>
    scenario(
      "PodCrashLooping",
      `a crash every ${minutes} minutes fires once, until the pod is stable`,
      [restarts(minutes, 240)],
      [
        [60, false],
        ...always([120, 130, 140, 150, 160, 170, 180, 200, 220, 240, 270]),
        [300, false],
      ],
    ),
  ),
  scenario(
    "PodCrashLooping",
    "an init container that crashes every 20 minutes fires",
    [restarts(20, 240, "init_")],
    [[60, false], ...always([120, 150, 200, 240])],
  ),
  scenario(
    "PodCrashLooping",
    "a crash loop of 50 minutes does not fire again after its end",
    [
      waiting("", "_x83 1x93 stale"),
      {
        series: `kube_pod_container_status_restarts_total{${container}}`,
        values: `0x79 1x1 2x3 3x5 4x7 5x9 ${[6, 7, 8, 9, 10, 11].map((count) => `${count}x9`).join(" ")} 12x200`,
      },
    ],
    [[60, true], ...never([108, 112, 115, 118, 120, 122, 125, 130])],
  ),
  ...(["", "init_"] as const).map((kind) => {
    const { series, values } = restarts(5, 80, kind);
    const untilDeleted = `${values.split(" ").slice(0, 160).join(" ")} stale`;
    return scenario(
      "PodCrashLooping",
      `a deleted pod ${kind === "" ? "" : "with an init container "}does not fire again`,
      [waiting(kind, "1x159 stale"), { series, values: untilDeleted }],
      [[75, true], ...never([96, 100, 105, 110, 115, 120])],
    );
  }),
  ...(["", "init_"] as const).flatMap((kind) => {
    const container = kind === "" ? "a container" : "an init container";
    return [
      scenario(
        "PodCrashLooping",
        `two crashes of ${container} within an hour do not fire`,
        [restarts(30, 60, kind)],
        never([65, 95, 100, 110, 150]),
      ),
      scenario(
        "PodCrashLooping",
        `a crash of ${container} every 70 minutes does not fire`,
        [restarts(70, 240, kind)],
        never([75, 100, 145, 150, 175, 215, 220]),
      ),
    ];
  }),
  scenario(
    "PodCrashLooping",
    "a reason whose series is 0, as of kube-state-metrics 1, does not fire",
    [waiting("", "0x100")],
    never([10, 40]),
  ),
  scenario(
    "OOMKilled",
    "a container that is killed every 20 minutes fires once, until it is stable",
    [restarts(20, 120), oomKilled],
    [[19, false], ...always([23, 30, 35, 39, 45, 59, 61, 79, 99, 119, 140]), [165, false]],
  ),
];

/** The monitoring namespace has no such record. */
export const crashLoopRecordScenario: Scenario = {
  name: "PodCrashLooping: the record of a pod is 1",
  interval: "30s",
  input_series: [waiting("", "1x100")],
  alert_rule_test: [],
  promql_expr_test: [
    {
      expr: "max(namespace_pod:crash_loop:info)",
      eval_time: "10m",
      exp_samples: [{ labels: "{}", value: 1 }],
    },
  ],
};

const inventory = "inventory-service";
const owner = (name: string, workload: string) => ({
  series: `kube_pod_owner{namespace="ticketing", pod="${name}", owner_kind="StatefulSet", owner_name="${workload}"}`,
  values: "1x100",
});
const looping = (name: string) => ({
  series: `kube_pod_container_status_waiting_reason{namespace="ticketing", pod="${name}", container="main", reason="CrashLoopBackOff"}`,
  values: "1x100",
});
const down = (service: string, values: string) => ({
  series: `up{namespace="ticketing", service="${service}", pod="${service}-0"}`,
  values,
});

/** With the label `service`, ServiceDown inhibits the alert on the only pod of the service. */
export const podServiceScenarios: Scenario[] = [
  {
    name: "PodCrashLooping: names the service of its pod, like ServiceDown",
    interval: "30s",
    input_series: [
      looping(`${inventory}-0`),
      owner(`${inventory}-0`, inventory),
      looping("unconfigured-0"),
      owner("unconfigured-0", "unconfigured"),
      looping("bare"),
      down(inventory, "0x100"),
      down("auth-service", "1x100"),
      down("api-gateway", "1x100"),
    ],
    alert_rule_test: [
      {
        eval_time: "10m",
        alertname: "PodCrashLooping",
        exp_alerts: [
          { pod: `${inventory}-0`, service: inventory },
          { pod: "unconfigured-0" },
          { pod: "bare" },
        ].map((subject) => ({
          exp_labels: { severity: "critical", namespace: "ticketing", ...subject },
        })),
      },
      {
        eval_time: "10m",
        alertname: "ServiceDown",
        exp_alerts: [
          { exp_labels: { severity: "critical", namespace: "ticketing", service: inventory } },
        ],
      },
    ],
  },
];
