import { Scenario } from "./scenarios";

/** Prometheus finds samples for 5 minutes. Scenarios of weeks need few samples. */
const stepHours = 4 / 60;
const service = "inventory-service";

/** Values in the notation of promtool, with repetitions. */
function repeated(values: string[]): string {
  const runs: { value: string; count: number }[] = [];
  for (const value of values) {
    const last = runs.at(-1);
    if (last?.value === value) last.count += 1;
    else runs.push({ value, count: 1 });
  }
  return runs.map(({ value, count }) => `${value}x${count - 1}`).join(" ");
}

/** An hour of a day; day 0 is a Monday. */
type Time = [day: number, hour: number];
const hours = ([day, hour]: Time) => day * 24 + hour;
const between = (hour: number, from: Time, to: Time) => hour >= hours(from) && hour < hours(to);

interface Traffic {
  /** Whether requests arrive at this hour, which counts from the start. */
  arrives: (hour: number) => boolean;
  /** Whether Prometheus is down. Default: never. */
  isDown?: (hour: number) => boolean;
}

const scenario = (
  name: string,
  { arrives, isDown = () => false }: Traffic,
  checks: [time: Time, isFiring: boolean][],
): Scenario => {
  const labels = `namespace="ticketing", service="${service}"`;
  const end = Math.max(...checks.map(([time]) => hours(time))) + 1;
  const series = (metric: string, valueAt: (hour: number) => string) => ({
    series: `${metric}{${labels}}`,
    values: repeated(
      Array.from({ length: end / stepHours }, (_, step) =>
        isDown(step * stepHours) ? "_" : valueAt(step * stepHours),
      ),
    ),
  });
  return {
    name: `NoTraffic: ${name}`,
    interval: "4m",
    input_series: [
      series("namespace_service:requests:rate5m", (hour) => (arrives(hour) ? "5" : "0")),
      series("up", () => "1"),
    ],
    alert_rule_test: checks.map(([time, isFiring]) => ({
      eval_time: `${Math.round(hours(time) * 60)}m`,
      alertname: "NoTraffic",
      exp_alerts: isFiring
        ? [{ exp_labels: { severity: "critical", namespace: "ticketing", service } }]
        : [],
    })),
  };
};

/** Requests arrive by day, from 6 to 22. */
const byDay = (hour: number) => hour % 24 >= 6 && hour % 24 < 22;
const onWeekdays = (hour: number) => hour % 168 < hours([5, 0]);
const always = () => true;
const except =
  (usual: (hour: number) => boolean, ...outages: [from: Time, to: Time][]) =>
  (hour: number) =>
    usual(hour) && !outages.some(([from, to]) => between(hour, from, to));

