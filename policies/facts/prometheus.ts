import { helmChart, isHelmType } from "./helm";
import { Path, Plain, UNKNOWN, at, entriesAt, isMap, isPresent, isText, listAt } from "./plain";
import { Resource } from "./resource";
import { prometheusAgentType, prometheusType, thanosRulerType } from "./types";
import { isLoopback } from "./address";

/** A Prometheus server, with the paths to its settings. */
export interface PrometheusServer {
  /** `release "prometheus" (kube-prometheus-stack)`. */
  what: string;
  /** Helm release that installs the server. Not set for an object of the operator. */
  release?: string | undefined;
  /** Path of the operator's `PrometheusSpec`, or of the server's settings in the chart. */
  spec: Path;
  /**
   * Whether an operator manages the server. The operator selects its rules and monitors according to
   * `spec`.
   */
  operated: boolean;
  /** Retention that applies if the settings do not specify one. */
  defaultRetention: string;
}

export function canRunPrometheus(type: string): boolean {
  return type === prometheusType || isHelmType(type);
}

/** Returns the Prometheus server that a resource runs, or undefined if it runs none. */
export function prometheusServer(resource: Resource): PrometheusServer | undefined {
  if (resource.type === prometheusType) {
    const what = `Prometheus "${resource.name}"`;
    return { what, spec: ["spec"], operated: true, defaultRetention: "24h" };
  }
  const { chart, release, values } = helmChart(resource) ?? {};
  const what = `release "${release}" (${chart})`;
  if (chart === "prometheus") {
    const spec: Path = ["values", "server"];
    return { what, release, spec, operated: false, defaultRetention: "15d" };
  }
  if (chart !== "kube-prometheus-stack" || at(values, "prometheus", "enabled") === false) {
    return undefined;
  }
  // An agent forwards its samples without retaining them.
  if (at(values, "prometheus", "agentMode") === true) return undefined;
  const spec: Path = ["values", "prometheus", "prometheusSpec"];
  return { what, release, spec, operated: true, defaultRetention: "10d" };
}

/**
 * Returns the Prometheus agent that a resource runs. Like a server, it selects monitors, but it
 * evaluates no rules.
 */
export function prometheusAgent(resource: Resource): Selecting[] {
  if (at(helmChart(resource)?.values, "prometheus", "enabled") === false) return [];
  return selecting(resource, {
    type: prometheusAgentType,
    kind: "PrometheusAgent",
    enabled: ["prometheus", "agentMode"],
    spec: ["values", "prometheus", "prometheusSpec"],
  });
}

/** A server that selects objects according to its spec, and the resource that runs it. */
export interface Selecting extends Pick<PrometheusServer, "what" | "release" | "spec"> {
  resource: Resource;
}

/**
 * Returns the agent or ruler that a resource runs, either as an object of the operator or through a
 * kube-prometheus-stack setting.
 */
function selecting(
  resource: Resource,
  { type, kind, enabled, spec }: { type: string; kind: string; enabled: Path; spec: Path },
): Selecting[] {
  if (resource.type === type) {
    return [{ what: `${kind} "${resource.name}"`, spec: ["spec"], resource }];
  }
  const { chart, release, values } = helmChart(resource) ?? {};
  if (chart !== "kube-prometheus-stack" || at(values, ...enabled) !== true) return [];
  return [{ what: `${kind} of release "${release}"`, release, spec, resource }];
}

/** A setting that stops a server. */
export interface Stop {
  path: Path;
  /** End of a sentence whose subject is the server. */
  problem: string;
  fix: string;
}

/** Finds the operator or chart setting that stops a server. */
export function stopAt({ props }: Resource, settings: Path): Stop | undefined {
  const stops: [key: string, value: unknown, problem: string, fix: string][] = [
    ["paused", true, "is paused, so the operator applies no changes to it", "false"],
    ["replicas", 0, "has no replicas", "2"],
    ["replicaCount", 0, "has no replicas", "2"],
  ];
  const stop = stops.find(([key, value]) => at(props, ...settings, key) === value);
  if (stop === undefined) return undefined;
  const [key, , problem, value] = stop;
  return { path: [...settings, key], problem, fix: `set ${key}: ${value}` };
}

/**
 * Returns why the Prometheus that a resource configures evaluates no rules; undefined if it evaluates
 * them.
 */
export function stoppedPrometheus(resource: Resource): (Stop & { what: string }) | undefined {
  const server = prometheusServer(resource);
  const stop = server && stopAt(resource, server.spec);
  if (server !== undefined) return stop && { ...stop, what: server.what };
  const { chart, release } = helmChart(resource) ?? {};
  if (chart !== "kube-prometheus-stack") return undefined;
  const what = `release "${release}" (${chart})`;
  const enabled: Path = ["values", "prometheus", "enabled"];
  return at(resource.props, ...enabled) === false
    ? { what, path: enabled, problem: "is disabled", fix: "set prometheus.enabled: true" }
    : {
        what,
        path: ["values", "prometheus", "agentMode"],
        problem: "runs as an agent, which evaluates no rules",
        fix: "set prometheus.agentMode: false",
      };
}

