import * as assert from "node:assert/strict";
import type { List, ObjectMeta } from "../../verify/cluster/objects";
import { Ground } from "../support/cluster/ground";
import type { TestStack } from "../support/engine/stack";

interface Claim {
  metadata: ObjectMeta;
  spec: { storageClassName?: string; resources: { requests: { storage: string } } };
}

const prometheus = "prometheus-prometheus-kube-prometheus-prometheus";
const namespace = "/api/v1/namespaces/monitoring";
const statefulSets = "/apis/apps/v1/namespaces/monitoring/statefulsets";

describe("growing volumes on a real API server", function () {
  this.timeout(600_000);
  let ground: Ground;
  let stack: TestStack;

  before("deploy, with the claims that the Prometheus operator would create", async () => {
    ground = await Ground.start();
    stack = await ground.stack("prod");
    const up = await stack.update();
    assert.equal(up.exitCode, 0, up.text);
    for (const name of [`${prometheus}-db-${prometheus}-0`, `${prometheus}-db-${prometheus}-1`]) {
      await createClaim(name, "100Gi");
    }
    await createClaim("data-of-another-team", "1Gi");
  });
  after(async () => {
    stack?.dispose();
    await ground?.stop();
  });

  async function createClaim(name: string, storage: string): Promise<void> {
    await ground.api.post(`${namespace}/persistentvolumeclaims`, {
      metadata: { name },
      spec: {
        accessModes: ["ReadWriteOnce"],
        storageClassName: "gp3",
        resources: { requests: { storage } },
      },
    });
  }

  const claims = async (prefix: string) =>
    (await ground.api.json<List<Claim>>(`${namespace}/persistentvolumeclaims`)).items
      .filter(({ metadata }) => metadata.name.startsWith(prefix))
      .map(({ spec }) => spec.resources.requests.storage);

  const lokiPods = async () =>
    (
      await ground.api.json<List<{ metadata: ObjectMeta & { uid: string } }>>(
        `${namespace}/pods?labelSelector=app%3Dsingle-binary`,
      )
    ).items
      .map(({ metadata }) => metadata.uid)
      .sort();

  async function up(settings: Record<string, string>) {
    for (const [key, value] of Object.entries(settings)) await stack.set(key, value);
    return stack.update();
  }

  it("expands the claims of Loki in one up, and keeps its pods and claims", async () => {
    assert.deepEqual(await claims("storage-loki-"), ["50Gi", "50Gi", "50Gi"]);
    const pods = await lokiPods();
    const run = await up({ "monitoring:loki.volumeGb": "80" });
    assert.equal(run.exitCode, 0, run.text);
    assert.deepEqual(await claims("storage-loki-"), ["80Gi", "80Gi", "80Gi"]);
    assert.deepEqual(await lokiPods(), pods);
  });

  it("expands the claims of every replica of Prometheus in one up", async () => {
    const run = await up({ "monitoring:prometheus.storageGb": "200" });
    assert.equal(run.exitCode, 0, run.text);
    assert.deepEqual(await claims(`${prometheus}-db`), ["200Gi", "200Gi"]);
    assert.deepEqual(await claims("data-of-another-team"), ["1Gi"]);
  });

  it("changes nothing in the next up, and leaves no job, account or role behind", async () => {
    const run = await stack.update();
    assert.equal(run.exitCode, 0, run.text);
    for (const path of [
      "/apis/batch/v1/namespaces/monitoring/jobs",
      "/apis/rbac.authorization.k8s.io/v1/namespaces/monitoring/roles",
      `${namespace}/serviceaccounts`,
    ]) {
      const { items } = await ground.api.json<List<{ metadata: ObjectMeta }>>(path);
      assert.deepEqual(
        items.map(({ metadata }) => metadata.name).filter((name) => name.includes("grow-volumes")),
        [],
      );
    }
  });

  it("keeps claims that an administrator expanded further", async () => {
    await createClaim("storage-loki-3", "500Gi");
    const run = await up({ "monitoring:loki.volumeGb": "90" });
    assert.equal(run.exitCode, 0, run.text);
    assert.deepEqual(await claims("storage-loki-"), ["90Gi", "90Gi", "90Gi", "500Gi"]);
  });

  it("refuses to shrink volumes, says why, and recovers", async () => {
    const run = await up({ "monitoring:loki.volumeGb": "20" });
    assert.notEqual(run.exitCode, 0, run.text);
    assert.match(
      ground.output,
      /volumes of StatefulSet loki have 90Gi and cannot shrink to 20Gi\n {2}fix: set volumeGb back to 90Gi/,
    );
    const recovered = await up({ "monitoring:loki.volumeGb": "90" });
    assert.equal(recovered.exitCode, 0, recovered.text);
  });

  it("fails before the release changes if the StorageClass does not allow expansion", async () => {
    await ground.api.text("/apis/storage.k8s.io/v1/storageclasses/gp3", {
      method: "PATCH",
      headers: { "content-type": "application/merge-patch+json" },
      body: JSON.stringify({ allowVolumeExpansion: false }),
    });
    const before = await ground.api.json<{ metadata: ObjectMeta & { uid: string } }>(
      `${statefulSets}/loki`,
    );
    const run = await up({ "monitoring:loki.volumeGb": "120" });
    assert.notEqual(run.exitCode, 0, run.text);
    assert.match(ground.output, /must support resize/);
    const after = await ground.api.json<typeof before>(`${statefulSets}/loki`);
    assert.equal(after.metadata.uid, before.metadata.uid);
  });
});
