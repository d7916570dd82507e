import { StackFinding, describeResource } from "../engine/policy";
import { numeral } from "../engine/violation";
import { Plain, UNKNOWN, at, hasUnknown, isText, listAt, textAt, textsAt } from "../facts/plain";
import { Resource, refersTo } from "../facts/resource";

/*
 * Alerts that other services evaluate: monitors of Datadog and alarms of CloudWatch. Each names its
 * receivers itself, unless another resource of the stack reads it or routes it.
 */

const datadogMonitor = "datadog:index/monitor:Monitor";
const syntheticTest = "datadog:index/syntheticsTest:SyntheticsTest";
const compositeAlarm = "aws:cloudwatch/compositeAlarm:CompositeAlarm";
const cloudwatchAlarm = "aws:cloudwatch/metricAlarm:MetricAlarm";

/** Resources that read the monitors of the stack, or notify about them. */
const readers: Record<string, RegExp> = {
  [datadogMonitor]:
    /^datadog:index\/(monitorNotificationRule|serviceLevelObjective|softwareCatalog|workflowAutomation):/,
  [cloudwatchAlarm]: /^aws:cloudwatch\/(compositeAlarm|eventRule):/,
  [compositeAlarm]: /^aws:cloudwatch\/eventRule:/,
  [syntheticTest]: /^datadog:index\/(monitorNotificationRule|workflowAutomation):/,
};
const muting = /^(datadog:index\/downtimeSchedule|aws:sns\/topicSubscription):/;

const topicType = "aws:sns/topic:Topic";

export function isVendorMonitor(type: string): boolean {
  return (
    type === topicType ||
    muting.test(type) ||
    Object.hasOwn(readers, type) ||
    Object.values(readers).some((reader) => reader.test(type))
  );
}

/** Checks that each monitor has a receiver, and that its vendor accepts it. */
export function checkVendorMonitors(resources: Resource[]): StackFinding[] {
  return [
    ...checkReceivers(resources),
    ...resources.filter(({ type }) => type === datadogMonitor).flatMap(checkThresholds),
    ...resources.filter(({ type }) => type === datadogMonitor).flatMap(checkUnit),
    ...resources.filter(({ type }) => type === cloudwatchAlarm).flatMap(checkAlarm),
    ...checkTopics(resources),
    ...resources.flatMap(checkMute),
  ];
}

/** Checks that no downtime mutes every monitor without an end, and no subscription leads nowhere. */
function checkMute(resource: Resource): StackFinding[] {
  const { urn, type, props } = resource;
  const isEndless =
    type === "datadog:index/downtimeSchedule:DowntimeSchedule" &&
    textAt(props, "scope") === "*" &&
    listAt(props, "monitorIdentifier", "monitorTags").join() === "*" &&
    at(props, "recurringSchedule") === undefined &&
    at(props, "oneTimeSchedule", "end") === undefined;
  const isNowhere =
    type === "aws:sns/topicSubscription:TopicSubscription" &&
    /(?:^|[@/.])example\.(?:com|org|net)\b/.test(textAt(props, "endpoint") ?? "");
  if (!isEndless && !isNowhere) return [];
  return [
    {
      urn,
      problem: isEndless
        ? "the downtime mutes every monitor, and does not end"
        : "the subscription sends to a placeholder",
      where: `${describeResource(resource)}, ${isEndless ? "scope" : "endpoint"}`,
      fix: isEndless
        ? "set oneTimeSchedule.end, or a scope"
        : "set endpoint to an address of your own",
    },
  ];
}

/** Datadog rejects a monitor whose thresholds contradict its query or each other. */
function checkThresholds(monitor: Resource): StackFinding[] {
  const { urn, props } = monitor;
  const query = textAt(props, "query") ?? "";
  const [, operator = "", limit = ""] = /(>=?|<=?)\s*(-?\d+(?:\.\d+)?)\s*$/.exec(query) ?? [];
  const read = (key: string) => {
    const value = at(props, "monitorThresholds", key);
    return value === undefined || value === null || value === UNKNOWN ? NaN : Number(value);
  };
  const [critical, warning] = [read("critical"), read("warning")];
  const isContrary = limit !== "" && critical !== Number(limit) && !Number.isNaN(critical);
  const isReversed =
    (operator.startsWith(">") && warning >= critical) ||
    (operator.startsWith("<") && warning <= critical);
  if (!isContrary && !isReversed) return [];
  return [
    {
      urn,
      problem: isContrary
        ? "Datadog rejects the monitor, whose critical threshold is not that of its query"
        : "Datadog rejects the monitor, whose warning comes after its critical threshold",
      where: `${describeResource(monitor)}, monitorThresholds`,
      bound: isContrary
        ? `the threshold of the query, ${limit}`
        : "a warning before the critical threshold",
      fix: isContrary
        ? `set monitorThresholds.critical to ${limit}, or change the query`
        : "exchange the two thresholds, or correct one of them",
    },
  ];
}