const secretReferences = ["additionalAlertManagerConfigs", "additionalAlertManagerConfigsSecret"];

/**
 * Returns the path of the setting that a running Prometheus needs to find an Alertmanager; undefined if
 * it has one.
 */
export function missingAlertmanager(resource: Resource): Path | undefined {
  const server = prometheusServer(resource);
  if (server === undefined) return undefined;
  const read = (...path: Path) => at(resource.props, ...path);
  const lists: Path[] = [
    ...["alertingEndpoints", "alertmanagers", ...secretReferences].map((key) => [
      ...server.spec,
      key,
    ]),
    [...server.spec, "alerting", "alertmanagers"],
  ];
  const hasEndpoint = lists.some((path) => {
    const value = read(...path);
    const reachable = listAt(value).filter((each) => !isOwnPod(each));
    return value === UNKNOWN || reachable.length > 0 || entriesAt(value).length > 0;
  });
  if (hasEndpoint) return undefined;
  if (server.release === undefined) return lists.at(-1);
  const enabled: Path = ["values", "alertmanager", "enabled"];
  return read(...enabled) === false ? enabled : undefined;
}

/** Returns the static addresses, such as `alertmanager:9093`, to which a Prometheus sends alerts. */
export function alertmanagerTargets(resource: Resource): { path: Path; target: string }[] {
  const server = prometheusServer(resource);
  if (server === undefined) return [];
  return ["additionalAlertManagerConfigs", "alertmanagers"].flatMap((key) => {
    const path: Path = [...server.spec, key];
    return listAt(resource.props, ...path)
      .flatMap(targetsOf)
      .filter(isText)
      .map((target) => ({ path, target }));
  });
}

function targetsOf(group: Plain): Plain[] {
  return ["static_configs", "staticConfigs"]
    .flatMap((key) => listAt(group, key))
    .flatMap((config) => listAt(config, "targets"));
}

/** Whether every address in a group of Alertmanagers points to the Prometheus pod itself. */
function isOwnPod(group: Plain): boolean {
  const targets = targetsOf(group);
  return targets.length > 0 && targets.every((each) => isLoopback(String(each)));
}

/** Returns the settings through which a Prometheus relabels or drops alerts. */
export function alertRelabelings(resource: Resource): { path: Path; steps: Plain } | undefined {
  const server = prometheusServer(resource);
  if (server === undefined) return undefined;
  const paths: Path[] = server.operated
    ? [
        [...server.spec, "additionalAlertRelabelConfigs"],
        [...server.spec, "additionalAlertRelabelConfigsSecret"],
      ]
    : [
        ["values", "alertRelabelConfigs", "alert_relabel_configs"],
        ["values", "serverFiles", "prometheus.yml", "alerting", "alert_relabel_configs"],
      ];
  const path = paths.find((candidate) => isPresent(at(resource.props, ...candidate)));
  return path && { path, steps: at(resource.props, ...path) };
}

/** Returns the path of a server's retention setting. */
export function retentionPath({ spec }: PrometheusServer): Path {
  return [...spec, "retention"];
}

/** Settings with a server's remote writes. The chart appends the second to the first. */
export const remoteWriteKeys = ["remoteWrite", "additionalRemoteWrite"];

/** Returns a server's remote writes, with their paths. */
export function remoteWrites({ props }: Resource, { spec }: Pick<PrometheusServer, "spec">) {
  return remoteWriteKeys.flatMap((key) =>
    listAt(props, ...spec, key).map((write, index) => ({ write, path: [...spec, key, index] })),
  );
}

/**
 * Whether a server also sends its samples to long-term storage. If so, a short local retention is
 * enough.
 */
export function forwardsSamples({ props }: Resource, { spec }: PrometheusServer): boolean {
  const [write, added, sidecar] = [...remoteWriteKeys, "thanos"].map((key) =>
    at(props, ...spec, key),
  );
  const uploads = ["objectStorageConfig", "objectStorageConfigFile"];
  return (
    [write, added, sidecar].includes(UNKNOWN) ||
    [write, added].some((list) => listAt(list).length > 0) ||
    (isMap(sidecar) && uploads.some((key) => isPresent(sidecar[key])))
  );
}

export function canRunRuler(type: string): boolean {
  return type === thanosRulerType || isHelmType(type);
}

/** Returns the ThanosRuler that a resource runs, which evaluates rules over long-term storage. */
export function thanosRuler(resource: Resource): Selecting[] {
  return selecting(resource, {
    type: thanosRulerType,
    kind: "ThanosRuler",
    enabled: ["thanosRuler", "enabled"],
    spec: ["values", "thanosRuler", "thanosRulerSpec"],
  });
}
