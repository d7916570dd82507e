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
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((setting) => before[setting] !== after[setting])
    .map((setting) => ({ setting, change: changeOf(before[setting], after[setting]) }));
}

function changeOf(before: string | undefined, after: string | undefined): string {
  if (before === undefined) return "added";
  return after === undefined ? "removed" : "new value, or the same value encrypted again";
}
