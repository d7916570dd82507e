/** The number of capture groups in a regular expression. */
export function countGroups(pattern: string): number {
  const groups = pattern
    .replace(/\\./g, "")
    .replace(/\[[^\]]*\]/g, "")
    .match(/\((?!\?)|\(\?P?</g);
  return groups?.length ?? 0;
}

/** The highest group number that a replacement references, as in `$1`. */
export function highestGroup(replacement: string): number {
  const numbers = [...replacement.matchAll(/\$\{?(\d+)/g)].map(([, group]) => Number(group));
  return Math.max(0, ...numbers);
}
