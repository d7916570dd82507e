import { helmChart, isHelmType, namespaceOf } from "./helm";
import { lokiCharts } from "./loki";
import { Plain, UNKNOWN, at, hasUnknown, isText, listAt, textAt } from "./plain";
import { Resource, objectName } from "./resource";
import { escapedPattern } from "../shared/matcher";
import { own } from "../shared/own";
import { isServer, prometheusType } from "./types";

/** A kind of server that clients address through a Service. */
export type ServerKind = "loki" | "prometheus" | "alertmanager";

/** A server of the stack, with the Services that its chart creates. */
export interface ClusterServer {
  kind: ServerKind;
  /** `release "loki"`. */
  what: string;
  /** Undefined if the namespace or the Service names are unknown. */
  known?: { namespace: string; services: Services };
  /**
   * Whether a Service name follows the naming of this kind of server, perhaps under another release name
   * or mode.
   */
  resembles: (service: string) => boolean;
}

/** Ports of each Service, by Service name. */
type Services = ReadonlyMap<string, readonly Plain[]>;

/** Returns the servers that a resource runs. */
export function clusterServers(resource: Resource): ClusterServer[] {
  if (isServer(resource.type)) {
    return [unreadable(resource.type === prometheusType ? "prometheus" : "alertmanager", resource)];
  }
  if (!isHelmType(resource.type)) return [];
  const { chart = "", release = "", values } = helmChart(resource) ?? {};
  // A release whose properties are unknown may run any of these servers.
  if (resource.props === UNKNOWN) {
    return (["loki", "prometheus", "alertmanager"] as const).map((kind) =>
      unreadable(kind, resource),
    );
  }
  const read = own(readers, chart);
  if (read === undefined) return lokiCharts.has(chart) ? [unreadable("loki", resource)] : [];
  return read(values, release).map(({ kind, path, services }): ClusterServer => {
    const namespace = namespaceOf(resource, ...path);
    const names = [...services.keys()];
    const isKnown =
      isNamed(resource, chart) &&
      isText(namespace) &&
      !hasUnknown([...services.values()]) &&
      names.every((name) => /^[a-z0-9-]+$/.test(name));
    return {
      kind,
      what: `release "${release}"`,
      resembles: (service) => forms[kind](escapedPattern(release)).test(service),
      ...(isKnown && { known: { namespace, services } }),
    };
  });
}

/** Whether a release's name is known, and its chart has no alias in a parent chart. */
function isNamed({ type, props, urn }: Resource, chart: string): boolean {
  const isGenerated = type.endsWith(":Release") && !isText(at(props, "name"));
  return !isGenerated && (!urn.includes("#values.") || urn.endsWith(`.${chart}`));
}

function unreadable(kind: ServerKind, { name }: Resource): ClusterServer {
  return { kind, what: `"${name}"`, resembles: () => false };
}

interface Reading {
  kind: ServerKind;
  /** Path of the part of the values that can set a separate namespace. */
  path: string[];
  services: Services;
}

const readers: Record<string, (values: Plain, release: string) => Reading[]> = {
  loki: lokiServices,
  "kube-prometheus-stack": stackServices,
  prometheus: prometheusServices,
  alertmanager: (values, release) => [alertmanagerServices(values, [], release)],
};

/** Returns the prefix that a chart uses in the names of its objects. */
function fullName(values: Plain, chart: string, release: string, length = 63): string {
  const [override, name = chart] = ["fullnameOverride", "nameOverride"].map((key) => {
    const value = at(values, key) ?? "";
    // An unknown name cannot match any Service.
    return isText(value) ? value || undefined : "?";
  });
  const full = override ?? (release.includes(name) ? release : `${release}-${name}`);
  return full.slice(0, length).replace(/-$/, "");
}

const headless = (names: string[]) => names.flatMap((name) => [name, `${name}-headless`]);

const lokiParts: [mode: RegExp, parts: string[]][] = [
  [/SingleBinary|Monolithic/, [""]],
  [/SimpleScalable/, ["-read", "-write", "-backend"]],
  [
    /Distributed/,
    ["distributor", "ingester", "querier", "query-frontend", "query-scheduler", "index-gateway"]
      .concat(["ruler", "compactor"])
      .map((part) => `-${part}`),
  ],
];

