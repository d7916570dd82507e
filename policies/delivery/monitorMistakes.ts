import { StackFinding, ViolationFinding, located } from "../engine/policy";
import { Resource } from "../facts/resource";

/** A mistake in a monitor or an alarm, and the key of the property that contains it. */
export interface Mistake extends Pick<ViolationFinding, "problem" | "found" | "bound" | "fix"> {
  key: string;
}

/** Returns the mistakes in a resource as findings. */
export function mistakesIn(resource: Resource, mistakes: (Mistake | undefined)[]): StackFinding[] {
  return mistakes
    .filter((mistake) => mistake !== undefined)
    .map(({ key, ...mistake }) => ({ ...located(resource, key), ...mistake }));
}
