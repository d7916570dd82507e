import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import type { LRParser } from "@lezer/lr";
import { parse } from "yaml";
import { parseConfiguration } from "../../stacks/config/parseConfiguration";
import { runConfigCommand } from "../support/pulumiConfig";
import { runProgram } from "../support/runProgram";
import { configuration, projectDirectory } from "../support/stackConfig";

// Its types are for ES modules only.
const { parser } = require("@prometheus-io/lezer-promql") as { parser: LRParser };

interface Rule {
  alert: string;
  record?: string;
  /** PromQL, or LogQL of Loki's ruler. */
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
    [...expr.matchAll(/(?<![:\w])[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?=\{)/g)].map(([name]) =>
      name.replace(/_(bucket|count)$/, ""),
    ),
  );

const isLogQl = (expr: string): boolean => /detected_level|^absent_over_time/.test(expr);

/** Series of recording rules, replaced by what they record; those of SLOs are asked for as they are. */
function withoutRecords(expr: string, recorded: Map<string | undefined, string>): string {
  return expr.replace(/\bnamespace_\w+:(\w+):\w+(?=\{)/g, (name, metric: string) => {
    if (metric.startsWith("slo_")) return name;
    // What remembers itself is no further metric.
    const others = new Map([...recorded].filter(([other]) => other !== name));
    return withoutRecords(recorded.get(name) ?? name, others);
  });
}

/** Alerts that only exist where something is set. */
const everyAlert = {
  alerts: { redisPoolMaximum: 50 },
  loki: {
    retentionDays: 15,
    bucket: "ticketing-loki-chunks",
    logAlerts: [{ namespace: "ticketing", service: "inventory-service" }],
  },
  services: [
    {
      name: "inventory-service",
      slo: { availabilityPercent: 99.9, latencyMs: 300, latencyPercent: 99 },
    },
  ],
};

/** Alerts whose threshold is a setting. */
const adjustable = /^(High|NoTraffic|NoLogs|CPUThrottling|DynamoDB|Redis|AvailabilityBudgetBurn)/;

describe("the runbooks", () => {
  let rules: Rule[];
  before(async () => {
    const { resources } = await runProgram("prod", everyAlert);
    const ofPrometheus = resources
      .filter(({ type }) => type.endsWith(":PrometheusRule"))
      .flatMap(({ inputs }) => inputs["spec"].groups as { rules: Rule[] }[]);
    const ofLoki = resources
      .filter(({ inputs }) => inputs["metadata"]?.name === "loki-rules")
      .flatMap(({ inputs }) => Object.values<string>(inputs["data"]))
      .flatMap((text) => (parse(text) as { groups: { rules: Rule[] }[] }).groups);
    assert.ok(ofPrometheus.length > 0 && ofLoki.length > 0);
    const all = [...ofPrometheus, ...ofLoki].flatMap((group) => group.rules);
    const recorded = new Map(all.map(({ record, expr }) => [record, expr]));
    rules = all
      .filter(({ alert }) => alert !== undefined)
      .map((rule) => ({ ...rule, expr: withoutRecords(rule.expr, recorded) }));
  });

  it("are one for each alert, where the message says", () => {
    assert.deepEqual([...new Set(rules.map(({ alert }) => alert))].sort(), [...pages].sort());
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

      it("asks for the metrics, or the logs, that the alert is made of", () => {
        const expr = rules.find((rule) => rule.alert === alert)?.expr ?? "";
        if (isLogQl(expr)) {
          const [lines = ""] = /\{[^}]*\}( \| detected_level=~"[^"]*")?/.exec(expr) ?? [];
          assert.ok(blocks(text, "logql").includes(lines), lines);
          return;
        }
        const asked = metricsIn(blocks(text, "promql").join("\n"));
        for (const metric of metricsIn(expr)) assert.ok(asked.has(metric), metric);
      });

      it("names its threshold and its patience as they are", () => {
        const [opening = ""] = text.split("**Impact.**");
        for (const rule of rules.filter((one) => one.alert === alert)) {
          const minutes = Number.parseInt(rule.for);
          if (minutes > 0) assert.match(opening, new RegExp(`for ${minutes} minutes?\\b`));
          const [, threshold] =
            /\(threshold: ([\d.]+( ms| hours|%)?)\)/.exec(rule.annotations["description"] ?? "") ??
            [];
          if (threshold !== undefined) assert.ok(opening.includes(threshold), threshold);
        }
      });

      it("has queries without a mistake in their syntax", () => {
        const queries = blocks(text, "promql");
        assert.ok(queries.length > 0);
        for (const query of queries) {
          parser.parse(query).iterate({
            enter: (node) => assert.ok(!node.type.isError, `${query} at ${node.from}`),
          });
        }
        for (const query of blocks(text, "logql"))
          assert.match(query, /^(sum by \(\w+\) \(\w+\()?\{namespace="(ticketing|monitoring)"/);
      });

      it("changes the threshold by a line that the loader takes", () => {
        const lines = blocks(text, "bash").filter((line) => line.startsWith("pulumi config"));
        assert.equal(lines.length, adjustable.test(alert) ? 1 : 0);
        for (const line of lines) {
          const before = configuration("prod", everyAlert);
          const after = runConfigCommand(before, line);
          assert.notDeepEqual(after.values, before.values);
          assert.deepEqual(parseConfiguration(after).problems ?? [], []);
        }
      });

      it("silences this alert, and only where it fires", () => {
        const [silence = ""] = blocks(text, "bash").filter((block) => block.includes("amtool"));
        const [, found, further] =
          /alertname=(\w+) namespace=\w+(?: (\w+)=\S+)? \\/.exec(silence) ?? [];
        assert.equal(found, alert);
        const expr = rules.find((rule) => rule.alert === alert)?.expr ?? "";
        const kept = further === undefined ? "by (namespace)" : `by (namespace, ${further}`;
        // What is absent has the labels that were asked for.
        const absent = /^absent_over_time\(\{namespace="[\w-]+", service="[\w-]+"\}/.test(expr);
        assert.ok(expr.includes(kept) || expr.includes("slo_") || absent, `${kept} in ${expr}`);
      });

      it("leads to pages that exist", () => {
        for (const [, link = ""] of text.matchAll(/\]\(([^)#]+)\)/g)) {
          assert.ok(fs.existsSync(path.join(folder, link)), link);
        }
      });
    });
  }
});
