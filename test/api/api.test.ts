import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { projectDirectory } from "../support/stackConfig";
import { apiReport, signaturesOf } from "./report";

describe("docs/api.md", () => {
  it("has the signatures that the package exports", async () => {
    const page = fs.readFileSync(path.join(projectDirectory, "docs", "api.md"), "utf8");
    const message =
      "The public API differs from docs/api.md: check the changelog, then run npm run api";
    assert.equal(signaturesOf(page), signaturesOf(await apiReport()), message);
  });

  it("names every component and all that its arguments refer to", async () => {
    const report = await apiReport();
    for (const name of [
      "class SlackAlerting",
      "interface SlackRoute",
      "class ObservabilityGuard",
    ]) {
      assert.ok(
        report.includes(`export declare ${name}`) || report.includes(`export ${name}`),
        name,
      );
    }
    // A type that no entry point exports, and that an argument of the pack has.
    assert.ok(report.includes("export interface PrometheusRetentionConfig"));
  });
});
