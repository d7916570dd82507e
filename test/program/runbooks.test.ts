import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { ruleThresholds } from "../../components/alerting/ruleThresholds";
import { podMetrics } from "../../policies/shared/metricNames";
import type { LRParser } from "@lezer/lr";
import { parse } from "yaml";
import { parseConfiguration } from "../../stacks/config/parseConfiguration";
import { runConfigCommand } from "../support/pulumiConfig";
import { runProgram } from "../support/runProgram";
import { configuration, projectDirectory } from "../support/stackConfig";

// The package declares types for ES modules only.
const { parser } = require("@prometheus-io/lezer-promql") as { parser: LRParser };

interface Rule {
  alert: string;
  record?: string;
  /** PromQL, or LogQL for the ruler of Loki. */
  expr: string;
  for: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

const docs = path.join(projectDirectory, "docs");
const folder = path.join(docs, "runbooks");
const pages = fs.readdirSync(folder).map((file) => file.replace(/\.md$/, ""));
const read = (alert: string) => fs.readFileSync(path.join(folder, `${alert}.md`), "utf8");

const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(([, block = ""]) =>
    block.trim(),
  );

/** Names of the metrics in an expression, without the suffixes of histogram series. */
const metricsIn = (expr: string): Set<string> =>
  new Set(
    [...expr.matchAll(/(?<![:\w])[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?=\{)/g)].map(([name]) =>
      name.replace(/_(bucket|count)$/, ""),
    ),
  );

const isLogQl = (expr: string): boolean => /detected_level|^absent_over_time/.test(expr);

/**
 * Replaces recorded series with the expressions that record them, except the series of SLOs. If rules
 * with different labels record a series, the matchers of its selector decide.
 */
function withoutRecords(expr: string, recorded: Rule[]): string {
  return expr.replace(
    /\bnamespace_\w+:(\w+):\w+(?=\{([^}]*)\})/g,
    (name, metric: string, matchers: string) => {
      // The boundaries of buckets are those of all histograms.
      if (metric.startsWith("slo_") || name.startsWith("namespace_le:")) return name;
      const rule = recorded.findLast(
        ({ record, labels = {} }) =>
          record === name &&
          Object.entries(labels).every(
            ([label, value]) => label === "component" || matchers.includes(`${label}="${value}"`),
          ),
      );
      // A rule that reads its own series must not recurse.
      const others = recorded.filter(({ record }) => record !== name);
      return withoutRecords(rule?.expr ?? name, others);
    },
  );
}

/** Settings with which every alert exists. */
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
    ...["auth-service", "api-gateway", "cart", "search"].map((name) => ({ name })),
    { name: "nightly-report", kind: "job" },
    { name: "website", kind: "probe", probe: "https://shop.example.com/" },
  ],
};

/** Alerts with a threshold that is a setting. */
const adjustable = new RegExp(
  `^(High|NoTraffic|NoLogs|CPUThrottling|DynamoDB|Redis|JobOverdue|JobSlow|CertificateExpiring|AvailabilityBudgetBurn|${Object.keys(ruleThresholds).join("|")})`,
);

