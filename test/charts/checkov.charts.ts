/**
 * Runs Checkov on every object of prod, and compares its findings with the table in docs/security.md.
 * Not part of `npm test`, because it needs Checkov, helm and the real charts:
 *
 *     python3 -m venv venv && venv/bin/pip install 'checkov==3.3.*'
 *     npm run preview -- --stack prod --out out
 *     helm pull <chart> --repo <repository> --version <version> --untar --untardir charts   (each)
 *     CHECKOV=venv/bin/checkov PREVIEW_DIR=out CHARTS_DIR=charts npx mocha --no-config \
 *       --require ts-node/register/transpile-only --timeout 600000 test/charts/checkov.charts.ts
 *
 * `HELM` names the helm program when it is not on PATH.
 */
import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { cellsOf, readPage } from "../docs/markdown";
import { readReleases, renderRelease } from "./render";

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`set ${name}: see the top of this file`);
  return value;
}

interface Report {
  summary: { passed: number; failed: number };
  results: { failed_checks: { check_id: string; resource: string }[] };
}

describe("docs/security.md, Checkov", () => {
  const previewDir = required("PREVIEW_DIR");
  const [, section = ""] = readPage("docs/security.md").split("## Checkov\n");
  let report: Report;

  before(() => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "checkov-"));
    try {
      fs.cpSync(path.join(previewDir, "manifests"), folder, { recursive: true });
      const options = {
        previewDir,
        chartsDir: required("CHARTS_DIR"),
        helm: process.env["HELM"] ?? "helm",
      };
      for (const release of readReleases(previewDir)) {
        const file = path.join(folder, `release-${release.name}.yaml`);
        fs.writeFileSync(file, renderRelease(release, options));
      }
      const args = ["--directory", folder, "--framework", "kubernetes", "--output", "json"];
      const { stdout, error } = spawnSync(required("CHECKOV"), [...args, "--compact"], {
        encoding: "utf8",
        maxBuffer: 256 * 1024 * 1024,
      });
      if (error !== undefined) throw error;
      report = JSON.parse(stdout) as Report;
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  });

  it("gives a reason for every check that fails, and for no other", () => {
    const failed = new Set(report.results.failed_checks.map(({ check_id }) => check_id));
    const listed = section
      .split("\n## ")[0]
      ?.split("\n")
      .flatMap((line) => cellsOf(line)[0]?.match(/CKV\w+/g) ?? []);
    assert.deepEqual(listed?.toSorted(), [...failed].sort());
  });

  it("states the number of failed checks", () => {
    const { passed, failed } = report.summary;
    const total = (passed + failed).toLocaleString("en-US");
    assert.match(section, new RegExp(`${failed} of ${total} checks`));
  });
});
