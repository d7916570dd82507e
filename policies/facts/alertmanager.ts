import { helmChart, isHelmType, mergedValues } from "./helm";
import { Path, PlainMap, UNKNOWN, at, entriesAt, formatPath, isMap, listAt, textAt } from "./plain";
import { Resource } from "./resource";
import { readYaml } from "./yaml";

const secretTypes = new Set(["kubernetes:core/v1:Secret", "kubernetes:core/v1:SecretPatch"]);
const alertmanagerType = "kubernetes:monitoring.coreos.com/v1:Alertmanager";
const configTypes = new Set([
  "kubernetes:monitoring.coreos.com/v1alpha1:AlertmanagerConfig",
  "kubernetes:monitoring.coreos.com/v1beta1:AlertmanagerConfig",
]);

/** One configuration of Alertmanager in the form of its file, with where it stands. */
export interface AlertmanagerConfiguration {
  /** `Secret "alertmanager-config", alertmanager.yaml`. */
  where: string;
  urn: string;
  /** Where it stands among the properties of its resource. */
  path: Path;
  /** UNKNOWN when nothing of it is known yet; undefined when it cannot be read. */
  config: PlainMap | typeof UNKNOWN | undefined;
  /** Whether it can be changed in place: it is a map, and all of what is in it. */
  editable: boolean;
  /** Namespace whose alerts alone it is about: that of an AlertmanagerConfig. */
  namespace?: string;
  /** Name of the Secret that should hold it, where no resource of the stack does. */
  missingSecret?: string;
}

export function canHoldAlertmanager(type: string): boolean {
  return (
    secretTypes.has(type) || type === alertmanagerType || configTypes.has(type) || isHelmType(type)
  );
}

/** The configurations that a resource brings. */
export function configurationsIn(resource: Resource): AlertmanagerConfiguration[] {
  if (secretTypes.has(resource.type)) return inSecret(resource);
  if (configTypes.has(resource.type)) return [inObject(resource)];
  return inValues(resource);
}

/**
 * The configurations that an Alertmanager of the stack really runs with: that of the Secret which
 * its chart names, or else the chart's. A Secret that nothing names counts only where the stack
 * installs no Alertmanager itself.
 */
export function effectiveConfigurations(resources: Resource[]): AlertmanagerConfiguration[] {
  const users = resources.filter(installsAlertmanager);
  const hidden = resources.find(({ type, props }) => isHelmType(type) && props === UNKNOWN);
  if (users.length === 0 && hidden !== undefined) {
    // It may be the chart that brings Alertmanager.
    const where = `release "${hidden.name}"`;
    return [{ where, urn: hidden.urn, path: ["values"], config: UNKNOWN, editable: false }];
  }
  const used =
    users.length > 0
      ? users.flatMap((user) => usedBy(user, resources))
      : resources.filter(({ type }) => secretTypes.has(type)).flatMap(inSecret);
  const objects = resources.filter(({ type }) => configTypes.has(type)).map(inObject);
  return used.map((configuration) => withObjects(configuration, objects));
}

/** What a chart brings when nothing is configured, and what its values are merged over. */
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
  prometheus: {
    path: ["values", "alertmanager", "config"],
    config: {
      route: { receiver: "default-receiver", repeat_interval: "3h", group_wait: "10s" },
      receivers: [{ name: "default-receiver" }],
    },
  },
  alertmanager: {
    path: ["values", "config"],
    config: {
      route: { receiver: "default-receiver", repeat_interval: "3h", group_wait: "10s" },
      receivers: [{ name: "default-receiver" }],
    },
  },
};

function installsAlertmanager(resource: Resource): boolean {
  if (resource.type === alertmanagerType) return true;
  const chart = helmChart(resource);
  if (chart === undefined || chartDefaults[chart.chart] === undefined) return false;
  if (chart.chart === "alertmanager") return at(chart.values, "enabled") !== false;
  return at(chart.values, "alertmanager", "enabled") !== false;
}

