/** The settings of a component that its tags come from. */
interface Tagged {
  cluster: string;
  environment: string;
  labels: Record<string, string>;
}

/** Tags of every AWS resource. IAM ignores the case of a key, so a label replaces a similar tag. */
export function tagsOf({ cluster, environment, labels }: Tagged): Record<string, string> {
  const keys = new Set(Object.keys(labels).map((key) => key.toLowerCase()));
  const standardTags = Object.entries({ cluster, env: environment }).filter(
    ([key]) => !keys.has(key),
  );
  return { ...Object.fromEntries(standardTags), ...labels };
}
