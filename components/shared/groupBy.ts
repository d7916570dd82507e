/** Groups items by a key. The groups are sorted by key. */
export function groupBy<T, K extends string | number>(
  items: T[],
  keyOf: (item: T) => K,
): [key: K, group: T[]][] {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
}
