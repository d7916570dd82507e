/** The number of groups in parentheses of a regular expression. */
export function countGroups(pattern: string): number {
  const groups = pattern
    .replace(/\\./g, "")
    .replace(/\[[^\]]*\]/g, "")
    .match(/\((?!\?)|\(\?P?</g);
  return groups?.length ?? 0;
}

/** The highest number of a group that a replacement names, as in `$1`. */
export function highestGroup(replacement: string): number {
  const numbers = [...replacement.matchAll(/\$\{?(\d+)/g)].map(([, group]) => Number(group));
  return Math.max(0, ...numbers);
}
