import * as assert from "node:assert/strict";
import type { List, ObjectMeta } from "../../verify/cluster/objects";
import { Ground } from "../support/cluster/ground";
import type { Run, TestStack } from "../support/engine/stack";

/** Kinds of operations in the summary of a run: `{ created: 29 }`. */
function summary({ text }: Run): Record<string, number> {
  const lines = text.slice(text.lastIndexOf("Resources:"));
  return Object.fromEntries(
    [...lines.matchAll(/^ +[-+~]? ?(\d+) (created|unchanged|updated|deleted|replaced)/gm)].map(
      ([, count, kind]) => [kind ?? "", Number(count)],
    ),
  );
}

for (const name of ["dev", "prod"] as const) {
  describe(`${name} on a real API server, with the real Kubernetes provider`, function () {
    this.timeout(600_000);
    let ground: Ground;
    let stack: TestStack;

    before("start the API server", async () => {
      ground = await Ground.start();
      stack = await ground.stack(name);
    });
    after(async () => {
      stack?.dispose();
      await ground?.stop();
    });

    const names = async (path: string) =>
      (await ground.api.json<List<{ metadata: ObjectMeta }>>(path)).items
        .map(({ metadata }) => metadata.name)
        .sort();

    it("is accepted as a whole by the first up", async () => {
      const run = await stack.up();
      assert.equal(run.exitCode, 0, run.text);
      console.log(`      ${JSON.stringify(summary(run))} in ${run.seconds.toFixed(0)} s`);
      const services = "/apis/monitoring.coreos.com/v1/namespaces/ticketing/servicemonitors";
      assert.deepEqual(await names(services), ["api-gateway", "auth-service", "inventory-service"]);
    });

    it("does not change in a second up", async () => {
      const run = await stack.up();
      assert.equal(run.exitCode, 0, run.text);
      assert.deepEqual(Object.keys(summary(run)), ["unchanged"], run.text);
    });

    it("does not change in a refresh", async () => {
      const run = await stack.refresh();
      assert.equal(run.exitCode, 0, run.text);
      assert.deepEqual(Object.keys(summary(run)), ["unchanged"], run.text);
    });

    // As docs/upgrading.md says of these settings.
    for (const [setting, value, ...changes] of [
      ["slack.channel", "#others", "Secret slack-config updated"],
      [
        ...["alerts.errorRatePercent", "4"],
        ...["ConfigMap dashboards-service-detail updated", "PrometheusRule services-rules updated"],
      ],
      [
        ...["prometheus.retentionDays", "14"],
        ...["PrometheusRule services-rules updated", "Release prometheus updated"],
      ],
    ] as const) {
      it(`changes only the resources that ${setting} concerns`, async () => {
        await stack.set(`monitoring:${setting}`, value);
        const run = await stack.up();
        assert.equal(run.exitCode, 0, run.text);
        const lines = run.text.matchAll(/ kubernetes:\S+:(\w+ \S+ (?:updated|replaced)) \(/g);
        assert.deepEqual([...lines].map(([, line]) => line).sort(), changes, run.text);
      });
    }

    it("is deleted by destroy except its namespaces, once it no longer protects data", async () => {
      if (name === "prod") {
        const refused = await stack.destroy();
        assert.match(refused.text, /because it is protected/);
        await stack.set("monitoring:loki.protectData", "false");
        await stack.set("monitoring:prometheus.protectData", "false");
        const up = await stack.up();
        assert.equal(up.exitCode, 0, up.text);
      }
      const run = await stack.destroy();
      assert.equal(run.exitCode, 0, run.text);
      const namespaces = await names("/api/v1/namespaces");
      assert.deepEqual(
        namespaces.filter((namespace) => /monitoring|ticketing/.test(namespace)).sort(),
        ["monitoring", "ticketing"],
      );
      assert.deepEqual(await names("/apis/storage.k8s.io/v1/storageclasses"), ["gp3"]);
    });
  });
}
