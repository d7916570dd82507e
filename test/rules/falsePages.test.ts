import * as assert from "node:assert/strict";
import { errorEvidence } from "../../components/services/alerts/errorEvidence";

/**
 * The alerts on errors, computed from the requests between scrapes every 30 seconds. The constants are
 * those of the rules; the scenarios in promtool test the expressions at their bounds. Requests arrive
 * at random, which no scenario in promtool can express.
 */
class Simulation {
  private readonly all: number[] = [];
  private readonly failed: number[] = [];
  private slots: { all: number; failed: number }[] = [];
  private steps = 0;
  private longRatio = 0;

  constructor(private readonly threshold = 0.05) {}
  private trueSince: { most?: number; high?: number } = {};

  /** Adds the requests of 30 seconds and returns whether an alert fires. */
  step(all: number, failed: number): boolean {
    this.all.push(all);
    this.failed.push(failed);
    // The rate over 5 minutes covers 9 intervals between its 10 samples.
    if (this.all.length > 9) {
      this.all.shift();
      this.failed.shift();
    }
    if (this.steps % 10 === 0) {
      this.slots = [...this.slots, { all: sum(this.all, 9), failed: sum(this.failed, 9) }].slice(
        -6,
      );
    }
    // Prometheus evaluates the evidence over 30 minutes every 2 minutes.
    if (this.steps % 4 === 0) this.longRatio = this.longProvenRatio();
    this.steps += 1;
    const ratio = this.provenRatio();
    const isMost = all > 0 && failed / all > 0.5 && ratio > this.threshold;
    const most = this.hasHeld("most", isMost, 2);
    const high = this.hasHeld("high", ratio > this.threshold, 10);
    return most || high;
  }

  private hasHeld(alert: "most" | "high", isTrue: boolean, steps: number): boolean {
    if (!isTrue) delete this.trueSince[alert];
    else this.trueSince[alert] ??= this.steps;
    return isTrue && this.steps - (this.trueSince[alert] ?? this.steps) >= steps;
  }

  private provenRatio(): number {
    const [all, failed] = [sum(this.all, 9), sum(this.failed, 9)];
    const [allNow, failedNow] = [sum(this.all, 4), sum(this.failed, 4)];
    const scale = 300 / 270;
    const isEvident = exceedsChance(failed * scale, all * scale);
    const shortRatio =
      isEvident && allNow > 0 ? Math.min(failed / all, (2 * failedNow) / allNow) : 0;
    return all / 270 > 0.2 ? shortRatio : Math.max(shortRatio, this.longRatio);
  }

  private longProvenRatio(): number {
    const scale = 300 / 270;
    const withRequests = this.slots.filter((slot) => slot.all > 0);
    if (withRequests.length === 0) return 0;
    const lastThree = this.slots.slice(-3).filter((slot) => slot.all > 0);
    const recent = lastThree.length > 0 ? lastThree : withRequests.slice(-1);
    const total = (count: (slot: { all: number; failed: number }) => number) =>
      this.slots.reduce((result, slot) => result + count(slot), 0);
    const allLong = total((slot) => slot.all);
    const counted = total((slot) => Math.min(2, slot.failed * scale));
    if (!exceedsChance(counted, allLong * scale)) return 0;
    const recentRatio = Math.max(...recent.map((slot) => slot.failed / slot.all));
    return Math.min(total((slot) => slot.failed) / allLong, 2 * recentRatio);
  }
}

function exceedsChance(failed: number, requests: number): boolean {
  const { backgroundRatio, deviations, minimumFailures } = errorEvidence;
  const mean = backgroundRatio * requests;
  return failed > mean + deviations * Math.sqrt(mean) + minimumFailures;
}

function sum(values: number[], count: number): number {
  return values.slice(-count).reduce((total, value) => total + value, 0);
}

/** A random generator with a seed, so that each run is the same (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A number with a Poisson distribution; for a large mean, the normal distribution is close enough. */
function poisson(mean: number, random: () => number): number {
  if (mean > 50) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal));
  }
  let product = random();
  let count = 0;
  for (const limit = Math.exp(-mean); product > limit; product *= random()) count += 1;
  return count;
}

const stepsPerYear = 365 * 24 * 120;
const seeds = [1, 2, 3];

describe("alerts on errors, with random requests", () => {
  // A stricter threshold than the default needs the evidence most.
  for (const [rate, threshold] of [
    ...[0.01, 0.05, 0.2, 1, 10, 1000].map((rate) => [rate, 0.05] as const),
    ...[0.05, 0.3, 1, 3].map((rate) => [rate, 0.01] as const),
  ]) {
    it(`page at most once a month at ${rate} requests per second, of which 0.1% fail, with a threshold of ${threshold * 100}%`, () => {
      for (const seed of seeds) {
        const random = randomFrom(seed);
        const simulation = new Simulation(threshold);
        let pages = 0;
        let wasFiring = false;
        for (let step = 0; step < stepsPerYear; step += 1) {
          const failed = poisson(rate * 30 * 0.001, random);
          const isFiring = simulation.step(failed + poisson(rate * 30 * 0.999, random), failed);
          if (isFiring && !wasFiring) pages += 1;
          wasFiring = isFiring;
        }
        assert.ok(pages <= 12, `${pages} pages in a year with seed ${seed}`);
      }
    });
  }

  for (const [rate, minutes] of [
    [0.01, 30],
    [0.1, 15],
    [0.3, 8],
    [1, 2],
    [10, 2],
    [1000, 2],
  ] as const) {
    it(`fire within ${minutes} minutes of an outage at ${rate} requests per second`, () => {
      const random = randomFrom(4);
      let late = 0;
      for (let outage = 0; outage < 1000; outage += 1) {
        const simulation = new Simulation();
        for (let step = 0; step < 120 + (outage % 10); step += 1) {
          simulation.step(poisson(rate * 30, random), 0);
        }
        let hasFired = false;
        for (let step = 0; step < minutes * 2; step += 1) {
          const failed = poisson(rate * 30, random);
          hasFired = simulation.step(failed, failed) || hasFired;
        }
        if (!hasFired) late += 1;
      }
      assert.ok(late <= 20, `${late} of 1000 outages fired later`);
    });
  }

  for (const [rate, ratio] of [
    [0.02, 1],
    [0.05, 0.3],
    [0.1, 0.3],
    [0.15, 0.2],
  ] as const) {
    it(`fire without a gap while ${ratio * 100}% of the requests fail at ${rate} requests per second`, () => {
      for (let seed = 1; seed <= 150; seed += 1) {
        const random = randomFrom(seed);
        const simulation = new Simulation();
        const states = Array.from({ length: 4 * 120 }, (_, step) => {
          const isFailing = step >= 120;
          const failed = isFailing ? poisson(rate * 30 * ratio, random) : 0;
          const succeeded = poisson(rate * 30 * (isFailing ? 1 - ratio : 1), random);
          return simulation.step(failed + succeeded, failed);
        });
        const gaps = states.slice(120 + 60).filter((isFiring) => !isFiring).length;
        assert.equal(gaps, 0, `seed ${seed}: ${gaps * 30} seconds without an alert`);
      }
    });
  }
});
