import { LokiSettings } from "./settings";

/** Tags of every AWS resource. */
export function tagsOf({ cluster, environment, labels }: LokiSettings): Record<string, string> {
  return { cluster, env: environment, ...labels };
}
