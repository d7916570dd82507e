import { mergeValues } from "../shared/mergeValues";
import chartConfigs from "./chartAlertmanagerConfigs.json";
import { definitionConfig, isAlertManagerDefinition } from "./amp";
import { HelmChart, helmChart, isHelmType, namespaceOf } from "./helm";
import {
  Path,
  Plain,
  PlainMap,
  UNKNOWN,
  at,
  entriesAt,
  formatPath,
  hasUnknown,
  isMap,
  listAt,
  mapAt,
  textAt,
} from "./plain";
import { Resource, describeObject, objectName } from "./resource";
import { SecretKeys, isSecret, secretKeysIn, secretName, secretText } from "./secrets";
import { readYaml } from "./yaml";
import { Selecting, stopAt } from "./prometheus";
import { own } from "../shared/own";
import { alertmanagerType, secretType } from "./types";

/** An Alertmanager configuration in the format of alertmanager.yaml, and its location. */
export interface AlertmanagerConfiguration {
  /** `Secret "alertmanager-config", alertmanager.yaml`. */
  where: string;
  urn: string;
  /** Path of the configuration in the properties of its resource. */
  path: Path;
  /** UNKNOWN if the whole configuration is unknown; undefined if it cannot be parsed. */
  config: PlainMap | typeof UNKNOWN | undefined;
  /** Whether remediation can edit the configuration in place, because it is a map in chart values. */
  editable?: boolean;
  /** Why the configuration is UNKNOWN, unless the deployment will reveal it. */
  because?: string;
  /** Namespace of an AlertmanagerConfig, which applies only to alerts from that namespace. */
  namespace?: string;
  /** Name of a Secret or AlertmanagerConfig that Alertmanager loads but the stack does not contain. */
  missingSecret?: string;
  /** Namespace of the Secret with the configuration, if Alertmanager runs in a different one. */
  foreignNamespace?: string;
  /** `AlertmanagerSpec` of the Alertmanager that loads the configuration, if the operator manages it. */
  spec?: Plain;
  /** Keys of the Secrets in the stack. */
  secretKeys?: SecretKeys;
  /** The alert manager definition with the configuration, if an AWS workspace loads it. */
  definition?: Resource;
}

function isAlertmanager({ type }: { type: string }): boolean {
  return type === alertmanagerType;
}

function isAlertmanagerConfig({ type }: { type: string }): boolean {
  return /^kubernetes:monitoring\.coreos\.com\/v1(alpha|beta)1:AlertmanagerConfig$/.test(type);
}

export function canHoldAlertmanager(type: string): boolean {
  const readers = [isSecret, isAlertmanager, isAlertmanagerConfig, isAlertManagerDefinition];
  return isHelmType(type) || readers.some((canRead) => canRead({ type }));
}

/** Returns the configurations in a resource. */
export function configurationsIn(resource: Resource): AlertmanagerConfiguration[] {
  if (isSecret(resource)) return inSecret(resource);
  if (isAlertManagerDefinition(resource)) return [inDefinition(resource)];
  return isAlertmanagerConfig(resource) ? [inObject(resource)] : inValues(resource);
}

/**
 * Returns the configurations that the stack's Alertmanagers load. An Alertmanager that names a Secret or
 * an AlertmanagerConfig loads that object; the others load the chart values. If the stack does not
 * install Alertmanager, every Secret with an alertmanager.yaml counts. The operator adds the routes of
 * other AlertmanagerConfigs. An AWS workspace loads its alert manager definition.
 */
export function effectiveConfigurations(resources: Resource[]): AlertmanagerConfiguration[] {
  const installers = resources.filter(
    (resource) => isAlertmanager(resource) || installingChart(resource) !== undefined,
  );
  const unknownRelease = resources.find(({ type, props }) => isHelmType(type) && props === UNKNOWN);
  if (installers.length === 0 && unknownRelease !== undefined) {
    // The release's properties are unknown, so it may install Alertmanager.
    const { name, urn } = unknownRelease;
    return [{ where: `release "${name}"`, urn, path: ["values"], config: UNKNOWN }];
  }
  const loaded =
    installers.length > 0
      ? installers.flatMap((installer) => {
          const spec = at(installer.props, ...specPath(installer));
          return loadedBy(installer, resources).map((configuration) => ({
            ...configuration,
            spec,
          }));
        })
      : resources.filter(isSecret).flatMap((resource) => inSecret(resource));
  const objects = resources.filter(isAlertmanagerConfig).map(inObject);
  const secretKeys = secretKeysIn(resources);
  return [
    ...loaded.map((configuration) => ({ ...withObjects(configuration, objects), secretKeys })),
    ...resources.filter(isAlertManagerDefinition).map(inDefinition),
  ];
}

