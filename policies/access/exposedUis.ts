import { Finding, ViolationFinding, checkValue } from "../engine/policy";
import { helmChart, isTruthy } from "../facts/helm";
import {
  Path,
  Plain,
  UNKNOWN,
  at,
  entriesAt,
  isMap,
  itemsAt,
  listAt,
  textAt,
} from "../facts/plain";
import { Resource } from "../facts/resource";
import { own } from "../shared/own";
import { serviceType } from "../facts/types";

/*
 * Checks how the stack's user interfaces and APIs are exposed outside the cluster. Grafana has a login,
 * so TLS is enough. Prometheus, Alertmanager and Loki have none, so they also need an authenticating
 * proxy in front of them, or a private network.
 */

/** Name of a user interface, as violations show it. */
type Ui = string;

/** Paths in a chart's values where `ingress`, `route` and `service` expose a user interface. */
const chartUis: Record<string, [ui: Ui, base: Path][]> = {
  grafana: [["Grafana", []]],
  "kube-prometheus-stack": [
    ["Grafana", ["grafana"]],
    ["Prometheus", ["prometheus"]],
    ["Alertmanager", ["alertmanager"]],
    ["Prometheus", ["thanosRuler"]],
  ],
  prometheus: [
    ["Prometheus", ["server"]],
    ["Alertmanager", ["alertmanager"]],
  ],
  alertmanager: [["Alertmanager", []]],
  "prometheus-pushgateway": [["Pushgateway", []]],
  thanos: ["query", "queryFrontend", "bucketweb", "compactor", "ruler"].map((part) => [
    "Thanos",
    [part],
  ]),
  tempo: [["Tempo", []]],
  "mimir-distributed": [
    ["Mimir", ["gateway"]],
    ["Mimir", ["nginx"]],
  ],
  loki: [
    ["Loki", ["gateway"]],
    ["Loki", []],
  ],
  "loki-stack": [
    ["Grafana", ["grafana"]],
    ["Loki", ["loki"]],
    ["Prometheus", ["prometheus", "server"]],
    ["Alertmanager", ["prometheus", "alertmanager"]],
  ],
};

/** Checks the user interfaces that a chart's values expose. */
export function checkChartUis(resource: Resource): Finding[] {
  const chart = helmChart(resource)?.chart ?? "";
  return (own(chartUis, chart) ?? []).flatMap(([ui, path]) => {
    const base: Path = ["values", ...path];
    const values = at(resource.props, ...base);
    if (at(values, "enabled") === false) return [];
    const hasProxy = isTruthy(at(values, "basicAuth", "enabled"));
    const isTarget = needsNodePort(at(values, "ingress"));
    return [
      ...["ingress", "ingressPerReplica", "thanosIngress"].flatMap((key) =>
        checkIngressValues(resource, ui, [...base, key], hasProxy),
      ),
      ...checkChartRoutes(resource, ui, [...base, "route"]),
      ...["service", "servicePerReplica", "serviceExternal"].flatMap((key) =>
        isTarget && at(values, key, "type") === "NodePort"
          ? []
          : checkService(resource, ui, [...base, key], hasProxy),
      ),
    ];
  });
}

/** Whether an ingress creates a cloud load balancer that reaches its Service through node ports. */
function needsNodePort(ingress: Plain): boolean {
  const isBalancer =
    /^(alb|gce)/.test(textAt(ingress, "ingressClassName") ?? "") ||
    entriesAt(ingress, "annotations").some(([key]) => key.startsWith("alb.ingress."));
  return isTruthy(at(ingress, "enabled")) && isBalancer;
}

/** The check for each type of object that can expose a Service. */
const checks: Record<string, (resource: Resource) => Finding[]> = {
  "kubernetes:networking.k8s.io/v1:Ingress": checkIngressObject,
  "kubernetes:networking.k8s.io/v1beta1:Ingress": checkIngressObject,
  "kubernetes:extensions/v1beta1:Ingress": checkIngressObject,
  [serviceType]: checkServiceObject,
  "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute": checkHttpRoute,
  "kubernetes:gateway.networking.k8s.io/v1beta1:HTTPRoute": checkHttpRoute,
  "kubernetes:traefik.io/v1alpha1:IngressRoute": checkIngressRoute,
  "kubernetes:traefik.containo.us/v1alpha1:IngressRoute": checkIngressRoute,
  "kubernetes:route.openshift.io/v1:Route": checkOpenShiftRoute,
};

