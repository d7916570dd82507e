import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { backtest } from "../../preview/backtest/backtest";
import { serveBlocks } from "../../preview/backtest/blocks";
import type { Backtest, Side } from "../../preview/backtest/result";
import type { PreviewState } from "../../preview/compare/state";
import { resource, serviceRules, stateWith } from "../preview/compare/states";
import { testRules } from "../rules/promtool";
import type { RuleGroup } from "../../components/alerting/rules";
import type { Scenario } from "../rules/scenarios";
import { toolPath } from "../../tools/paths.cjs";

const STEP = 30;
/** A multiple of every interval and window, as the time at which promtool starts. */
const START = Date.UTC(2026, 0, 1) / 1000;
const STEPS = 3 * 120;

type Rule = Record<string, unknown>;

/** Samples every 30 seconds for three hours; null for a missing one. */
type Samples = (minute: number) => number | null;

const within = (minute: number, ...times: [from: number, to: number][]): boolean =>
  times.some(([from, to]) => minute >= from && minute < to);

/** Counters are the sum of their increases. */
function counter(increase: (minute: number) => number): Samples {
  let total = 0;
  const values = Array.from({ length: STEPS }, (_, step) => (total += increase(step / 2)));
  return (minute) => values[minute * 2] ?? null;
}

const samples: Record<string, Samples> = {
  'up{service="checkout"}': () => 1,
  'up{service="cart"}': (minute) => (within(minute, [70, 82]) ? null : 1),
  // Above 100 for 20 and 2 minutes, and above 50 for 5 minutes.
  'queue_depth{service="checkout"}': (minute) =>
    within(minute, [20, 40], [60, 62]) ? 120 : within(minute, [90, 95]) ? 80 : 10,
  // Above 50 for 3 and 12 minutes, the latter with a missing sample after 6 minutes.
  'queue_depth{service="cart"}': (minute) =>
    within(minute, [106, 106.5]) ? null : within(minute, [30, 33], [100, 112]) ? 95 : 10,
  // Above 100 for two of every four minutes.
  'queue_depth{service="search"}': (minute) =>
    within(minute, [120, 150]) && minute % 4 < 2 ? 120 : 10,
  'maintenance{service="search"}': (minute) => (within(minute, [118, 140]) ? 1 : null),
  'requests_total{service="checkout"}': counter(() => 60),
  'requests_total{service="cart"}': counter(() => 60),
  // 20 % of the requests fail for 8 minutes, and 4 % for 20 minutes.
  'failures_total{service="checkout"}': counter((minute) => (within(minute, [50, 58]) ? 12 : 0)),
  'failures_total{service="cart"}': counter((minute) => (within(minute, [140, 160]) ? 2.4 : 0)),
};

const records: Rule[] = [
  { record: "service:failures:rate5m", expr: "sum by (service) (rate(failures_total[5m]))" },
  {
    record: "service:failures:ratio",
    expr: "service:failures:rate5m / sum by (service) (rate(requests_total[5m]))",
    labels: { kind: "http" },
  },
];

const queue = {
  alert: "QueueFull",
  expr: "queue_depth > 100",
  for: "1m",
  labels: { severity: "warning" },
};
const failing = {
  alert: "Failing",
  expr: 'service:failures:ratio{kind="http"} > 0.1',
  for: "2m",
  labels: { severity: "critical" },
};
const down = {
  alert: "Down",
  expr: 'absent(up{service="cart"})',
  for: "0s",
  labels: { severity: "critical" },
};

interface Seeded {
  change: string;
  before: Rule[];
  after: Rule[];
  /** Alert, and number of episodes before and after; undefined for no changed rule. */
  told: Record<string, [before: number | undefined, after: number | undefined]>;
}

const base = [...records, queue, failing, down];
const replace = (rule: Rule, change: Rule): Rule[] =>
  base.map((each) => (each === rule ? { ...rule, ...change } : each));

