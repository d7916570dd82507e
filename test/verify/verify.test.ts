import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { text } from "node:stream/consumers";
import { FakeKubernetes } from "../support/fakeKubernetes";
import { settingsWithPrometheus, projectDirectory } from "../support/stackConfig";
import { FakeCluster, readyPod } from "./fakeCluster";

const settings = settingsWithPrometheus("prod");

describe("npm run verify", () => {
  let folder: string;
  let cluster: FakeCluster;
  let kubernetes: FakeKubernetes;
  let kubeconfig: string;

  before("start a cluster whose Services all lead to one server", async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "verify-"));
    cluster = new FakeCluster(settings);
    Object.assign(cluster.responses, {
      "/version": {},
      "/api/v2/alerts": [{ receivers: [{ name: "heartbeat" }] }],
    });
    for (const service of [
      "grafana",
      "kube-prometheus-prometheus",
      "kube-prometheus-alertmanager",
    ]) {
      cluster.responses[`/api/v1/namespaces/monitoring/services/prometheus-${service}`] = {
        spec: { selector: { app: service }, ports: [{ port: 80, targetPort: 3000 }] },
      };
    }
    cluster.responses["/api/v1/namespaces/monitoring/services/loki"] = {
      spec: { selector: { app: "loki" }, ports: [{ port: 3100, targetPort: "http-metrics" }] },
    };
    const loki = readyPod("loki-0", ["AWS_CONTAINER_CREDENTIALS_FULL_URI"]);
    loki.spec.containers[0].ports = [{ name: "http-metrics", containerPort: 3100 }];
    cluster.responses["/api/v1/namespaces/monitoring/pods"] = { items: [loki] };
    await cluster.start();
    const { port } = cluster;
    const localPorts = { 3000: port, 9090: port, 9093: port, 3100: port };
    kubernetes = new FakeKubernetes(cluster.listener, localPorts);
    kubeconfig = await kubernetes.start(folder);
  });

  after(async () => {
    kubernetes.stop();
    await cluster.stop();
    fs.rmSync(folder, { recursive: true });
  });

  function verify(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
    const child = spawn("npm", ["run", "-s", "verify", "--", ...args], {
      cwd: projectDirectory,
      env: { ...process.env, KUBECONFIG: kubeconfig, NO_COLOR: "1" },
    });
    let out = "";
    let err = "";
    child.stdout.on("data", (chunk) => (out += chunk));
    child.stderr.on("data", (chunk) => (err += chunk));
    return new Promise((resolve) => child.on("close", (code) => resolve({ code, out, err })));
  }

  it("forwards ports by itself, prints each result, and exits with 0", async () => {
    const { code, out, err } = await verify("--stack", "prod");
    assert.equal(code, 0, out + err);
    assert.match(out, /^Verify prod in fake \(http:\/\/127/);
    assert.match(out, /^pass {2}Loki writes and reads: read a marked line/m);
    assert.match(out, /^\d+ checks: \d+ passed, 0 warned, 0 failed$/m);
  });

  it("exits with 1 and prints one document with --json if a check fails", async () => {
    kubernetes.localPorts[3100] = 9;
    try {
      const { code, out } = await verify("--stack", "prod", "--json");
      assert.equal(code, 1);
      const { passed, results } = JSON.parse(out);
      assert.equal(passed, false);
      const failed = results.filter((result: any) => result.status === "fail");
      assert.deepEqual(
        failed.map((result: any) => result.name),
        ["Loki writes and reads"],
      );
      assert.match(failed[0].evidence, /^could not be checked: /);
    } finally {
      kubernetes.localPorts[3100] = cluster.port;
    }
  });

  it("has one failure with the command to type before the first deployment", async () => {
    const { responses } = cluster;
    const paths = ["monitoring", "ticketing"].map((name) => `/api/v1/namespaces/${name}/secrets`);
    const healthy = paths.map((each) => [each, responses[each]]);
    for (const each of paths) responses[each] = { items: [] };
    try {
      const { code, out } = await verify("--stack", "prod");
      assert.equal(code, 1);
      const [, ...lines] = out.trim().split("\n").filter(Boolean);
      assert.equal(
        lines[0],
        "FAIL  deployment: nothing is deployed yet in the namespace monitoring or ticketing",
      );
      assert.equal(lines[1], "      next: npm run deploy -- --stack prod");
      assert.match(lines[2] ?? "", /^1 check: 0 passed, 0 warned, 1 failed, \d\d not run$/);
      assert.equal(lines.length, 3);
      const document = JSON.parse((await verify("--stack", "prod", "--json")).out);
      assert.equal(document.passed, false);
      assert.ok(document.summary.notRun > 20, JSON.stringify(document.summary));
    } finally {
      Object.assign(responses, Object.fromEntries(healthy));
    }
  });

  it("ends without a stack trace, with its exit code, if the reader closes the pipe", async () => {
    for (const closed of ["stdout", "stderr"] as const) {
      const child = spawn("npm", ["run", "-s", "verify", "--", "--stack", "prod", "--json"], {
        cwd: projectDirectory,
        env: { ...process.env, KUBECONFIG: kubeconfig },
      });
      child[closed].destroy();
      const other = closed === "stdout" ? "stderr" : "stdout";
      const [output, [code]] = await Promise.all([text(child[other]), once(child, "close")]);
      assert.doesNotMatch(output, /EPIPE|^ +at /m);
      assert.equal(code, 0);
    }
  });

  it("exits with 2 for a context or a stack that does not exist", async () => {
    const context = await verify("--stack", "prod", "--context", "other");
    assert.equal(context.code, 2);
    assert.match(context.err, /no context other; contexts: fake/);
    const stack = await verify("--stack", "other");
    assert.equal(stack.code, 2);
    assert.match(stack.err, /the stack other does not exist/);
  });
});