/** Name of the Secret or AlertmanagerConfig that is the whole configuration of an Alertmanager. */
function namedBy(resource: Resource): { secret?: unknown; object?: unknown } {
  if (resource.type === alertmanagerType) {
    const object = at(resource.props, "spec", "alertmanagerConfiguration", "name");
    const name = textAt(resource.props, "metadata", "name") ?? resource.name;
    const secret = at(resource.props, "spec", "configSecret") || `alertmanager-${name}`;
    return object === undefined ? { secret } : { object };
  }
  const spec = at(resource.props, "values", "alertmanager", "alertmanagerSpec");
  const object = at(spec, "alertmanagerConfiguration", "name");
  if (typeof object === "string" && object !== "") return { object };
  // The chart ignores the name without the switch: a Secret that only lies there does nothing.
  if (at(spec, "useExistingSecret") !== true) return {};
  const { release = "" } = helmChart(resource) ?? {};
  return { secret: at(spec, "configSecret") || `alertmanager-${release}` };
}

function usedBy(user: Resource, resources: Resource[]): AlertmanagerConfiguration[] {
  const { secret, object } = namedBy(user);
  const wanted = object ?? secret;
  if (wanted === undefined) return inValues(user);
  const where = `${user.type === alertmanagerType ? "Alertmanager" : "release"} "${user.name}"`;
  const unknown = { where, urn: user.urn, path: [], config: UNKNOWN, editable: false } as const;
  if (wanted === UNKNOWN) return [{ ...unknown, path: ["values"] }];
  const holders = resources.filter(({ type, name, props }) => {
    const right = object === undefined ? secretTypes.has(type) : configTypes.has(type);
    return right && (textAt(props, "metadata", "name") ?? name) === wanted;
  });
  if (holders.length > 0) return holders.flatMap(configurationsIn);
  const perhaps = resources.find(
    ({ type, props }) => secretTypes.has(type) && at(props, "metadata", "name") === UNKNOWN,
  );
  if (perhaps !== undefined) return [{ ...unknown, urn: perhaps.urn, path: ["metadata", "name"] }];
  return [{ ...unknown, path: [], config: undefined, missingSecret: shownName(wanted) }];
}

function shownName(name: unknown): string {
  return typeof name === "string" ? name : "";
}

function inValues(resource: Resource): AlertmanagerConfiguration[] {
  const chart = helmChart(resource);
  const own = chart === undefined ? undefined : chartDefaults[chart.chart];
  if (chart === undefined || own === undefined || !installsAlertmanager(resource)) return [];
  if (namedBy(resource).secret !== undefined || namedBy(resource).object !== undefined) return [];
  const base = { urn: resource.urn, where: `release "${chart.release}" (${chart.chart})` };
  if (chart.values === UNKNOWN) {
    return [{ ...base, path: ["values"], config: UNKNOWN, editable: false }];
  }
  const stringPath: Path = ["values", "alertmanager", "stringConfig"];
  const text = at(resource.props, ...stringPath);
  const asText = text !== undefined && text !== "" && text !== null;
  const path = asText ? stringPath : own.path;
  const where = `${base.where}, ${formatPath(path)}`;
  const value = asText ? text : (at(resource.props, ...path) ?? {});
  if (typeof value === "string") {
    return [{ ...base, where, path, config: mapIn(value), editable: false }];
  }
  if (!isMap(value)) {
    const config = value === UNKNOWN ? UNKNOWN : undefined;
    return [{ ...base, where, path, config, editable: false }];
  }
  return [{ ...base, where, path, config: mergedValues(own.config, value), editable: true }];
}

/** The key that the operator reads, in clear or in base64: the engine only has the latter. */
function inSecret(resource: Resource): AlertmanagerConfiguration[] {
  const name = textAt(resource.props, "metadata", "name") ?? resource.name;
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
  const name = textAt(resource.props, "metadata", "name") ?? resource.name;
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
      ...(route === undefined ? {} : { route: snake(route) }),
      receivers: snake(receivers ?? []),
      inhibit_rules: listAt(inhibitRules).map((rule) => ({
        source_matchers: objectMatchers(at(rule, "sourceMatch")),
        target_matchers: objectMatchers(at(rule, "targetMatch")),
        equal: at(rule, "equal") ?? [],
      })),
    },
  };
}

/** `groupBy` is `group_by`, `apiURL` is `api_url`, and matchers are objects. */
function snake(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snake);
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key.replace(/[A-Z]+/g, (capitals) => `_${capitals.toLowerCase()}`),
      key === "matchers" ? objectMatchers(item) : snake(item),
    ]),
  );
}

