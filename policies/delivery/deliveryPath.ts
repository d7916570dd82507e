import { StackFinding } from "../engine/policy";
import { areOfOneWorkspace, isAlertManagerDefinition, isRuleNamespace } from "../facts/amp";
import { AlertmanagerConfiguration, effectiveConfigurations } from "../facts/alertmanager";
import { Integration, integrationsOf } from "../facts/integrations";
import { Path, Plain, PlainMap, UNKNOWN, formatPath, isMap, isText, textAt } from "../facts/plain";
import { alertRelabelings } from "../facts/prometheus";
import { Resource } from "../facts/resource";
import { Labels, RouteNode, RouteTree, readRoutes, routesFor } from "../facts/routes";
import { canHoldRules } from "../facts/rules";
import { isSecret, secretName, secretText } from "../facts/secrets";
import { readYaml } from "../facts/yaml";
import { RelabelStep, relabel } from "../shared/relabel";

/*
 * Follows alerts from Prometheus to a receiver, through alert relabeling, an Alertmanager's routes, and
 * the receivers' integrations. `rules-are-loaded` covers everything before that.
 */

/** An Alertmanager configuration, with the relabeling of the alerts that Prometheus sends to it. */
export interface DeliveryPath extends RouteTree {
  configuration: AlertmanagerConfiguration;
  config: PlainMap;
  relabelings: Relabeling[];
}

interface Relabeling {
  urn: string;
  where: string;
  steps: RelabelStep[];
}

/** Outcome for an alert: the routes that handle it, or the relabeling that drops it. */
export interface Delivery {
  /** Relabeling that drops the alert. */
  droppedBy?: Relabeling | undefined;
  /** Routes that handle the alert. */
  reached: RouteNode[];
  /**
   * Returns the integrations that notify about the alert, either at all times or only outside mute
   * intervals.
   */
  integrations: (always: boolean) => Integration[];
}

/**
 * Returns the stack's delivery paths, and the unknown values in configurations that cannot be followed.
 */
export function deliveryPaths(resources: Resource[]) {
  const read = resources.flatMap((resource) => relabelingOf(resource, resources) ?? []);
  const relabelings = read.flatMap((result) => ("unknown" in result ? [] : [result]));
  const configurations = effectiveConfigurations(resources);
  const paths: DeliveryPath[] = [];
  const unreadable: AlertmanagerConfiguration[] = [];
  const unknown: StackFinding[] = read.filter((result) => "unknown" in result);
  for (const configuration of configurations) {
    const { config, path, urn, because } = configuration;
    const tree = isMap(config) ? readRoutes(config) : UNKNOWN;
    if (config === undefined) unreadable.push(configuration);
    else if (tree === UNKNOWN || config === UNKNOWN) {
      unknown.push({ unknown: path, urn, ...(because && { because }) });
    } else paths.push({ ...tree, configuration, config, relabelings });
  }
  return { paths, unreadable, unknown };
}

/** Follows an alert with the given labels. */
export function follow(
  { root, config, configuration, relabelings }: DeliveryPath,
  labels: Labels,
): Delivery {
  const droppedBy = relabelings.find(({ steps }) => relabel(steps, labels) === undefined);
  const steps = relabelings.flatMap((relabeling) => relabeling.steps);
  const sent = relabel(steps, labels);
  const reached = root === undefined || sent === undefined ? [] : routesFor(root, sent);
  const integrations = (always: boolean) =>
    reached
      .filter(({ hasTimeIntervals }) => !hasTimeIntervals || !always)
      .flatMap(({ receiver }) => integrationsOf(config, receiver, configuration));
  return { droppedBy, reached, integrations };
}

/**
 * Returns the resources whose alerts use a path. Rules in an AWS workspace reach only its alert manager.
 */
export function resourcesWithPath(
  { configuration: { definition } }: DeliveryPath,
  resources: Resource[],
): Resource[] {
  return resources.filter((resource) =>
    isRuleNamespace(resource)
      ? definition !== undefined && areOfOneWorkspace(resource, definition)
      : definition === undefined || !canHoldRules(resource.type),
  );
}

/**
 * Reports that delivery is not evaluated for rules in an AWS workspace whose alert manager definition is
 * not in the stack.
 */
export function undefinedWorkspaces(resources: Resource[]): StackFinding[] {
  const definitions = resources.filter(isAlertManagerDefinition);
  const isDefined = (resource: Resource) =>
    definitions.some((definition) => areOfOneWorkspace(resource, definition));
  return resources
    .filter((resource) => isRuleNamespace(resource) && !isDefined(resource))
    .slice(0, 1)
    .map(({ urn }) => ({
      urn,
      unknown: ["workspaceId"],
      because: "its workspace's alert manager definition is not part of the stack",
    }));
}

/** Describes why integrations cannot deliver, for the field `found` of a violation. */
export function obstaclesOf(integrations: Integration[]): string | undefined {
  const texts = integrations.flatMap(({ where, obstacle }) =>
    obstacle === undefined ? [] : [`${where}: ${obstacle}`],
  );
  return texts.length === 0 ? undefined : texts.join("; ");
}

/** Returns a Prometheus server's alert relabeling, which may be in one of the stack's Secrets. */
function relabelingOf(
  resource: Resource,
  resources: Resource[],
): Relabeling | Extract<StackFinding, { unknown: Path }> | undefined {
  const relabelings = alertRelabelings(resource);
  if (relabelings === undefined) return undefined;
  const { path, steps } = relabelings;
  const list = isMap(steps) ? stepsInSecret(steps, resources) : steps;
  const { urn, name } = resource;
  if (Array.isArray(list)) {
    return { urn, where: `"${name}", ${formatPath(path)}`, steps: list.filter(isMap) };
  }
  const because = isMap(steps) ? { because: "its Secret is not part of the stack" } : {};
  return { unknown: path, urn, ...because };
}

function stepsInSecret(reference: PlainMap, resources: Resource[]): Plain {
  const name = textAt(reference, "name");
  const secret = resources.find((resource) => isSecret(resource) && secretName(resource) === name);
  const { text } = (secret && secretText(secret, textAt(reference, "key") ?? "")) ?? {};
  return isText(text) ? readYaml(text) : undefined;
}
