import { integrationsOf } from "../../policies/facts/integrations";
import { type PlainMap, UNKNOWN, listAt, textAt } from "../../policies/facts/plain";
import { type Labels, readRoutes, routesFor } from "../../policies/facts/routes";

/** Destinations of alerts with these labels: the Slack channel, or else the kind of integration. */
export function destinationsOf(config: PlainMap, labels: Labels): string[] {
  const tree = readRoutes(config);
  const routes = tree === UNKNOWN || tree.root === undefined ? [] : routesFor(tree.root, labels);
  const known = new Set(listAt(config, "receivers").map((receiver) => textAt(receiver, "name")));
  const destinations = routes.flatMap(({ receiver }) => {
    if (!known.has(receiver)) return ["an unknown receiver"];
    const integrations = integrationsOf(config, receiver);
    return integrations.length === 0
      ? ["no notification"]
      : integrations.map(({ channel, kind }) => channel ?? kind);
  });
  return [...new Set(destinations)];
}
