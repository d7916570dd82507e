import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parse, stringify } from "yaml";
import { lokiSettings } from "../../../components/loki/settings";
import { Values } from "../../../policies/shared/mergeValues";
import { promtailValues } from "../../../components/logs/promtailValues";
import { toolPath } from "../../../tools/paths.cjs";
import { rejectedByRe2, acceptedByRe2 } from "../../support/re2Expressions";

describe("redaction in Promtail, which has the same stages as Alloy", () => {
  let folder: string;
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "redaction-"));
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  /** Runs lines through a pipeline and returns the output. */
  function promtail(stages: Values[], lines: string[]) {
    const file = path.join(folder, "promtail.yaml");
    const labels = { job: "pods" };
    fs.writeFileSync(
      file,
      stringify({
        server: { disable: true },
        clients: [{ url: "http://127.0.0.1:1/loki/api/v1/push" }],
        positions: { filename: path.join(folder, "positions.yaml") },
        scrape_configs: [
          { job_name: "pods", pipeline_stages: stages, static_configs: [{ labels }] },
        ],
      }),
    );
    const { status, stdout, stderr } = spawnSync(
      toolPath("promtail"),
      [`-config.file=${file}`, "-stdin", "-dry-run"],
      { encoding: "utf8", input: lines.map((line) => `${line}\n`).join("") },
    );
    const output = stdout.split("\n").filter((line) => line.includes('job="pods"'));
    return {
      status,
      stderr,
      lines: output.map((line) => line.slice(line.indexOf("}") + 1).trim()),
    };
  }

  /** Lines after the pipeline that our values configure. */
  function redactedBy(args: object, lines: string[]): string[] {
    const { settings } = lokiSettings({
      cluster: "c",
      environment: "prod",
      bucket: "logs",
      ...args,
    });
    assert.ok(settings);
    const { scrapeConfigs } = promtailValues(settings, "http://loki:3100")["config"]
      .snippets as Values;
    const [pods] = parse(scrapeConfigs as string) as Values[];
    // Promtail may end before it prints its last line, so that line is none of those under test.
    const written = [...lines, "end of input"].map(
      (line, index) => `2026-01-01T00:00:${String(index).padStart(2, "0")}Z stdout F ${line}`,
    );
    const {
      status,
      stderr,
      lines: read,
    } = promtail(pods?.["pipeline_stages"] as Values[], written);
    assert.equal(status, 0, stderr);
    return read.slice(0, lines.length);
  }

  const lines = [
    "Authorization: Bearer abcdefgh12345678",
    "paid with 4111 1111 1111 1111",
    "customer KD-12345678 called",
  ];

  it("redacts only text that the built-in patterns match", () => {
    assert.deepEqual(redactedBy({}, lines), [
      "Authorization: <redacted>",
      "paid with <redacted>",
      "customer KD-12345678 called",
    ]);
  });

  it("respects disabled redactions and redacts custom patterns with their names", () => {
    const args = {
      disabledRedactions: ["cardNumber"],
      redactionPatterns: [{ name: "customer-number", expression: "\\bKD-(\\d{8})\\b" }],
    };
    assert.deepEqual(redactedBy(args, lines), [
      "Authorization: <redacted>",
      "paid with 4111 1111 1111 1111",
      "customer KD-<redacted customer-number> called",
    ]);
  });

  it("accepts every expression that the settings accept", () => {
    const stages = acceptedByRe2.map((expression) => ({ replace: { expression, replace: "" } }));
    const { status, stderr } = promtail(stages, ["a line"]);
    assert.equal(status, 0, stderr);
  });

  for (const expression of Object.keys(rejectedByRe2)) {
    it(`does not start with ${expression}, which the settings reject`, () => {
      const { status, stderr } = promtail([{ replace: { expression, replace: "" } }], ["a line"]);
      assert.equal(status, 1);
      assert.match(stderr, /error parsing regexp/);
    });
  }
});
