import { ConfigProperty } from "./description";
import { Resource, stackOf } from "../facts/resource";

/** Configuration of a policy that holds in production only. */
export interface InProd {
  environment?: string;
}

export const environmentProperty: ConfigProperty = {
  type: "string",
  description:
    "Environment of the stack; the policy applies where it is `prod`. Default: the name of the stack.",
};

/** Whether a resource belongs to production: by the configuration, or by the name of its stack. */
export function isProd({ urn }: Pick<Resource, "urn">, { environment }: InProd): boolean {
  return (environment ?? stackOf(urn)) === "prod";
}
