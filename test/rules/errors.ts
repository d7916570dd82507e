import { Scenario } from "./scenarios";
import { stepSeconds } from "./series";

/** Minutes with a rate of requests per second, and the ratio of requests that fail. */
interface Phase {
  minutes: number;
  rate: number;
  failing: number;
}

const service = "inventory-service";
const labels = `namespace="ticketing", service="${service}"`;
const firing = [{ exp_labels: { severity: "critical", namespace: "ticketing", service } }];

interface Protocol {
  metric: string;
  succeeded: string;
  failed: string;
}

const protocols: Record<string, Protocol> = {
  HTTP: { metric: "http_requests_total", succeeded: 'status="200"', failed: 'status="503"' },
  gRPC: {
    metric: "grpc_server_handled_total",
    succeeded: 'grpc_code="OK"',
    failed: 'grpc_code="Unavailable"',
  },
};

/** Counters of successful and failed requests; requests arrive at regular intervals. */
function requestCounters(
  { metric, succeeded, failed }: Protocol,
  phases: Phase[],
  wholeRequests: boolean,
): Scenario["input_series"] {
  const totals = { ok: [0], failed: [0] };
  const add = (values: number[], amount: number) => values.push((values.at(-1) ?? 0) + amount);
  for (const { minutes, rate, failing } of phases) {
    for (let step = 0; step < (minutes * 60) / stepSeconds; step += 1) {
      add(totals.ok, rate * stepSeconds * (1 - failing));
      add(totals.failed, rate * stepSeconds * failing);
    }
  }
  const text = (values: number[]) =>
    values
      .map((value) => (wholeRequests ? Math.floor(value + 1e-9) : Number(value.toFixed(6))))
      .join(" ");
  return [
    { series: `${metric}{${labels}, ${succeeded}}`, values: text(totals.ok) },
    { series: `${metric}{${labels}, ${failed}}`, values: text(totals.failed) },
  ];
}

interface Case {
  name: string;
  phases: [minutes: number, rate: number, failing: number][];
  checks: Check[];
  wholeRequests: boolean;
}
type Check = [minutes: number, alert: "MostRequestsFailing" | "HighErrorRate", isFiring: boolean];

const scenario = (
  name: string,
  phases: [minutes: number, rate: number, failing: number][],
  checks: Check[],
  wholeRequests = false,
): Case => ({ name, phases, checks, wholeRequests });

const scenarioFor = (
  protocol: string,
  { name, phases, checks, wholeRequests }: Case,
): Scenario => ({
  name: `${protocol} errors: ${name}`,
  interval: `${stepSeconds}s`,
  input_series: requestCounters(
    protocols[protocol]!,
    phases.map(([minutes, rate, failing]) => ({ minutes, rate, failing })),
    wholeRequests,
  ),
  alert_rule_test: checks.map(([minutes, alertname, isFiring]) => ({
    eval_time: `${minutes * 60}s`,
    alertname,
    exp_alerts: isFiring ? firing : [],
  })),
});

const most = "MostRequestsFailing";
const high = "HighErrorRate";

/** An outage of all requests at minute 60, and the minutes until an alert fires. */
const outages = (
  [
    [0.01, high, 30],
    [0.03, high, 25],
    [0.1, high, 10],
    [0.3, high, 6],
    [1, most, 2],
    [10, most, 2],
    [1000, most, 2],
  ] as const
).map(([rate, alert, minutes]) =>
  scenario(
    `an outage at ${rate} requests per second fires within ${minutes} minutes, until it is over`,
    [
      [60, rate, 0],
      [90, rate, 1],
      [60, rate, 0],
    ],
    [
      [60, alert, false],
      [60 + minutes, alert, true],
      [100, alert, true],
      ...(rate < 0.2 ? [70, 90, 110, 130] : []).map((minute): Check => [minute, most, false]),
      [150, alert, true],
      // Below the minimum rate, three periods of 5 minutes must be without failures.
      [150 + (rate < 0.2 ? 21 : 4), alert, false],
    ],
    true,
  ),
);

/** Requests in each 30 seconds, which all fail, over 20 minutes. */
const irregular = {
  "0.1": [
    ...[4, 3, 2, 5, 2, 2, 4, 4, 3, 0, 0, 3, 5, 2, 3, 3, 4, 4, 0, 0],
    ...[0, 4, 3, 2, 4, 2, 3, 4, 3, 3, 0, 0, 0, 4, 4, 2, 4, 3, 3, 6],
  ],
  "0.02": [
    ...[0, 1, 0, 0, 2, 0, 1, 1, 0, 0, 0, 0, 3, 0, 0, 1, 0, 1, 0, 0],
    ...[0, 0, 0, 2, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, 1, 0],
  ],
};

/** Irregular requests: 30 seconds without any are no recovery, and the outage is one page. */
const irregularOutages = Object.entries(irregular).map(([rate, counts]) => {
  const minutes = 80;
  const failing = Array.from({ length: minutes * 2 }, (_, step): [number, number, number] => [
    0.5,
    (counts[step % counts.length] ?? 0) / stepSeconds,
    1,
  ]);
  const every30Seconds = (from: number) =>
    Array.from({ length: (40 + minutes - from) * 2 }, (_, step) => from + step / 2);
  return scenario(
    `an outage at about ${rate} irregular requests per second is one page`,
    [[40, Number(rate), 0], ...failing],
    [
      ...every30Seconds(70).map((minute): Check => [minute, high, true]),
      ...every30Seconds(40).map((minute): Check => [minute, most, false]),
    ],
    true,
  );
});

/**
 * Few requests that all fail after many that succeed. The rate over 5 minutes covers 4.5 minutes between
 * samples, the length of one round.
 */
