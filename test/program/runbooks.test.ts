import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import type { LRParser } from "@lezer/lr";
import { parseConfiguration } from "../../stacks/config";
import { runConfigCommand } from "../support/pulumiConfig";
import { runProgram } from "../support/runProgram";
import { configuration, projectDirectory } from "../support/stackConfig";

const { parser } = require("@prometheus-io/lezer-promql") as { parser: LRParser };

interface Rule {
  alert: string;
  expr: string;
  for: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

const folder = path.join(projectDirectory, "docs", "runbooks");
const pages = fs.readdirSync(folder).map((file) => file.replace(/\.md$/, ""));
const read = (alert: string) => fs.readFileSync(path.join(folder, `${alert}.md`), "utf8");

const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(([, block = ""]) =>
    block.trim(),
  );

/** Names of metrics in an expression, without what a histogram adds to them. */
const metricsIn = (expr: string): Set<string> =>
  new Set(
    [...expr.matchAll(/\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?=\{)/g)].map(([name]) =>
      name.replace(/_(bucket|count)$/, ""),
    ),
  );

describe("the runbooks", () => {
  let rules: Rule[];
  before(async () => {
    const { resources } = await runProgram("prod");
    const rule = resources.find(({ name }) => name === "services-rules");
    rules = (rule?.inputs["spec"].groups as { rules: Rule[] }[]).flatMap((group) => group.rules);
  });

  it("are one for each alert, where the message says", () => {
    assert.deepEqual(rules.map(({ alert }) => alert).sort(), [...pages].sort());
    for (const { alert, annotations } of rules) {
      assert.match(annotations["runbook_url"] ?? "", new RegExp(`/docs/runbooks/${alert}\\.md$`));
    }
  });

  for (const alert of pages) {
    describe(alert, () => {
      const text = read(alert);

      it("says what it means, what it does to users, and what to do, on one page", () => {
        const parts = text.split("\n").filter((line) => /^(# |## |\*\*Impact)/.test(line));
        assert.deepEqual(
          parts.map((line) => line.replace(/^(\*\*Impact)\..*/, "$1")),
          [
            `# ${alert}`,
            "**Impact",
            "## Look first",
            "## Likely causes",
            "## What to do",
            "## Silence it",
            "## Change the threshold",
          ],
        );
        assert.ok(text.split("\n").length < 120);
      });

      it("asks for the metrics that the alert is made of", () => {
        const expr = rules.find((rule) => rule.alert === alert)?.expr ?? "";
        const asked = metricsIn(blocks(text, "promql").join("\n"));
        for (const metric of metricsIn(expr)) assert.ok(asked.has(metric), metric);
      });

      it("names its threshold and its patience as they are", () => {
        const rule = rules.find((one) => one.alert === alert);
        const [opening = ""] = text.split("**Impact.**");
        assert.ok(opening.includes(`for ${rule?.for.replace("m", "")} minutes`), opening);
        const [, number, unit] =
          /\(threshold ([\d.]+ ?(%|ms)?)\)/.exec(rule?.annotations["description"] ?? "") ?? [];
        if (number !== undefined) assert.ok(opening.includes(number.trim()), `${number} ${unit}`);
      });

      it("has queries without a mistake in their syntax", () => {
        const queries = blocks(text, "promql");
        assert.ok(queries.length > 0);
        for (const query of queries) {
          parser.parse(query).iterate({
            enter: (node) => assert.ok(!node.type.isError, `${query} at ${node.from}`),
          });
        }
        for (const query of blocks(text, "logql")) assert.match(query, /^\{namespace="ticketing"/);
      });

      it("changes the threshold by a line that the loader takes", () => {
        const lines = blocks(text, "bash").filter((line) => line.startsWith("pulumi config"));
        assert.equal(lines.length, alert === "PodCrashLooping" ? 0 : 1);
        for (const line of lines) {
          const before = configuration("prod");
          const after = runConfigCommand(before, line);
          assert.notDeepEqual(after.values["alerts"], before.values["alerts"]);
          assert.deepEqual(parseConfiguration(after).problems ?? [], []);
        }
      });

      it("silences this alert, and only where it fires", () => {
        const [silence = ""] = blocks(text, "bash").filter((block) => block.includes("amtool"));
        assert.match(silence, new RegExp(`alertname=${alert} namespace=\\w+ (service|pod)=`));
        const [, label = ""] = / (service|pod)=/.exec(silence) ?? [];
        const expr = rules.find((rule) => rule.alert === alert)?.expr ?? "";
        assert.match(expr, new RegExp(`by \\(namespace, (${label}\\b|service, ${label}\\b)`));
      });

      it("leads to pages that exist", () => {
        for (const [, link = ""] of text.matchAll(/\]\(([^)#]+)\)/g)) {
          assert.ok(fs.existsSync(path.join(folder, link)), link);
        }
      });
    });
  }
});
