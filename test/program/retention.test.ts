import * as assert from "node:assert/strict";
import { runProgram } from "../support/runProgram";

describe("the warnings and the estimated cost of retention", () => {
  it("is an output, so that previews show changes", async () => {
    const { outputs } = await runProgram("prod", { cost: { samplesPerSecond: 20_000 } });
    assert.deepEqual(Object.keys(outputs["retentionCost"]).sort(), [
      "Datadog",
      "Loki storage",
      "Prometheus volume",
    ]);
    assert.match(outputs["retentionCost"]["Prometheus volume"], /of 20,000 samples\/s need/);
  });

  it("warns once about logs that are stored twice, and does not stop the deployment", async () => {
    const { warnings, resources } = await runProgram("prod");
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /^Loki and Datadog both store every log line/);
    const releases = resources.filter(({ type }) => type === "kubernetes:helm.sh/v3:Release");
    assert.ok(releases.length > 2);
  });

  it("warns that Pod Identity exists only on EKS, if any cluster can be meant", async () => {
    const cluster = { name: "shop", mode: "kubeconfig", context: "gke_shop" };
    const datadog = { logs: false };
    const { warnings } = await runProgram("prod", { cluster, datadog });
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /EKS Pod Identity.*monitoring:loki.storage to filesystem/);
    const loki = { storage: "filesystem", mode: "singleBinary" };
    assert.deepEqual((await runProgram("dev", { cluster, datadog, loki })).warnings, []);
  });

  it("warns about names that are probably misspelled", async () => {
    const services = [{ name: "cart", namespace: "ticketting" }];
    const { warnings } = await runProgram("prod", { datadog: { logs: false }, services });
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /^monitoring:services\[0\]\.namespace = "ticketting" is not/);
  });

  it("has no warning if each log line is stored once and each volume is large enough", async () => {
    const { warnings } = await runProgram("prod", {
      datadog: { logs: false },
      cost: { samplesPerSecond: 20_000, logGbPerDay: 20, nodes: 6 },
    });
    assert.deepEqual(warnings, []);
  });
});
