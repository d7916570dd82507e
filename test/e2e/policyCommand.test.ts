/** The command of the package, for teams without Pulumi: unpacked, with no other package. */
import * as assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { packPackage } from "../support/consumerProject";

const rules = (threshold: number): string => `groups:
  - name: shop
    rules:
      - alert: ErrorsHigh
        expr: sum(rate(failed_total[5m])) / sum(rate(failed_total[5m] offset 1d)) > ${threshold}
        for: 5m
        labels: {severity: critical}
      - alert: Slow
        expr: histogram_quantile(${threshold}, sum by (le) (rate(wait_seconds_bucket[5m]))) > 2
        labels: {severity: warning}
`;

describe("the command of the package", function () {
  this.timeout(600_000);
  let folder: string;
  let tarball: string;
  let command: string;

  before("is unpacked", async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "command-"));
    tarball = await packPackage(folder);
    execFileSync("tar", ["-xzf", tarball, "-C", folder]);
    const directory = path.join(folder, "package");
    const { bin } = JSON.parse(fs.readFileSync(path.join(directory, "package.json"), "utf8")) as {
      bin: Record<string, string>;
    };
    const [file = ""] = Object.values(bin);
    command = path.join(directory, file);
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  const judged = (args: string[], input = "") =>
    spawnSync(command, args, { cwd: folder, encoding: "utf8", input });

  it("passes files without violations", () => {
    const { status, stdout, stderr } = judged(["-"], rules(0.9));
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /^Passed: 1 resource/m);
  });

  it("exits with 1 for a violation, and names the fix", () => {
    const { status, stdout } = judged(["-"], rules(99));
    assert.equal(status, 1);
    assert.match(stdout, /fix: {3}0\.99 instead/);
  });

  it("runs with npx, outside any project", () => {
    const { status, stdout, stderr } = spawnSync("npx", ["--yes", `file:${tarball}`, "-"], {
      cwd: fs.mkdtempSync(path.join(folder, "empty-")),
      encoding: "utf8",
      input: rules(99),
      // npx keeps what it installs in the cache.
      env: { ...process.env, npm_config_cache: path.join(folder, "cache") },
    });
    assert.equal(status, 1, stdout + stderr);
    assert.match(stdout, /^Failed: 1 resource/m);
  });

  it("exits with 2 for a file that does not exist", () =>
    assert.equal(judged(["missing.yaml"]).status, 2));
});
