/** Settings that a component's tags are derived from. */
interface Tagged {
  cluster: string;
  environment: string;
  labels: Record<string, string>;
}

/**
 * Returns the tags of every AWS resource. IAM ignores the case of keys, so a label replaces a tag whose
 * key differs only in case.
 */
export function tagsOf({ cluster, environment, labels }: Tagged): Record<string, string> {
  const keys = new Set(Object.keys(labels).map((key) => key.toLowerCase()));
  const standardTags = Object.entries({ cluster, env: environment }).filter(
    ([key]) => !keys.has(key),
  );
  return { ...Object.fromEntries(standardTags), ...labels };
}