const pulses = (failed: number): [number, number, number][] =>
  Array.from({ length: 6 }, (): [number, number, number][] => [
    [3, (90 / failed - 90) / 180, 0],
    [1.5, 1, 1],
  ]).flat();

/** An alert that MostRequestsFailing inhibits must not outlast it. */
const lasts = [...Array(10).keys()].flatMap((step): Check[] => {
  const minute = 15 + step / 2;
  return [
    [minute, most, minute <= 18],
    [minute, high, minute < 18],
  ];
});

const cases: Case[] = [
  scenario(
    "HighErrorRate resolves before MostRequestsFailing",
    [
      [5, 10, 0],
      [10, 10, 1],
      [15, 10, 0],
    ],
    lasts,
  ),
  scenario(
    "a partial recovery keeps firing",
    [
      [20, 10, 0],
      [10, 10, 1],
      [20, 10, 0.1],
    ],
    [31, 32, 33, 33.5, 34, 45].map((minute): Check => [minute, high, true]),
  ),
  scenario(
    "a partial recovery keeps firing below the minimum rate",
    [
      [60, 0.1, 0],
      [30, 0.1, 1],
      [30, 0.1, 0.2],
    ],
    [95, 98, 101, 106, 110].map((minute): Check => [minute, high, true]),
  ),
  scenario(
    "a partial recovery keeps firing where 5 minutes have too few failures to judge",
    [
      [60, 0.1, 0],
      [30, 0.1, 1],
      [30, 0.1, 0.08],
    ],
    [96, 98, 101, 104].map((minute): Check => [minute, high, true]),
  ),
  scenario(
    "40% of few requests fire, although 2 minutes of each 5 are without failures",
    [
      [60, 0.033333, 0],
      ...Array.from({ length: 12 }, (): [number, number, number][] => [
        [3, 0.033333, 0],
        [2, 0.033333, 1],
      ]).flat(),
    ],
    [85, 87, 89, 91, 93, 95, 100, 107, 114, 120].map((minute): Check => [minute, high, true]),
    true,
  ),
  ...outages,
  ...irregularOutages,
  scenario(
    "errors over 30 minutes do not fire again if requests end after they are over",
    [
      [60, 0.03, 0],
      [30, 0.03, 1],
      [5, 0.03, 0],
      [20, 0, 0],
    ],
    [
      [90, high, true],
      [110.5, high, false],
      [112, high, false],
    ],
    true,
  ),
  scenario(
    "errors over 30 minutes keep firing while every other 5 minutes are without errors",
    [
      [60, 0.05, 0],
      // Too few failures for 5 minutes to be evidence.
      ...Array.from({ length: 6 }, (): [number, number, number][] => [
        [5, 0.05, 0.15],
        [5, 0.05, 0],
      ]).flat(),
    ],
    [100, 102, 104, 106, 108, 110, 112, 114].map((minute): Check => [minute, high, true]),
  ),
  scenario(
    "an outage just above the minimum rate",
    [
      [30, 0.21, 0],
      [20, 0.21, 1],
    ],
    [[45, most, true]],
  ),
  scenario(
    "an outage just below the minimum rate",
    [
      [30, 0.19, 0],
      [20, 0.19, 1],
    ],
    [
      [45, most, false],
      [45, high, true],
    ],
  ),
  scenario(
    "two minutes of errors do not fire after they are over",
    [
      [20, 10, 0],
      [2, 10, 1],
      [20, 10, 0],
    ],
    [
      [22, most, true],
      [26, most, false],
      ...[22, 23, 24, 25, 26, 27, 28, 30].map((minute): Check => [minute, high, false]),
    ],
  ),
  scenario(
    "three minutes of partial errors do not fire",
    [
      [20, 10, 0],
      [3, 10, 0.4],
      [20, 10, 0],
    ],
    [23, 24, 25, 26, 27, 28, 29].flatMap((minute): Check[] => [
      [minute, most, false],
      [minute, high, false],
    ]),
  ),
  scenario(
    "one client that retries at night does not fire",
    [
      [60, 0.001, 0],
      [0.5, 0.3, 1],
      [60, 0.001, 0],
    ],
    [61, 65, 66, 70, 80, 91].flatMap((minute): Check[] => [
      [minute, most, false],
      [minute, high, false],
    ]),
    true,
  ),
  scenario("a background of 0.1% does not fire", [[60, 20, 0.001]], [[60, high, false]]),
  // The bound of 5 minutes at 0.21 requests per second is 5.17%.
  scenario("just above the evidence of 5 minutes", [[60, 0.21, 0.0524]], [[60, high, true]]),
  scenario("just below the evidence of 5 minutes", [[60, 0.21, 0.051]], [[60, high, false]]),
  // Below the minimum rate, 30 minutes are evidence. The bound at 0.03 requests per second is 5.85%.
  scenario(
    "below the minimum rate, a longer window",
    [[90, 0.19, 0.051]],
    [
      [7, high, false],
      [90, high, true],
    ],
  ),
  scenario("below the threshold of a longer window", [[90, 0.19, 0.049]], [[90, high, false]]),
  scenario("just above the evidence of 30 minutes", [[90, 0.03, 0.06]], [[90, high, true]]),
  scenario("just below the evidence of 30 minutes", [[90, 0.03, 0.0565]], [[90, high, false]]),
  scenario("most of a small part of the requests, just above", pulses(0.0525), [[27, most, true]]),
  scenario("most of a small part of the requests, just below", pulses(0.0475), [[27, most, false]]),
];

export const errorScenarios: Scenario[] = Object.keys(protocols).flatMap((protocol) =>
  cases.map((each) => scenarioFor(protocol, each)),
);
