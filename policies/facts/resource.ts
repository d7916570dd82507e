import { own } from "../shared/own";
import { Plain, at, textAt } from "./plain";

/** A resource as the policies see it. */
export interface Resource {
  type: string;
  name: string;
  urn: string;
  /**
   * Properties as plain data: inputs in resource policies, outputs in stack policies. Any of them, or
   * all of them, may be UNKNOWN.
   */
  props: Plain;
  /** In stack policies: URNs of the resources whose outputs each property uses. */
  references?: Readonly<Record<string, readonly string[]>>;
}

/**
 * Returns the type that policies use. OpenShift's monitoring operator has the same kinds in another API
 * group.
 */
export function policyType(type: string): string {
  return type.replace("kubernetes:monitoring.rhobs/", "kubernetes:monitoring.coreos.com/");
}

/** Returns the last part of a type: `ServiceMonitor`. */
export function kindOf(type: string): string {
  return type.slice(type.lastIndexOf(":") + 1);
}

/** Extracts the stack's name from a URN: `urn:pulumi:<stack>::<project>::…`. */
export function stackOf(urn: string): string {
  return urn.split("::")[0]?.split(":").at(-1) ?? "";
}

/** Returns a Kubernetes object's name in the cluster. */
export function objectName({ props, name }: Resource): string {
  return textAt(props, "metadata", "name") ?? name;
}

/** Describes a Kubernetes object by its name in the cluster: `ServiceMonitor "inventory"`. */
export function describeObject(resource: Resource): string {
  return `${kindOf(resource.type)} "${objectName(resource)}"`;
}

/**
 * Whether a property refers to another resource, either by an identifier or through an output that is
 * unknown until the resource exists.
 */
export function refersTo(
  { props, references = {} }: Resource,
  property: string,
  target: Resource,
): boolean {
  if (own(references, property)?.includes(target.urn)) return true;
  const values = [at(props, property)].flat();
  return ["id", "arn", "name"].some((key) => {
    const identifier = textAt(target.props, key);
    return identifier !== undefined && values.includes(identifier);
  });
}
