import * as assert from "node:assert/strict";
import { UNKNOWN } from "../../../policies/facts/plain";
import { rateWindow } from "../../../policies/alerts/rateWindow";
import { violationText } from "../../../policies/engine/violation";
import { alerts, baseSignals, judge, problems, prometheusRule, release } from "../subjects";

const window = (range: string) => alerts(`rate(x[${range}]) > 1`);

describe("policy rate-window", () => {
  it("accepts the base signals", () =>
    assert.deepEqual(problems(rateWindow, alerts(...Object.values(baseSignals))), []));

  it("requires four scrapes of 30 seconds", () => {
    assert.deepEqual(problems(rateWindow, window("2m")), []);
    assert.deepEqual(problems(rateWindow, window("119s")), [
      "the range of rate is too short for the scrape interval",
    ]);
  });

  it("reads the interval and the number of scrapes from its configuration", () => {
    assert.equal(problems(rateWindow, window("2m"), { scrapeIntervalSeconds: 60 }).length, 1);
    assert.deepEqual(problems(rateWindow, window("4m"), { scrapeIntervalSeconds: 60 }), []);
    assert.deepEqual(problems(rateWindow, window("1m"), { minScrapes: 2 }), []);
  });

  it("uses the scrape interval of the server in the same release", () => {
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

  for (const call of ["increase", "delta", "deriv"]) {
    it(`judges ${call}`, () =>
      assert.equal(problems(rateWindow, alerts(`${call}(x[1m]) > 1`)).length, 1));
  }

  for (const call of ["irate", "idelta"]) {
    it(`requires two scrapes for ${call}, which reads two samples`, () => {
      assert.equal(problems(rateWindow, alerts(`${call}(x[59s]) > 1`)).length, 1);
      assert.deepEqual(problems(rateWindow, alerts(`${call}(x[1m]) > 1`)), []);
    });
  }

  it("skips subqueries and ranges of other functions", () =>
    assert.deepEqual(
      problems(rateWindow, alerts("max_over_time(x[1m]) > 1", "rate(x[1m:10s]) > 1", "x > 1")),
      [],
    ));

  it("judges recording rules, by the shortest range of each rule", () => {
    const expr = "rate(a[1m]) / rate(b[30s])";
    const { violations } = judge(rateWindow, prometheusRule([{ record: "a:b", expr }]));
    assert.deepEqual(
      violations.map((violation) => violationText(violation)),
      [
        [
          "the range of rate is too short for the scrape interval",
          '  where: PrometheusRule "rules", group group',
          "  found: [30s] at a scrape interval of 30 s",
          "  bound: at least 4 scrape intervals, 120 s",
          "  fix:   [2m] or longer",
        ].join("\n"),
      ],
    );
  });

  it("reports unknown values as unknown", () =>
    assert.ok(judge(rateWindow, prometheusRule([{ alert: "A", expr: UNKNOWN }])).unknown));
});

describe("ranges that need a sample", () => {
  const find = (expr: string) => problems(rateWindow, [alerts(expr)]).join();

  for (const expr of [
    'absent_over_time(up{job="cart"}[15s])',
    "max_over_time(cart_queue[10s]) > 5",
    "avg_over_time(probe_success[20s]) < 1",
  ]) {
    it(`are shorter than the scrape interval: ${expr}`, () =>
      assert.match(find(expr), /the range of \w+_over_time is too short/));
  }

  for (const expr of [
    'absent_over_time(up{job="cart"}[5m])',
    "max_over_time(cart_queue[30s]) > 5",
    "max_over_time(cart_queue[1m:10s]) > 5",
  ]) {
    it(`are long enough: ${expr}`, () => assert.equal(find(expr), ""));
  }
});
