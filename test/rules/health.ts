import { crashLoopScenarios } from "./crashLoops";
import { Scenario, alertScenario } from "./scenarios";

const pod = "prometheus-prometheus-kube-prometheus-prometheus-0";
const labels = `namespace="monitoring", pod="${pod}"`;
const ready = (values: string) => ({
  series: `kube_pod_status_ready{${labels}, condition="true"}`,
  values,
});
const phase = (name: string) => ({
  series: `kube_pod_status_phase{${labels}, phase="${name}"}`,
  values: "1x200",
});
const node = (isReady: 0 | 1) => [
  { series: `kube_pod_info{${labels}, node="a"}`, values: "1x200" },
  {
    series: `kube_node_status_condition{node="a", condition="Ready", status="true"}`,
    values: `${isReady}x200`,
  },
];

const scenario = (
  name: string,
  series: Scenario["input_series"],
  checks: [minutes: number, isFiring: boolean][],
): Scenario =>
  alertScenario(
    "MonitoringPodFailing",
    name,
    series,
    { severity: "critical", namespace: "monitoring", pod },
    checks,
  );

const settled: [number, boolean][] = [
  [10, false],
  [24, false],
  [26, true],
  [60, true],
];
const never: [number, boolean][] = [26, 40, 60].map((minute) => [minute, false]);

/** The crash loops of a service, as those of the monitoring stack. */
const crashLoops = crashLoopScenarios
  .filter(({ name }) => name.startsWith("PodCrashLooping"))
  .map(
    (each) =>
      JSON.parse(
        JSON.stringify(each)
          .replaceAll("PodCrashLooping", "MonitoringPodFailing")
          .replaceAll("ticketing", "monitoring"),
      ) as Scenario,
  );

/** Minute 10 is the last one at which the pod is ready. */
export const healthScenarios: Scenario[] = [
  ...crashLoops,
  scenario("a pod that is not ready", [ready("1x20 0x120"), phase("Running"), ...node(1)], settled),
  scenario(
    "a pod that recovers",
    [ready("1x20 0x60 1x100"), ...node(1)],
    [
      [39, true],
      [49, true],
      [52, false],
    ],
  ),
  scenario(
    "a pod that takes 14 minutes to start",
    [ready("_x20 0x28 1x100"), phase("Running"), ...node(1)],
    [20, 24, 26, 30].map((minute) => [minute, false]),
  ),
  scenario("a finished Job", [ready("1x20 0x120"), phase("Succeeded"), ...node(1)], never),
  scenario("an evicted pod", [ready("1x20 0x120"), phase("Failed"), ...node(1)], never),
  scenario("an agent on a node that is not ready", [ready("1x20 0x120"), ...node(0)], never),
];