const seeded: Seeded[] = [
  {
    change: "a higher threshold",
    before: base,
    after: replace(queue, { expr: "queue_depth > 110" }),
    told: { QueueFull: [10, 10] },
  },
  {
    change: "a threshold that nothing reaches",
    before: base,
    after: replace(queue, { expr: "queue_depth > 120" }),
    told: { QueueFull: [10, 0] },
  },
  {
    change: "a lower threshold",
    before: base,
    after: replace(queue, { expr: "queue_depth > 50" }),
    told: { QueueFull: [10, 13] },
  },
  {
    change: "a comparison that includes the threshold",
    before: replace(queue, { expr: "queue_depth > 120" }),
    after: replace(queue, { expr: "queue_depth >= 120" }),
    told: { QueueFull: [0, 10] },
  },
  {
    change: "a longer for",
    before: base,
    after: replace(queue, { for: "5m" }),
    told: { QueueFull: [10, 1] },
  },
  {
    change: "a for as long as the condition",
    before: base,
    after: replace(queue, { for: "2m" }),
    told: { QueueFull: [10, 1] },
  },
  {
    change: "a shorter for",
    before: replace(queue, { expr: "queue_depth > 50", for: "5m" }),
    after: replace(queue, { expr: "queue_depth > 50", for: "2m30s" }),
    told: { QueueFull: [2, 4] },
  },
  {
    change: "no for",
    before: base,
    after: replace(queue, { for: "0s" }),
    told: { QueueFull: [10, 10] },
  },
  {
    change: "keep_firing_for across the gaps",
    before: base,
    after: replace(queue, { keep_firing_for: "2m" }),
    told: { QueueFull: [10, 3] },
  },
  {
    change: "keep_firing_for shorter than the gaps",
    before: base,
    after: replace(queue, { keep_firing_for: "1m" }),
    told: { QueueFull: [10, 10] },
  },
  {
    change: "another severity",
    before: base,
    after: replace(queue, { labels: { severity: "critical" } }),
    told: { QueueFull: [10, 10] },
  },
  {
    change: "a narrower matcher",
    before: base,
    after: replace(queue, { expr: 'queue_depth{service!="search"} > 100' }),
    told: { QueueFull: [10, 2] },
  },
  {
    change: "a condition that excludes maintenance",
    before: base,
    after: replace(queue, { expr: "queue_depth > 100 unless on (service) maintenance == 1" }),
    told: { QueueFull: [10, 4] },
  },
  {
    change: "a longer window",
    before: base,
    after: replace(queue, { expr: "avg_over_time(queue_depth[10m]) > 100" }),
    told: { QueueFull: [10, 1] },
  },
  {
    change: "a new alert",
    before: base,
    after: [
      ...base,
      { ...queue, alert: "QueueStaysFull", expr: "min_over_time(queue_depth[5m]) > 100" },
    ],
    told: { QueueStaysFull: [undefined, 1] },
  },
  {
    change: "a removed alert",
    before: base,
    after: base.filter((rule) => rule !== down),
    told: { Down: [1, undefined] },
  },
  {
    change: "a renamed alert",
    before: base,
    after: replace(queue, { alert: "QueueLong" }),
    told: { QueueLong: [undefined, 10], QueueFull: [10, undefined] },
  },
  {
    change: "another recording rule",
    before: base,
    after: base.map((rule) =>
      rule === records[1] ? { ...rule, expr: String(rule["expr"]).replace("/", "* 5 /") } : rule,
    ),
    told: { Failing: [1, 2] },
  },
  {
    change: "another recording rule that a recording rule reads",
    before: base,
    after: base.map((rule) =>
      rule === records[0]
        ? { ...rule, expr: "sum by (service) (rate(failures_total[30m]))" }
        : rule,
    ),
    told: { Failing: [1, 0] },
  },
  {
    change: "other labels of a recording rule",
    before: base,
    after: base.map((rule) => (rule === records[1] ? { ...rule, labels: { kind: "grpc" } } : rule)),
    told: { Failing: [1, 0] },
  },
  {
    change: "a later detection of an absent series",
    before: base,
    after: replace(down, { for: "5m" }),
    told: { Down: [1, 1] },
  },
  {
    change: "a join of two metrics",
    before: base,
    after: replace(failing, {
      expr: 'service:failures:ratio{kind=~"ht.*"} > 0.02 and on (service) queue_depth < 50',
    }),
    told: { Failing: [1, 2] },
  },
  {
    change: "nothing but annotations",
    before: base,
    after: replace(queue, { annotations: { summary: "The queue is full" } }),
    told: {},
  },
];

