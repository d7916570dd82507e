import { Exception } from "../shared/exception";
import { SignalName, serviceExceptionsAnnotation } from "../shared/serviceExceptions";
import { declarationOf, namespaceOfRules } from "./declarations";
import { entriesAt, listAt, textAt } from "./plain";
import { Resource } from "./resource";
import { readYaml } from "./yaml";

/** Fix text for a service of this project whose settings are intentionally less strict. */
export const reasonFix = "state in the service's alerts.reason why it differs";

/** Returns the exception of a service from the policies on a signal or an alert. */
export type ServiceException = (
  namespace: string,
  service: string,
  signal: SignalName | `alert ${string}`,
) => Exception | undefined;

/** Returns the first of several services' exceptions if all of these services have one. */
export function exceptionOfAll(exceptions: (Exception | undefined)[]): Exception | undefined {
  return exceptions.includes(undefined) ? undefined : exceptions[0];
}

/**
 * Collects the exceptions that rule objects declare in annotations. Ignores exceptions without a reason.
 */
export function serviceExceptions(resources: Resource[]): ServiceException {
  const reasons = new Map(
    resources.flatMap((resource) => {
      const text = declarationOf(resource, serviceExceptionsAnnotation);
      const namespace = namespaceOfRules(resource);
      if (text === undefined) return [];
      return entriesAt(readYaml(text)).flatMap(([service, exception]) => {
        const reason = textAt(exception, "reason") ?? "";
        if (!/\p{L}{2}/u.test(reason)) return [];
        return [
          ...listAt(exception, "signals"),
          ...listAt(exception, "alerts").map((alert) => `alert ${String(alert)}`),
        ].map((concerned) => [`${namespace}/${service} ${String(concerned)}`, reason] as const);
      });
    }),
  );
  return (namespace, service, signal) => {
    const reason = reasons.get(`${namespace}/${service} ${signal}`);
    if (reason === undefined) return undefined;
    return {
      reason: `${service}: ${reason}`,
      owner: "the owner of the service",
      until: "removed from alerts of the service",
    };
  };
}