/** Gateway routes whose exposure depends on objects that the checks do not follow. */
const otherRoutes =
  /:(VirtualService|HTTPProxy|Mapping|TCPMapping|ApisixRoute|TCPIngress|GRPCRoute|TCPRoute|TLSRoute|IngressRouteTCP|TargetGroupBinding)$/;

export function exposesServices(type: string): boolean {
  return Object.hasOwn(checks, type) || (type.startsWith("kubernetes:") && otherRoutes.test(type));
}

/** Checks whether an object exposes a user interface. */
export function checkExposure(resource: Resource): Finding[] {
  const check = own(checks, resource.type);
  if (check !== undefined) return check(resource);
  const ui = backendsIn(at(resource.props, "spec"))
    .map((name) => uiOf(name))
    .find(Boolean);
  if (ui === undefined) return [];
  return [{ unknown: ["spec"], because: `only the gateway defines how ${ui} is exposed` }];
}

/** Returns the Service names in the fields that gateways use for backends. */
function backendsIn(spec: Plain): string[] {
  return itemsAt(spec).flatMap(([key, value]) => {
    if (typeof value !== "string") return backendsIn(value);
    return /^(host|name|service|serviceName)$/.test(String(key)) ? [value] : [];
  });
}

/** Returns the user interface behind a Service, judging by its name or its pods' labels. */
function uiOf(...names: (string | undefined)[]): Ui | undefined {
  const text = names.filter((name) => name !== undefined).join(" ");
  if (/grafana/i.test(text)) return "Grafana";
  // Proxies authenticate users themselves. Exporters and similar servers only serve metrics.
  if (
    /proxy|oauth|authelia|exporter|adapter|gateway-api|pushgateway|operator|kube-state/i.test(text)
  ) {
    return undefined;
  }
  const [name] = openUis.flatMap((form) => form.exec(text)?.[1] ?? []);
  return name && name.charAt(0).toUpperCase() + name.slice(1).toLowerCase();
}

/** Services without a login. More specific names come first, as in `prometheus-alertmanager`. */
const openUis = ["alertmanager|loki|thanos|mimir|tempo|jaeger", "prometheus"].map(
  (names) => new RegExp(`(?:^|[^a-z])(${names})(?![a-z])`, "i"),
);

/** Annotations that authenticate clients or restrict their addresses. */
const guard =
  /auth-(?:url|type|secret|tls-secret|signin|idp)|oauth|middlewares|whitelist|allowlist|allow-list|inbound-cidrs|source-range/;

/** Whether a list of addresses allows every address. */
function isAnyAddress(addresses: Plain): boolean {
  return /(?:^|[\s,])(?:0\.0\.0\.0|::)\/0(?:$|[\s,])/.test(String(addresses));
}

/** Whether a service is reachable only from a private network, or only by authenticated clients. */
function isGuarded(annotations: Plain, className: string): boolean {
  const isPrivate = entriesAt(annotations).some(
    ([key, value]) =>
      (/load-balancer-(?:internal|scheme|type)$|\/scheme$/.test(key) &&
        /^(?:internal|true)$/i.test(String(value))) ||
      (guard.test(key) &&
        // ingress-nginx ignores annotations without its prefix.
        (className !== "nginx" || key.startsWith("nginx.")) &&
        isTruthy(value) &&
        value !== "none" &&
        !isAnyAddress(value)),
  );
  const hasScheme = entriesAt(annotations).some(([key]) => key.endsWith("/scheme"));
  // An AWS load balancer is internal unless its scheme says otherwise.
  return (
    isPrivate ||
    /internal|private|tailscale|vpn/.test(className) ||
    (className === "alb" && !hasScheme)
  );
}

function unauthenticated(ui: Ui): ViolationFinding {
  return {
    problem: `${ui} has no login and is exposed without authentication`,
    found: undefined,
    bound: "ClusterIP, or authentication in front of it",
    fix: "remove it, and open the service through Grafana or kubectl port-forward; or add authentication, such as nginx.ingress.kubernetes.io/auth-url",
  };
}

