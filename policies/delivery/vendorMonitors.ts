import { StackFinding, located } from "../engine/policy";
import { UNKNOWN, at, hasUnknown, listAt, textAt } from "../facts/plain";
import { Resource } from "../facts/resource";
import { alarmInputs, checkAlarms, cloudwatchAlarm } from "./cloudwatchAlarms";
import { checkMonitor } from "./datadogMonitors";

/*
 * Checks alerts that other services evaluate: Datadog monitors and CloudWatch alarms. Each has its own
 * receivers, unless another resource of the stack reads or routes it.
 */

const datadogMonitor = "datadog:index/monitor:Monitor";
const syntheticTest = "datadog:index/syntheticsTest:SyntheticsTest";
const compositeAlarm = "aws:cloudwatch/compositeAlarm:CompositeAlarm";

/** Resources that read the stack's monitors or notify about them, by type of monitor. */
const readers: Record<string, RegExp> = {
  [datadogMonitor]:
    /^datadog:index\/(monitorNotificationRule|serviceLevelObjective|softwareCatalog|workflowAutomation):/,
  [cloudwatchAlarm]: /^aws:cloudwatch\/(compositeAlarm|eventRule):/,
  [compositeAlarm]: /^aws:cloudwatch\/eventRule:/,
  [syntheticTest]: /^datadog:index\/(monitorNotificationRule|workflowAutomation):/,
};
const muting = /^(datadog:index\/downtimeSchedule|aws:sns\/topicSubscription):/;

export function isVendorMonitor(type: string): boolean {
  return (
    alarmInputs.has(type) ||
    muting.test(type) ||
    Object.hasOwn(readers, type) ||
    Object.values(readers).some((reader) => reader.test(type))
  );
}

/** Checks that each monitor has a receiver, and that its vendor accepts it. */
export function checkVendorMonitors(resources: Resource[]): StackFinding[] {
  return [
    ...checkReceivers(resources),
    ...resources.filter(({ type }) => type === datadogMonitor).flatMap(checkMonitor),
    ...checkAlarms(resources),
    ...resources.flatMap(checkMute),
  ];
}

/**
 * Checks that no downtime mutes every monitor indefinitely, and that no subscription has a placeholder
 * endpoint.
 */
function checkMute(resource: Resource): StackFinding[] {
  const { type, props } = resource;
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
      ...located(resource, isEndless ? "scope" : "endpoint"),
      problem: isEndless
        ? "the downtime mutes every monitor and never ends"
        : "the subscription's endpoint is a placeholder",
      fix: isEndless ? "set oneTimeSchedule.end, or a scope" : "set endpoint to your own address",
    },
  ];
}

function checkReceivers(resources: Resource[]): StackFinding[] {
  return resources
    .filter(({ type }) => Object.hasOwn(readers, type))
    .filter(({ type }) => !resources.some((other) => readers[type]?.test(other.type)))
    .filter((monitor) => !isComposed(resources, monitor))
    .flatMap((monitor) => {
      const { type, props } = monitor;
      if (props === UNKNOWN) return [];
      if (type === compositeAlarm && isRead(resources, monitor)) return [];
      if (type === syntheticTest && !isScheduled(monitor)) return [];
      const isDatadog = type === datadogMonitor || type === syntheticTest;
      if (isDatadog ? hasHandle(monitor) : hasActions(monitor)) return [];
      return [
        {
          ...located(monitor, isDatadog ? "message" : "alarmActions"),
          problem: "the monitor has no receiver",
          bound: isDatadog ? "a message with an @ handle" : "an enabled action",
          fix: isDatadog
            ? "add a handle to the message, such as @slack-alerts or @pagerduty"
            : "set alarmActions: [<ARN of an SNS topic>]",
        },
      ];
    });
}

/** Whether a test runs on a schedule. Tests in a CI pipeline report their results there. */
function isScheduled({ props }: Resource): boolean {
  return textAt(props, "status") === "live" && at(props, "optionsList", "ci") === undefined;
}

/** Whether another composite alarm in the stack may read this alarm. */
function isRead(resources: Resource[], alarm: Resource): boolean {
  return resources.some((other) => other.type === compositeAlarm && other !== alarm);
}

/** Whether a composite monitor in the stack may read this monitor. */
function isComposed(resources: Resource[], { type }: Resource): boolean {
  return (
    type === datadogMonitor &&
    resources.some((other) => other.type === type && textAt(other.props, "type") === "composite")
  );
}

/**
 * Matches the blocks of a message that Datadog omits from an alert, because they apply only to
 * recoveries, warnings or missing data.
 */
const otherBlock =
  /\{\{#is_(?:(?:alert_|warning_|no_data_)?recovery|no_data|warning)\}\}.*?\{\{\/is_/gs;

function hasHandle({ props }: Resource): boolean {
  const message = at(props, "message");
  // A template variable may also contain the handle.
  return (
    message === UNKNOWN ||
    /@[\w{]/.test(String(message).replace(otherBlock, "")) ||
    hasUnknown(at(props, "escalationMessage"))
  );
}

function hasActions({ props }: Resource): boolean {
  if (at(props, "actionsEnabled") === false) return false;
  // Actions for the OK state do not report outages.
  const actions = ["alarmActions", "insufficientDataActions"].map((key) => at(props, key));
  return actions.some((list) => list === UNKNOWN || listAt(list).length > 0);
}
