import * as assert from "node:assert/strict";
import { parseConfiguration } from "../../../stacks/config/parseConfiguration";
import { configuration } from "../../support/stackConfig";

function costOf(cost: unknown) {
  const { settings, problems } = parseConfiguration(configuration("prod", { cost }));
  return {
    cost: settings?.cost,
    problems: problems?.map(({ path, rule }) => `${path.join(".")} ${rule}`),
  };
}

describe("monitoring:cost", () => {
  it("assumes neither a load nor prices", () => {
    assert.deepEqual(costOf(undefined).cost, { bytesPerSample: 2, logCompression: 5 });
  });

  it("accepts fractions as the CLI writes them, as strings", () => {
    const { cost } = costOf({ logGbPerDay: "2.5", prices: { volumeGbMonth: "0.08" } });
    assert.equal(cost?.logGbPerDay, 2.5);
    assert.deepEqual(cost?.prices, { currency: "USD", volumeGbMonth: 0.08 });
  });

  it("reports all problems in its own keys", () => {
    const { problems = [] } = costOf({
      samplesPerSecond: 0,
      logGbPerDay: -1,
      nodes: 1.5,
      hosts: 3,
      prices: { currency: "Euro", volumeGbMonth: -1 },
    });
    const keys = problems.map((problem) => problem.split(" ")[0]);
    assert.deepEqual(keys.sort(), [
      "cost.hosts",
      "cost.logGbPerDay",
      "cost.nodes",
      "cost.prices.currency",
      "cost.prices.volumeGbMonth",
      "cost.samplesPerSecond",
    ]);
  });
});
