import { deepEqual } from "node:assert/strict";
import { addTimes, episodesOf } from "../../../preview/backtest/episodes";

const minute = 60_000;

/** Episodes in minutes, of results at these minutes, evaluated each minute for 100 minutes. */
function episodes(results: number[], { forMinutes = 0, keepMinutes = 0 } = {}) {
  const runs = addTimes(
    [],
    results.map((time) => time * minute),
    minute,
  );
  const timing = {
    forMs: forMinutes * minute,
    keepFiringMs: keepMinutes * minute,
    intervalMs: minute,
  };
  return episodesOf(runs, timing, 100 * minute).map(({ start, end }) => [
    start / minute,
    end === undefined ? undefined : end / minute,
  ]);
}

describe("the episodes of an alert", () => {
  it("end at the first evaluation without a result", () => {
    deepEqual(episodes([10, 11, 12, 20]), [
      [10, 13],
      [20, 21],
    ]);
  });

  it("start when for has passed, and not one evaluation earlier", () => {
    deepEqual(episodes([10, 11, 12], { forMinutes: 2 }), [[12, 13]]);
    deepEqual(episodes([10, 11], { forMinutes: 2 }), []);
    deepEqual(episodes([10, 11, 12], { forMinutes: 1.5 }), [[12, 13]]);
  });

  it("wait for the whole for after an evaluation without a result", () => {
    deepEqual(episodes([10, 11, 13, 14, 15], { forMinutes: 2 }), [[15, 16]]);
  });

  it("last for keep_firing_for longer", () => {
    deepEqual(episodes([10, 11], { keepMinutes: 5 }), [[10, 17]]);
    deepEqual(episodes([10, 11], { keepMinutes: 4.5 }), [[10, 17]]);
  });

  it("continue with a result until keep_firing_for has passed, without waiting for for", () => {
    deepEqual(episodes([10, 11, 12, 18], { forMinutes: 2, keepMinutes: 5 }), [[12, 24]]);
    deepEqual(episodes([10, 11, 12, 19], { forMinutes: 2, keepMinutes: 5 }), [[12, 18]]);
  });

  it("do not begin by keep_firing_for", () => {
    deepEqual(episodes([10, 12, 14, 16], { forMinutes: 2, keepMinutes: 5 }), []);
  });

  it("have no end while the alert fires at the last evaluation", () => {
    deepEqual(episodes([99, 100]), [[99, undefined]]);
    deepEqual(episodes([98, 99]), [[98, 100]]);
    deepEqual(episodes([98, 99], { keepMinutes: 2 }), [[98, undefined]]);
  });

  it("are the same when the results come in several parts", () => {
    const runs = addTimes([], [minute, 2 * minute], minute);
    deepEqual(addTimes(runs, [3 * minute, 5 * minute], minute), [
      { from: minute, to: 3 * minute },
      { from: 5 * minute, to: 5 * minute },
    ]);
  });
});