describe("the runbooks", () => {
  let rules: Rule[];
  before(async () => {
    const { resources } = await runProgram("prod", everyAlert);
    const prometheusGroups = resources
      .filter(({ type }) => type.endsWith(":PrometheusRule"))
      .flatMap(({ inputs }) => inputs["spec"].groups as { rules: Rule[] }[]);
    const lokiGroups = resources
      .filter(({ inputs }) => inputs["metadata"]?.name === "loki-rules")
      .flatMap(({ inputs }) => Object.values<string>(inputs["data"]))
      .flatMap((text) => (parse(text) as { groups: { rules: Rule[] }[] }).groups);
    assert.ok(prometheusGroups.length > 0 && lokiGroups.length > 0);
    const all = [...prometheusGroups, ...lokiGroups].flatMap((group) => group.rules);
    const recorded = all.filter(({ record }) => record !== undefined);
    rules = all
      .filter(({ alert }) => alert !== undefined)
      .map((rule) => ({ ...rule, expr: withoutRecords(rule.expr, recorded) }));
  });

  it("exist for each alert, at the URL in its annotation", () => {
    assert.deepEqual([...new Set(rules.map(({ alert }) => alert))].sort(), [...pages].sort());
    for (const { alert, annotations } of rules) {
      assert.match(annotations["runbook_url"] ?? "", new RegExp(`/docs/runbooks/${alert}\\.md$`));
    }
  });

  it("say who to call", () => {
    for (const alert of pages)
      assert.match(read(alert), /^\*\*Who to call\.\*\* The team /m, alert);
  });

  it("are listed in docs/alerts.md with the durations and severities of their alerts", () => {
    const rows = fs
      .readFileSync(path.join(docs, "alerts.md"), "utf8")
      .matchAll(/^\| \[(\w+)\]\(runbooks\/\1\.md\) *\|[^|]*\| ([\d, ]*) min *\| ([\w, ]*?) *\|/gm);
    const distinct = (values: string[]) => [...new Set(values)].sort().join(", ");
    assert.deepEqual(
      [...rows]
        .map(([, alert = "", minutes = "", severities = ""]) => ({
          alert,
          minutes: distinct(minutes.split(", ")),
          severities: distinct(severities.split(", ")),
        }))
        .sort((a, b) => (a.alert < b.alert ? -1 : 1)),
      [...pages].sort().map((alert) => {
        const ofAlert = rules.filter((rule) => rule.alert === alert);
        return {
          alert,
          minutes: distinct(ofAlert.map((rule) => rule.for.replace("m", ""))),
          severities: distinct(ofAlert.map(({ labels }) => labels["severity"] ?? "")),
        };
      }),
    );
  });

  /** Metrics that decide which component judges a pod, and whether the pod and its metrics exist. */
  function guards(alert: string): string[] {
    // All histograms together show which boundaries exist.
    const histograms = ["http_request", "grpc_server", "dynamodb_operation", "redis_command"];
    const others = (histogram: string) =>
      histograms
        .filter((name) => name !== histogram)
        .map((name) => `${name}_${name === "grpc_server" ? "handling" : "duration"}_seconds`);
    const existing: Record<string, string[]> = {
      DynamoDBHighLatencyP99: others("dynamodb_operation"),
      RedisHighLatencyP99: others("redis_command"),
      LatencyThresholdUnmeasured: others("http_request"),
      JobMissing: ["kube_namespace_created", "namespace_service:configured:info"],
      ProbeMissing: ["namespace_service:configured:info"],
      HighCPU: ["container_memory_working_set_bytes"],
      MemoryLimitMissing: [podMetrics.restarts],
      MonitoringPodFailing: [
        "kube_pod_status_phase",
        "kube_pod_info",
        "kube_node_status_condition",
      ],
    };
    return [podMetrics.owner, ...(existing[alert] ?? [])];
  }

  for (const alert of pages) {
    describe(alert, () => {
      const text = read(alert);

      it("has every section, on one page", () => {
        const parts = text.split("\n").filter((line) => /^(# |## |\*\*Impact)/.test(line));
        assert.deepEqual(
          parts.map((line) => line.replace(/^(\*\*Impact)\..*/, "$1")),
          [
            `# ${alert}`,
            "**Impact",
            "## First checks",
            "## Likely causes",
            "## Actions",
            "## Silence the alert",
            "## Change the threshold",
          ],
        );
        assert.ok(text.split("\n").length < 120);
      });

      it("queries the metrics or the logs that the alert evaluates", () => {
        const expr = rules.find((rule) => rule.alert === alert)?.expr ?? "";
        if (isLogQl(expr)) {
          const [lines = ""] = /\{[^}]*\}( \| detected_level=~"[^"]*")?/.exec(expr) ?? [];
          const query = lines.replace("inventory-service", "SERVICE");
          assert.ok(blocks(text, "logql").includes(query), query);
          return;
        }
        const queried = metricsIn(blocks(text, "promql").join("\n"));
        for (const metric of metricsIn(expr)) {
          if (!guards(alert).includes(metric)) assert.ok(queried.has(metric), metric);
        }
      });

      it("states the threshold and the duration of the alert", () => {
        const [opening = ""] = text.split("**Impact.**");
        for (const rule of rules.filter((rule) => rule.alert === alert)) {
          const minutes = Number.parseInt(rule.for);
          if (minutes > 0) assert.match(opening, new RegExp(`for ${minutes} minutes?\\b`));
          const [, threshold] =
            /\(threshold: ([\d.]+( ms| hours|%)?)\)/.exec(rule.annotations["description"] ?? "") ??
            [];
          if (threshold !== undefined) assert.ok(opening.includes(threshold), threshold);
        }
      });

      it("has queries with valid syntax", () => {
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

      it("changes the threshold with a command that results in a valid configuration", () => {
        const lines = blocks(text, "bash").filter((line) => line.startsWith("pulumi config"));
        assert.equal(lines.length, adjustable.test(alert) ? 1 : 0);
        for (const line of lines) {
          const before = configuration("prod", everyAlert);
          const after = runConfigCommand(before, line);
          assert.notDeepEqual(after.values, before.values);
          assert.deepEqual(parseConfiguration(after).problems ?? [], []);
        }
      });

      it("needs only kubectl, without access to the Pulumi stack, until the threshold changes", () => {
        const [actions = ""] = text.split("## Change the threshold");
        assert.doesNotMatch(actions, /pulumi (stack|config)/);
      });

      it("silences this alert, for its subject only", () => {
        const [silence = ""] = blocks(text, "bash").filter((block) => block.includes("amtool"));
        const [, silenced, subjectLabel] =
          /alertname=(\w+) namespace=\w+(?: (\w+)=\S+)? \\/.exec(silence) ?? [];
        assert.equal(silenced, alert);
        const expr = rules.find((rule) => rule.alert === alert)?.expr ?? "";
        const kept =
          subjectLabel === undefined ? "by (namespace)" : `by (namespace, ${subjectLabel}`;
        // The result of absent_over_time has the labels of its equality matchers.
        const absent = /^absent_over_time\(\{namespace="[\w-]+", service="[\w-]+"\}/.test(expr);
        assert.ok(expr.includes(kept) || expr.includes("slo_") || absent, `${kept} in ${expr}`);
      });

      it("links to existing pages", () => {
        for (const [, link = ""] of text.matchAll(/\]\(([^)#]+)\)/g)) {
          assert.ok(fs.existsSync(path.join(folder, link)), link);
        }
      });
    });
  }
});