/** The agent of Datadog reports the parts of a CPU in percent, and the use of disks and memory as ratios. */
function checkUnit(monitor: Resource): StackFinding[] {
  const query = textAt(monitor.props, "query") ?? "";
  const [, metric = "", operator = "", limit = ""] =
    /^[^:]*:\w+:(system\.\w+\.\w+)\{[^}]*\}[^()*/+-]*?([<>])=?\s*(\d+(?:\.\d+)?)\s*$/.exec(query) ??
    [];
  const isPercentage = /^system\.cpu\.(user|system|iowait|idle|stolen)$/.test(metric);
  const isRatio = /^system\.(disk\.in_use|mem\.pct_usable|swap\.pct_free)$/.test(metric);
  const isMeantAsRatio =
    isPercentage && operator === ">" && Number(limit) > 0.1 && Number(limit) <= 1;
  const isMeantAsPercentage = isRatio && Number(limit) > 1;
  if (!isMeantAsRatio && !isMeantAsPercentage) return [];
  const right = isMeantAsRatio ? Number(limit) * 100 : Number(limit) / 100;
  return [
    {
      urn: monitor.urn,
      problem: `${metric} is a ${isPercentage ? "percentage" : "ratio"}, and the monitor compares it with a ${isPercentage ? "ratio" : "percentage"}`,
      where: `${describeResource(monitor)}, query`,
      found: `${operator} ${limit}`,
      fix: `write ${operator} ${numeral(right)}`,
    },
  ];
}

/** CloudWatch rejects an alarm whose periods do not fit, or finds nothing that it could compare. */
function checkAlarm(alarm: Resource): StackFinding[] {
  const { urn, props } = alarm;
  const read = (key: string) => Number(at(props, key) === UNKNOWN ? NaN : (at(props, key) ?? NaN));
  const [period, points, periods] = [
    read("period"),
    read("datapointsToAlarm"),
    read("evaluationPeriods"),
  ];
  const found: [key: string, problem: string, fix: string][] = [];
  if (period <= 0 || (period % 60 > 0 && ![10, 20, 30].includes(period))) {
    found.push(["period", "CloudWatch has no such period", "set period: 60"]);
  }
  if (points > periods) {
    found.push([
      "datapointsToAlarm",
      "more data points must exceed the threshold than there are periods",
      "set datapointsToAlarm to at most evaluationPeriods",
    ]);
  }
  if (/^p\d/i.test(textAt(props, "statistic") ?? "")) {
    found.push([
      "statistic",
      "a percentile is no statistic",
      "set extendedStatistic in place of statistic",
    ]);
  }
  const silent = [...wrongDimensions(props), ...wrongStatistic(props)];
  return [
    ...found.map(
      ([key, problem, fix]) => [key, `${problem}, so the alarm is rejected`, fix] as const,
    ),
    ...silent,
  ].map(([key, problem, fix]) => ({
    urn,
    problem,
    where: `${describeResource(alarm)}, ${key}`,
    fix,
  }));
}

type Mistake = readonly [key: string, problem: string, fix: string];

/** The dimensions of load balancers are the ends of their ARNs. */
function wrongDimensions(props: Plain): Mistake[] {
  return textsAt(props, "dimensions")
    .filter(
      ([name, value]) => /^(LoadBalancer|TargetGroup)$/.test(name) && value.startsWith("arn:"),
    )
    .map(([name]) => [
      `dimensions.${name}`,
      "no metric has an ARN as this dimension, so the alarm never fires",
      `set ${name} to arnSuffix in place of arn`,
    ]);
}

