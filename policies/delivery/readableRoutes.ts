import { AlertmanagerConfiguration } from "../facts/alertmanager";
import { PlainMap, Path, UNKNOWN } from "../facts/plain";
import { RouteTree, readRoutes } from "../facts/routes";

/**
 * The routes of a configuration with its plain data, or what is unknown of them. Undefined when the
 * configuration cannot be read or is not part of the stack.
 */
export function readableRoutes({
  config,
  path,
  urn,
}: AlertmanagerConfiguration):
  (RouteTree & { config: PlainMap }) | { unknown: Path; urn: string } | undefined {
  if (config === undefined) return undefined;
  const tree = config === UNKNOWN ? UNKNOWN : readRoutes(config);
  if (config === UNKNOWN || tree === UNKNOWN) return { unknown: path, urn };
  return { ...tree, config };
}
