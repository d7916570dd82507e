import { integrationsOf } from "../../policies/facts/integrations";
import { type PlainMap, UNKNOWN, listAt, textAt } from "../../policies/facts/plain";
import { type Labels, type RouteNode, readRoutes, routesFor } from "../../policies/facts/routes";

/** Text for an alert without destinations. */
export const noNotification = "no notification";

/**
 * Returns the destinations of alerts with the given labels: the Slack channel, or the receiver and its
 * kind.
 */
export function destinationsOf(config: PlainMap, labels: Labels): string[] {
  const destinations = destinationsOfRoutes(config, labels, () => true);
  return destinations.length === 0 ? [noNotification] : destinations;
}

/** Returns the destinations that time intervals mute some of the time. */
export function mutedDestinationsOf(config: PlainMap, labels: Labels): string[] {
  return destinationsOfRoutes(config, labels, ({ hasTimeIntervals }) => hasTimeIntervals);
}

function destinationsOfRoutes(
  config: PlainMap,
  labels: Labels,
  isIncluded: (route: RouteNode) => boolean,
): string[] {
  const tree = readRoutes(config);
  const routes = tree === UNKNOWN || tree.root === undefined ? [] : routesFor(tree.root, labels);
  const known = new Set(listAt(config, "receivers").map((receiver) => textAt(receiver, "name")));
  const destinations = routes.filter(isIncluded).flatMap(({ receiver }) => {
    if (!known.has(receiver)) return ["an unknown receiver"];
    const integrations = integrationsOf(config, receiver);
    return integrations.map(({ channel, kind }) => channel ?? `${receiver} (${kind})`);
  });
  return [...new Set(destinations)];
}
