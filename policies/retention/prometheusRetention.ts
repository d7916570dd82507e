import { SECONDS_PER_DAY, formatDays, parseDuration } from "../shared/duration";
import { PlainMap, UNKNOWN, at, formatPath, setAt } from "../facts/plain";
import { InProd, environmentProperty, isProd } from "../engine/environment";
import { canRunPrometheus, prometheusServer, retentionPath } from "../facts/prometheus";
import { Resource } from "../facts/resource";
import { limits } from "../shared/limits";
import { ResourcePolicy, Verdict, holds } from "../engine/policy";
import { configSet, shown } from "../engine/violation";

export interface PrometheusRetentionConfig extends InProd {
  minDays: number;
  minDaysInProd: number;
  maxDays: number;
}

const { min, max, minInProd } = limits.prometheusRetentionDays;

export const prometheusRetention: ResourcePolicy<PrometheusRetentionConfig> = {
  scope: "resource",
  name: "prometheus-retention",
  description: "Prometheus keeps its samples for an explicit number of days within bounds.",
  why: "Too short, and yesterday's incident cannot be investigated; too long, and the volume fills up. Left out, the chart decides.",
  remediation: configSet("prometheus.retentionDays", limits.prometheusRetentionDays.default),
  severity: "high",
  enforcementLevel: "mandatory",
  config: {
    environment: {
      ...environmentProperty,
      description:
        "Environment of the stack; `prod` has its own minimum. Default: the name of the stack.",
    },
    minDays: { type: "number", exclusiveMinimum: 0, default: min, description: "Fewest days." },
    minDaysInProd: {
      type: "number",
      exclusiveMinimum: 0,
      default: minInProd,
      description: "Fewest days where the environment is `prod`.",
    },
    maxDays: { type: "number", exclusiveMinimum: 0, default: max, description: "Most days." },
  },
  appliesTo: canRunPrometheus,
  judge,
  remediate,
};

function judge(resource: Resource, config: PrometheusRetentionConfig): Verdict {
  const server = prometheusServer(resource);
  if (server === undefined) return holds;
  const path = retentionPath(server);
  const retention = at(resource.props, ...path);
  if (retention === UNKNOWN) return { violations: [], unknown: { path } };
  const { least, most, prod } = boundsFor(resource, config);
  const days = daysOf(retention);
  const problem = problemWith(retention, days, least, most, server.defaultRetention);
  if (problem === undefined) return holds;
  const suggested = days === undefined ? defaultWithin(least, most) : clamp(days, least, most);
  return {
    violations: [
      {
        problem,
        where: `${server.what}, ${formatPath(path)}`,
        found: shown(retention),
        bound: `${least} to ${most} days${prod ? " (prod)" : ""}`,
        fix: `${configSet("prometheus.retentionDays", suggested)}, or ${path.at(-1)}: "${formatDays(suggested)}" in the values`,
      },
    ],
  };
}

function problemWith(
  retention: unknown,
  days: number | undefined,
  least: number,
  most: number,
  chartDefault: string,
): string | undefined {
  if (retention === undefined || retention === null || retention === "") {
    return `retention is not set, so ${chartDefault} applies (a value that a preview cannot know yet counts as not set)`;
  }
  if (days === undefined) {
    return 'retention is not a duration that Prometheus reads, such as "15d" or "360h"';
  }
  if (days < least) return `retention is shorter than ${least} days`;
  if (days > most) return `retention is longer than ${most} days`;
  return undefined;
}

/** Days, or undefined for what is no duration: a bare number is none. */
function daysOf(retention: unknown): number | undefined {
  const seconds = typeof retention === "string" ? parseDuration(retention) : undefined;
  return seconds === undefined ? undefined : seconds / SECONDS_PER_DAY;
}

function boundsFor(resource: Resource, config: PrometheusRetentionConfig) {
  const prod = isProd(resource, config);
  const least = prod ? Math.max(config.minDays, config.minDaysInProd) : config.minDays;
  return { least, most: config.maxDays, prod };
}

function defaultWithin(least: number, most: number): number {
  return clamp(limits.prometheusRetentionDays.default, least, most);
}

function clamp(days: number, least: number, most: number): number {
  return Math.min(Math.max(days, least), most);
}

function remediate(
  resource: Resource,
  props: PlainMap,
  config: PrometheusRetentionConfig,
): boolean {
  const server = prometheusServer(resource);
  if (server === undefined || judge(resource, config).violations.length === 0) return false;
  const { least, most } = boundsFor(resource, config);
  const path = retentionPath(server);
  const days = daysOf(at(resource.props, ...path));
  const wanted = days === undefined ? defaultWithin(least, most) : clamp(days, least, most);
  return setAt(props, path, formatDays(wanted));
}
