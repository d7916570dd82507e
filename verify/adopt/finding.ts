import type { Registered } from "./registered";

/** What happens to something that exists already. */
export const Fate = {
  /** It becomes a resource of the stack, and keeps its data. */
  Adopted: "adopted",
  /** It has to be deleted first, because the stack creates something else in its place. */
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
  /** Command that deletes what is replaced, to run after the import and before the deployment. */
  command?: string;
  /** The resource of the program that it becomes, and its ID for the import. */
  adopts?: { resource: Registered; id: string };
}
