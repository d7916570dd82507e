import { mergeValues } from "../shared/mergeValues";
import { helmChart, isHelmType } from "./helm";
import { Path, PlainMap, UNKNOWN, at, entriesAt, formatPath, isMap, listAt, textAt } from "./plain";
import { Resource, objectName } from "./resource";
import { readYaml } from "./yaml";

const secretTypes = new Set(["kubernetes:core/v1:Secret", "kubernetes:core/v1:SecretPatch"]);
const alertmanagerType = "kubernetes:monitoring.coreos.com/v1:Alertmanager";
const configTypes = new Set([
  "kubernetes:monitoring.coreos.com/v1alpha1:AlertmanagerConfig",
  "kubernetes:monitoring.coreos.com/v1beta1:AlertmanagerConfig",
]);

/** A configuration of Alertmanager in the form of its file, and its location. */
export interface AlertmanagerConfiguration {
  /** `Secret "alertmanager-config", alertmanager.yaml`. */
  where: string;
  urn: string;
  /** Its path in the properties of its resource. */
  path: Path;
  /** UNKNOWN while all of it is unknown; undefined when it cannot be read. */
  config: PlainMap | typeof UNKNOWN | undefined;
  /** Whether a remediation can change it in place, because it is a map of chart values. */
  editable: boolean;
  /** Namespace of an AlertmanagerConfig, which applies to the alerts of that namespace only. */
  namespace?: string;
  /** Name of the Secret that should contain it but is not a resource of the stack. */
  missingSecret?: string;
}

export function canHoldAlertmanager(type: string): boolean {
  return (
    secretTypes.has(type) || type === alertmanagerType || configTypes.has(type) || isHelmType(type)
  );
}

/** The configurations that a resource contains. */
export function configurationsIn(resource: Resource): AlertmanagerConfiguration[] {
  if (secretTypes.has(resource.type)) return inSecret(resource);
  if (configTypes.has(resource.type)) return [inObject(resource)];
  return inValues(resource);
}

/**
 * The configurations that the Alertmanagers of the stack load: from the Secret that their chart
 * names, otherwise from the values of the chart. A Secret that no chart names counts only where the
 * stack does not install Alertmanager.
 */
export function effectiveConfigurations(resources: Resource[]): AlertmanagerConfiguration[] {
  const installers = resources.filter(installsAlertmanager);
  const unknownRelease = resources.find(({ type, props }) => isHelmType(type) && props === UNKNOWN);
  if (installers.length === 0 && unknownRelease !== undefined) {
    // This release may install Alertmanager.
    const { name, urn } = unknownRelease;
    const where = `release "${name}"`;
    return [{ where, urn, path: ["values"], config: UNKNOWN, editable: false }];
  }
  const loaded =
    installers.length > 0
      ? installers.flatMap((installer) => loadedBy(installer, resources))
      : resources.filter(({ type }) => secretTypes.has(type)).flatMap(inSecret);
  const objects = resources.filter(({ type }) => configTypes.has(type)).map(inObject);
  return loaded.map((configuration) => withObjects(configuration, objects));
}

/** The configurations that charts default to, over which Helm merges the values. */
const standaloneDefaults: PlainMap = {
  route: { receiver: "default-receiver", repeat_interval: "3h", group_wait: "10s" },
  receivers: [{ name: "default-receiver" }],
};

const chartDefaults: Record<string, { path: Path; config: PlainMap }> = {
  "kube-prometheus-stack": {
    path: ["values", "alertmanager", "config"],
    config: {
      global: { resolve_timeout: "5m" },
      inhibit_rules: [
        {
          source_matchers: ["severity = critical"],
          target_matchers: ["severity =~ warning|info"],
          equal: ["namespace", "alertname"],
        },
        {
          source_matchers: ["severity = warning"],
          target_matchers: ["severity = info"],
          equal: ["namespace", "alertname"],
        },
        {
          source_matchers: ["alertname = InfoInhibitor"],
          target_matchers: ["severity = info"],
          equal: ["namespace"],
        },
        { target_matchers: ["alertname = InfoInhibitor"] },
      ],
      route: {
        group_by: ["namespace"],
        group_wait: "30s",
        group_interval: "5m",
        repeat_interval: "12h",
        receiver: "null",
        routes: [{ receiver: "null", matchers: ['alertname = "Watchdog"'] }],
      },
      receivers: [{ name: "null" }],
    },
  },
  prometheus: { path: ["values", "alertmanager", "config"], config: standaloneDefaults },
  alertmanager: { path: ["values", "config"], config: standaloneDefaults },
};

function installsAlertmanager(resource: Resource): boolean {
  if (resource.type === alertmanagerType) return true;
  const chart = helmChart(resource);
  if (chart === undefined || chartDefaults[chart.chart] === undefined) return false;
  if (chart.chart === "alertmanager") return at(chart.values, "enabled") !== false;
  return at(chart.values, "alertmanager", "enabled") !== false;
}

