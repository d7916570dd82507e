import type { PlainMap } from "../../policies/facts/plain";
import type { Resource } from "../../policies/facts/resource";

/** Returns a resource of a preview in the form that the policies use. */
export function policyResource({
  type,
  name,
  urn,
  inputs,
}: Pick<Resource, "type" | "name" | "urn"> & { inputs: PlainMap }): Resource {
  return { type, name, urn, props: inputs };
}
