import { deepEqual, ok } from "node:assert/strict";
import { coverageOf, covers, spanOf } from "../../../preview/backtest/coverage";
import type { Span } from "../../../preview/backtest/result";

const hour = 3_600_000;
const span = { from: 0, to: 720 * hour };

/** The data has samples of the metric in this time. */
function api(samples: Span | undefined) {
  const asked: Span[] = [];
  const hasSeries = (_metric: string, { from, to }: Span) => {
    asked.push({ from, to });
    return Promise.resolve(samples !== undefined && samples.from <= to && samples.to >= from);
  };
  return { hasSeries, asked };
}

describe("the coverage of a metric", () => {
  it("is undefined without samples", async () => {
    deepEqual(await coverageOf(api(undefined), "a", span), undefined);
  });

  it("is the whole time, by three questions", async () => {
    const whole = api({ from: -hour, to: 800 * hour });
    deepEqual(await coverageOf(whole, "a", span), span);
    deepEqual(whole.asked.length, 3);
  });

  it("is known to five minutes", async () => {
    const coverage = await coverageOf(api({ from: 100 * hour, to: 101 * hour }), "a", span);
    ok(Math.abs((coverage?.from ?? 0) - 100 * hour) <= 300_000);
    ok(Math.abs((coverage?.to ?? 0) - 101 * hour) <= 300_000);
  });

  it("covers a time up to ten minutes at either end", () => {
    ok(covers({ from: 600_000, to: span.to - 600_000 }, span));
    ok(!covers({ from: 600_001, to: span.to }, span));
    ok(!covers({ from: 0, to: span.to - 600_001 }, span));
    ok(!covers(undefined, span));
  });
});

it("several metrics have samples from the first to the last one", () => {
  deepEqual(spanOf([{ from: 5, to: 10 }, undefined, { from: 1, to: 6 }]), { from: 1, to: 10 });
  deepEqual(spanOf([undefined]), undefined);
});
