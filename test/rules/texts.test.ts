import * as assert from "node:assert/strict";
import { ruleGroups } from "../../components/alerting/rules";
import { testRules } from "./promtool";
import { definitionsFor, groupsNamed } from "./rulesUnderTest";
import { Series, Timeline, counter, gauge } from "./series";

const timeline: Timeline = { minutes: 70, levelAt: () => "above" };
const pod = "auth-service-0";
const container = (name: string) => ({ namespace: "ticketing", pod, container: name });

/** A gauge of one container, in each of which the value is constant. */
const constant = (metric: string, labels: Record<string, string>, value: number) =>
  gauge(metric, labels, timeline, () => value);

const resource = (name: string, kind: "memory" | "cpu", value: number) =>
  constant("kube_pod_container_resource_limits", { ...container(name), resource: kind }, value);

/** One restart every 4 minutes. */
const restarts = (metric: string, name: string) =>
  gauge(metric, container(name), timeline, (_level, minute) => Math.floor(minute / 4));
const reason = (name: string, why: string) =>
  constant(
    "kube_pod_container_status_last_terminated_reason",
    { ...container(name), reason: why },
    1,
  );

async function expectText(
  alertname: string,
  group: string,
  series: Series[],
  labels: object,
  text: RegExp,
): Promise<void> {
  const rules = ruleGroups(groupsNamed(definitionsFor(), ["ownership", group]), {});
  const { output } = await testRules(rules, [
    {
      name: alertname,
      interval: "30s",
      input_series: series,
      alert_rule_test: [
        {
          eval_time: `${timeline.minutes}m`,
          alertname,
          // promtool prints the annotations of an alert that differs.
          exp_alerts: [{ exp_labels: labels, exp_annotations: { description: "" } }],
        },
      ],
    },
  ]);
  const [, actual = output] = output.split("got:");
  assert.match(actual, text);
}

/** A container that runs in these minutes, in a pod of the workload with this name. */
function running(workload: string, podName: string, image: string, from: number, to: number) {
  const isRunning = (_level: unknown, minute: number) =>
    minute >= from && minute < to ? 1 : undefined;
  const labels = { namespace: "ticketing", pod: podName };
  return [
    gauge("kube_pod_container_info", { ...labels, container: "main", image }, timeline, isRunning),
    gauge(
      "kube_pod_owner",
      { ...labels, owner_kind: "StatefulSet", owner_name: workload },
      timeline,
      isRunning,
    ),
  ];
}
const registry = "registry.example.com";
const image = (tag: string) => `${registry}/auth-service:${tag}`;
/** Runs an image in one pod of auth-service. */
const tagIn = (podName: string, tag: string, from = 0, to = 100) =>
  running("auth-service", podName, image(tag), from, to);

const onPod = { severity: "critical", namespace: "ticketing", pod };