const certificateAnnotation = /certificate-arn|ssl-cert|managed-certificates/;

function checkIngressValues(resource: Resource, ui: Ui, path: Path, hasProxy: boolean): Finding[] {
  const ingress = at(resource.props, ...path);
  const enabled = at(ingress, "enabled");
  if (enabled === UNKNOWN) return [{ unknown: [...path, "enabled"] }];
  if (!isTruthy(enabled)) return [];
  return checkIngress(resource, ui, {
    path,
    tls: [...path, "tls"],
    hosts: listAt(ingress, "hosts").map((host) => at(host, "host") ?? host),
    annotations: at(ingress, "annotations"),
    className: textAt(ingress, "ingressClassName") ?? "",
    hasProxy,
  });
}

/** Checks an Ingress that has a user interface as a backend. */
function checkIngressObject(resource: Resource): Finding[] {
  const spec = at(resource.props, "spec");
  const rules = listAt(spec, "rules");
  const paths = rules.flatMap((rule) => listAt(rule, "http", "paths"));
  const backends = [
    at(spec, "defaultBackend"),
    at(spec, "backend"),
    ...paths.map((path) => at(path, "backend")),
  ].map((backend) => textAt(backend, "service", "name") ?? textAt(backend, "serviceName"));
  const uis = new Set(backends.map((name) => uiOf(name)));
  const annotations = at(resource.props, "metadata", "annotations");
  return [...uis].flatMap((ui) =>
    ui === undefined
      ? []
      : checkIngress(resource, ui, {
          path: ["spec", "rules"],
          tls: ["spec", "tls"],
          hosts: rules.map((rule) => at(rule, "host")),
          annotations,
          className:
            textAt(spec, "ingressClassName") ??
            textAt(annotations, "kubernetes.io/ingress.class") ??
            "",
        }),
  );
}

interface IngressParts {
  path: Path;
  tls: Path;
  hosts: Plain[];
  annotations: Plain;
  className: string;
  hasProxy?: boolean;
}

function checkIngress(resource: Resource, ui: Ui, parts: IngressParts): Finding[] {
  const { path, tls, hosts, annotations, className, hasProxy = false } = parts;
  if (annotations === UNKNOWN) return [{ unknown: tls }];
  const guarded = hasProxy || isGuarded(annotations, className);
  if (ui !== "Grafana" && !guarded) return [{ path, ...unauthenticated(ui) }];
  // A service without a login needs no TLS on a private network.
  const isPrivate = ui !== "Grafana" && isGuarded({}, className);
  return isPrivate ? [] : checkTls(resource, ui, { tls, hosts, annotations });
}

/**
 * Whether an AWS load balancer listens only on HTTPS, or redirects to it. The load balancer discovers
 * the certificate from the hosts.
 */
function listensOverTls(annotations: Plain): boolean {
  const read = (name: string) => textAt(annotations, `alb.ingress.kubernetes.io/${name}`) ?? "";
  const ports = read("listen-ports");
  return /"HTTPS"/.test(ports) && (!/"HTTP"/.test(ports) || read("ssl-redirect") !== "");
}

function hasCertificate(annotations: Plain): boolean {
  return entriesAt(annotations).some(
    ([key, certificate]) => certificateAnnotation.test(key) && isTruthy(certificate),
  );
}

function checkTls(
  resource: Resource,
  ui: Ui,
  { tls: path, hosts, annotations }: Pick<IngressParts, "tls" | "hosts" | "annotations">,
): Finding[] {
  const isSecure = listensOverTls(annotations) || hasCertificate(annotations);
  return checkValue(resource, path, (tls) => {
    const entries = listAt(tls);
    const patterns = entries.flatMap((entry) => listAt(entry, "hosts"));
    const isCovered = (host: Plain): boolean =>
      typeof host !== "string" || patterns.some((pattern) => coversHost(pattern, host));
    const isUncovered = patterns.length > 0 && !hosts.every(isCovered);
    const hasTls = entries.some((entry) => isMap(entry) && Object.keys(entry).length > 0);
    const redirects = (key: string) => textAt(annotations, `nginx.ingress.kubernetes.io/${key}`);
    const isPlain =
      redirects("ssl-redirect") === "false" && redirects("force-ssl-redirect") !== "true";
    if (!isSecure && hasTls && !isUncovered && isPlain) {
      return {
        problem: `${ui}'s ingress also serves plain HTTP, because it does not redirect to HTTPS`,
        found: undefined,
        bound: "a redirect to https",
        fix: "remove nginx.ingress.kubernetes.io/ssl-redirect",
      };
    }
    if (isSecure || (hasTls && !isUncovered)) return undefined;
    return {
      problem: isUncovered ? "the ingress serves a host without TLS" : `${ui}'s ingress has no TLS`,
      found: undefined,
      bound: "TLS for all hosts",
      fix: `set tls: [{secretName: ${ui.toLowerCase()}-tls, hosts: [<host>]}] on the ingress`,
    };
  });
}

