import * as assert from "node:assert/strict";
import { alertFor } from "../../../policies/alerts/alertFor";
import { UNKNOWN, at } from "../../../policies/facts/plain";
import { violationText } from "../../../policies/engine/violation";
import { fake } from "../fakes";
import { judge, problems, prometheusRule, release, remedy } from "../subjects";

const waiting = (severity: unknown, wait?: unknown) =>
  prometheusRule([{ alert: "A", expr: "x > 1", for: wait, labels: { severity } }]);

describe("policy alert-for", () => {
  for (const [severity, wait] of [
    ["critical", "1m"],
    ["critical", "60s"],
    ["critical", "15m"],
    ["warning", "2m"],
    ["warning", "1h"],
    ["warning", UNKNOWN],
    [UNKNOWN, "9h"],
    ["info", undefined],
    ["none", "9h"],
    [undefined, undefined],
  ]) {
    it(`accepts ${String(severity)} for ${String(wait)}`, () =>
      assert.deepEqual(problems(alertFor, waiting(severity, wait)), []));
  }

  for (const [severity, wait, problem] of [
    ["critical", undefined, /^`for` is 0 or not set$/],
    ["critical", "", /^`for` is 0 or not set$/],
    ["critical", "0s", /^`for` is 0 or not set$/],
    ["critical", "59s", /^`for` is too short$/],
    ["critical", "15m1s", /^`for` is too long$/],
    ["warning", undefined, /^`for` is 0 or not set$/],
    ["warning", "1m59s", /^`for` is too short$/],
    ["warning", "61m", /^`for` is too long$/],
    ["critical", "5 minutes", /not a duration/],
    ["critical", 5, /not a duration/],
  ] as const) {
    it(`rejects ${severity} for ${String(wait)}`, () => {
      const [found, ...others] = problems(alertFor, waiting(severity, wait));
      assert.match(found ?? "", problem);
      assert.deepEqual(others, []);
    });
  }

  it("accepts no `for` on a condition over alerts that fire, but not over pending ones", () => {
    const over = (matcher: string) =>
      prometheusRule([
        { alert: "A", expr: `count(ALERTS{${matcher}}) > 5`, labels: { severity: "critical" } },
      ]);
    assert.deepEqual(problems(alertFor, over('alertstate="firing"')), []);
    for (const matcher of ['alertstate="pending"', 'alertname="B"']) {
      assert.deepEqual(problems(alertFor, over(matcher)), ["`for` is 0 or not set"]);
    }
  });

  it("uses the bounds of its configuration", () => {
    assert.deepEqual(problems(alertFor, waiting("critical"), { criticalMinMinutes: 0 }), []);
    assert.equal(
      problems(alertFor, waiting("warning", "20m"), { warningMaxMinutes: 10 }).length,
      1,
    );
  });

  it("states the bounds of the severity and the nearest duration", () => {
    const [violation] = judge(alertFor, waiting("critical", "1h")).violations;
    assert.ok(violation);
    assert.equal(
      violationText(violation),
      [
        "`for` is too long",
        '  where: PrometheusRule "rules", group group, alert A',
        "  found: 1h",
        "  bound: 1 to 15 minutes for severity critical",
        "  fix:   for: 15m",
      ].join("\n"),
    );
  });

  it("never shows a string that could be a secret", () => {
    for (const secret of [...Object.values(fake), "hunter2"]) {
      const [violation] = judge(alertFor, waiting("critical", secret)).violations;
      assert.ok(violation && !violationText(violation).includes(secret));
    }
  });

  it("remediates to the nearest bound", () => {
    for (const [severity, wait, expected] of [
      ["critical", undefined, "1m"],
      ["critical", "1h", "15m"],
      ["warning", "1s", "2m"],
      ["warning", "soon", "5m"],
    ]) {
      const { resource, violations } = remedy(alertFor, waiting(severity, wait));
      assert.equal(at(resource.props, "spec", "groups", 0, "rules", 0, "for"), expected);
      assert.deepEqual(violations, []);
    }
    const halves = remedy(alertFor, waiting("critical"), { criticalMinMinutes: 1.5 });
    assert.equal(at(halves.resource.props, "spec", "groups", 0, "rules", 0, "for"), "90s");
    assert.equal(remedy(alertFor, waiting("critical", "5m")).changed, false);
  });

  it("remediates rules in the values of a release", () => {
    const rules = [{ alert: "A", expr: "x > 1", labels: { severity: "critical" } }];
    const values = { additionalPrometheusRulesMap: { a: { groups: [{ name: "g", rules }] } } };
    assert.deepEqual(remedy(alertFor, release("kube-prometheus-stack", values)).violations, []);
  });

  describe("on a single event", () => {
    const find = (expr: string, wait: string) =>
      problems(
        alertFor,
        prometheusRule([{ alert: "A", expr, for: wait, labels: { severity: "warning" } }]),
      ).join();

    for (const [expr, wait] of [
      ["increase(container_oom_events_total[5m]) > 0", "15m"],
      ["sum by (pod) (increase(container_oom_events_total[10m])) >= 1", "10m"],
      ["rate(node_vmstat_oom_kill[5m]) > 0", "5m"],
      ["changes(node_boot_time_seconds[5m]) > 0", "10m"],
      ["time() - process_start_time_seconds < 300", "10m"],
    ] as const) {
      it(`never fires after ${wait}: ${expr}`, () =>
        assert.match(find(expr, wait), /the condition holds for less time/));
    }

    for (const [expr, wait] of [
      ["increase(container_oom_events_total[30m]) > 0", "5m"],
      ["increase(container_oom_events_total[5m]) > 3", "15m"],
      ["increase(kube_pod_container_status_restarts_total[5m]) > 0", "15m"],
      ["increase(cart_errors_total[5m]) > 0", "15m"],
      ["time() - process_start_time_seconds < 900", "5m"],
      ["changes(process_start_time_seconds[1h]) > 2", "10m"],
    ] as const) {
      it(`may fire after ${wait}: ${expr}`, () => assert.equal(find(expr, wait), ""));
    }
  });
});