/** Default configurations of the charts. Helm merges the values over them. */
const defaultConfigs: Record<string, PlainMap | undefined> = chartConfigs;

/** Returns the chart through which a release installs Alertmanager; undefined for other resources. */
function installingChart(resource: Resource): HelmChart | undefined {
  const chart = helmChart(resource);
  if (chart === undefined || own(defaultConfigs, chart.chart) === undefined) return undefined;
  const path = chart.chart === "alertmanager" ? [] : ["alertmanager"];
  return at(chart.values, ...path, "enabled") === false ? undefined : chart;
}

/**
 * Returns the path of the operator's `AlertmanagerSpec`. Charts without the operator have no such
 * settings.
 */
function specPath(resource: Resource): Path {
  return isAlertmanager(resource) ? ["spec"] : ["values", "alertmanager", "alertmanagerSpec"];
}

/** Returns the operator-managed Alertmanager that a resource runs, which selects AlertmanagerConfigs. */
export function selectingAlertmanager(resource: Resource): Selecting[] {
  const chart = installingChart(resource);
  if (!isAlertmanager(resource) && chart?.chart !== "kube-prometheus-stack") return [];
  const what = chart ? `release "${chart.release}"` : `Alertmanager "${resource.name}"`;
  return [{ what, release: chart?.release, spec: specPath(resource), resource }];
}

/** Finds the stack's Alertmanagers that do not run, or that the operator does not update. */
export function stoppedAlertmanagers(resources: Resource[]) {
  return resources.flatMap((resource) => {
    const chart = installingChart(resource);
    if (!isAlertmanager(resource) && chart === undefined) return [];
    const path: Path =
      chart === undefined || chart.chart === "kube-prometheus-stack"
        ? specPath(resource)
        : ["values", ...(chart.chart === "alertmanager" ? [] : ["alertmanager"])];
    const stop = stopAt(resource, path);
    return stop === undefined ? [] : [{ resource, ...stop }];
  });
}

/**
 * Returns the Secret or AlertmanagerConfig that an Alertmanager loads; empty if it loads the chart
 * values.
 */
function sourceOf(resource: Resource): { secret?: unknown; object?: unknown } {
  const isServer = isAlertmanager(resource);
  const spec = at(resource.props, ...specPath(resource));
  const object = at(spec, "alertmanagerConfiguration", "name");
  if (isServer ? object !== undefined : typeof object === "string" && object !== "") {
    return { object };
  }
  // Without useExistingSecret, the chart ignores configSecret.
  if (!isServer && at(spec, "useExistingSecret") !== true) return {};
  const name = isServer ? objectName(resource) : (helmChart(resource)?.release ?? "");
  return { secret: at(spec, "configSecret") || `alertmanager-${name}` };
}

function loadedBy(installer: Resource, resources: Resource[]): AlertmanagerConfiguration[] {
  const { secret, object } = sourceOf(installer);
  const source = object ?? secret;
  if (source === undefined) return inValues(installer);
  const where = `${isAlertmanager(installer) ? "Alertmanager" : "release"} "${installer.name}"`;
  const { urn } = installer;
  if (source === UNKNOWN) return [{ where, urn, path: ["values"], config: UNKNOWN }];
  const canBeSource = object === undefined ? isSecret : isAlertmanagerConfig;
  const sources = resources.filter(
    (resource) =>
      canBeSource(resource) &&
      (object === undefined ? secretName(resource) : objectName(resource)) === source,
  );
  const namespace = namespaceOf(installer, "alertmanager");
  const foreign = sources
    .filter((resource) => resource.type === secretType && !isCopied(resource))
    .map((resource) => namespaceOf(resource))
    .filter((name) => name !== namespace);
  const [foreignNamespace] = foreign;
  if (
    typeof namespace === "string" &&
    typeof foreignNamespace === "string" &&
    foreign.length === sources.length
  ) {
    return [{ where, urn, path: [], config: undefined, foreignNamespace }];
  }
  if (sources.length > 0) {
    return sources.flatMap((resource) =>
      object === undefined ? inSecret(resource, true) : inObject(resource),
    );
  }
  const unnamed = resources.find(
    (resource) => isSecret(resource) && at(resource.props, "metadata", "name") === UNKNOWN,
  );
  if (unnamed !== undefined) {
    return [{ where, urn: unnamed.urn, path: ["metadata", "name"], config: UNKNOWN }];
  }
  const missingSecret = typeof source === "string" ? source : "";
  return [{ where, urn, path: [], config: undefined, missingSecret }];
}

