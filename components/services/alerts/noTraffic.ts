import { alertNames } from "../../alerting/alertNames";
import { labels, value } from "../../alerting/annotations";
import { formatNumber, serviceMatchers } from "../../alerting/promql";
import { AlertGroup, AlertRule, RecordingRule, Severity } from "../../alerting/rules";
import { configuredServices } from "./configuredServices";
import { recorded } from "./recordedSeries";
import { MonitoredServicesSettings } from "../settings/settings";
import { Variant, thresholdVariants } from "./thresholdVariants";

/** Request rate one hour before traffic stopped. Do not rename the series: queries rely on it. */
const requestsBeforeStop = "namespace_service:requests_before_silence:rate5m";
/** Time at which a service stopped receiving requests. Recorded only while it receives none. */
const stopTime = "namespace_service:requests_stop:timestamp_seconds";

/**
 * Periods, in days, at which pauses in traffic can repeat. Each has the number of days of samples that
 * covers two periods.
 */
const periods = [
  { days: 1, retained: 3 },
  { days: 7, retained: 15 },
];

/** Returns recording rules that detect stopped traffic, and the alert on it. */
export function noTrafficRules(settings: MonitoredServicesSettings): (AlertRule | RecordingRule)[] {
  const { namespace, retentionDays } = settings;
  const usual = periods
    .filter(({ retained }) => retained <= retentionDays)
    .map(({ days }) => stopsEvery(namespace, days));
  const stopped = `${requestsBeforeStop}{namespace="${namespace}"}`;
  return [
    ...thresholdVariants(settings, "droppedRequestsPerSecond", Severity.Critical).map((variant) =>
      beforeStop(namespace, variant),
    ),
    {
      alert: alertNames.noTraffic,
      expr: usual.length === 0 ? stopped : `${stopped}\nunless (\n  ${usual.join("\n  or\n  ")}\n)`,
      forMinutes: 10,
      severity: Severity.Critical,
      summary: `${labels.service}: no requests are arriving`,
      description: `${labels.service} in ${labels.namespace} has received no requests over the last 5 minutes; one hour before they stopped, it received ${value.number} per second. Users may be unable to reach it.`,
    },
  ];
}

/** Records when services stopped receiving requests. Only services without traffic have this series. */
export function stopRules({ namespace }: MonitoredServicesSettings): AlertGroup {
  return {
    name: `${namespace}.stops`,
    subjectLabel: "service",
    // A comparison with previous days does not need to be exact to the minute, and queries look back 5
    // minutes.
    intervalSeconds: 120,
    rules: [
      {
        record: stopTime,
        expr: [
          `(`,
          `  ${continuing(stopTime, `namespace="${namespace}"`, namespace)}`,
          `  or`,
          `  0 * group by (namespace, service) (${knownFrom(namespace).join(" or ")}) + time()`,
          `)`,
          receivesNone(namespace),
        ].join("\n"),
      },
    ],
  };
}

/**
 * Records a service's request rate from one hour before its traffic stopped, until requests arrive
 * again. With `offset 1h` alone, the alert would resolve after an hour.
 */
function beforeStop(namespace: string, variant: Variant): RecordingRule {
  const matchers = serviceMatchers(namespace, variant.scope);
  return {
    record: requestsBeforeStop,
    expr: [
      `(`,
      `  ${continuing(requestsBeforeStop, matchers, namespace)}`,
      `  or`,
      `  ${recorded.requests}{${matchers}} offset 1h`,
      `) > ${formatNumber(variant.threshold)}`,
      receivesNone(namespace),
    ].join("\n"),
  };
}

const knownFrom = (namespace: string) =>
  [configuredServices, "up"].map((series) => `${series}{namespace="${namespace}"}`);

/**
 * Returns the last value of a series. The window bridges a Prometheus restart. The series ends when a
 * service is removed from the configuration or, if it was never configured, is no longer scraped.
 */
const continuing = (series: string, matchers: string, namespace: string) =>
  `(${knownFrom(namespace)
    .map(
      (known) => `last_over_time(${series}{${matchers}}[15m]) and on (namespace, service) ${known}`,
    )
    .join(" or ")})`;

/**
 * Excludes services that receive requests. A missing series also means no traffic, because a counter
 * reappears only with the next request.
 */
const receivesNone = (namespace: string) =>
  `unless\n${recorded.requests}{namespace="${namespace}"} > 0`;

/**
 * Selects services that also received no requests at this time one and two periods ago. Traffic must
 * have returned in between: an outage of several days is not a regular pause, and neither is a Monday
 * without requests after a weekend without requests. Two periods are necessary, because a single outage
 * yesterday does not make a regular pause. The window tolerates traffic that stops an hour earlier than
 * usual, or returns half an hour later.
 */
function stopsEvery(namespace: string, days: number): string {
  const stops = `${stopTime}{namespace="${namespace}"}`;
  const before = (periods: number) =>
    `last_over_time(${stops}[90m] offset ${periods * days * 24 - 1}h)`;
  return `${stops} > (${before(1)} > ${before(2)})`;
}
