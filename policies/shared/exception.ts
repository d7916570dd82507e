/** An exception from a policy, for a resource or for one of its rules. */
export interface Exception {
  rule?: string | undefined;
  reason: string;
  owner: string;
  /** Last day on which the exception applies, or the event that ends it. */
  until: string;
}
