import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { alloyConfig } from "../../../components/logs/alloyConfig";
import { toolPath } from "../../../tools/paths.cjs";
import { startAlloy } from "./support/alloy";
import { itCollectsLogs } from "./support/collector";

const rendered = alloyConfig({
  pushUrl: "http://loki.monitoring.svc.cluster.local:3100/loki/api/v1/push",
  cluster: "ticketing-prod",
  environment: "prod",
});

describe("alloyConfig, validated by Alloy", () => {
  let folder: string;
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "alloy-"));
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  function alloy(command: string[], text: string) {
    const file = path.join(folder, "config.alloy");
    fs.writeFileSync(file, text);
    return spawnSync(toolPath("alloy"), [...command, file], { encoding: "utf8" });
  }

  it("is valid", () => {
    const { status, stderr } = alloy(["validate"], rendered);
    assert.deepEqual([status, stderr], [0, ""]);
  });

  for (const [mistake, from, to, error] of [
    ["a syntax error", "forward_to = [", "forward_to = ", /config\.alloy:\d+:\d+/],
    ["an unknown setting", "max_backoff_retries", "backoff_retry", /backoff_retry/],
    ["an unknown component", "loki.source.file", "loki.source.fil", /loki\.source\.fil/],
    [
      "a reference to an unknown component",
      "discovery.relabel.pods.output",
      "discovery.relabel.x.output",
      /relabel\.x/,
    ],
  ] as const) {
    it(`would be invalid with ${mistake}`, () => {
      const { status, stderr } = alloy(["validate"], rendered.replace(from, to));
      assert.equal(status, 1);
      assert.match(stderr, error);
    });
  }
});

describe("Alloy with our configuration", () => {
  itCollectsLogs((environment) => startAlloy(rendered, environment));
});
