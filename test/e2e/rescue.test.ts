import * as assert from "node:assert/strict";
import type { List, ObjectMeta } from "../../verify/cluster/objects";
import { Ground } from "../support/cluster/ground";
import type { TestStack } from "../support/engine/stack";
import { eventually } from "../support/server";

describe("npm run rescue after a kill during an installation", function () {
  this.timeout(600_000);
  let ground: Ground;
  let stack: TestStack;

  beforeEach("start an API server on which no pod becomes ready", async () => {
    ground = await Ground.start();
    stack = await ground.stack("dev");
    ground.pauseNode();
  });
  afterEach(async () => {
    stack?.dispose();
    await ground?.stop();
  });

  const isInstalling = async () =>
    (await ground.releases()).includes("monitoring/prometheus pending-install");

  async function deployments(): Promise<string[]> {
    const { items } = await ground.api.json<List<{ metadata: ObjectMeta & { uid: string } }>>(
      "/apis/apps/v1/namespaces/monitoring/deployments",
    );
    return items.map(({ metadata }) => `${metadata.name} ${metadata.uid}`).sort();
  }

  /** Runs `rescue` and asserts what it finds. */
  async function rescue(finding: RegExp): Promise<void> {
    const { code, text } = await stack.run("rescue", "--yes");
    assert.equal(code, 0, text);
    assert.match(text, finding);
  }

  async function assertConverges(): Promise<void> {
    const up = await stack.update();
    assert.equal(up.exitCode, 0, up.text);
    const again = await stack.update();
    assert.match(again.text, /Resources:\n +\d+ unchanged/);
    await rescue(/Nothing is left to repair/);
  }

  it("repairs the release whose installation never ended, whichever it is", async () => {
    // Helm installs Datadog together with Prometheus, and then Loki, and then its collector.
    for (const [release, others] of [
      ["monitoring/prometheus", ["ticketing/datadog-agent"]],
      ["monitoring/loki", []],
      ["monitoring/alloy", []],
    ] as const) {
      const installing = [release, ...others].map((name) => `${name} pending-install`);
      const killProviders = await stack.killUp(async () => {
        const releases = await ground.releases();
        return installing.every((each) => releases.includes(each));
      });
      killProviders();
      ground.resumeNode();
      await rescue(new RegExp(`The Helm release ${release} is pending-install`));
    }
    await assertConverges();
  });

  it("repairs releases that Helm installed after the kill, and keeps their objects", async () => {
    const killProviders = await stack.killUp(isInstalling);
    try {
      ground.resumeNode();
      await eventually("Helm installed the release", async () =>
        (await ground.releases()).includes("monitoring/prometheus deployed"),
      );
    } finally {
      killProviders();
    }
    const before = await deployments();
    await stack.must("cancel", "--yes");
    const failed = await stack.update();
    assert.match(failed.text, /cannot re-use a name that is still in use/);
    await rescue(
      /The Helm release monitoring\/prometheus is deployed, but not in the stack's state/,
    );
    await assertConverges();
    const after = await deployments();
    for (const deployment of before) assert.ok(after.includes(deployment), deployment);
  });
});