/** Whether a controller such as Reflector may copy a Secret to other namespaces. */
function isCopied({ props }: Resource): boolean {
  const { annotations, labels } = mapAt(props, "metadata");
  return (
    [annotations, labels].some(hasUnknown) ||
    [...entriesAt(annotations), ...entriesAt(labels)].some(([key]) =>
      /reflect|replicat|sync|cop(y|ied)|mirror/i.test(key),
    )
  );
}

function inValues(resource: Resource): AlertmanagerConfiguration[] {
  const installing = installingChart(resource);
  const { secret, object } = sourceOf(resource);
  if (installing === undefined || secret !== undefined || object !== undefined) return [];
  const { chart, release, values } = installing;
  const { urn, props } = resource;
  const inRelease = `release "${release}" (${chart})`;
  if (values === UNKNOWN) return [{ where: inRelease, urn, path: ["values"], config: UNKNOWN }];
  const textPath: Path = ["values", "alertmanager", "stringConfig"];
  const mapPath: Path = ["values", ...(chart === "alertmanager" ? [] : ["alertmanager"]), "config"];
  const text = at(props, ...textPath) || undefined;
  const path = text === undefined ? mapPath : textPath;
  const value = text ?? at(props, ...path) ?? {};
  const where = `${inRelease}, ${formatPath(path)}`;
  if (!isMap(value)) return [{ where, urn, path, config: configIn(value) }];
  const merged = mergeValues(own(defaultConfigs, chart) ?? {}, value);
  // kube-prometheus-stack does not interpret `enabled` in the configuration. It renders the map
  // unchanged.
  if (chart === "kube-prometheus-stack")
    return [{ where, urn, path, config: merged, editable: true }];
  const { enabled, ...config } = merged;
  if (enabled === false || enabled === UNKNOWN) {
    const because =
      enabled === false ? { because: "another object contains the configuration" } : {};
    return [{ where, urn, path, config: UNKNOWN, ...because }];
  }
  return [{ where, urn, path, config, editable: true }];
}

/** Reads the configuration from the Secret key that the operator uses. */
function inSecret(resource: Resource, isLoaded = false): AlertmanagerConfiguration[] {
  const secret = secretText(resource, "alertmanager.yaml");
  if (secret === undefined) return [];
  const { text, path, because } = secret;
  const name = objectName(resource);
  // If all keys of an unreferenced Secret are unknown, only its name can indicate that it is for
  // Alertmanager.
  if (!isLoaded && path.length < 2 && !/alertmanager/i.test(name)) return [];
  const where = `Secret "${name}", alertmanager.yaml`;
  return [{ where, urn: resource.urn, path, config: configIn(text), ...(because && { because }) }];
}

/** Reads the configuration from an alert manager definition, which its workspace always loads. */
function inDefinition(resource: Resource): AlertmanagerConfiguration {
  return {
    where: `alert manager definition "${resource.name}"`,
    urn: resource.urn,
    path: ["definition"],
    config: configIn(definitionConfig(resource)),
    definition: resource,
  };
}

/** Parses a configuration; undefined if the text is not a YAML map. */
function configIn(text: Plain): AlertmanagerConfiguration["config"] {
  if (text === UNKNOWN) return UNKNOWN;
  const config = typeof text === "string" ? readYaml(text) : undefined;
  return isMap(config) ? config : undefined;
}

