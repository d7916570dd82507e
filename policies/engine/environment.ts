import { Resource, stackOf } from "../facts/resource";
import { stringProperty } from "./properties";

/** Configuration of a policy that treats production differently. */
export interface EnvironmentConfig {
  environment?: string | undefined;
}

export const environmentProperty = stringProperty(
  "Environment of the stack. The policy applies where it is `prod`. Default: the name of the stack.",
);

/** Whether a resource belongs to production: by the configuration, or by the name of its stack. */
export function isProd(
  { urn }: Pick<Resource, "urn">,
  { environment }: EnvironmentConfig,
): boolean {
  return (environment ?? stackOf(urn)) === "prod";
}
