import { StackFinding } from "../engine/policy";
import { UNKNOWN, at, hasUnknown, isOnly, listAt, textAt } from "../facts/plain";
import { Resource } from "../facts/resource";
import { alarmInputs, checkAlarms, cloudwatchAlarm } from "./cloudwatchAlarms";
import { checkMonitor } from "./datadogMonitors";
import { Mistake, mistakesIn } from "./monitorMistakes";
import { own } from "../shared/own";
import { hasExampleHost } from "../facts/address";

/*
 * Checks alerts that other services evaluate: Datadog monitors and CloudWatch alarms. Each has its own
 * receivers, unless another resource of the stack reads or routes it.
 */

const datadogMonitor = "datadog:index/monitor:Monitor";
const syntheticTest = "datadog:index/syntheticsTest:SyntheticsTest";
const compositeAlarm = "aws:cloudwatch/compositeAlarm:CompositeAlarm";

/** A type of monitor, and what a monitor without a receiver lacks. */
interface MonitorType {
  /** Types of the resources that read the stack's monitors or notify about them. */
  readers: RegExp;
  hasReceiver: (monitor: Resource) => boolean;
  missing: Omit<Mistake, "problem">;
}

const handle = {
  key: "message",
  bound: "a message with an @ handle",
  fix: "add a handle to the message, such as @slack-alerts or @pagerduty",
};
const action = {
  key: "alarmActions",
  bound: "an enabled action",
  fix: "set alarmActions: [<ARN of an SNS topic>]",
};

const monitorTypes: Record<string, MonitorType> = {
  [datadogMonitor]: {
    readers:
      /^datadog:index\/(monitorNotificationRule|serviceLevelObjective|softwareCatalog|workflowAutomation):/,
    hasReceiver: hasHandle,
    missing: handle,
  },
  [syntheticTest]: {
    readers: /^datadog:index\/(monitorNotificationRule|workflowAutomation):/,
    hasReceiver: hasHandle,
    missing: handle,
  },
  [cloudwatchAlarm]: {
    readers: /^aws:cloudwatch\/(compositeAlarm|eventRule):/,
    hasReceiver: hasActions,
    missing: action,
  },
  [compositeAlarm]: {
    readers: /^aws:cloudwatch\/eventRule:/,
    hasReceiver: hasActions,
    missing: action,
  },
};
const muting = /^(datadog:index\/downtimeSchedule|aws:sns\/topicSubscription):/;

export function isVendorMonitor(type: string): boolean {
  return (
    alarmInputs.has(type) ||
    muting.test(type) ||
    own(monitorTypes, type) !== undefined ||
    Object.values(monitorTypes).some(({ readers }) => readers.test(type))
  );
}

/** Checks that each monitor has a receiver, and that its vendor accepts it. */
export function checkVendorMonitors(resources: Resource[]): StackFinding[] {
  return [
    ...resources.flatMap((resource) => checkReceiver(resource, resources)),
    ...resources.filter(({ type }) => type === datadogMonitor).flatMap(checkMonitor),
    ...checkAlarms(resources),
    ...resources.flatMap((resource) =>
      mistakesIn(resource, [endlessDowntime(resource), placeholderEndpoint(resource)]),
    ),
  ];
}

/** Reports a downtime that mutes every monitor indefinitely. */
function endlessDowntime({ type, props }: Resource): Mistake | undefined {
  const isEndless =
    type === "datadog:index/downtimeSchedule:DowntimeSchedule" &&
    textAt(props, "scope") === "*" &&
    isOnly(listAt(props, "monitorIdentifier", "monitorTags"), "*") &&
    at(props, "recurringSchedule") === undefined &&
    at(props, "oneTimeSchedule", "end") === undefined;
  return isEndless
    ? {
        key: "scope",
        problem: "the downtime mutes every monitor and never ends",
        fix: "set oneTimeSchedule.end, or a scope",
      }
    : undefined;
}

function placeholderEndpoint({ type, props }: Resource): Mistake | undefined {
  const isPlaceholder =
    type === "aws:sns/topicSubscription:TopicSubscription" &&
    hasExampleHost(textAt(props, "endpoint") ?? "");
  return isPlaceholder
    ? {
        key: "endpoint",
        problem: "the subscription's endpoint is a placeholder",
        fix: "set endpoint to your own address",
      }
    : undefined;
}

function checkReceiver(monitor: Resource, resources: Resource[]): StackFinding[] {
  const monitorType = own(monitorTypes, monitor.type);
  if (monitorType === undefined || monitor.props === UNKNOWN) return [];
  const { readers, hasReceiver, missing } = monitorType;
  const isNeeded =
    !hasReceiver(monitor) &&
    !resources.some(({ type }) => readers.test(type)) &&
    !isComposed(monitor, resources) &&
    isScheduled(monitor);
  return isNeeded
    ? mistakesIn(monitor, [{ problem: "the monitor has no receiver", ...missing }])
    : [];
}

/**
 * Whether a monitor runs on a schedule. A synthetic test may run only in a CI pipeline, which reports
 * its result.
 */
function isScheduled({ type, props }: Resource): boolean {
  if (type !== syntheticTest) return true;
  return textAt(props, "status") === "live" && at(props, "optionsList", "ci") === undefined;
}

/** Whether another monitor in the stack may read this one. */
function isComposed(monitor: Resource, resources: Resource[]): boolean {
  return resources.some(
    (other) => other !== monitor && other.type === monitor.type && isComposite(other),
  );
}

function isComposite({ type, props }: Resource): boolean {
  return type === compositeAlarm || textAt(props, "type") === "composite";
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
