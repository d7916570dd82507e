import { StackFinding, describeResource } from "../engine/policy";
import { UNKNOWN, at, hasUnknown, listAt, textAt } from "../facts/plain";
import { Resource } from "../facts/resource";

/*
 * Alerts that other services evaluate: monitors of Datadog and alarms of CloudWatch. Each names its
 * receivers itself, unless another resource of the stack reads it or routes it.
 */

const datadogMonitor = "datadog:index/monitor:Monitor";
const cloudwatchAlarm = "aws:cloudwatch/metricAlarm:MetricAlarm";

/** Resources that read the monitors of the stack, or notify about them. */
const readers: Record<string, RegExp> = {
  [datadogMonitor]:
    /^datadog:index\/(monitorNotificationRule|serviceLevelObjective|softwareCatalog|workflowAutomation):/,
  [cloudwatchAlarm]: /^aws:cloudwatch\/(compositeAlarm|eventRule):/,
};

export function isVendorMonitor(type: string): boolean {
  return Object.hasOwn(readers, type) || Object.values(readers).some((reader) => reader.test(type));
}

/** Checks that each monitor has a receiver. */
export function checkVendorMonitors(resources: Resource[]): StackFinding[] {
  return resources
    .filter(({ type }) => Object.hasOwn(readers, type))
    .filter(({ type }) => !resources.some((other) => readers[type]?.test(other.type)))
    .filter((monitor) => !isComposed(resources, monitor))
    .flatMap((monitor) => {
      const { urn, type, props } = monitor;
      if (props === UNKNOWN) return [];
      const isDatadog = type === datadogMonitor;
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

/** Whether a composite monitor of the stack may read it. */
function isComposed(resources: Resource[], { type }: Resource): boolean {
  return (
    type === datadogMonitor &&
    resources.some((other) => other.type === type && textAt(other.props, "type") === "composite")
  );
}

function hasHandle({ props }: Resource): boolean {
  const message = at(props, "message");
  // The handle may also be in a variable of a template.
  return (
    message === UNKNOWN ||
    /@[\w{]/.test(String(message)) ||
    hasUnknown(at(props, "escalationMessage"))
  );
}

function hasActions({ props }: Resource): boolean {
  if (at(props, "actionsEnabled") === false) return false;
  const actions = ["alarmActions", "okActions", "insufficientDataActions"].map((key) =>
    at(props, key),
  );
  return actions.some((list) => list === UNKNOWN || listAt(list).length > 0);
}
