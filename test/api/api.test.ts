import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { projectDirectory } from "../support/stackConfig";
import { apiReport, signaturesOf } from "./report";

describe("docs/api.md", () => {
  let report: string;

  before(async () => {
    report = await apiReport();
  });

  it("has the signatures that the package exports", () => {
    const page = fs.readFileSync(path.join(projectDirectory, "docs", "api.md"), "utf8");
    const message =
      "The public API differs from docs/api.md: check the changelog, then run npm run api";
    assert.equal(signaturesOf(page), signaturesOf(report), message);
  });

  it("names every component and all that its arguments refer to", () => {
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
    // The compiler infers this member.
    assert.match(report, /prometheusRetention\?: PolicyArgs<\{[^}]*maxDays: number/);
  });
});