describe("the description of an alert, in promtool", () => {
  it("names the tables that DynamoDB throttles", () =>
    expectText(
      "DynamoDBThrottling",
      "dependencies",
      [
        ...(["seats", "events"] as const).map((table) => ["auth-service", table, 8] as const),
        ["auth-service", "users", 0] as const,
        ["inventory-service", "stock", 1] as const,
      ].map(([service, table, rate]) =>
        counter(
          "dynamodb_throttled_requests_total",
          { namespace: "ticketing", service, table },
          timeline,
          () => rate,
        ),
      ),
      { severity: "critical", namespace: "ticketing", service: "auth-service" },
      /DynamoDB throttled 16 requests per second from auth-service in ticketing over the last 5 minutes \(threshold: 10\), on the tables events, seats\. /,
    ));

  it("names the container that crashes, its reason and its restarts", () =>
    expectText(
      "PodCrashLooping",
      "pods",
      [
        constant(
          "kube_pod_container_status_waiting_reason",
          { ...container("main"), reason: "CrashLoopBackOff" },
          1,
        ),
        restarts("kube_pod_container_status_restarts_total", "main"),
        constant("kube_pod_container_status_restarts_total", container("proxy"), 3),
        reason("main", "Error"),
      ],
      onPod,
      /The container main of pod auth-service-0 in ticketing \(last reason: Error; restarts in the last 2 hours: 17(\.\d+)?\)/,
    ));

  it("names the init container that crashes", () =>
    expectText(
      "PodCrashLooping",
      "pods",
      [
        constant(
          "kube_pod_init_container_status_waiting_reason",
          { ...container("migrate"), reason: "CrashLoopBackOff" },
          1,
        ),
        restarts("kube_pod_init_container_status_restarts_total", "migrate"),
        constant("kube_pod_container_status_restarts_total", container("main"), 0),
      ],
      onPod,
      /The container migrate of pod auth-service-0 in ticketing \(last reason: unknown; restarts/,
    ));

  it("names the container that was killed, and how often it restarted", () =>
    expectText(
      "OOMKilled",
      "pods",
      [
        restarts("kube_pod_container_status_restarts_total", "main"),
        constant("kube_pod_container_status_restarts_total", container("proxy"), 3),
        reason("main", "OOMKilled"),
        reason("proxy", "Error"),
      ],
      { ...onPod, severity: "warning" },
      /The container main of pod auth-service-0 in ticketing exceeded its memory limit and was killed; it restarted 2\.\d+ times in the last 10 minutes \(threshold: 1\)/,
    ));

  it("names the container that uses the most of its memory", () =>
    expectText(
      "HighMemory",
      "pods",
      [
        constant("container_memory_working_set_bytes", container("main"), 95),
        constant("container_memory_working_set_bytes", container("proxy"), 180),
        resource("main", "memory", 100),
        resource("proxy", "memory", 200),
      ],
      onPod,
      /The container main of pod auth-service-0 in ticketing uses 95% of its memory limit/,
    ));

  it("names the container without a memory limit", () =>
    expectText(
      "MemoryLimitMissing",
      "pods",
      [
        ...["main", "proxy"].flatMap((name) => [
          constant("container_memory_working_set_bytes", container(name), 95),
          constant("kube_pod_container_status_restarts_total", container(name), 0),
        ]),
        resource("main", "memory", 100),
      ],
      { ...onPod, severity: "warning" },
      /The container proxy of pod auth-service-0 in ticketing has no memory limit \(containers without one: 1\)/,
    ));

  it("names the container that uses the most of its CPU, or is throttled the most", async () => {
    const rate = (metric: string, name: string, perSecond: number) =>
      counter(metric, container(name), timeline, () => perSecond);
    await expectText(
      "HighCPU",
      "pods",
      [
        rate("container_cpu_usage_seconds_total", "main", 0.5),
        rate("container_cpu_usage_seconds_total", "proxy", 0.19),
        resource("main", "cpu", 1),
        resource("proxy", "cpu", 0.2),
      ],
      { ...onPod, severity: "warning" },
      /The container proxy of pod auth-service-0 in ticketing used 95% of its CPU limit/,
    );
    await expectText(
      "CPUThrottling",
      "pods",
      ["main", "proxy"].flatMap((name) => [
        rate("container_cpu_cfs_periods_total", name, 10),
        rate("container_cpu_cfs_throttled_periods_total", name, name === "main" ? 4 : 1),
      ]),
      { ...onPod, severity: "warning" },
      /throttled the container main of pod auth-service-0 in ticketing in 40% of its CPU periods/,
    );
  });
});

// Alerts fire at minute 70, so an hour ago is minute 10.
describe("the new images in the description of an alert, in promtool", () => {
  const throttled = counter(
    "dynamodb_throttled_requests_total",
    { namespace: "ticketing", service: "auth-service", table: "seats" },
    timeline,
    () => 20,
  );
  const ofService = (pods: Series[], text: string) =>
    expectText(
      "DynamoDBThrottling",
      "dependencies",
      [throttled, ...pods],
      { severity: "critical", namespace: "ticketing", service: "auth-service" },
      new RegExp(`requests fail\\.${text.replaceAll(".", "\\.")}"`),
    );
  const ofPod = (pods: Series[], text: string) =>
    expectText(
      "HighMemory",
      "pods",
      [
        constant("container_memory_working_set_bytes", container("main"), 95),
        resource("main", "memory", 100),
        ...pods,
      ],
      onPod,
      new RegExp(`the kernel kills it\\.${text.replaceAll(".", "\\.")}"`),
    );

  it("are those of the service that did not run an hour ago", () =>
    ofService(
      [
        ...tagIn("auth-service-0", "1.4.1", 0, 40),
        ...tagIn("auth-service-1", "1.4.2", 30),
        ...running("auth-service", "auth-service-2", `${registry}/proxy:1`, 0, 100),
        ...running("inventory-service", "inventory-service-0", `${registry}/stock:2`, 30, 100),
      ],
      ` New in the last hour: ${image("1.4.2")}`,
    ));

  it("are those of all pods of the pod's workload", () =>
    ofPod(
      [
        ...tagIn(pod, "1.4.2", 30),
        ...tagIn("auth-service-1", "1.4.1"),
        ...running("inventory-service", "inventory-service-0", `${registry}/stock:2`, 30, 100),
      ],
      ` New in the last hour: ${image("1.4.2")}`,
    ));

  it("are not those of another pod an hour ago, as after a rollback or on another node", async () => {
    const pods = [
      ...tagIn("auth-service-1", "1.4.1", 0, 30),
      ...tagIn("auth-service-2", "1.4.2", 30, 50),
      ...tagIn(pod, "1.4.1", 50),
    ];
    await ofService(pods, "");
    await ofPod(pods, "");
  });

  it("are those of a rollback to what did not run an hour ago", () =>
    ofPod(
      [
        ...tagIn("auth-service-1", "1.4.1", 0, 5),
        ...tagIn("auth-service-2", "1.4.2", 5, 50),
        ...tagIn(pod, "1.4.1", 50),
      ],
      ` New in the last hour: ${image("1.4.1")}`,
    ));

  it("are at most three", () =>
    ofService(
      [
        ...tagIn("auth-service-0", "1.4.1"),
        ...["1", "2", "3", "4"].flatMap((tag) => tagIn(`auth-service-${tag}`, tag, 30)),
      ],
      ` New in the last hour: ${image("1")}, ${image("2")}, ${image("3")} and more`,
    ));

  it("are not named without kube-state-metrics, now or an hour ago", async () => {
    await ofService([], "");
    await ofService(tagIn("auth-service-0", "1.4.2", 30), "");
    await ofService(tagIn("auth-service-0", "1.4.2", 0, 60), "");
  });
});