function lokiServices(values: Plain, release: string): Reading[] {
  const full = fullName(values, "loki", release);
  const mode = textAt(values, "deploymentMode");
  const ports = [
    at(values, "loki", "server", "http_listen_port") ?? 3100,
    at(values, "loki", "server", "grpc_listen_port") ?? 9095,
    9096,
  ];
  const parts = lokiParts.flatMap(([form, names]) =>
    // If the values set no mode, the chart version determines it.
    mode === undefined || form.test(mode) ? names : [],
  );
  const gateway: [string, Plain[]][] =
    at(values, "gateway", "enabled") === false
      ? []
      : [[`${full}-gateway`, [at(values, "gateway", "service", "port") ?? 80]]];
  const servers = headless(parts.map((part) => full + part));
  const services = new Map([
    ...gateway,
    ...servers.map((name): [string, Plain[]] => [name, ports]),
  ]);
  return [{ kind: "loki", path: [], services }];
}

function stackServices(values: Plain, release: string): Reading[] {
  const full = fullName(values, "kube-prometheus-stack", release, 26);
  return (["prometheus", "alertmanager"] as const).flatMap((kind): Reading[] => {
    if (at(values, kind, "enabled") === false) return [];
    const service = at(values, kind, "service");
    const defaultPort = kind === "prometheus" ? 9090 : 9093;
    const ports = [
      at(service, "port") ?? defaultPort,
      at(service, "reloaderWebPort") ?? 8080,
      ...listAt(service, "additionalPorts").map((each) => at(each, "port")),
      ...(at(values, kind, "thanosIngress", "enabled") === true ? [10901] : []),
    ];
    const operated = [defaultPort, 9094, 8080, 10901, 10902];
    const spec = at(values, kind, `${kind}Spec`);
    const governing = textAt(spec, "serviceName") ?? `${kind}-operated`;
    const services = new Map<string, Plain[]>([
      [`${full}-${kind}`, ports],
      [governing, operated],
    ]);
    if (at(service, "enabled") === false) services.delete(`${full}-${kind}`);
    return [{ kind, path: [kind], services }];
  });
}

function prometheusServices(values: Plain, release: string): Reading[] {
  const server = at(values, "server");
  const service = at(server, "service");
  const name =
    textAt(server, "fullnameOverride") ||
    `${fullName({ nameOverride: at(values, "nameOverride") }, "prometheus", release)}-${textAt(server, "name") ?? "server"}`;
  const ports = [
    at(service, "servicePort") ?? 80,
    ...listAt(service, "additionalPorts").map((each) => at(each, "port")),
    ...(at(service, "gRPC", "enabled") === true ? [at(service, "gRPC", "servicePort")] : []),
  ];
  const services = new Map(
    at(service, "enabled") === false ? [] : headless([name]).map((each) => [each, ports]),
  );
  return [
    { kind: "prometheus", path: ["server"], services },
    ...(at(values, "alertmanager", "enabled") === false
      ? []
      : [alertmanagerServices(at(values, "alertmanager"), ["alertmanager"], release)]),
  ];
}

function alertmanagerServices(values: Plain, path: string[], release: string): Reading {
  const ports = [
    at(values, "service", "port") ?? 9093,
    ...listAt(values, "service", "extraPorts").map((each) => at(each, "port")),
  ];
  const names = headless([fullName(values, "alertmanager", release)]);
  return { kind: "alertmanager", path, services: new Map(names.map((name) => [name, ports])) };
}

/**
 * Builds a regular expression for the Service names of a kind of server, either under the given release
 * name (an escaped pattern) or under common release names, in any chart version and mode.
 */
const forms: Record<ServerKind, (release: string) => RegExp> = {
  loki: (release) =>
    new RegExp(
      `^(?:loki(?:-stack|-distributed|-loki-distributed)?|${release}(?:-loki)?)(?:-(?:gateway|read|write|backend|distributor|ingester|querier|query-frontend))?(?:-headless)?$`,
    ),
  prometheus: (release) =>
    new RegExp(
      `^(?:prometheus|${release}(?:-prometheus)?)(?:-server|-operated|-prometheus)?$|kube-prom[\\w-]*-prometheus$`,
    ),
  alertmanager: (release) =>
    new RegExp(
      `^(?:(?:prometheus-)?alertmanager|${release}(?:-prometheus)?(?:-alertmanager)?)(?:-operated|-headless)?$|kube-prom[\\w-]*-alertmanager$`,
    ),
};

/**
 * Returns the ports that a Service declares; undefined if they are unknown or if clients may use other
 * ports.
 */
export function serviceObject(resource: Resource) {
  const { props } = resource;
  const ports = listAt(props, "spec", "ports").map((each) => at(each, "port"));
  const isDirect =
    at(props, "spec", "clusterIP") === "None" || at(props, "spec", "type") === "ExternalName";
  return {
    name: objectName(resource),
    namespace: at(props, "metadata", "namespace"),
    ports: isDirect || ports.length === 0 || hasUnknown(ports) ? undefined : ports,
  };
}