/** Name of the Secret or the AlertmanagerConfig that an Alertmanager loads; neither for chart values. */
function sourceOf(resource: Resource): { secret?: unknown; object?: unknown } {
  if (resource.type === alertmanagerType) {
    const object = at(resource.props, "spec", "alertmanagerConfiguration", "name");
    const name = objectName(resource);
    const secret = at(resource.props, "spec", "configSecret") || `alertmanager-${name}`;
    return object === undefined ? { secret } : { object };
  }
  const spec = at(resource.props, "values", "alertmanager", "alertmanagerSpec");
  const object = at(spec, "alertmanagerConfiguration", "name");
  if (typeof object === "string" && object !== "") return { object };
  // Without useExistingSecret, the chart ignores the name.
  if (at(spec, "useExistingSecret") !== true) return {};
  const { release = "" } = helmChart(resource) ?? {};
  return { secret: at(spec, "configSecret") || `alertmanager-${release}` };
}

function loadedBy(installer: Resource, resources: Resource[]): AlertmanagerConfiguration[] {
  const { secret, object } = sourceOf(installer);
  const source = object ?? secret;
  if (source === undefined) return inValues(installer);
  const kind = installer.type === alertmanagerType ? "Alertmanager" : "release";
  const unknown: AlertmanagerConfiguration = {
    where: `${kind} "${installer.name}"`,
    urn: installer.urn,
    path: [],
    config: UNKNOWN,
    editable: false,
  };
  if (source === UNKNOWN) return [{ ...unknown, path: ["values"] }];
  const types = object === undefined ? secretTypes : configTypes;
  const holders = resources.filter(
    (resource) => types.has(resource.type) && objectName(resource) === source,
  );
  if (holders.length > 0) return holders.flatMap(configurationsIn);
  const unnamed = resources.find(
    ({ type, props }) => secretTypes.has(type) && at(props, "metadata", "name") === UNKNOWN,
  );
  if (unnamed !== undefined) return [{ ...unknown, urn: unnamed.urn, path: ["metadata", "name"] }];
  const missingSecret = typeof source === "string" ? source : "";
  return [{ ...unknown, config: undefined, missingSecret }];
}

function inValues(resource: Resource): AlertmanagerConfiguration[] {
  const chart = helmChart(resource);
  const defaults = chart === undefined ? undefined : chartDefaults[chart.chart];
  if (chart === undefined || defaults === undefined || !installsAlertmanager(resource)) return [];
  const { secret, object } = sourceOf(resource);
  if (secret !== undefined || object !== undefined) return [];
  const base = { urn: resource.urn, where: `release "${chart.release}" (${chart.chart})` };
  if (chart.values === UNKNOWN) {
    return [{ ...base, path: ["values"], config: UNKNOWN, editable: false }];
  }
  const stringPath: Path = ["values", "alertmanager", "stringConfig"];
  const text = at(resource.props, ...stringPath);
  const asText = text !== undefined && text !== "" && text !== null;
  const path = asText ? stringPath : defaults.path;
  const where = `${base.where}, ${formatPath(path)}`;
  const value = asText ? text : (at(resource.props, ...path) ?? {});
  if (typeof value === "string") {
    return [{ ...base, where, path, config: mapIn(value), editable: false }];
  }
  if (!isMap(value)) {
    const config = value === UNKNOWN ? UNKNOWN : undefined;
    return [{ ...base, where, path, config, editable: false }];
  }
  return [{ ...base, where, path, config: mergeValues(defaults.config, value), editable: true }];
}

/** The key that the operator reads, in plain text or in base64; the engine has only the latter. */
function inSecret(resource: Resource): AlertmanagerConfiguration[] {
  const name = objectName(resource);
  const base = { urn: resource.urn, editable: false };
  const where = `Secret "${name}", alertmanager.yaml`;
  for (const field of ["stringData", "data"]) {
    const path: Path = [field, "alertmanager.yaml"];
    const value = at(resource.props, ...path);
    if (value === UNKNOWN && (/alertmanager/i.test(name) || at(resource.props, field) !== UNKNOWN))
      return [{ ...base, where, path, config: UNKNOWN }];
    if (typeof value !== "string") continue;
    const text = field === "data" ? Buffer.from(value, "base64").toString("utf8") : value;
    return [{ ...base, where, path, config: mapIn(text) }];
  }
  return [];
}

function mapIn(text: string): PlainMap | undefined {
  const config = readYaml(text);
  return isMap(config) ? config : undefined;
}

