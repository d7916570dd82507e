import { environmentPropertyWith, isProd } from "../engine/environment";
import { Finding, checkValue, resourcePolicy } from "../engine/policy";
import { ConfigOf, numberProperty } from "../engine/properties";
import { numeral, remediationOf } from "../engine/violation";
import {
  canRunPrometheus,
  forwardsSamples,
  prometheusServer,
  retentionPath,
} from "../facts/prometheus";
import { formatPath, isSet } from "../facts/plain";
import { Resource } from "../facts/resource";
import { SECONDS_PER_DAY, formatDays, parseDuration } from "../shared/duration";
import { clamp, limits } from "../limits/limits";

const { min, max, minInProd, default: defaultDays } = limits.prometheusRetentionDays;

const properties = {
  environment: environmentPropertyWith("Production has a separate minimum."),
  minDays: numberProperty(min, "Minimum number of days."),
  minDaysInProd: numberProperty(minInProd, "Minimum number of days in production."),
  minHoursWithLongTermStorage: numberProperty(
    limits.prometheusRetentionHoursWithLongTermStorage.min,
    "Minimum retention, in hours, of a server that sends its samples to long-term storage through remote write or a Thanos sidecar that uploads blocks.",
  ),
  maxDays: numberProperty(max, "Maximum number of days."),
};

export const prometheusRetention = resourcePolicy({
  name: "prometheus-retention",
  description: "Prometheus retains samples for an explicit number of days within bounds.",
  why: "If the retention is too short, last week's incident cannot be investigated; if it is too long, the volume fills up. If it is not set, the chart's default applies.",
  remediation: remediationOf({ path: "prometheus.retentionDays", value: defaultDays }),
  severity: "high",
  baseline: { defaults: { minDays: 1, minDaysInProd: 7, maxDays: 400 } },
  config: properties,
  appliesTo: canRunPrometheus,
  check,
  remediate: true,
});

function check(resource: Resource, config: ConfigOf<typeof properties>): Finding[] {
  const server = prometheusServer(resource);
  if (server === undefined) return [];
  const prod = isProd(resource, config);
  const minDays = prod ? Math.max(config.minDays, config.minDaysInProd) : config.minDays;
  const least = forwardsSamples(resource, server)
    ? Math.min(minDays, config.minHoursWithLongTermStorage / 24)
    : minDays;
  const most = config.maxDays;
  const path = retentionPath(server);
  return checkValue(resource, path, (retention) => {
    const days = daysOf(retention);
    const problem = problemWith(retention, days, least, most, server.defaultRetention);
    if (problem === undefined) return undefined;
    const suggested = clamp(days ?? defaultDays, least, most);
    return {
      problem,
      bound: `${numeral(least)} to ${most} days${prod ? " (prod)" : ""}`,
      setting: { path: "prometheus.retentionDays", value: suggested },
      fix: `set ${formatPath(path)}: "${formatDays(suggested)}"`,
      set: formatDays(suggested),
    };
  });
}

function problemWith(
  retention: unknown,
  days: number | undefined,
  least: number,
  most: number,
  chartDefault: string,
): string | undefined {
  if (!isSet(retention)) {
    return `retention is not set, so the default of ${chartDefault} applies (an unknown value counts as not set)`;
  }
  if (days === undefined) {
    return 'retention is not a duration that Prometheus accepts, such as "15d" or "360h"';
  }
  if (days < least) return `retention is shorter than ${numeral(least)} days`;
  return days > most ? `retention is longer than ${most} days` : undefined;
}

/** Converts a duration to days; undefined if it is not a duration. Prometheus rejects a bare number. */
function daysOf(retention: unknown): number | undefined {
  const seconds = parseDuration(retention);
  return seconds === undefined ? undefined : seconds / SECONDS_PER_DAY;
}
