import * as assert from "node:assert/strict";
import type { List, ObjectMeta, Secret } from "../../verify/cluster/objects";
import { Ground } from "../support/cluster/ground";
import type { TestStack } from "../support/engine/stack";
import { eventually } from "../integration/logs/support/processes";

const namespace = "/api/v1/namespaces/monitoring";

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

  /** The status of each release, such as `loki pending-install`. */
  async function releases(): Promise<string[]> {
    const { items } = await ground.api.json<List<Secret>>(
      `${namespace}/secrets?labelSelector=owner%3Dhelm`,
    );
    return items
      .map(({ metadata }) => `${metadata.labels?.["name"]} ${metadata.labels?.["status"]}`)
      .sort();
  }

  const isInstalling = async () => (await releases()).includes("prometheus pending-install");

  async function deployments(): Promise<string[]> {
    const { items } = await ground.api.json<List<{ metadata: ObjectMeta & { uid: string } }>>(
      "/apis/apps/v1/namespaces/monitoring/deployments",
    );
    return items.map(({ metadata }) => `${metadata.name} ${metadata.uid}`).sort();
  }

  /** Asserts that an update fails, and that it works after `rescue`. */
  async function assertRescued(finding: RegExp): Promise<void> {
    await stack.must("cancel", "--yes");
    const failed = await stack.up();
    assert.match(failed.text, /cannot re-use a name that is still in use/);
    const rescue = await stack.run("rescue", "--yes");
    assert.equal(rescue.code, 0, rescue.text);
    assert.match(rescue.text, finding);
    const up = await stack.up();
    assert.equal(up.exitCode, 0, up.text);
    const again = await stack.up();
    assert.match(again.text, /Resources:\n +\d+ unchanged/);
    assert.match((await stack.run("rescue", "--yes")).text, /Nothing is left to repair/);
  }

  it("repairs releases whose installation never ended", async () => {
    const killProviders = await stack.killUp(isInstalling);
    killProviders();
    ground.resumeNode();
    await assertRescued(/The Helm release monitoring\/prometheus is pending-install/);
  });

  it("repairs releases that Helm installed after the kill, and keeps their objects", async () => {
    const killProviders = await stack.killUp(isInstalling);
    try {
      ground.resumeNode();
      await eventually("Helm installed the release", async () =>
        (await releases()).includes("prometheus deployed"),
      );
    } finally {
      killProviders();
    }
    const before = await deployments();
    await assertRescued(
      /The Helm release monitoring\/prometheus is deployed, but not in the state of the stack/,
    );
    const after = await deployments();
    for (const deployment of before) assert.ok(after.includes(deployment), deployment);
  });
});
