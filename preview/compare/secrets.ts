import { differences } from "./differences";
import type { PreviewState } from "./state";

/**
 * Returns the encrypted settings that differ. The preview cannot decrypt them, so it cannot distinguish
 * a new value from the same value that was encrypted again.
 */
export function secretChanges(
  { encrypted: before }: PreviewState,
  { encrypted: after }: PreviewState,
) {
  if (before === undefined || after === undefined) return [];
  return differences(before, after).map(({ path, before, after }) => ({
    setting: path,
    change: changeOf(before, after),
  }));
}

function changeOf(before: unknown, after: unknown): string {
  if (before === undefined) return "added";
  return after === undefined ? "removed" : "new value, or the same value encrypted again";
}
