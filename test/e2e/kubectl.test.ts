/**
 * Runs the kubectl commands of the documentation as written on a real API server. It has no kubelet,
 * so commands that need one (logs, exec, port-forward) run up to the connection to the node: by then,
 * the API server has found the pod, its container and its node.
 */
import * as assert from "node:assert/strict";
import { exec } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { toolPath } from "../../tools/paths.cjs";
import type { List, Pod } from "../../verify/cluster/objects";
import { documentedCommands } from "../docs/commands";
import { deployedObjects } from "../docs/deployedObjects";
import { How, howIsExecuted } from "../docs/executions";
import { eventually } from "../support/server";
import { Ground } from "../support/cluster/ground";

/** What the reader enters for placeholders: names in test/docs/objects.yaml, and a number. */
const placeholders: Record<string, string> = {
  "<service>": "inventory-service",
  "=N": "=3",
  NODE: "node-1",
  POD: "pod-1",
  RUN: "run-1",
  SERVICE: "inventory-service",
};

const reads = /^kubectl (describe|exec|get|logs|port-forward|rollout history) /;
const needsKubelet = /^kubectl (exec|logs|port-forward) /;
/** The API server has no address for a node without a kubelet. */
const noKubelet = /no preferred addresses found/;

/** Of commands that differ only in what runs in the container, one: no kubelet runs it. */
const commands = [
  ...new Map(
    documentedCommands()
      .filter((command) => howIsExecuted(command) === How.Kubectl)
      .map(({ text }) => [text.split(" -- ")[0], text]),
  ).values(),
];

describe("the kubectl commands of the documentation, on a real API server", () => {
  let ground: Ground;

  const kubectl = (...args: string[]) => ground.run("kubectl", ...args);

  before("create the objects that the commands name", async () => {
    ground = await Ground.start();
    const monitors = path.join(toolPath("crds"), "monitoring.coreos.com_servicemonitors.yaml");
    await kubectl("create", "-f", monitors);
    await kubectl("wait", "--for=condition=established", "-f", monitors);
    await create("Namespace");
    // Pods need it, and a controller creates it.
    for (const namespace of ["monitoring", "ticketing"]) {
      await kubectl("wait", "--for=create", "serviceaccount/default", "-n", namespace);
    }
    await create("ServiceAccount", "ServiceMonitor", "Service", "PersistentVolumeClaim", "CronJob");
    const workloads = await create("DaemonSet", "Deployment", "Job", "Pod", "StatefulSet");
    await eventually("the pod of each workload started", async () => {
      const { items } = await ground.api.json<List<Pod>>("/api/v1/pods");
      return items.filter(({ status }) => status?.phase !== "Pending").length === workloads.length;
    });
  });
  after(() => ground?.stop());

  async function create(...kinds: string[]) {
    const items = deployedObjects().filter(({ kind }) => kinds.includes(kind));
    const file = path.join(path.dirname(ground.kubeconfig), "objects.json");
    fs.writeFileSync(file, JSON.stringify({ apiVersion: "v1", kind: "List", items }));
    await kubectl("create", "-f", file);
    return items;
  }

  /** Runs a command line as the reader does. The process must not block: the fake node runs in it. */
  function run(command: string): Promise<{ code: number; text: string }> {
    const text = Object.entries(placeholders).reduce(
      (text, [placeholder, value]) => text.replaceAll(placeholder, value),
      command,
    );
    const env = {
      HOME: path.dirname(ground.kubeconfig),
      KUBECONFIG: ground.kubeconfig,
      PATH: `${path.dirname(toolPath("kubectl"))}${path.delimiter}${process.env["PATH"]}`,
      USER: "operator",
    };
    return new Promise((resolve) => {
      exec(text, { env, timeout: 60_000 }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : (error.code ?? 1), text: stdout + stderr }),
      );
    });
  }

  async function assertWorks(command: string): Promise<void> {
    const { code, text } = await run(command);
    if (needsKubelet.test(command)) {
      assert.match(text, noKubelet);
    } else {
      assert.equal(code, 0, text);
      assert.doesNotMatch(text, /^No resources found|^$/);
    }
  }

  for (const command of commands.filter((command) => reads.test(command))) {
    it(command, () => assertWorks(command));
  }

  for (const [mistake, command, error] of [
    [
      "a container",
      "kubectl logs -n monitoring statefulset/loki -c lokki",
      /container lokki is not valid/,
    ],
    ["an object", "kubectl describe deployment/SERVICE -n monitoring", /not found/],
    ["a label", "kubectl get pods -n monitoring -l app=loki", /No resources found/],
  ] as const) {
    it(`fail for ${mistake} that does not exist`, () =>
      assert.rejects(assertWorks(command), error));
  }

  describe("that change objects", () => {
    before("deploy a second revision, so that the first one can be restored", () =>
      kubectl("set", "image", "-n", "ticketing", "deployment/inventory-service", "*=none:2"),
    );

    for (const command of commands.filter((command) => !reads.test(command))) {
      it(command, () => assertWorks(command));
    }
  });
});