function coversHost(pattern: Plain, host: string): boolean {
  if (typeof pattern !== "string") return pattern === UNKNOWN;
  return (
    pattern === host ||
    (pattern.startsWith("*.") && host.split(".").slice(1).join(".") === pattern.slice(2))
  );
}

/** Checks a Service that selects a user interface's pods. */
function checkServiceObject(resource: Resource): Finding[] {
  const { props } = resource;
  const selected = entriesAt(props, "spec", "selector").map(([, value]) => String(value));
  const ui = selected.map((value) => uiOf(value)).find((candidate) => candidate !== undefined);
  return ui === undefined ? [] : checkService(resource, ui, ["spec"], false);
}

/** Checks a Service by the type, annotations and source ranges at a path. */
function checkService(resource: Resource, ui: Ui, path: Path, hasProxy: boolean): Finding[] {
  if (at(resource.props, ...path, "enabled") === false) return [];
  const typePath = [...path, "type"];
  const addresses: Path = [...path, "externalIPs"];
  if (ui !== "Grafana" && listAt(resource.props, ...addresses).length > 0) {
    return [{ path: addresses, ...unauthenticated(ui) }];
  }
  return checkValue(resource, typePath, (value) => {
    if (value !== "LoadBalancer" && value !== "NodePort") return undefined;
    const annotations =
      at(resource.props, ...path, "annotations") ?? at(resource.props, "metadata", "annotations");
    const ranges = listAt(resource.props, ...path, "loadBalancerSourceRanges");
    const isLimited =
      (ranges.length > 0 && !ranges.some(isAnyAddress)) || isGuarded(annotations, "");
    const fix = `remove ${typePath.slice(-2).join(".")}`;
    const isSecure = hasCertificate(annotations);
    if (ui !== "Grafana") {
      const isSafe = hasProxy ? isSecure : isLimited && value === "LoadBalancer";
      return isSafe ? undefined : { ...unauthenticated(ui), fix };
    }
    if (isSecure) return undefined;
    return {
      problem: "Grafana's Service is exposed without TLS",
      found: undefined,
      bound: "ClusterIP, behind an ingress with TLS",
      fix,
    };
  });
}

/** Checks the routes that a chart creates from its values. */
function checkChartRoutes({ props }: Resource, ui: Ui, routes: Path): Finding[] {
  return entriesAt(props, ...routes).flatMap(([name, route]): Finding[] => {
    const path = [...routes, name];
    const enabled = at(route, "enabled");
    if (enabled === UNKNOWN) return [{ unknown: [...path, "enabled"] }];
    if (!isTruthy(enabled) || (textAt(route, "kind") ?? "HTTPRoute") !== "HTTPRoute") return [];
    // With httpsRedirect, the route only redirects, unless an additional rule has a backend.
    if (
      isTruthy(at(route, "httpsRedirect")) &&
      uisBehind(listAt(route, "additionalRules")).length === 0
    )
      return [];
    return [
      ...checkListeners(at(route, "parentRefs"), [...path, "parentRefs"], ui),
      ...checkRouteGuard(ui, listAt(route, "filters"), path),
    ];
  });
}

function checkHttpRoute({ props }: Resource): Finding[] {
  const rules = listAt(props, "spec", "rules");
  return uisBehind(rules).flatMap((ui) => [
    ...checkListeners(at(props, "spec", "parentRefs"), ["spec", "parentRefs"], ui),
    ...checkRouteGuard(
      ui,
      rules.flatMap((rule) => listAt(rule, "filters")),
      ["spec", "rules"],
    ),
  ]);
}