describe("npm run preview -- --against --backtest", () => {
  let folder: string;
  const originalPath = process.env["PATH"];

  before("record three hours", function () {
    this.timeout(60_000);
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "observability-backtest-"));
    process.env["PATH"] = `${path.dirname(toolPath("prometheus"))}:${originalPath}`;
    createBlocks(samples, path.join(folder, "data"));
  });

  after(() => {
    process.env["PATH"] = originalPath;
    fs.rmSync(folder, { recursive: true, force: true });
  });

  function createBlocks(all: Record<string, Samples>, target: string, start = START): void {
    const lines = Object.entries(all).flatMap(([series, sampleAt]) =>
      Array.from({ length: STEPS }, (_, step) => {
        const value = sampleAt(step / 2);
        return value === null ? [] : [`${series} ${value} ${start + step * STEP}`];
      }).flat(),
    );
    const file = path.join(folder, "samples.txt");
    fs.writeFileSync(file, `${lines.join("\n")}\n# EOF\n`);
    execFileSync(
      toolPath("promtool"),
      ["tsdb", "create-blocks-from", "openmetrics", file, target],
      {
        stdio: "ignore",
      },
    );
  }

  const run = (before: Rule[], after: Rule[], source = path.join(folder, "data")) =>
    backtest(state(before), state(after), { source, days: 1 });

  function state(rules: Rule[]): PreviewState {
    return stateWith([serviceRules(rules)]);
  }

  describe("tells the effect of", () => {
    for (const { change, before, after, told } of seeded) {
      it(change, async () => {
        const result = await run(before, after);
        assert.deepEqual(numbersOf(result), told);
        await assertLive(result, before, "before");
        await assertLive(result, after, "after");
      });
    }
  });

  function numbersOf({ alerts }: Backtest): Seeded["told"] {
    const number = (side: Side | undefined) => side?.episodes.length;
    return Object.fromEntries(
      alerts.map(({ alert, before, after }) => [alert, [number(before), number(after)]]),
    );
  }

  /** The alerts that promtool evaluates over the same samples fire at the same times. */
  async function assertLive(
    { alerts }: Backtest,
    rules: Rule[],
    side: "before" | "after",
  ): Promise<void> {
    const tests = alerts.flatMap((result) => {
      const { alert, [side]: of } = result;
      if (of === undefined) return [];
      assert.deepEqual(of.notJudged, []);
      return Array.from({ length: STEPS }, (_, step) => {
        const time = (START + step * STEP) * 1000;
        const firing = of.episodes.filter(
          ({ start, end }) => start <= time && (end === undefined || time < end),
        );
        return {
          eval_time: `${step * STEP}s`,
          alertname: alert,
          exp_alerts: firing.map(({ severity, labels }) => ({
            exp_labels: { ...labels, severity },
          })),
        };
      });
    });
    const input_series = Object.entries(samples).map(([series, sampleAt]) => ({
      series,
      values: Array.from({ length: STEPS }, (_, step) => sampleAt(step / 2) ?? "_").join(" "),
    }));
    const scenario = { interval: `${STEP}s`, input_series, alert_rule_test: tests };
    const bare = rules.map(({ annotations: _annotations, ...rule }) => rule);
    const groups = [{ name: "shop", rules: bare }] as unknown as RuleGroup[];
    const { passed, output } = await testRules(groups, [scenario as unknown as Scenario], STEP);
    assert.ok(passed, output.slice(0, 3000));
  }

  it("reads an unchanged recorded series from the data, and evaluates a changed one", async () => {
    const recorded = path.join(folder, "recorded");
    // Values that no evaluation would return.
    const series = 'service:failures:ratio{kind="http",service="checkout"}';
    const high: Samples = (minute) => (within(minute, [10, 20]) ? 1 : 0);
    createBlocks({ ...samples, [series]: high }, recorded);
    const changed = replace(failing, { for: "3m" });
    const [fromData] = (await run(base, changed, recorded)).alerts;
    assert.deepEqual(
      fromData?.after?.episodes.map(({ start }) => start / 1000 - START),
      [13 * 60],
    );
    const other = base.map((rule) => (rule === records[1] ? { ...rule, labels: {} } : rule));
    const [evaluated] = (await run(base, other, recorded)).alerts;
    assert.deepEqual(
      evaluated?.before?.episodes.map(({ start }) => Math.floor((start / 1000 - START) / 3600)),
      [0],
    );
    assert.notEqual(evaluated?.before?.episodes[0]?.start, fromData?.before?.episodes[0]?.start);
  });

  it("reads a recorded series that is rarely recorded, unless its rule was added later", async () => {
    const failingNow = { record: "service:failing:info", expr: "service:failures:ratio > 0.1" };
    const alert = { alert: "A", expr: "service:failing:info", for: "0s" };
    const before = [...records, failingNow, alert];
    const after = [...records, failingNow, { ...alert, for: "5m" }];
    const series = 'service:failing:info{kind="http",service="checkout"}';
    const startOf = async (name: string, recordedAt: Samples) => {
      const data = path.join(folder, name);
      createBlocks({ ...samples, [series]: recordedAt }, data);
      const [result] = (await run(before, after, data)).alerts;
      return result?.before?.episodes.map(({ start }) => (start / 1000 - START) / 60);
    };
    // The failures begin in minute 50.
    const late = await startOf("late", (minute) => (within(minute, [150, 180]) ? 1 : null));
    assert.equal(late?.length, 1);
    assert.ok(late[0]! > 50 && late[0]! < 55, String(late));
    const sparse = (minute: number) => (within(minute, [53, 57]) ? 1 : null);
    assert.deepEqual(await startOf("sparse", sparse), [53]);
  });

  it("evaluates a recorded series at the interval of its group", async () => {
    const ratio = {
      ...records[1]!,
      expr: String(records[1]!["expr"]).replace(
        "service:failures:rate5m",
        "rate(failures_total[5m])",
      ),
    };
    const group = { name: "rare", interval: "2m", rules: [ratio] };
    const exprs = [
      'service:failures:ratio{service="checkout"} > 0.1',
      "max_over_time(service:failures:ratio[10m]) > 0.1",
      "service:failures:ratio offset 45s > 0.1",
    ];
    const alerts = (seconds: number) =>
      exprs.map((expr, index) => ({ alert: `A${index}`, expr, for: `${seconds}s` }));
    const stateOf = (rules: Rule[], recording: Rule) =>
      stateWith([
        resource("kubernetes:monitoring.coreos.com/v1:PrometheusRule", "rules", {
          spec: { groups: [recording, { name: "alerts", rules }] },
        }),
      ]);
    const episodesIn = async (source: string) => {
      const [before, after] = [stateOf(alerts(60), group), stateOf(alerts(90), group)];
      const { alerts: results } = await backtest(before, after, { source, days: 1 });
      return results.map(({ after }) => after?.episodes);
    };
    const evaluated = await episodesIn(path.join(folder, "data"));
    const recorded = await createRecorded("rare", ratio);
    assert.deepEqual(await episodesIn(recorded), evaluated);
    assert.deepEqual(
      evaluated.map((episodes) => episodes?.length),
      [1, 1, 1],
    );
  });

  /** Data with a series that is recorded every two minutes, evaluated by Prometheus. */
  async function createRecorded(name: string, { record, expr, labels }: Rule): Promise<string> {
    const { api, stop } = await serveBlocks(path.join(folder, "data"));
    const query = new URLSearchParams({ query: String(expr), step: "120" });
    const span = `start=${START}&end=${START + STEPS * STEP}`;
    const response = await fetch(`${api.url}/api/v1/query_range?${query.toString()}&${span}`);
    const { data } = (await response.json()) as {
      data: { result: { metric: object; values: [number, string][] }[] };
    };
    await stop();
    const recorded = data.result.map(({ metric, values }): [string, Samples] => {
      const pairs = Object.entries({ ...metric, ...(labels as object) });
      const text = pairs.map(([label, value]) => `${label}=${JSON.stringify(value)}`).join(",");
      const valueAt = new Map(values.map(([time, value]) => [(time - START) / 60, Number(value)]));
      return [`${String(record)}{${text}}`, (minute) => valueAt.get(minute) ?? null];
    });
    createBlocks({ ...samples, ...Object.fromEntries(recorded) }, path.join(folder, name));
    return path.join(folder, name);
  }

  describe("says that it does not judge", () => {
    const sideOf = async (rule: Rule) => {
      const { alerts } = await run(base, [...base, { alert: "A", for: "1m", ...rule }]);
      return alerts[0]?.after;
    };

    it("an alert without data, which is not an alert that would not have fired", async () => {
      const side = await sideOf({ expr: "queue_length > 100" });
      assert.deepEqual([side?.hasNoData, side?.missing], [true, ["queue_length"]]);
    });

    it("a part of an alert that has no data", async () => {
      const side = await sideOf({ expr: "queue_depth > 100 or queue_length > 100" });
      assert.deepEqual([side?.hasNoData, side?.missing], [false, ["queue_length"]]);
      assert.equal(side?.episodes.length, 10);
    });

    it("an alert on alerts", async () => {
      const side = await sideOf({ expr: 'count(ALERTS{alertstate="firing"}) > 1' });
      assert.deepEqual(side?.notJudged, ["it reads ALERTS, which depends on all other alerts"]);
    });

    it("an alert that Prometheus cannot evaluate", async () => {
      const side = await sideOf({ expr: "queue_depth * on () up > 1" });
      assert.match(side?.notJudged[0] ?? "", /^Prometheus rejects the query: .*many-to-many/);
    });
  });

  it("reads the last days of a Prometheus by its URL, as far as it has data", async () => {
    const recent = path.join(folder, "recent");
    const start = Math.floor(Date.now() / 7_200_000) * 7_200 - 4 * 3_600;
    createBlocks(samples, recent, start);
    const { api, stop } = await serveBlocks(recent);
    try {
      const result = await run(base, replace(queue, { for: "5m" }), api.url);
      assert.deepEqual(numbersOf(result), { QueueFull: [10, 1] });
      const late = (time = NaN, expected: number) => Math.abs(time / 1000 - expected);
      assert.ok(late(result.judged?.from, start) <= 300, String(result.judged?.from));
      assert.ok(late(result.judged?.to, start + STEPS * STEP) <= 300, String(result.judged?.to));
    } finally {
      await stop();
    }
  });

  it("judges the last days of the data, from the first sample", async () => {
    const { requested, judged } = await run(base, replace(queue, { for: "5m" }));
    const end = (START + (STEPS - 1) * STEP) * 1000;
    assert.deepEqual(judged, { from: START * 1000, to: end });
    assert.deepEqual(requested, { from: end - 86_400_000, to: end });
  });

  it("says what to do without data or without Prometheus", async () => {
    await assert.rejects(run(base, base, folder), /contains no Prometheus blocks\n {2}fix: pass/);
    process.env["PATH"] = "/nonexistent";
    try {
      await assert.rejects(
        run(base, base),
        /could not be started: .*\n {2}fix: install Prometheus/,
      );
    } finally {
      process.env["PATH"] = `${path.dirname(toolPath("prometheus"))}:${originalPath}`;
    }
  });

  it("leaves the data as it is, and no files behind", async () => {
    const data = path.join(folder, "data");
    const hashes = hashesOf(data);
    const originalTemporary = process.env["TMPDIR"];
    const temporary = fs.mkdtempSync(path.join(folder, "temporary-"));
    process.env["TMPDIR"] = temporary;
    try {
      await run(base, replace(queue, { for: "5m" }));
    } finally {
      if (originalTemporary === undefined) delete process.env["TMPDIR"];
      else process.env["TMPDIR"] = originalTemporary;
    }
    assert.deepEqual(hashesOf(data), hashes);
    assert.deepEqual(fs.readdirSync(temporary), []);
  });

  function hashesOf(directory: string): Record<string, string> {
    const names = fs.readdirSync(directory, { recursive: true, encoding: "utf8" }).sort();
    return Object.fromEntries(
      names.map((name) => {
        const file = path.join(directory, name);
        const stat = fs.statSync(file);
        const content = stat.isFile() ? fs.readFileSync(file) : Buffer.from("");
        const hash = createHash("sha256").update(content).digest("hex");
        return [name, `${stat.mtimeMs} ${hash}`];
      }),
    );
  }
});