/** An AlertmanagerConfig in the form of the file. */
function inObject(resource: Resource): AlertmanagerConfiguration {
  const name = objectName(resource);
  const spec = at(resource.props, "spec");
  const found = { where: `AlertmanagerConfig "${name}"`, urn: resource.urn, path: ["spec"] };
  if (spec === UNKNOWN || resource.props === UNKNOWN) {
    return { ...found, config: UNKNOWN, editable: false };
  }
  const { inhibitRules, route, receivers } = isMap(spec) ? spec : {};
  return {
    ...found,
    editable: false,
    namespace: textAt(resource.props, "metadata", "namespace") ?? "default",
    config: {
      ...(route === undefined ? {} : { route: toFileForm(route) }),
      receivers: toFileForm(receivers ?? []),
      inhibit_rules: listAt(inhibitRules).map((rule) => ({
        source_matchers: matcherTexts(at(rule, "sourceMatch")),
        target_matchers: matcherTexts(at(rule, "targetMatch")),
        equal: at(rule, "equal") ?? [],
      })),
    },
  };
}

/** Converts keys such as `groupBy` to `group_by` and `apiURL` to `api_url`, and matchers to text. */
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

/** The operator inserts the routes of AlertmanagerConfigs first: each for its namespace, with `continue`. */
function withObjects(
  configuration: AlertmanagerConfiguration,
  objects: AlertmanagerConfiguration[],
): AlertmanagerConfiguration {
  const { config } = configuration;
  const others = objects.filter(({ urn }) => urn !== configuration.urn);
  if (config === UNKNOWN || config === undefined || others.length === 0) return configuration;
  const route = at(config, "route");
  const receivers = at(config, "receivers");
  if (!isMap(route) || !Array.isArray(receivers)) return configuration;
  const insertions = others.flatMap((object) => insertionOf(object) ?? []);
  return {
    ...configuration,
    config: {
      ...config,
      route: {
        ...route,
        routes: [...insertions.map((inserted) => inserted.route), ...listAt(route, "routes")],
      },
      receivers: [...listAt(receivers), ...insertions.flatMap((inserted) => inserted.receivers)],
    },
  };
}

/** The route and the receivers of an AlertmanagerConfig, renamed as the operator does. */
function insertionOf({ config, where, namespace = "" }: AlertmanagerConfiguration) {
  const route = isMap(config) ? config["route"] : undefined;
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

/** One integration of a receiver. */
export interface Integration {
  /** `slack`, `webhook`, `pagerduty`. */
  kind: string;
  /** `receivers[1].slack_configs[0]`. */
  where: string;
  /** Channel of a Slack integration. */
  channel?: string;
  /** Whether it has an address that is not a placeholder. */
  delivers: boolean;
  toSlack: boolean;
  sendsResolved: boolean;
}

/** Integrations whose send_resolved defaults to false. */
const unresolvedByDefault = new Set(["slack", "email", "wechat", "rocketchat"]);

/** Fields that give an integration its address: one of them, in the integration or in `global`. */
const addressFields: Record<string, { own: string[]; global: string[] }> = {
  slack: {
    own: ["api_url", "api_url_file", "app_token", "app_token_file", "http_config"],
    global: ["slack_api_url", "slack_api_url_file", "slack_app_token", "slack_app_token_file"],
  },
  webhook: { own: ["url", "url_file", "url_secret"], global: [] },
  pagerduty: {
    own: ["routing_key", "routing_key_file", "service_key", "service_key_file"],
    global: [],
  },
  email: { own: ["to"], global: [] },
};

export function integrationsOf(config: PlainMap, receiver: string): Integration[] {
  return listAt(config, "receivers").flatMap((candidate, index) => {
    if (textAt(candidate, "name") !== receiver) return [];
    return entriesAt(candidate).flatMap(([key, list]) => {
      const kind = /^(\w+)_configs$/.exec(key)?.[1];
      if (kind === undefined) return [];
      return listAt(list).map((integration, position) => {
        const sendResolved = at(integration, "send_resolved") ?? !unresolvedByDefault.has(kind);
        const channel = kind === "slack" ? textAt(integration, "channel") : undefined;
        return {
          kind,
          where: `receivers[${index}].${key}[${position}]`,
          ...(channel === undefined ? {} : { channel }),
          delivers: hasAddress(config, kind, integration),
          toSlack: kind === "slack" || /hooks\.slack/i.test(textAt(integration, "url") ?? ""),
          sendsResolved: sendResolved === true,
        };
      });
    });
  });
}

function hasAddress(config: PlainMap, kind: string, integration: unknown): boolean {
  const fields = addressFields[kind];
  if (integration === null || integration === undefined) return false;
  if (fields === undefined) return true;
  return [
    ...fields.own.map((field) => at(integration, field)),
    ...fields.global.map((field) => at(config, "global", field)),
  ].some((value) => value !== undefined && value !== null && value !== "" && !isPlaceholder(value));
}

/** Whether a value is a placeholder, such as `https://hooks.slack.com/services/YOUR/SLACK/WEBHOOK`. */
function isPlaceholder(value: unknown): boolean {
  return (
    typeof value === "string" && /\bYOUR[/_-]|<[^>]+>|CHANGE_?ME|REPLACE_?ME|\bTODO\b/i.test(value)
  );
}
