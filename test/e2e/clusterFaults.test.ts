import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parse, stringify } from "yaml";
import { eventually } from "../support/server";
import { Ground } from "../support/cluster/ground";
import type { Run, TestStack } from "../support/engine/stack";

describe("an update of prod that the cluster interrupts", function () {
  this.timeout(600_000);
  let folder: string;
  let ground: Ground;
  let stack: TestStack;
  let changes = 0;

  before("start an API server for which a program prints short-lived credentials", async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "faults-"));
    ground = await Ground.start({ etcdMegabytes: 32 });
    logIn();
    const program = path.join(folder, "login");
    fs.writeFileSync(program, loginProgram(path.join(folder, "token")), { mode: 0o755 });
    const { users, ...rest } = parse(fs.readFileSync(ground.kubeconfig, "utf8")) as {
      users: { name: string; user: object }[];
    };
    const apiVersion = "client.authentication.k8s.io/v1";
    const exec = { apiVersion, command: program, interactiveMode: "Never" };
    const kubeconfig = path.join(folder, "kubeconfig");
    fs.writeFileSync(
      kubeconfig,
      stringify({ ...rest, users: users.map(({ name }) => ({ name, user: { exec } })) }),
    );
    stack = await ground.stack("prod", { "monitoring:cluster.kubeconfig": kubeconfig });
  });

  after(async () => {
    stack?.dispose();
    await ground?.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  function logIn(): void {
    fs.writeFileSync(path.join(folder, "token"), "admin-token");
  }

  /** As `aws sso logout`, or the end of the session. */
  function logOut(): void {
    fs.rmSync(path.join(folder, "token"));
  }

  const update = () => stack.update();

  /** Changes settings whose update restarts pods of each release. */
  function change(): void {
    changes += 1;
    stack.configure((values) => {
      const { loki, prometheus, alerts } = values as Record<string, object>;
      return {
        ...values,
        alerts: { ...alerts, cpuPercent: 85 - changes },
        loki: { ...loki, retentionDays: 15 + changes },
        prometheus: { ...prometheus, retentionDays: 15 + changes },
      };
    });
  }

  /** Starts an update, calls `interrupt` while releases wait for their pods, and returns the result. */
  async function interrupted(interrupt: () => Promise<void> | void): Promise<Run> {
    ground.pauseNode();
    const running = update();
    try {
      await eventually("a release waits for its pods", async () =>
        (await ground.releases()).some((release) => release.includes(" pending-")),
      );
      await interrupt();
      return await running;
    } finally {
      ground.resumeNode();
    }
  }

  function assertFailed({ exitCode, text }: Run, resource: string, error: RegExp): void {
    assert.notEqual(exitCode, 0, text);
    const report = text.split(`${resource}:\n`)[1]?.split("\n\n")[0];
    assert.match(report ?? text, error);
  }

  async function assertConverges(): Promise<void> {
    const next = await update();
    if (next.exitCode !== 0) {
      // What docs/troubleshooting.md says of this error.
      assert.match(next.text, /cannot re-use a name|another operation .* is in progress/);
      const rescue = await stack.run("rescue", "--yes");
      assert.equal(rescue.code, 0, rescue.text);
      const repaired = await update();
      assert.equal(repaired.exitCode, 0, repaired.text);
    }
    const again = await update();
    assert.match(again.text, /Resources:\n +\d+ unchanged/);
  }

  const namespace = "kubernetes:core/v1:Namespace (monitoring)";
  const prometheus = "kubernetes:helm.sh/v3:Release (prometheus)";

  it("changes nothing without credentials, and says which program failed", async () => {
    logOut();
    assertFailed(
      await update(),
      namespace,
      /cluster is unreachable: .*login failed with exit code 255/,
    );
    logIn();
  });

  it("changes nothing while the API server is away", async () => {
    await ground.controlPlane.killApiServer();
    assertFailed(await update(), namespace, /cluster is unreachable: .*connection refused/);
    await ground.controlPlane.startApiServer();
  });

  it("converges after credentials expire while releases wait for their pods", async () => {
    change();
    const failed = await interrupted(logOut);
    logIn();
    assertFailed(failed, prometheus, /login failed with exit code 255|context deadline exceeded/);
    await assertConverges();
  });

  it("converges after the API server goes away while releases wait for their pods", async () => {
    change();
    // Helm fails at once or waits for the API server until its own time limit, so the outage ends.
    const run = await interrupted(async () => {
      await ground.controlPlane.killApiServer();
      await pause(20_000);
      await ground.controlPlane.startApiServer();
      ground.resumeNode();
    });
    if (run.exitCode !== 0) {
      assertFailed(run, prometheus, /connection (refused|reset)|context deadline exceeded/);
    }
    await assertConverges();
  });

  it("converges with a refresh after a release and an object were deleted by hand", async () => {
    await ground.run("helm", "uninstall", "loki", "--namespace", "monitoring");
    const secret = "/api/v1/namespaces/ticketing/secrets/datadog-secret";
    await ground.api.text(secret, { method: "DELETE" });
    change();
    assertFailed(
      await update(),
      "kubernetes:helm.sh/v3:Release (loki)",
      /"loki" has no deployed releases/,
    );
    // What docs/troubleshooting.md says of this error.
    const refreshed = await stack.refresh();
    assert.equal(refreshed.exitCode, 0, refreshed.text);
    await assertConverges();
    assert.ok((await ground.releases()).includes("monitoring/loki deployed"));
    await ground.api.text(secret);
  });

  it("converges after etcd has no space", async () => {
    change();
    const made = await fill();
    const failed = await update();
    await clear(made);
    assertFailed(failed, prometheus, /etcdserver: mvcc: database space exceeded/);
    await assertConverges();
  });

  /** Creates objects until etcd refuses them, and returns their paths. */
  async function fill(): Promise<string[]> {
    const made: string[] = [];
    const configMaps = "/api/v1/namespaces/default/configmaps";
    for (;;) {
      const name = `filler-${made.length}`;
      const object = { metadata: { name }, data: { filler: "x".repeat(900_000) } };
      try {
        await ground.api.post(configMaps, object);
      } catch (error) {
        assert.match(String(error), /database space exceeded/);
        return made;
      }
      made.push(`${configMaps}/${name}`);
    }
  }

  /** Deletes the objects, and makes etcd accept new ones. */
  async function clear(made: string[]): Promise<void> {
    for (const object of made) await ground.api.text(object, { method: "DELETE" });
    await ground.controlPlane.freeSpace();
  }
});

/** A program that prints credentials for three seconds, as long as a file has the token. */
function loginProgram(token: string): string {
  return `#!/bin/sh
token=$(cat '${token}') || exit 255
cat <<CREDENTIALS
{
  "apiVersion": "client.authentication.k8s.io/v1",
  "kind": "ExecCredential",
  "status": {
    "token": "$token",
    "expirationTimestamp": "$(date -u -d '+3 seconds' +%Y-%m-%dT%H:%M:%SZ)"
  }
}
CREDENTIALS
`;
}
