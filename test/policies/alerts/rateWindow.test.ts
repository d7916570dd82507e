import * as assert from "node:assert/strict";
import { UNKNOWN } from "../../../policies/facts/plain";
import { rateWindow } from "../../../policies/alerts/rateWindow";
import { violationText } from "../../../policies/engine/violation";
import { alerts, baseSignals, judge, problems, prometheusRule, release } from "../subjects";

const window = (range: string) => alerts(`rate(x[${range}]) > 1`);

describe("policy rate-window", () => {
  it("accepts the base signals", () =>
    assert.deepEqual(problems(rateWindow, alerts(...Object.values(baseSignals))), []));

  it("asks for four scrapes of 30 seconds", () => {
    assert.deepEqual(problems(rateWindow, window("2m")), []);
    assert.deepEqual(problems(rateWindow, window("119s")), [
      "the range of rate is too short for the scrape interval",
    ]);
  });

  it("takes the interval and the number of scrapes from its configuration", () => {
    assert.equal(problems(rateWindow, window("2m"), { scrapeIntervalSeconds: 60 }).length, 1);
    assert.deepEqual(problems(rateWindow, window("4m"), { scrapeIntervalSeconds: 60 }), []);
    assert.deepEqual(problems(rateWindow, window("1m"), { minScrapes: 2 }), []);
  });

  it("takes the interval of the server that the rules come with", () => {
    const own = (scrapeInterval: unknown) =>
      release("kube-prometheus-stack", {
        prometheus: { prometheusSpec: { scrapeInterval } },
        additionalPrometheusRulesMap: {
          a: { groups: [{ name: "g", rules: [{ alert: "A", expr: "rate(x[2m]) > 1" }] }] },
        },
      });
    assert.deepEqual(problems(rateWindow, own("30s")), []);
    assert.deepEqual(problems(rateWindow, own("15s")), []);
    assert.equal(problems(rateWindow, own("31s")).length, 1);
    assert.deepEqual(problems(rateWindow, own(UNKNOWN)), []);
  });

  for (const call of ["irate", "increase", "delta", "idelta", "deriv"]) {
    it(`judges ${call} too`, () =>
      assert.equal(problems(rateWindow, alerts(`${call}(x[1m]) > 1`)).length, 1));
  }

  it("leaves other windows alone, and those that are subqueries", () =>
    assert.deepEqual(
      problems(rateWindow, alerts("max_over_time(x[1m]) > 1", "rate(x[1m:10s]) > 1", "x > 1")),
      [],
    ));

  it("judges recording rules, and the shortest window of each rule", () => {
    const expr = "rate(a[1m]) / rate(b[30s])";
    const { violations } = judge(rateWindow, prometheusRule([{ record: "a:b", expr }]));
    assert.deepEqual(violations.map(violationText), [
      [
        "the range of rate is too short for the scrape interval",
        '  where: PrometheusRule "rules", group group',
        "  found: [30s] at a scrape interval of 30 s",
        "  bound: at least 4 scrape intervals, 120 s",
        "  fix:   [2m] or longer",
      ].join("\n"),
    ]);
  });

  it("says what it does not know", () =>
    assert.ok(judge(rateWindow, prometheusRule([{ alert: "A", expr: UNKNOWN }])).unknown));
});
