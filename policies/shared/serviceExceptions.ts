/** Signals on which every service needs an alert. */
export const signalNames = [
  "errorRatio",
  "p99Latency",
  "crashLoop",
  "memory",
  "cpu",
  "dynamodbThrottling",
] as const;
export type SignalName = (typeof signalNames)[number];

/**
 * PrometheusRule annotation that lists services in its namespace to which `required-alerts`,
 * `alert-thresholds` and `alert-for` do not apply. Each has its signals and a reason: `{"batch":
 * {"signals": ["p99Latency"], "reason": "requests take minutes, OPS-7"}}`.
 */
export const serviceExceptionsAnnotation = "observability.policy/services";

/** Exceptions by service name. */
export type ServiceExceptions = Record<
  string,
  {
    signals: SignalName[];
    /** Names of the alerts whose settings differ. */
    alerts?: string[];
    reason: string;
  }
>;

/** Returns the annotation for exceptions; empty if there are none. */
export function serviceExceptionAnnotations(exceptions: ServiceExceptions): Record<string, string> {
  return Object.keys(exceptions).length === 0
    ? {}
    : { [serviceExceptionsAnnotation]: JSON.stringify(exceptions) };
}
