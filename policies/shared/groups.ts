/** Counts the capture groups in a regular expression. */
export function countGroups(pattern: string): number {
  const groups = pattern
    .replace(/\\./g, "")
    .replace(/\[[^\]]*\]/g, "")
    .match(/\((?!\?)|\(\?P?</g);
  return groups?.length ?? 0;
}

/** Returns the highest group number in a replacement, such as 1 in `$1`. */
export function highestGroup(replacement: string): number {
  const numbers = [...replacement.matchAll(/\$\{?(\d+)/g)].map(([, group]) => Number(group));
  return Math.max(0, ...numbers);
}
