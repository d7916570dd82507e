import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { FakeKubernetes } from "../support/fakeKubernetes";
import { settingsWithPrometheus, projectDirectory } from "../support/stackConfig";
import { FakeCluster } from "./fakeCluster";

const settings = settingsWithPrometheus("prod");

describe("npm run open", () => {
  let folder: string;
  let cluster: FakeCluster;
  let kubernetes: FakeKubernetes;
  let kubeconfig: string;

  before("start a cluster with Grafana", async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "open-"));
    cluster = new FakeCluster(settings);
    cluster.responses["/version"] = {};
    cluster.responses["/api/v1/namespaces/monitoring/services/prometheus-grafana"] = {
      spec: { selector: { app: "grafana" }, ports: [{ port: 80, targetPort: 3000 }] },
    };
    await cluster.start();
    kubernetes = new FakeKubernetes(cluster.listener, { 3000: cluster.port });
    kubeconfig = await kubernetes.start(folder);
  });

  after(async () => {
    kubernetes.stop();
    await cluster.stop();
    fs.rmSync(folder, { recursive: true });
  });

  /** Runs the command until it prints the last line of its instructions or ends. */
  function open(...args: string[]) {
    const child = spawn(process.execPath, ["--require", "tsx/cjs", "verify/open.ts", ...args], {
      cwd: projectDirectory,
      env: { ...process.env, KUBECONFIG: kubeconfig },
    });
    let text = "";
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    const ready = new Promise<string>((resolve) => {
      const collect = (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes("Ctrl-C")) resolve(text);
      };
      child.stdout.on("data", collect);
      child.stderr.on("data", collect);
      void ended.then(() => resolve(text));
    });
    return { child, ready, ended };
  }

  it("forwards a port, and prints where the password is, but not the password", async () => {
    const { child, ready, ended } = open("grafana", "--stack", "prod");
    const text = await ready;
    const [, url = ""] = /^grafana: (http:\S+)$/m.exec(text) ?? [];
    assert.equal((await fetch(`${url}/api/search`)).status, 200, text);
    assert.match(text, /^password: kubectl get secret -n monitoring grafana-admin /m);
    assert.doesNotMatch(text, /value of admin-password/);
    child.kill("SIGINT");
    assert.equal(await ended, 0);
  });

  it("prints the password with --show-password", async () => {
    const { child, ready, ended } = open("grafana", "--stack", "prod", "--show-password");
    assert.match(await ready, /^password: value of admin-password$/m);
    child.kill("SIGINT");
    await ended;
  });

  it("exits with 2 if the Service or the part does not exist", async () => {
    const missing = open("loki", "--stack", "prod");
    assert.match(await missing.ready, /the Service monitoring\/loki does not exist/);
    assert.equal(await missing.ended, 2);
    const unknown = open("kibana", "--stack", "prod");
    assert.match(
      await unknown.ready,
      /specify what to open: grafana, prometheus, alertmanager, loki/,
    );
    assert.equal(await unknown.ended, 2);
  });
});
