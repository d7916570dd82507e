import type { Registered } from "./registered";

/** What a deployment does with an existing object or resource. */
export const Fate = {
  /** Becomes a resource of the stack and keeps its data. */
  Adopted: "adopted",
  /** Must be deleted first, because the stack replaces it. */
  Replaced: "replaced",
  /** Stays as it is, because the stack neither needs nor changes it. */
  LeftAlone: "left alone",
} as const;
export type Fate = (typeof Fate)[keyof typeof Fate];

export interface Finding {
  fate: Fate;
  /** The object or resource, such as `Secret monitoring/alertmanager-config`. */
  what: string;
  /** What changes and what is lost. */
  effect: string;
  /** Command that deletes the replaced object, to run after the import and before the deployment. */
  command?: string;
  /** The resource of the program that adopts the existing one, and the ID for the import. */
  adopts?: { resource: Registered; id: string };
}
