import { deepEqual } from "node:assert/strict";
import {
  changedAlerts,
  metricsIn,
  ruleSetOf,
  unchangedRecords,
} from "../../../preview/backtest/rules";
import { resource, serviceRules, stateWith } from "../compare/states";

const alert = { alert: "A", expr: "r > 1", for: "5m", labels: { severity: "warning" } };
const records = [
  { record: "r", expr: "s * 2" },
  { record: "s", expr: "a" },
];
const set = (...rules: object[]) => ruleSetOf(stateWith([serviceRules(rules)]));

describe("the rules of a stack", () => {
  it("have durations and the interval of their group", () => {
    const { alerts } = set({ ...alert, keep_firing_for: "1m30s" });
    deepEqual(alerts, [
      {
        alert: "A",
        expr: "r > 1",
        forMs: 300_000,
        keepFiringMs: 90_000,
        intervalMs: 30_000,
        labels: { severity: "warning" },
        hasLimit: false,
      },
    ]);
  });

  it("are evaluated at the interval of Prometheus, unless their group has one", () => {
    const values = { prometheus: { prometheusSpec: { evaluationInterval: "15s" } } };
    const release = resource("kubernetes:helm.sh/v3:Release", "prometheus", {
      chart: "kube-prometheus-stack",
      values,
    });
    const groups = [
      { name: "one", rules: [alert] },
      { name: "two", interval: "2m", rules: [alert], limit: 10 },
    ];
    const rules = resource("kubernetes:monitoring.coreos.com/v1:PrometheusRule", "rules", {
      spec: { groups },
    });
    const { alerts, intervalMs } = ruleSetOf(stateWith([release, rules]));
    deepEqual(
      alerts.map((each) => [each.intervalMs, each.hasLimit]),
      [
        [15_000, false],
        [120_000, true],
      ],
    );
    deepEqual(intervalMs, 15_000);
  });
});

describe("a changed alert", () => {
  const base = set(...records, alert);
  const changes = (...rules: object[]) =>
    changedAlerts(base, set(...rules)).map(({ alert, before, after }) => [
      alert,
      before.length,
      after.length,
    ]);

  it("differs in more than its annotations", () => {
    deepEqual(changes(...records, { ...alert, annotations: { summary: "B" } }), []);
    for (const change of [
      { expr: "r > 2" },
      { for: "1m" },
      { keep_firing_for: "1m" },
      { labels: { severity: "critical" } },
    ]) {
      deepEqual(changes(...records, { ...alert, ...change }), [["A", 1, 1]]);
    }
  });

  it("is added, removed or one of several rules", () => {
    deepEqual(changes(...records, alert, { ...alert, alert: "B" }), [["B", 0, 1]]);
    deepEqual(changes(...records), [["A", 1, 0]]);
    deepEqual(changes(...records, alert, { ...alert, expr: "r > 3" }), [["A", 0, 1]]);
  });

  it("reads a recorded series whose definition differs, also through another one", () => {
    deepEqual(changes({ record: "r", expr: "s * 3" }, records[1]!, alert), [["A", 1, 1]]);
    deepEqual(changes(records[0]!, { record: "s", expr: "b" }, alert), [["A", 1, 1]]);
    deepEqual(changes(...records, { record: "t", expr: "b" }, alert), []);
  });
});

it("a recorded series is unchanged if all that it reads is", () => {
  const before = set(...records, { record: "t", expr: "b" });
  const after = set(records[0]!, { record: "s", expr: "b" }, { record: "t", expr: "b" });
  deepEqual([...unchangedRecords(before, after)], ["t"]);
  deepEqual([...unchangedRecords(before, before)], ["r", "s", "t"]);
});

it("the metrics of an expression include those of its recorded series", () => {
  deepEqual(metricsIn("r + x"), ["r", "x"]);
  deepEqual(metricsIn("r + x", set(...records).records).sort(), ["a", "r", "s", "x"]);
});
