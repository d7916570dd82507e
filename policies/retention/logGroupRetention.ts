import { PlainMap, UNKNOWN, at } from "../facts/plain";
import { Resource } from "../facts/resource";
import { limits } from "../shared/limits";
import { ResourcePolicy, Verdict, holds } from "../engine/policy";
import { shown } from "../engine/violation";

export interface LogGroupRetentionConfig {
  minDays: number;
  maxDays: number;
}

const { min, max } = limits.logGroupRetentionDays;

export const logGroupRetention: ResourcePolicy<LogGroupRetentionConfig> = {
  scope: "resource",
  name: "log-group-retention",
  description: "CloudWatch log groups keep their events for a number of days within bounds.",
  why: "Left out, CloudWatch keeps events for ever, and their bill only ever grows.",
  remediation: "set retentionInDays: 30 on the log group",
  severity: "medium",
  enforcementLevel: "mandatory",
  config: {
    minDays: { type: "number", minimum: 1, default: min, description: "Fewest days." },
    maxDays: { type: "number", minimum: 1, default: max, description: "Most days." },
  },
  appliesTo: (type) => types.has(type),
  judge,
  remediate,
};

const types = new Set(["aws:cloudwatch/logGroup:LogGroup", "aws-native:logs:LogGroup"]);

/** The only numbers of days that CloudWatch takes. */
const allowedDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
];

function judge(resource: Resource, config: LogGroupRetentionConfig): Verdict {
  const value = at(resource.props, "retentionInDays");
  if (value === UNKNOWN) return { violations: [], unknown: { path: ["retentionInDays"] } };
  const problem = problemWith(value, config);
  if (problem === undefined) return holds;
  return {
    violations: [
      {
        problem,
        where: `log group "${resource.name}", retentionInDays`,
        found: shown(value),
        bound: `${config.minDays} to ${config.maxDays} days, one of those that CloudWatch has`,
        fix: `set retentionInDays: ${suggested(value, config) ?? config.minDays}`,
      },
    ],
  };
}

function problemWith(value: unknown, config: LogGroupRetentionConfig): string | undefined {
  const days = daysOf(value);
  if (days === undefined) return "retentionInDays is not set, so events are kept for ever";
  if (days === 0) return "retentionInDays is 0, which keeps events for ever";
  if (days < config.minDays) return `events are kept for less than ${config.minDays} days`;
  if (days > config.maxDays) return `events are kept for more than ${config.maxDays} days`;
  if (!allowedDays.includes(days)) return "CloudWatch does not have this number of days";
  return undefined;
}

function daysOf(value: unknown): number | undefined {
  const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

/** The next number of days up to the bounds, or undefined when CloudWatch has none within them. */
function suggested(value: unknown, config: LogGroupRetentionConfig): number | undefined {
  const within = allowedDays.filter((days) => days >= config.minDays && days <= config.maxDays);
  const wanted = daysOf(value) || 30;
  return within.find((days) => days >= wanted) ?? within.at(-1);
}

function remediate(resource: Resource, props: PlainMap, config: LogGroupRetentionConfig): boolean {
  const days = suggested(at(resource.props, "retentionInDays"), config);
  if (days === undefined || judge(resource, config).violations.length === 0) return false;
  props["retentionInDays"] = days;
  return true;
}
