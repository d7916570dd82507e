import { integrationsOf } from "../../policies/facts/integrations";
import { type PlainMap, UNKNOWN, listAt, textAt } from "../../policies/facts/plain";
import { type Labels, readRoutes, routesFor } from "../../policies/facts/routes";

/** Destinations of alerts with these labels: the Slack channel, or the receiver and its kind. */
export function destinationsOf(config: PlainMap, labels: Labels): string[] {
  const tree = readRoutes(config);
  const routes = tree === UNKNOWN || tree.root === undefined ? [] : routesFor(tree.root, labels);
  const known = new Set(listAt(config, "receivers").map((receiver) => textAt(receiver, "name")));
  const destinations = routes.flatMap(({ receiver }) => {
    if (!known.has(receiver)) return ["an unknown receiver"];
    const integrations = integrationsOf(config, receiver);
    return integrations.map(({ channel, kind }) => channel ?? `${receiver} (${kind})`);
  });
  return destinations.length === 0 ? ["no notification"] : [...new Set(destinations)];
}