function objectMatchers(matchers: unknown): unknown {
  return listAt(matchers).map((matcher) => {
    if (!isMap(matcher)) return matcher;
    const operator = textAt(matcher, "matchType") || (matcher["regex"] === true ? "=~" : "=");
    return `${JSON.stringify(textAt(matcher, "name") ?? "")}${operator}${JSON.stringify(textAt(matcher, "value") ?? "")}`;
  });
}

/** The operator puts the routes of AlertmanagerConfigs first, each for its namespace, and goes on. */
function withObjects(
  configuration: AlertmanagerConfiguration,
  objects: AlertmanagerConfiguration[],
): AlertmanagerConfiguration {
  const { config } = configuration;
  const usable = objects.filter(({ urn }) => urn !== configuration.urn);
  if (config === UNKNOWN || config === undefined || usable.length === 0) return configuration;
  const route = at(config, "route");
  const receivers = at(config, "receivers");
  if (!isMap(route) || !Array.isArray(receivers)) return configuration;
  const added = usable.flatMap(({ config: own, where, namespace = "" }) => {
    const ownRoute = isMap(own) ? own["route"] : undefined;
    if (!isMap(own) || !isMap(ownRoute)) return [];
    const named = (name: unknown): string => `${where}/${String(name)}`;
    const renamed = (node: PlainMap): PlainMap => ({
      ...node,
      ...(node["receiver"] === undefined ? {} : { receiver: named(node["receiver"]) }),
      routes: listAt(node, "routes").filter(isMap).map(renamed),
    });
    return [
      {
        route: {
          ...renamed(ownRoute),
          matchers: [
            ...listAt(ownRoute, "matchers"),
            ...(namespace === "" ? [] : [`namespace=${JSON.stringify(namespace)}`]),
          ],
          continue: true,
        },
        receivers: listAt(own, "receivers")
          .filter(isMap)
          .map((receiver) => ({ ...receiver, name: named(receiver["name"]) })),
      },
    ];
  });
  return {
    ...configuration,
    config: {
      ...config,
      route: {
        ...route,
        routes: [...added.map((one) => one.route), ...listAt(route, "routes")],
      },
      receivers: [...listAt(receivers), ...added.flatMap((one) => one.receivers)],
    },
  };
}

/** One way in which a receiver tells somebody. */
export interface Integration {
  /** `slack`, `webhook`, `pagerduty`. */
  kind: string;
  /** `receivers[1].slack_configs[0]`. */
  where: string;
  /** Whether there is anybody at the other end, as far as one can see. */
  delivers: boolean;
  toSlack: boolean;
  sendsResolved: boolean;
}

// What Alertmanager does where send_resolved is not set.
const silentOnResolved = new Set(["slack", "email", "wechat", "rocketchat"]);

/** Fields of which one must be set, there or in `global`, for an integration to have an address. */
const addresses: Record<string, { own: string[]; global: string[] }> = {
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
      return listAt(list).map((one, position) => ({
        kind,
        where: `receivers[${index}].${key}[${position}]`,
        delivers: hasAddress(config, kind, one),
        toSlack: kind === "slack" || /hooks\.slack/i.test(textAt(one, "url") ?? ""),
        sendsResolved:
          at(one, "send_resolved") === undefined
            ? !silentOnResolved.has(kind)
            : at(one, "send_resolved") === true,
      }));
    });
  });
}

function hasAddress(config: PlainMap, kind: string, integration: unknown): boolean {
  const needed = addresses[kind];
  if (integration === null || integration === undefined) return false;
  if (needed === undefined) return true;
  return [
    ...needed.own.map((field) => at(integration, field)),
    ...needed.global.map((field) => at(config, "global", field)),
  ].some((value) => value !== undefined && value !== null && value !== "" && !isPlaceholder(value));
}

/** `https://hooks.slack.com/services/YOUR/SLACK/WEBHOOK` reaches nobody. */
function isPlaceholder(value: unknown): boolean {
  return (
    typeof value === "string" && /\bYOUR[/_-]|<[^>]+>|CHANGE_?ME|REPLACE_?ME|\bTODO\b/i.test(value)
  );
}
