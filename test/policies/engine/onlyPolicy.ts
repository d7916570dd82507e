import { AnyPolicy } from "../../../policies/engine/policy";
import { Journal } from "../../../policies/engine/journal";
import { sdkPolicy } from "../../../policies/engine/sdkPolicy";

/** Converts a policy to the form that the SDK runs, as the only policy of a pack. */
export function onlyPolicy(policy: AnyPolicy) {
  return sdkPolicy(policy, {
    policies: [policy.name],
    now: () => new Date(),
    journal: new Journal(),
  });
}
