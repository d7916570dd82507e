/** The signals on which each service needs an alert. */
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
 * Annotation of a PrometheusRule: the services of its namespace to which `required-alerts`,
 * `alert-thresholds` and `alert-for` do not apply, each with its signals and a reason, as
 * `{"batch": {"signals": ["p99Latency"], "reason": "requests take minutes, OPS-7"}}`.
 */
export const serviceExceptionsAnnotation = "observability.policy/services";

/** The exceptions of services, by name. */
export type ServiceExceptions = Record<
  string,
  {
    signals: SignalName[];
    /** Names of alerts whose settings differ. */
    alerts?: string[];
    reason: string;
  }
>;

/** The annotation for these exceptions; empty if there are none. */
export function serviceExceptionAnnotations(exceptions: ServiceExceptions): Record<string, string> {
  return Object.keys(exceptions).length === 0
    ? {}
    : { [serviceExceptionsAnnotation]: JSON.stringify(exceptions) };
}
