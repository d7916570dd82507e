import { z } from "zod";
import { type SecretArgument, type SecretPart, secretsOf } from "./secrets";

/** Returns settings that state only which secrets are set. The secrets themselves are never settings. */
export function secretSettings<P extends SecretPart>(part: P) {
  return Object.fromEntries(
    secretsOf(part).map(({ argument }) => [argument, z.literal(true).optional()]),
  ) as Record<SecretArgument<P>, z.ZodOptional<z.ZodLiteral<true>>>;
}
