/**
 * Caches a function's result per object, for results that many policies need. The objects must not
 * change afterward. A cached result is garbage-collected with its object.
 */
export function perObject<Key extends object, Result>(
  compute: (key: Key) => Result,
): (key: Key) => Result {
  const results = new WeakMap<Key, { result: Result }>();
  return (key) => {
    const known = results.get(key);
    if (known !== undefined) return known.result;
    const result = compute(key);
    results.set(key, { result });
    return result;
  };
}
