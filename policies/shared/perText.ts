/**
 * Caches a function's result per string, for functions that are expensive and receive few different
 * strings.
 */
export function perText<Result>(compute: (text: string) => Result): (text: string) => Result {
  const results = new Map<string, { result: Result }>();
  return (text) => {
    const known = results.get(text);
    if (known !== undefined) return known.result;
    const result = compute(text);
    results.set(text, { result });
    return result;
  };
}
