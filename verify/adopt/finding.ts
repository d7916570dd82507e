import type { Registered } from "./registered";

/** What happens to an existing object or resource. */
export const Fate = {
  /** It becomes a resource of the stack, and keeps its data. */
  Adopted: "adopted",
  /** It must be deleted first, because the stack replaces it. */
  Replaced: "replaced",
  /** The stack neither needs nor changes it. */
  LeftAlone: "left alone",
} as const;
export type Fate = (typeof Fate)[keyof typeof Fate];

export interface Finding {
  fate: Fate;
  /** What it is, such as `Secret monitoring/alertmanager-config`. */
  what: string;
  /** What changes, and what is lost. */
  effect: string;
  /** Command that deletes the replaced object, to run after the import and before the deployment. */
  command?: string;
  /** The resource of the program that adopts it, and its ID for the import. */
  adopts?: { resource: Registered; id: string };
}
