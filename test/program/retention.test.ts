import * as assert from "node:assert/strict";
import { runProgram } from "../support/runProgram";

describe("what retention costs, told by the program itself", () => {
  it("is an output, so that a change of it is part of every preview", async () => {
    const { outputs } = await runProgram("prod", { cost: { samplesPerSecond: 20_000 } });
    assert.deepEqual(Object.keys(outputs["retentionCost"]).sort(), [
      "Datadog",
      "Loki storage",
      "Prometheus volume",
    ]);
    assert.match(outputs["retentionCost"]["Prometheus volume"], /of 20,000 samples\/s need/);
  });

  it("warns once of logs that are stored twice, and deploys all the same", async () => {
    const { warnings, resources } = await runProgram("prod");
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /^Loki and Datadog both store every log line/);
    const releases = resources.filter(({ type }) => type === "kubernetes:helm.sh/v3:Release");
    assert.ok(releases.length > 2);
  });

  it("warns of nothing where each log line has one place and each volume is large enough", async () => {
    const { warnings } = await runProgram("prod", {
      datadog: { logs: false },
      cost: { samplesPerSecond: 20_000, logGbPerDay: 20, nodes: 6 },
    });
    assert.deepEqual(warnings, []);
  });
});