/** Traffic that stops at the same time of previous days or weeks is no reason to notify. */
export const usualStopScenarios: Scenario[] = [
  scenario(
    "a stop every night fires in the first two nights only",
    { arrives: (hour) => hour < 6 || byDay(hour) },
    [
      [[0, 23], true],
      [[1, 5.9], true],
      [[1, 12], false],
      [[1, 23], true],
      [[2, 12], false],
      ...[2, 3, 7, 8].flatMap((day): [Time, boolean][] => [
        [[day, 22.2], false],
        [[day, 22.5], false],
        [[day + 1, 1], false],
        [[day + 1, 5.9], false],
        [[day + 1, 6.5], false],
      ]),
    ],
  ),
  scenario(
    "a service that is new to stopping at night fires in the first two nights only",
    { arrives: (hour) => byDay(hour) || hour < hours([9, 22]) },
    [
      [[9, 23], true],
      [[10, 23], true],
      [[11, 23], false],
      [[12, 23], false],
    ],
  ),
  scenario(
    "an outage by day fires after 10 minutes, although traffic stops every night",
    {
      arrives: except(byDay, [
        [4, 12],
        [4, 14],
      ]),
    },
    [
      [[4, 12.1], false],
      [[4, 12.2], true],
      [[4, 13.9], true],
      [[4, 14.1], false],
      [[4, 23], false],
    ],
  ),
  scenario(
    "traffic that does not return in the morning fires until it returns",
    {
      arrives: except(byDay, [
        [4, 0],
        [6, 12],
      ]),
    },
    [
      [[4, 6.4], false],
      [[4, 6.8], true],
      [[4, 12], true],
      // The next night is part of the same outage, which counts as no usual stop.
      [[4, 23], true],
      [[5, 12], true],
      [[5, 23], true],
      [[6, 11.9], true],
      [[6, 12.5], false],
      [[7, 23], false],
    ],
  ),
  scenario(
    "an outage at night fires if requests usually arrive at night",
    {
      arrives: except(always, [
        [16, 2],
        [16, 4],
      ]),
    },
    [
      [[16, 2.1], false],
      [[16, 2.2], true],
      [[16, 3.9], true],
      [[16, 4.1], false],
    ],
  ),
  scenario(
    "an outage at the hour of yesterday's outage fires",
    {
      arrives: except(
        always,
        [
          [8, 12],
          [8, 13],
        ],
        [
          [9, 12],
          [9, 13],
        ],
      ),
    },
    [
      [[8, 12.2], true],
      [[9, 12.2], true],
    ],
  ),
  scenario(
    "an outage at the hour of last week's outage fires",
    {
      arrives: except(
        always,
        [
          [2, 12],
          [2, 13],
        ],
        [
          [9, 12],
          [9, 13],
        ],
      ),
    },
    [[[9, 12.2], true]],
  ),
  scenario(
    "an outage of several days fires until it is over",
    {
      arrives: except(always, [
        [8, 12],
        [12, 12],
      ]),
    },
    [
      [[8, 13], true],
      [[9, 13], true],
      [[10, 13], true],
      [[11, 13], true],
      [[12, 12.5], false],
    ],
  ),
  scenario(
    "a stop up to an hour earlier, or a return up to half an hour later, is usual",
    {
      arrives: except(
        byDay,
        [
          [4, 21.2],
          [5, 6.4],
        ],
        [
          [6, 20],
          [6, 22],
        ],
      ),
    },
    [
      [[4, 21.5], false],
      [[5, 6.3], false],
      [[6, 20.2], true],
      [[6, 20.9], true],
    ],
  ),
  scenario("a stop on weekends fires on the first two weekends only", { arrives: onWeekdays }, [
    [[5, 1], true],
    [[6, 23], true],
    [[7, 1], false],
    [[12, 1], true],
    [[13, 23], true],
    [[19, 1], false],
    [[19, 12], false],
    [[20, 12], false],
    [[20, 23], false],
    [[21, 1], false],
  ]),
  scenario(
    "an outage on a Monday fires, although traffic stops on weekends",
    {
      arrives: except(onWeekdays, [
        [21, 10],
        [21, 12],
      ]),
    },
    [
      [[20, 23], false],
      [[21, 10.2], true],
      [[21, 11.9], true],
    ],
  ),
  scenario(
    "traffic that does not return on Monday fires",
    {
      arrives: except(onWeekdays, [
        [19, 0],
        [22, 0],
      ]),
    },
    [
      [[20, 23], false],
      [[21, 0.4], false],
      [[21, 0.8], true],
      [[21, 23], true],
    ],
  ),
  scenario(
    "stops every night and on weekends are usual from the third week on",
    { arrives: (hour) => onWeekdays(hour) && byDay(hour) },
    [
      [[2, 23], false],
      [[12, 12], true],
      [[18, 23], false],
      [[19, 12], false],
      [[20, 12], false],
      [[21, 3], false],
      [[21, 23], false],
      [[22, 23], false],
    ],
  ),
  scenario(
    "restarts of Prometheus at night change nothing",
    { arrives: byDay, isDown: (hour) => hour % 24 >= 1 && hour % 24 < 1.15 },
    [
      [[1, 0.9], true],
      [[1, 5], true],
      [[2, 23], false],
      [[3, 0.9], false],
      [[3, 1.5], false],
      [[3, 5.9], false],
      [[3, 6.5], false],
      [[4, 1.5], false],
    ],
  ),
];