/** Returns the user interfaces among the backends of rules. Rules may also redirect. */
function uisBehind(rules: Plain[]): Ui[] {
  const names = rules
    .flatMap((rule) => listAt(rule, "backendRefs"))
    .map((backend) => uiOf(textAt(backend, "name")));
  return [...new Set(names)].filter((ui) => ui !== undefined);
}

/**
 * Reports a route as not evaluated if its gateway, which is a separate object, may authenticate the
 * clients.
 */
function checkRouteGuard(ui: Ui, filters: Plain[], path: Path): Finding[] {
  const isExtended = filters.some((filter) => textAt(filter, "type") === "ExtensionRef");
  if (ui === "Grafana" || isExtended) return [];
  const because = `${ui} has no login, and its gateway may or may not authenticate clients`;
  return [{ unknown: path, because }];
}

/**
 * Checks that a route attaches only to listeners with TLS. A route selects a gateway's listeners by
 * section name or port, and otherwise attaches to every listener that allows it. The gateway, which has
 * the TLS settings, usually belongs to another stack, so the route must name its listener, and that
 * listener must not be for plain HTTP.
 */
function checkListeners(parents: Plain, path: Path, ui: Ui): Finding[] {
  if (parents === UNKNOWN) return [{ unknown: path }];
  return listAt(parents).flatMap((parent, index): Finding[] => {
    const parentPath = [...path, index];
    if ((textAt(parent, "kind") ?? "Gateway") !== "Gateway") return [];
    const [name, port] = [at(parent, "sectionName"), at(parent, "port")];
    if (name === UNKNOWN || port === UNKNOWN) return [{ unknown: parentPath }];
    const isNamed = port !== undefined || (typeof name === "string" && name !== "");
    if (isNamed && !isPlainHttp(name, port)) return [];
    return [
      {
        path: parentPath,
        problem: isNamed
          ? `${ui} is served over a listener without TLS`
          : `${ui}'s route attaches to every listener of its gateway, including listeners without TLS`,
        bound: "the name of a TLS listener",
        fix: "set sectionName: https, or the name of the gateway's TLS listener",
      },
    ];
  });
}

/** Whether a listener's port, or its name if no port is set, is typical of plain HTTP. */
function isPlainHttp(name: Plain, port: Plain): boolean {
  if (port === 80 || port === 8080) return true;
  return port === undefined && /(^|-)(http|web)(-|$)/.test(String(name));
}

function checkIngressRoute(resource: Resource): Finding[] {
  const { props } = resource;
  const entryPoints = listAt(props, "spec", "entryPoints");
  const isSecure = entryPoints.every((entry) => /secure$|https/i.test(String(entry)));
  return listAt(props, "spec", "routes").flatMap((route, index): Finding[] => {
    const uis = listAt(route, "services").map((service) => uiOf(textAt(service, "name")));
    const ui = uis.find((candidate) => candidate !== undefined);
    if (ui === undefined) return [];
    const isOpen = ui !== "Grafana" && listAt(route, "middlewares").length === 0;
    if (isOpen) return [{ path: ["spec", "routes", index], ...unauthenticated(ui) }];
    return entryPoints.length > 0 && isSecure ? [] : checkRouteTls(resource, ui);
  });
}

function checkOpenShiftRoute(resource: Resource): Finding[] {
  const ui = uiOf(textAt(resource.props, "spec", "to", "name"));
  if (ui === undefined) return [];
  // A reencrypt route leads to the OAuth proxy in the same pod.
  const isProxied = textAt(resource.props, "spec", "tls", "termination") === "reencrypt";
  return ui === "Grafana" || isProxied
    ? checkRouteTls(resource, ui)
    : [{ path: ["spec", "to"], ...unauthenticated(ui) }];
}

function checkRouteTls(resource: Resource, ui: Ui): Finding[] {
  return checkValue(resource, ["spec", "tls"], (tls) =>
    isMap(tls)
      ? undefined
      : {
          problem: `${ui}'s route has no TLS`,
          found: undefined,
          bound: "TLS on the route",
          fix: "set spec.tls on the route",
        },
  );
}
