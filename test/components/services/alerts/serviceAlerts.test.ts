import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { AlertGroup, AlertRule } from "../../../../components/alerting/rules";
import { serviceAlerts } from "../../../../components/services/alerts/serviceAlerts";
import { servicesSettings } from "../../../../components/services/settings/settings";
import { isPromql, nodes } from "../../alerting/promql";

/** The first six alerts, whose names users rely on. */
const firstAlerts = [
  "DynamoDBThrottling",
  "HighCPU",
  "HighErrorRate",
  "HighLatencyP99",
  "HighMemory",
  "PodCrashLooping",
];

const names = [
  ...firstAlerts,
  "CPUThrottling",
  "DynamoDBHighLatencyP99",
  "LatencyThresholdUnmeasured",
  "MemoryLimitMissing",
  "MostRequestsFailing",
  "NoTraffic",
  "OOMKilled",
  "RedisHighLatencyP99",
  "ServiceDown",
].sort();

function groupsFor(alerts: object = {}, services: object[] = []): AlertGroup[] {
  const { settings, problems } = servicesSettings({
    namespace: "ticketing",
    alerts,
    services,
  });
  assert.deepEqual(problems, undefined);
  assert.ok(settings);
  return serviceAlerts(settings, "services");
}

/** The alerts, with recorded series replaced by their expressions. */
function rulesFor(alerts?: object, services?: object[]): AlertRule[] {
  const rules = groupsFor(alerts, services).flatMap((group) => group.rules);
  const recorded = new Map(
    rules.flatMap((rule) => ("record" in rule ? [[rule.record, rule.expr] as const] : [])),
  );
  const inlined = (expr: string, within = ""): string =>
    expr.replace(/\bnamespace_\w+:\w+:\w+\{[^}]*\}(?!\[(?!3m))/g, (selector) => {
      const name = selector.replace(/\{.*/, "");
      const expression = recorded.get(name);
      return expression === undefined || name === within
        ? selector
        : `(${inlined(expression, name)})`;
    });
  return rules.flatMap((rule) => ("alert" in rule ? [{ ...rule, expr: inlined(rule.expr) }] : []));
}

function ruleOf(name: string, alerts?: object): AlertRule {
  const rule = rulesFor(alerts).find(({ alert }) => alert === name);
  assert.ok(rule, name);
  return rule;
}

describe("serviceAlerts", () => {
  it("has every alert once, in groups of the namespace", () => {
    const alerts = rulesFor().map(({ alert }) => alert);
    assert.deepEqual([...new Set(alerts)].sort(), names);
    // There is a rule for each histogram.
    const once = alerts.filter((alert) => alert !== "LatencyThresholdUnmeasured");
    assert.equal(new Set(once).size, once.length);
    const groups = groupsFor();
    assert.equal(new Set(groups.map(({ name }) => name)).size, groups.length);
    for (const { name } of groups) assert.match(name, /^ticketing\./);
  });

  for (const name of names) {
    describe(name, () => {
      const rule = ruleOf(name);

      it("is PromQL", () => assert.ok(isPromql(rule.expr), rule.expr));

      it("keeps the namespace in every aggregation, for routing and inhibition", () => {
        const groupings = nodes(rule.expr, "AggregateModifier");
        assert.ok(groupings.length > 0);
        for (const grouping of groupings) assert.match(grouping, /^by \(.*\bnamespace\b.*\)$/);
      });

      it("selects only series of its own namespace", () => {
        for (const selector of nodes(rule.expr, "VectorSelector")) {
          assert.match(
            selector,
            /\{(namespace="ticketing"|scrape_job=~"serviceMonitor\/ticketing\/)/,
          );
        }
      });

      it("has a short summary and a description, with labels that the expression keeps", () => {
        for (const text of [rule.summary, rule.description]) {
          assert.ok(!text.includes("\n"));
          const templates = [...text.matchAll(/\{\{([^}]*)\}\}/g)].map(([, inside = ""]) => inside);
          const labels = templates.flatMap((inside) => inside.match(/\$labels\.\w+/g) ?? []);
          assert.ok(labels.length > 0, text);
          const kept = nodes(rule.expr, "AggregateModifier").join();
          for (const label of labels) assert.ok(kept.includes(label.slice(8)), `${label} is kept`);
        }
        const rendered = rule.summary.replaceAll(/\{\{[^}]*\}\}/g, "inventory-service");
        assert.ok(rendered.length < 80, rendered);
      });

      it("has a runbook", () => {
        const page = path.join(__dirname, "../../../../docs/runbooks", `${name}.md`);
        assert.ok(fs.existsSync(page), `docs/runbooks/${name}.md exists`);
      });
    });
  }

  it("pages for all of the first alerts except HighCPU", () => {
    for (const name of firstAlerts) {
      assert.equal(ruleOf(name).severity, name === "HighCPU" ? "warning" : "critical", name);
    }
  });

  it("fires after 5 minutes, or after 10 minutes for memory and CPU", () => {
    for (const name of firstAlerts) {
      const expected = name === "HighMemory" || name === "HighCPU" ? 10 : 5;
      assert.equal(ruleOf(name).forMinutes, expected, name);
    }
  });

  it("uses the thresholds of the settings in expressions and descriptions", () => {
    const cases: [string, object, string, string][] = [
      ["HighErrorRate", { errorRatePercent: 2.5 }, "> 0.025\n", "threshold: 2.5%"],
      ["HighLatencyP99", { p99LatencyMs: 250 }, ">= 0.25\n", "threshold: 250 ms"],
      ["CPUThrottling", { cpuThrottlingPercent: 40 }, "> 0.4", "threshold: 40%"],
      ["DynamoDBHighLatencyP99", { dynamodbP99Ms: 20 }, ">= 0.02\n", "threshold: 20 ms"],
      ["RedisHighLatencyP99", { redisP99Ms: 5 }, ">= 0.005\n", "threshold: 5 ms"],
      ["HighMemory", { memoryPercent: 80 }, "> 0.8", "threshold: 80%"],
      ["HighCPU", { cpuPercent: 70 }, "> 0.7", "threshold: 70%"],
      ["DynamoDBThrottling", { dynamodbThrottlesPerSecond: 3 }, "> 3", "threshold: 3)"],
    ];
    for (const [name, alerts, inExpression, inDescription] of cases) {
      const rule = ruleOf(name, alerts);
      assert.ok(`${rule.expr}\n`.includes(inExpression), rule.expr);
      assert.ok(rule.description.includes(inDescription), rule.description);
      assert.ok(isPromql(rule.expr));
      assert.ok(!`${ruleOf(name).expr}\n`.includes(inExpression), `${name} has another default`);
    }
  });

  it("is valid PromQL with very small and very large numbers", () => {
    const smallest = { errorRatePercent: 1e-9, p99LatencyMs: 1e-9, minimumRequestsPerSecond: 0 };
    const largest = { cpuPercent: 1e30, p99LatencyMs: 1e30, dynamodbThrottlesPerSecond: 1e30 };
    for (const alerts of [smallest, largest]) {
      for (const rule of rulesFor(alerts)) assert.ok(isPromql(rule.expr), rule.expr);
    }
  });

  it("requires a minimum rate of requests for latency, and judges errors below it over 30 minutes", () => {
    const alerts = { minimumRequestsPerSecond: 0.7 };
    assert.match(ruleOf("HighLatencyP99", alerts).expr, /and\n[\s(]*sum by [^>]* > 0\.7/);
    assert.match(ruleOf("HighErrorRate", alerts).expr, /unless\s[\s(]*sum by [^>]* > 0\.7/);
  });

  it("counts HTTP 5xx and gRPC server errors as failures", () => {
    const { expr } = ruleOf("HighErrorRate");
    assert.match(expr, /http_requests_total\{[^}]*status=~"5\.\."/);
    const [, codes = ""] = /grpc_code=~"([^"]*)"/.exec(expr) ?? [];
    assert.deepEqual(codes.split("|").sort(), [
      "DataLoss",
      "DeadlineExceeded",
      "Internal",
      "Unavailable",
      "Unimplemented",
      "Unknown",
    ]);
  });

  it("compares the working set of containers with the limit", () => {
    const { expr } = ruleOf("HighMemory");
    assert.match(expr, /container_memory_working_set_bytes\{[^}]*container!=""\}/);
    assert.match(expr, /kube_pod_container_resource_limits\{[^}]*resource="memory"\}/);
  });

  it("compares CPU usage with the limit", () => {
    const { expr } = ruleOf("HighCPU");
    assert.match(expr, /resource_limits\{[^}]*resource="cpu"\}/);
    assert.doesNotMatch(expr, /resource_requests/);
  });

  it("fires for a crash loop, or for restarts in three periods, not for a single restart", () => {
    const { expr } = ruleOf("PodCrashLooping");
    assert.match(
      expr,
      /max_over_time\(kube_pod_container_status_waiting_reason\{.*"CrashLoopBackOff"/,
    );
    const windows = expr.match(/\w*restarts_total\{[^}]*\}\[35m\]( offset \d+m)?/g);
    assert.equal(new Set(windows).size, 6);
    assert.match(expr, /kube_pod_init_container_status_restarts_total/);
  });
});
