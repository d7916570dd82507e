import { deepEqual, equal } from "node:assert/strict";
import { backtestJson, backtestSections } from "../../../preview/backtest/report";
import type { AlertEpisode, Backtest, Side } from "../../../preview/backtest/result";

const day = 86_400_000;
const from = Date.UTC(2026, 10, 1);
const judged = { from, to: from + 14 * day };

function episode(start: number, minutes: number | undefined, parts: Partial<AlertEpisode> = {}) {
  const end = minutes === undefined ? undefined : from + start * day + minutes * 60_000;
  const labels = { namespace: "shop", service: "cart" };
  return { alert: "A", severity: "critical", labels, start: from + start * day, end, ...parts };
}

function side(...episodes: AlertEpisode[]): Side {
  return { episodes, notJudged: [], missing: [], partial: [], hasNoData: false };
}

function result(alerts: Backtest["alerts"], parts: Partial<Backtest> = {}): Backtest {
  return { requested: judged, judged, alerts, notifications: [], ...parts };
}

const search = { labels: { service: "search" } };
const example = result(
  [
    {
      alert: "A",
      before: side(
        episode(1, 30),
        episode(2, 30),
        episode(3, 1_500, search),
        episode(13, undefined, search),
      ),
      after: side(
        episode(1, 40, { severity: "warning" }),
        episode(2, 30),
        episode(4, 10, { labels: { pod: "a" } }),
      ),
    },
    { alert: "New", before: undefined, after: side() },
    {
      alert: "Old",
      before: { ...side(), missing: ["a"], hasNoData: true },
      after: undefined,
    },
    {
      alert: "Reader",
      before: { ...side(), notJudged: ["it reads ALERTS"] },
      after: { ...side(episode(1, 1)), missing: ["a"], partial: ["a", "b"] },
    },
  ],
  { notifications: [{ severity: "critical", before: 4, after: 1 }] },
);

describe("the Markdown of a backtest", () => {
  it("has the episodes by alert, service and severity, and the notifications", () => {
    equal(
      backtestSections(example).join("\n\n"),
      `### Backtest

Episodes of the changed alerts from 2026-11-01 00:00 to 2026-11-15 00:00 UTC (14 days).

| Alert | Before | After | Services | Notes |
| --- | --- | --- | --- | --- |
| A | 4 critical (2 per week) | 2 critical (1 per week), 1 warning (0.5 per week) | pod=a 0 → 1, search 2 → 0 |  |
| New | - | none |  |  |
| Old | no data | - |  | no samples of a |
| Reader | not evaluated | 1 critical (0.5 per week) | cart 0 → 1 | it reads ALERTS; no samples of a; samples for only part of the time: b |

| Notifications | Before (per week) | After (per week) |
| --- | --- | --- |
| critical | 2 | 0.5 |

#### Episodes that differ

| Alert | Service | Before | After |
| --- | --- | --- | --- |
| A | cart | critical, 2026-11-02 00:00 – 00:30 | warning, 2026-11-02 00:00 – 00:40 |
| A | search | critical, 2026-11-04 00:00 – 2026-11-05 01:00 | - |
| A | pod=a | - | critical, 2026-11-05 00:00 – 00:10 |
| A | search | critical, since 2026-11-14 00:00 | - |
| Reader | cart | - | critical, 2026-11-02 00:00 – 00:01 |`,
    );
  });

  it("says that no alert changed, or that there is no data", () => {
    deepEqual(backtestSections(result([])), ["### Backtest\n\nNo alerting rule changed."]);
    const [text = ""] = backtestSections(
      result([{ alert: "A", before: side(), after: side() }], { judged: undefined }),
    );
    equal(
      text.split("\n")[2],
      "The data has no samples from 2026-11-01 00:00 to 2026-11-15 00:00 UTC.",
    );
    equal(text.split("\n").at(-1), "| A | no data | no data |  |  |");
  });

  it("says which part of the time has data", () => {
    const requested = { from: from - 16 * day, to: judged.to };
    const [text = ""] = backtestSections(
      result([{ alert: "A", before: side(), after: side() }], { requested }),
    );
    equal(
      text.split("\n")[2],
      "Episodes of the changed alerts from 2026-11-01 00:00 to 2026-11-15 00:00 UTC (14 days), " +
        "the part of the last 30 days that has data.",
    );
  });

  it("has at most twenty episodes", () => {
    const many = Array.from({ length: 25 }, (_, index) => episode(index / 2, 10));
    const text = backtestSections(
      result([{ alert: "A", before: undefined, after: side(...many) }]),
    );
    equal(text.at(-1)?.match(/^\| A /gm)?.length, 20);
    equal(text.at(-1)?.split("\n").at(-1), "And 5 more, which `--json` lists.");
  });
});

it("the document of a backtest has every episode", () => {
  const document = backtestJson(example);
  deepEqual(document.judged, { from: "2026-11-01T00:00:00.000Z", to: "2026-11-15T00:00:00.000Z" });
  deepEqual(document.alerts[1], {
    alert: "New",
    before: null,
    after: {
      episodes: [],
      episodesPerWeek: 0,
      notJudged: [],
      missing: [],
      partial: [],
      hasNoData: false,
    },
  });
  deepEqual(document.alerts[0]?.before?.episodes.at(-1), {
    start: "2026-11-14T00:00:00.000Z",
    end: null,
    severity: "critical",
    labels: { service: "search" },
  });
  deepEqual(document.notificationsPerWeek, [{ severity: "critical", before: 2, after: 0.5 }]);
});
