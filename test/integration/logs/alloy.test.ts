import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { alloyConfig, alloyEventsConfig } from "../../../components/logs/alloyConfig";
import { toolPath } from "../../../tools/paths.cjs";
import { projectDirectory } from "../../support/stackConfig";
import { alloyArgs, startAlloy } from "./support/alloy";
import { itCollectsLogs } from "./support/collector";
import { KubernetesApi, KubernetesEvent } from "./support/kubernetesApi";
import { Loki } from "./support/loki";
import { Server, eventually } from "../../support/server";

const rendered = alloyConfig(alloyArgs);

describe("alloyConfig, validated by Alloy", () => {
  let folder: string;
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "alloy-"));
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  function alloy(command: string[], text: string) {
    const file = path.join(folder, "config.alloy");
    fs.writeFileSync(file, text);
    return spawnSync(toolPath("alloy"), [...command, file], { encoding: "utf8" });
  }

  for (const [source, text] of [
    ["pods", rendered],
    ["events", alloyEventsConfig(alloyArgs)],
  ] as const) {
    it(`is valid for ${source}`, () => {
      const { status, stderr } = alloy(["validate"], text);
      assert.deepEqual([status, stderr], [0, ""]);
    });
  }

  for (const [mistake, from, to, error] of [
    ["a syntax error", "forward_to = [", "forward_to = ", /config\.alloy:\d+:\d+/],
    ["an unknown setting", "max_backoff_retries", "backoff_retry", /backoff_retry/],
    ["an unknown component", "loki.source.file", "loki.source.fil", /loki\.source\.fil/],
    [
      "a reference to an unknown component",
      "discovery.relabel.pods.output",
      "discovery.relabel.x.output",
      /relabel\.x/,
    ],
  ] as const) {
    it(`would be invalid with ${mistake}`, () => {
      const { status, stderr } = alloy(["validate"], rendered.replace(from, to));
      assert.equal(status, 1);
      assert.match(stderr, error);
    });
  }
});

describe("Alloy with our configuration", () => {
  itCollectsLogs((environment) => startAlloy(rendered, environment));
});

describe("the Alloy that collects Kubernetes events", () => {
  const pod = "order-service-5d8f7c9b44-abcde";
  const event: KubernetesEvent = {
    namespace: "ticketing",
    object: { kind: "Pod", name: pod },
    type: "Warning",
    reason: "BackOff",
    message: 'Back-off restarting failed container "app" with password=hunter2',
    count: 7,
    lastTimestamp: `${new Date(Date.now() - 60_000).toISOString().slice(0, 19)}Z`,
  };
  const ofDeployment: KubernetesEvent = {
    ...event,
    object: { kind: "Deployment", name: "order-service" },
    type: "Normal",
    reason: "ScalingReplicaSet",
    message: "Scaled up replica set order-service-5d8f7c9b44 to 2",
  };
  const events = [event, ofDeployment];
  const podLogs = { namespace: "ticketing", app: "order-service", pod };
  let folder: string;
  let loki: Loki;
  let kubernetes: KubernetesApi;
  let alloy: Server | undefined;

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "events-"));
    loki = await Loki.start({ recorded: "filesystem", folder: path.join(folder, "loki") });
    kubernetes = await KubernetesApi.start([], events);
    alloy = await start();
  });
  after(async () => {
    await alloy?.stop();
    await loki?.stop();
    await kubernetes?.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  /** Starts Alloy in a folder of its own, as in a new pod. */
  function start(): Promise<Server> {
    return startAlloy(alloyEventsConfig(alloyArgs), {
      folder: fs.mkdtempSync(path.join(folder, "alloy-")),
      podLogs: folder,
      node: "",
      kubernetesUrl: kubernetes.url,
      pushUrl: `${loki.url}/loki/api/v1/push`,
    });
  }

  function read(logql: string, count: number) {
    return eventually(`${count} lines of ${logql}`, async () => {
      const entries = await loki.query(logql, Date.now() - 3600_000);
      return entries.length >= count && entries;
    });
  }

  it("labels an event on a pod like the logs of the pod, and redacts secrets", async () => {
    await loki.push(podLogs, [[`${Date.now()}000000`, "connection refused"]]);
    const entries = await read(`{namespace="ticketing", pod="${pod}"}`, 2);
    const [ofPod] = entries.filter(({ labels }) => labels["app"] === "kubernetes-events");
    assert.match(
      ofPod?.line ?? "",
      new RegExp(`^name=${pod} kind=Pod .* reason=BackOff type=Warning count=7 msg="Back-off`),
    );
    assert.match(ofPod?.line ?? "", /password=<redacted>/);
    const { detected_level: _detected, ...labels } = ofPod?.labels ?? {};
    assert.deepEqual(labels, {
      app: "kubernetes-events",
      service_name: "kubernetes-events",
      cluster: "ticketing-prod",
      env: "prod",
      namespace: "ticketing",
      pod,
      kind: "Pod",
      name: pod,
      reason: "BackOff",
      level: "warning",
    });
  });

  it("returns the warnings of a namespace for the documented query", async () => {
    const documented = `{namespace="ticketing", app="kubernetes-events"} | level="warning"`;
    const page = fs.readFileSync(path.join(projectDirectory, "docs", "logs.md"), "utf8");
    assert.ok(page.includes(documented));
    const reasons = (await read(documented, 1)).map(({ labels }) => labels["reason"]);
    assert.deepEqual(reasons, ["BackOff"]);
  });

  it("finds events on other objects by kind, name and level", async () => {
    const query = `{app="kubernetes-events"} | kind="Deployment" | name="order-service" | level="info"`;
    const [entry] = await read(query, 1);
    assert.match(entry?.line ?? "", /reason=ScalingReplicaSet/);
    assert.equal(entry?.labels["pod"], undefined);
  });

  it("stores each event once, although a new pod sends the events of the last hour again", async () => {
    await read('{app="kubernetes-events"}', 2);
    await alloy?.stop();
    events.push({ ...event, reason: "Killing" });
    alloy = await start();
    // Alloy sends the events in the order of the list.
    await read('{app="kubernetes-events"} | reason="Killing"', 1);
    assert.equal((await loki.query('{app="kubernetes-events"}')).length, 3);
  });

  it("requests only events from Kubernetes, as its role allows", () => {
    const paths = kubernetes.requests.map(({ pathname }) => pathname);
    const ofObjects = paths.filter((name) => !/^\/apis?(\/v1)?$/.test(name));
    assert.deepEqual([...new Set(ofObjects)], ["/api/v1/events"]);
  });
});
