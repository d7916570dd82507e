import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { alloyConfig } from "../../../components/values/alloyConfig";
import { toolPath } from "../../../tools/paths.cjs";

describe("alloyConfig, read by the parser of Alloy's own language", () => {
  let folder: string;
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "alloy-"));
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  function parse(text: string) {
    const file = path.join(folder, "config.alloy");
    fs.writeFileSync(file, text);
    return spawnSync(toolPath("alloysyntax"), [file], { encoding: "utf8" });
  }

  const text = alloyConfig({
    pushUrl: "http://loki.monitoring.svc.cluster.local:3100/loki/api/v1/push",
    cluster: "ticketing-prod",
    environment: "prod",
  });

  it("has no mistake in its syntax", () => {
    const { status, stderr } = parse(text);
    assert.deepEqual([status, stderr], [0, ""]);
  });

  it("would be refused with one", () => {
    const { status, stderr } = parse(text.replace("forward_to = [", "forward_to = "));
    assert.equal(status, 1);
    assert.match(stderr, /config\.alloy:\d+:\d+/);
  });
});
