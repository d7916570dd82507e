import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { stringify } from "yaml";
import { charts } from "../../components/charts/charts";
import type { ObjectMeta } from "../../verify/cluster/objects";
import { AwsAccount } from "../support/awsAccount";
import { Ground } from "../support/cluster/ground";
import type { TestStack } from "../support/engine/stack";

/** A part of the chart `loki-stack`: the objects with the names that the present chart uses too. */
const lokiStack = `
apiVersion: v1
kind: ServiceAccount
metadata: { name: {{ .Release.Name }} }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: {{ .Release.Name }} }
spec:
  selector: { matchLabels: { app: loki, release: {{ .Release.Name }} } }
  template:
    metadata: { labels: { app: loki, release: {{ .Release.Name }} } }
    spec: { containers: [{ name: loki, image: none }] }
`;

const daemonSet = {
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: { name: "datadog-agent", namespace: "ticketing" },
  spec: {
    selector: { matchLabels: { app: "datadog-agent" } },
    template: {
      metadata: { labels: { app: "datadog-agent" } },
      spec: { containers: [{ name: "agent", image: "none" }] },
    },
  },
};

const serviceMonitor = (name: string) => ({
  apiVersion: "monitoring.coreos.com/v1",
  kind: "ServiceMonitor",
  metadata: { name, namespace: "ticketing", labels: { release: "prometheus" } },
  spec: { selector: { matchLabels: { app: name } }, endpoints: [{ port: "metrics" }] },
});

describe("npm run adopt, in a cluster that the former guide set up", function () {
  this.timeout(600_000);
  const originalPath = process.env["PATH"];
  let folder: string;
  let account: AwsAccount;
  let ground: Ground;
  let stack: TestStack;
  let plan: string;
  let original: Record<string, string>;

  const apply = async (name: string, object: unknown) => {
    const file = path.join(folder, name);
    fs.writeFileSync(file, stringify(object));
    await ground.run("kubectl", "apply", "-f", file);
  };

  /** The UIDs of objects that stay the same. */
  async function uids(): Promise<Record<string, string>> {
    const paths = [
      "/api/v1/namespaces/monitoring",
      "/api/v1/namespaces/ticketing",
      "/apis/apps/v1/namespaces/monitoring/deployments/prometheus",
      "/apis/monitoring.coreos.com/v1/namespaces/ticketing/servicemonitors/gateway",
    ];
    const read = async (path: string) =>
      (await ground.api.json<{ metadata: ObjectMeta & { uid: string } }>(path)).metadata.uid;
    return Object.fromEntries(
      await Promise.all(paths.map(async (path) => [path, await read(path)] as const)),
    );
  }

  before("create the bucket of the guide", async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "adopt-"));
    account = await AwsAccount.start(folder);
    await account.run("s3api", "create-bucket", "--bucket", "ticketing-loki-chunks");
    process.env["PATH"] = `${account.programs}:${originalPath}`;
  });
  before("run the commands of the guide", async () => {
    ground = await Ground.start();
    await ground.run("kubectl", "create", "namespace", "monitoring");
    await ground.run("kubectl", "create", "namespace", "ticketing");
    const secret = ["create", "secret", "generic"];
    await ground.run(
      "kubectl",
      ...secret,
      "datadog-secret",
      "--from-literal=api-key=a",
      "-n",
      "ticketing",
    );
    await ground.run(
      "kubectl",
      ...secret,
      "alertmanager-config",
      "--from-literal=a=b",
      "-n",
      "monitoring",
    );
    await apply("datadog-agent.yaml", daemonSet);
    const { name, version } = charts.kubePrometheusStack;
    await ground.run(
      "helm",
      ...["install", "prometheus", name, "--version", version, "-n", "monitoring"],
      ...["--repo", ground.chartRepository, "--ca-file", ground.controlPlane.certificate],
    );
    const chart = path.join(folder, "loki-stack");
    fs.mkdirSync(path.join(chart, "templates"), { recursive: true });
    const metadata = { apiVersion: "v2", name: "loki-stack", version: "2.10.2" };
    fs.writeFileSync(path.join(chart, "Chart.yaml"), stringify(metadata));
    fs.writeFileSync(path.join(chart, "templates", "loki.yaml"), lokiStack);
    await ground.run("helm", "install", "loki", chart, "-n", "monitoring");
    await apply("auth-service.yaml", serviceMonitor("auth-service"));
    await apply("gateway.yaml", serviceMonitor("gateway"));
    original = await uids();
    stack = await ground.stack("prod");
  });
  after(async () => {
    process.env["PATH"] = originalPath;
    stack?.dispose();
    await ground?.stop();
    await account?.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  it("says what is adopted, replaced and left alone, and changes nothing", async () => {
    const { code, text } = await stack.run("adopt", "--file", path.join(folder, "adopt.json"));
    assert.equal(code, 0, text);
    plan = text;
    for (const line of [
      "adopted     Namespace monitoring: ",
      "replaced    Secret ticketing/datadog-secret: the stack creates it with the secrets ",
      "replaced    Secret monitoring/alertmanager-config: ",
      "replaced    ServiceMonitor ticketing/auth-service: ",
      "adopted     release monitoring/prometheus (kube-prometheus-stack ",
      "adopted     Bucket ticketing-loki-chunks: its objects remain",
      "replaced    release monitoring/loki (loki-stack 2.10.2): loki ",
      "replaced    DaemonSet ticketing/datadog-agent: ",
      "left alone  ServiceMonitor ticketing/gateway: ",
    ]) {
      assert.ok(text.includes(`\n${line}`), `${line}\n${text}`);
    }
    assert.ok(!text.includes("ServiceAccount monitoring/loki"), text);
    assert.deepEqual(await uids(), original);
  });

  it("converges if its commands run in their order, and keeps what it adopted", async () => {
    const [, list = ""] = plan.split("Run these commands in this order:\n");
    const commands = list
      .trim()
      .split("\n")
      .map((line) => line.replace(/^ *\d+\. /, ""));
    assert.equal(commands.length, 7, list);
    for (const command of commands) {
      const [program = "", ...args] = command.split(" ");
      if (program === "npm") {
        const up = await stack.up();
        assert.equal(up.exitCode, 0, up.text);
      } else if (program === "pulumi") {
        await stack.must(...args.filter((arg) => !/^(--stack|prod)$/.test(arg)), "--yes");
      } else {
        await ground.run(program as "helm" | "kubectl", ...args);
      }
    }
    assert.deepEqual(await uids(), original);
    const again = await stack.up();
    assert.match(again.text, /Resources:\n +\d+ unchanged/);
    const bucket = (await stack.resources()).find(({ type }) => type === "aws:s3/bucket:Bucket");
    assert.equal(bucket?.id, "ticketing-loki-chunks");
  });

  it("finds nothing afterwards", async () => {
    const { code, text } = await stack.run("adopt", "--file", path.join(folder, "again.json"));
    assert.equal(code, 0, text);
    assert.match(text, /There is nothing to adopt or replace/);
    assert.ok(!fs.existsSync(path.join(folder, "again.json")));
  });
});
