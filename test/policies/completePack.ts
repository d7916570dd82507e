import { Resource } from "../../policies/facts/resource";
import { Profile, observabilityPolicies } from "../../policies/index";

export interface PackViolation {
  policy: string;
  /** Everything that the violation says. */
  message: string;
}

/** What every policy of the pack says of a stack, with the default configuration of a profile. */
export async function judgedByThePack(
  resources: Resource[],
  profile: Profile = "strict",
): Promise<PackViolation[]> {
  return (await reportsOn(resources, profile)).filter(({ isNote }) => !isNote);
}

/** What the pack reports as not evaluated, or as excepted. */
export async function notesOfThePack(resources: Resource[]): Promise<PackViolation[]> {
  return (await reportsOn(resources, "strict")).filter(({ isNote }) => isNote);
}

async function reportsOn(resources: Resource[], profile: Profile) {
  const found: (PackViolation & { isNote: boolean })[] = [];
  for (const policy of observabilityPolicies(profile)) {
    // The reports about what the policies skip are not texts.
    const report = (message: unknown) =>
      void found.push({
        policy: policy.name,
        message: String(message),
        isNote: typeof message !== "string",
      });
    const getConfig = () => ({});
    if ("validateStack" in policy) {
      const args = { resources, getConfig } as never;
      await policy.validateStack(args, report);
    }
    // A policy on resources may also judge the stack.
    const validate = "validateResource" in policy ? policy.validateResource : undefined;
    for (const resource of resources) {
      for (const one of Array.isArray(validate) ? validate : [validate]) {
        await one?.({ ...resource, getConfig } as never, report);
      }
    }
  }
  return found;
}
