import * as assert from "node:assert/strict";
import {
  burnRatePairs,
  lowestObjectivePercent,
  sloWindowDays,
} from "../../../../components/services/settings/burnRates";

const factorsOf = (days: number) => burnRatePairs(days).map(({ factor }) => factor);

describe("burnRatePairs", () => {
  it("match the SRE workbook for 30 days", () => {
    // Table 5-8 of "Alerting on SLOs", recommended parameters for a 99.9 % objective.
    assert.deepEqual(
      burnRatePairs(30).map(({ severity, long, short, factor }) => [severity, long, short, factor]),
      [
        ["critical", "1h", "5m", 14.4],
        ["critical", "6h", "30m", 6],
        ["warning", "1d", "2h", 3],
        ["warning", "3d", "6h", 1],
      ],
    );
  });

  it("have short windows of a twelfth of the long windows", () => {
    const minutes = (window: string) =>
      Number.parseInt(window) * ({ m: 1, h: 60, d: 1440 }[window.at(-1) ?? ""] ?? Number.NaN);
    for (const { long, short } of burnRatePairs(30)) {
      assert.equal(minutes(long) / minutes(short), 12);
    }
  });

  it("spend the same share of the budget of a shorter window, with factors of at least 1", () => {
    assert.deepEqual(factorsOf(14), [6.72, 2.8, 1.4, 1]);
    assert.deepEqual(factorsOf(28), [13.44, 5.6, 2.8, 1]);
    assert.deepEqual(factorsOf(7), [3.36, 1.4, 1, 1]);
  });
});

describe("sloWindowDays", () => {
  it("is the setting, or 30 days, or 14 days or less with a shorter retention", () => {
    const days = (retentionDays: number, windowDays?: number) =>
      sloWindowDays({ slo: windowDays === undefined ? {} : { windowDays } }, { retentionDays });
    assert.equal(days(90, 7), 7);
    assert.equal(days(90), 30);
    assert.equal(days(30), 30);
    assert.equal(days(29), 14);
    assert.equal(days(15), 14);
    assert.equal(days(7), 7);
  });
});

describe("lowestObjectivePercent", () => {
  it("is the objective at which the highest factor equals all requests", () => {
    assert.equal(lowestObjectivePercent(30).toFixed(2), "93.06");
    assert.equal(lowestObjectivePercent(14).toFixed(2), "85.12");
  });
});
