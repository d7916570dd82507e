import { Plain, textAt } from "./plain";

/** A resource as policies read it. */
export interface Resource {
  type: string;
  name: string;
  urn: string;
  /**
   * Plain properties: inputs in resource policies, outputs in stack policies. All of them or any
   * part may be UNKNOWN.
   */
  props: Plain;
}

/** Name of the stack in a URN: `urn:pulumi:<stack>::<project>::…`. */
export function stackOf(urn: string): string {
  return urn.split("::")[0]?.split(":").at(-1) ?? "";
}

/** Name of a Kubernetes object in the cluster. */
export function objectName({ props, name }: Resource): string {
  return textAt(props, "metadata", "name") ?? name;
}
