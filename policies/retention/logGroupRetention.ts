import { Finding, checkValue, resourcePolicy } from "../engine/policy";
import { ConfigOf, numberProperty } from "../engine/properties";
import { isHelmType, isTruthy } from "../facts/helm";
import { Path, Plain, at, entriesAt, isMap, isText, textAt } from "../facts/plain";
import { Resource } from "../facts/resource";
import { limits } from "../limits/limits";
import { configMapType } from "../facts/types";

const { min, max, maxForAudits } = limits.logGroupRetentionDays;
const types = new Set(["aws:cloudwatch/logGroup:LogGroup", "aws-native:logs:LogGroup"]);

const properties = {
  minDays: numberProperty(min, "Minimum number of days.", { minimum: 1 }),
  maxDays: numberProperty(max, "Maximum number of days.", { minimum: 1 }),
  maxDaysForAudits: numberProperty(
    maxForAudits,
    "Maximum number of days for log groups whose names indicate audit logs.",
    { minimum: 1 },
  ),
};

export const logGroupRetention = resourcePolicy({
  name: "log-group-retention",
  description: "The retention period of each CloudWatch log group is within bounds.",
  why: "By default CloudWatch retains log events forever, and their cost only grows.",
  remediation: "set retentionInDays: 30 on the log group",
  severity: "medium",
  baseline: { defaults: { minDays: 1, maxDays: 3653 } },
  config: properties,
  appliesTo: (type) => types.has(type) || isHelmType(type) || type === configMapType,
  check: (resource, config) =>
    types.has(resource.type) ? check(resource, config) : checkCollectors(resource),
  remediate: true,
});

/** Checks that Fluent Bit does not create log groups without a retention. */
function checkCollectors({ type, props }: Resource): Finding[] {
  const isChart = isHelmType(type);
  const walk = (value: Plain, path: Path): Path[] => {
    if (isText(value)) {
      const creates = /^[ \t]*auto_create_group[ \t]+(?:true|on|yes)[ \t]*$/im.test(value);
      return creates && !/^[ \t]*log_retention_days[ \t]+[1-9]/im.test(value) ? [path] : [];
    }
    // A chart's configuration is only a few levels deep.
    if (path.length > 8) return [];
    const logs = at(value, "cloudWatchLogs");
    const isWithout =
      isChart &&
      isMap(logs) &&
      isTruthy(logs["enabled"]) &&
      logs["autoCreateGroup"] === true &&
      !(Number(logs["logRetentionDays"]) > 0);
    return [
      ...(isWithout ? [[...path, "cloudWatchLogs", "logRetentionDays"]] : []),
      ...entriesAt(value).flatMap(([key, item]) => walk(item, [...path, key])),
    ];
  };
  const root = isChart ? "values" : "data";
  return walk(at(props, root), [root]).map((path) => ({
    path,
    problem:
      "Fluent Bit creates log groups without a retention period, so CloudWatch retains them forever",
    bound: "a retention period in days",
    fix: "set log_retention_days (logRetentionDays in the chart), or create the log groups in the stack",
  }));
}

/** Retention periods that CloudWatch supports, in days. */
const supportedDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
];

/** Matches log groups that laws or contracts may require for years. */
const auditName =
  /audit|cloudtrail|compliance|security|forensic|flow-?logs?|\/aws\/eks\/[^/]+\/cluster$/i;

function check(resource: Resource, config: ConfigOf<typeof properties>): Finding[] {
  const isForAudits = auditName.test(`${resource.name} ${textAt(resource.props, "name") ?? ""}`);
  const { minDays, maxDays: most, maxDaysForAudits } = config;
  const maxDays = isForAudits ? Math.max(most, maxDaysForAudits) : most;
  return checkValue(resource, ["retentionInDays"], (value) => {
    const days = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
    const problem = problemWith(days, minDays, maxDays);
    if (problem === undefined) return undefined;
    const allowed = supportedDays.filter(
      (supported) => supported >= minDays && supported <= maxDays,
    );
    const desiredDays = typeof days === "number" && days > 0 ? days : 30;
    const nearest = allowed.find((supported) => supported >= desiredDays) ?? allowed.at(-1);
    return {
      problem,
      bound: `${minDays} to ${maxDays} days, and a number that CloudWatch supports`,
      fix: `set retentionInDays: ${nearest ?? minDays}`,
      set: nearest,
    };
  });
}

function problemWith(days: unknown, minDays: number, maxDays: number): string | undefined {
  if (typeof days !== "number" || !Number.isFinite(days)) {
    return "retentionInDays is not set, so CloudWatch retains log events forever";
  }
  if (days === 0) return "retentionInDays is 0, so CloudWatch retains log events forever";
  if (days < minDays) return `the retention is shorter than ${minDays} days`;
  if (days > maxDays) return `the retention is longer than ${maxDays} days`;
  return supportedDays.includes(days) ? undefined : "CloudWatch does not support this retention";
}
