import * as assert from "node:assert/strict";
import { groupBy } from "../../components/shared/groupBy";
import { secrets } from "../../components/secrets/secrets";
import { settingEffect, withSample } from "../docs/settingEffects";
import { settingSamples } from "../docs/settingSamples";
import { Ground } from "../support/cluster/ground";
import type { Run, TestStack } from "../support/engine/stack";

/** Settings that this cluster cannot change. */
const impossible = [
  // Its chart repository has only the pinned versions.
  /[cC]hartVersion$|[rR]epository$/,
  // They need another cluster, another namespace or EKS.
  /^(cluster|namespaces|existingPrometheus)\./,
  /^(storage\.create|loki\.awsIdentity)$/,
  // It needs a PriorityClass.
  /^placement\.priorityClassName$/,
  // Its chart has no CRDs for PodMonitors and Probes.
  /^services\[\]\.(kind|probe)$/,
  // Volumes cannot shrink; volumes.test.ts grows them.
  /(storageGb|volumeGb)$/,
  // They change no resource.
  /^cost\./,
];

async function isPossible(setting: string): Promise<boolean> {
  if (secrets.some(({ key }) => key === setting)) return false;
  if (impossible.some((settings) => settings.test(setting))) return false;
  if (settingSamples[setting]?.requires !== undefined) return false;
  const { others } = await settingEffect(setting);
  return !others.some((text) => text.includes("refused"));
}

/** At most two settings of each part, which one update can change together. */
function batchesOf(settings: string[]): string[][] {
  const parts = groupBy(settings, (setting) => setting.replace(/[.[].*/, "")).map(
    ([, part]) => part,
  );
  const number = Math.ceil(Math.max(...parts.map(({ length }) => length)) / 2);
  return Array.from({ length: number }, (_, batch) =>
    parts.flatMap((part) => part.filter((_setting, index) => index % number === batch)),
  );
}

describe("each setting of prod, on a real API server with the real Kubernetes provider", function () {
  this.timeout(1_800_000);
  let ground: Ground;
  let stack: TestStack;

  before("deploy prod", async () => {
    ground = await Ground.start();
    // For the sample of services[].namespace.
    await ground.run("kubectl", "create", "namespace", "shop");
    stack = await ground.stack("prod");
    await update();
  });
  after(async () => {
    stack?.dispose();
    await ground?.stop();
  });

  async function update(): Promise<Run> {
    const run = await stack.update();
    assert.equal(run.exitCode, 0, run.text);
    return run;
  }

  it("converges to another value and back", async () => {
    const settings: string[] = [];
    for (const setting of Object.keys(settingSamples)) {
      if (await isPossible(setting)) settings.push(setting);
    }
    assert.ok(settings.length > 80, `only ${settings.length} settings`);
    let deployed: Record<string, unknown> = {};
    stack.configure((values) => (deployed = values));
    // Each update takes the settings of the one before back.
    for (const batch of batchesOf(settings)) {
      stack.configure(() => batch.reduce(withSample, deployed));
      const run = await stack.update();
      assert.equal(run.exitCode, 0, `${batch.join(", ")}\n${run.text}`);
    }
    stack.configure(() => deployed);
    await update();
    assert.match((await update()).text, /Resources:\n +\d+ unchanged\n/);
    console.log(`      ${settings.length} settings`);
  });
});
