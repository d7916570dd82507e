import { SignalName, serviceExceptionsAnnotation } from "../shared/serviceExceptions";
import { entriesAt, listAt, textAt } from "./plain";
import { Resource } from "./resource";
import { readYaml } from "./yaml";

/** How a service of this project states that its settings are less strict on purpose. */
export const reasonFix = "state in alerts.reason of the service why it differs";

/** Whether a service of a namespace is excepted from having a strict alert on a signal. */
export type IsExcepted = (namespace: string, service: string, signal: SignalName) => boolean;

/** The exceptions that the annotations of rule objects state. An exception needs a reason. */
export function serviceExceptions(resources: Resource[]): IsExcepted {
  const excepted = new Set(
    resources.flatMap(({ props }) => {
      const text = textAt(props, "metadata", "annotations", serviceExceptionsAnnotation);
      const namespace = textAt(props, "metadata", "namespace") ?? "default";
      if (text === undefined) return [];
      return entriesAt(readYaml(text))
        .filter(([, exception]) => /\p{L}{2}/u.test(textAt(exception, "reason") ?? ""))
        .flatMap(([service, exception]) =>
          listAt(exception, "signals").map((signal) => `${namespace}/${service} ${String(signal)}`),
        );
    }),
  );
  return (namespace, service, signal) => excepted.has(`${namespace}/${service} ${signal}`);
}