/** Each sample of such a metric is 0 or 1 for one request, and so is their average at most 1. */
function wrongStatistic(props: Plain): Mistake[] {
  const isPerRequest =
    /^(AWS\/(ApplicationELB|Lambda|ApiGateway) (HTTPCode_\w+_Count|Errors|Throttles|[45]XXError))$/.test(
      `${textAt(props, "namespace")} ${textAt(props, "metricName")}`,
    );
  const threshold = at(props, "threshold");
  const isNever =
    isPerRequest &&
    textAt(props, "statistic") === "Average" &&
    typeof threshold === "number" &&
    (textAt(props, "comparisonOperator") === "GreaterThanThreshold"
      ? threshold >= 1
      : textAt(props, "comparisonOperator") === "GreaterThanOrEqualToThreshold" && threshold > 1);
  return isNever
    ? [
        [
          "statistic",
          "the average of a count per request is at most 1, so the alarm never fires",
          "set statistic: Sum",
        ],
      ]
    : [];
}

/** CloudWatch may not use the key that AWS manages for SNS, so it cannot publish to such a topic. */
function checkTopics(resources: Resource[]): StackFinding[] {
  const actions = resources
    .filter(({ type }) => type === cloudwatchAlarm)
    .flatMap((alarm) => ({ alarm, list: listAt(alarm.props, "alarmActions") }));
  return resources
    .filter(
      ({ type, props }) =>
        type === topicType && /^alias\/aws\/sns$/.test(textAt(props, "kmsMasterKeyId") ?? ""),
    )
    .filter((topic) =>
      actions.some(
        ({ alarm, list }) =>
          list.includes(textAt(topic.props, "arn")) ||
          refersTo(alarm, "alarmActions", topic) ||
          list.some((arn) => isText(arn) && arn.endsWith(`:${textAt(topic.props, "name")}`)),
      ),
    )
    .map((topic) => ({
      urn: topic.urn,
      problem: "CloudWatch may not use the key of the topic, so no alarm reaches it",
      where: `${describeResource(topic)}, kmsMasterKeyId`,
      bound: "a key of your own that CloudWatch may use, or none",
      fix: "set kmsMasterKeyId to a key whose policy allows cloudwatch.amazonaws.com",
    }));
}

function checkReceivers(resources: Resource[]): StackFinding[] {
  return resources
    .filter(({ type }) => Object.hasOwn(readers, type))
    .filter(({ type }) => !resources.some((other) => readers[type]?.test(other.type)))
    .filter((monitor) => !isComposed(resources, monitor))
    .flatMap((monitor) => {
      const { urn, type, props } = monitor;
      if (props === UNKNOWN) return [];
      if (type === compositeAlarm && isRead(resources, monitor)) return [];
      if (type === syntheticTest && !isScheduled(monitor)) return [];
      const isDatadog = type === datadogMonitor || type === syntheticTest;
      if (isDatadog ? hasHandle(monitor) : hasActions(monitor)) return [];
      return [
        {
          urn,
          problem: "the monitor has no receiver",
          where: `${describeResource(monitor)}, ${isDatadog ? "message" : "alarmActions"}`,
          bound: isDatadog ? "a message with an @ handle" : "an action that is enabled",
          fix: isDatadog
            ? "add a handle to the message, such as @slack-alerts or @pagerduty"
            : "set alarmActions: [<ARN of an SNS topic>]",
        },
      ];
    });
}

/** Whether a test runs by itself. The tests of a pipeline report their results there. */
function isScheduled({ props }: Resource): boolean {
  return textAt(props, "status") === "live" && at(props, "optionsList", "ci") === undefined;
}

/** Whether another composite alarm of the stack may read this one. */
function isRead(resources: Resource[], alarm: Resource): boolean {
  return resources.some((other) => other.type === compositeAlarm && other !== alarm);
}

/** Whether a composite monitor of the stack may read it. */
function isComposed(resources: Resource[], { type }: Resource): boolean {
  return (
    type === datadogMonitor &&
    resources.some((other) => other.type === type && textAt(other.props, "type") === "composite")
  );
}

/** The part of a message that Datadog only sends when the monitor recovers. */
const recoveryBlock = /\{\{#is_(?:alert_|warning_|no_data_)?recovery\}\}.*?\{\{\/is_/gs;

function hasHandle({ props }: Resource): boolean {
  const message = at(props, "message");
  // The handle may also be in a variable of a template.
  return (
    message === UNKNOWN ||
    /@[\w{]/.test(String(message).replace(recoveryBlock, "")) ||
    hasUnknown(at(props, "escalationMessage"))
  );
}

function hasActions({ props }: Resource): boolean {
  if (at(props, "actionsEnabled") === false) return false;
  // An action that is only taken when the alarm is over reports no outage.
  const actions = ["alarmActions", "insufficientDataActions"].map((key) => at(props, key));
  return actions.some((list) => list === UNKNOWN || listAt(list).length > 0);
}