/** Converts an AlertmanagerConfig to the format of alertmanager.yaml. */
function inObject(resource: Resource): AlertmanagerConfiguration {
  const { urn, props } = resource;
  const spec = at(props, "spec");
  const place = { where: describeObject(resource), urn, path: ["spec"] };
  if (spec === UNKNOWN) return { ...place, config: UNKNOWN };
  const route = at(spec, "route");
  return {
    ...place,
    namespace: textAt(props, "metadata", "namespace") ?? "default",
    config: {
      ...(route === undefined ? {} : { route: toFileForm(route) }),
      receivers: toFileForm(at(spec, "receivers") ?? []),
      time_intervals: at(spec, "muteTimeIntervals") ?? at(spec, "timeIntervals") ?? [],
      inhibit_rules: listAt(spec, "inhibitRules").map((rule) => ({
        source_matchers: matcherTexts(at(rule, "sourceMatch")),
        target_matchers: matcherTexts(at(rule, "targetMatch")),
        equal: at(rule, "equal") ?? [],
      })),
    },
  };
}

/** Converts keys (`groupBy` to `group_by`, `apiURL` to `api_url`), and matchers to text. */
function toFileForm(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toFileForm);
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key.replace(/[A-Z]+/g, (capitals) => `_${capitals.toLowerCase()}`),
      key === "matchers" ? matcherTexts(item) : toFileForm(item),
    ]),
  );
}

function matcherTexts(matchers: unknown): unknown {
  return listAt(matchers).map((matcher) => {
    if (!isMap(matcher)) return matcher;
    const operator = textAt(matcher, "matchType") || (matcher["regex"] === true ? "=~" : "=");
    return `${JSON.stringify(textAt(matcher, "name") ?? "")}${operator}${JSON.stringify(textAt(matcher, "value") ?? "")}`;
  });
}

/**
 * Adds AlertmanagerConfigs the way the operator does: it puts their routes first, restricts each to its
 * namespace, and sets `continue` on them.
 */
function withObjects(
  configuration: AlertmanagerConfiguration,
  objects: AlertmanagerConfiguration[],
): AlertmanagerConfiguration {
  const { config } = configuration;
  const others = objects.filter(({ urn }) => urn !== configuration.urn);
  if (config === UNKNOWN || config === undefined || others.length === 0) return configuration;
  const route = at(config, "route");
  const receivers = at(config, "receivers") as unknown[];
  if (!isMap(route) || !Array.isArray(receivers)) return configuration;
  const strategy = at(configuration.spec, "alertmanagerConfigMatcherStrategy", "type");
  const insertions = others
    .map((object) => (strategy === "None" ? { ...object, namespace: "" } : object))
    .flatMap((object) => insertionOf(object) ?? []);
  const routes = [...insertions.map((inserted) => inserted.route), ...listAt(route, "routes")];
  const added = insertions.flatMap((inserted) => inserted.receivers);
  const intervals = [config, ...others.map((object) => object.config)].flatMap((each) =>
    listAt(each, "time_intervals"),
  );
  return {
    ...configuration,
    config: {
      ...config,
      route: { ...route, routes },
      receivers: [...receivers, ...added],
      time_intervals: intervals,
    },
  };
}

/** Returns the route and receivers of an AlertmanagerConfig, with unique receiver names. */
function insertionOf({ config, where, namespace = "" }: AlertmanagerConfiguration) {
  const route = at(config, "route");
  if (!isMap(route)) return undefined;
  const qualified = (name: unknown): string => `${where}/${String(name)}`;
  const withQualifiedReceivers = (node: PlainMap): PlainMap => ({
    ...node,
    ...(node["receiver"] === undefined ? {} : { receiver: qualified(node["receiver"]) }),
    routes: listAt(node, "routes").filter(isMap).map(withQualifiedReceivers),
  });
  return {
    route: {
      ...withQualifiedReceivers(route),
      matchers: [
        ...listAt(route, "matchers"),
        ...(namespace === "" ? [] : [`namespace=${JSON.stringify(namespace)}`]),
      ],
      continue: true,
    },
    receivers: listAt(config, "receivers")
      .filter(isMap)
      .map((receiver) => ({ ...receiver, name: qualified(receiver["name"]) })),
  };
}
