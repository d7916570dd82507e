import { isTruthy } from "../facts/helm";
import { Path, Plain, UNKNOWN, at, entriesAt, isMap, listAt, textAt } from "../facts/plain";
import { Resource } from "../facts/resource";
import { Violation } from "../engine/violation";

/** What is said of one way to Grafana: a violation, or that it is not known yet. */
export interface RouteFinding {
  path: Path;
  violation?: Omit<Violation, "where">;
  unknown?: boolean;
}

/** The ways to a service, apart from an Ingress, each with what it says of TLS. */
const kinds: Record<string, (spec: Plain) => RouteFinding[]> = {
  "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute": httpRoute,
  "kubernetes:gateway.networking.k8s.io/v1beta1:HTTPRoute": httpRoute,
  "kubernetes:traefik.io/v1alpha1:IngressRoute": ingressRoute,
  "kubernetes:traefik.containo.us/v1alpha1:IngressRoute": ingressRoute,
  "kubernetes:route.openshift.io/v1:Route": openShiftRoute,
};

export function isRoute(type: string): boolean {
  return type in kinds;
}

/** What is wrong with an object that routes to Grafana. */
export function routeFindings(resource: Resource): RouteFinding[] {
  return kinds[resource.type]?.(at(resource.props, "spec")) ?? [];
}

/** What is wrong with the routes that the chart of Grafana makes, whose values are at the path. */
export function chartRouteFindings(props: Plain, base: Path): RouteFinding[] {
  const routes: Path = [...base, "route"];
  return entriesAt(props, ...routes).flatMap(([name, route]): RouteFinding[] => {
    const path = [...routes, name];
    const enabled = at(route, "enabled");
    if (enabled === UNKNOWN) return [{ path: [...path, "enabled"], unknown: true }];
    if (!isTruthy(enabled) || (textAt(route, "kind") ?? "HTTPRoute") !== "HTTPRoute") return [];
    // It then only leads to itself under https.
    if (isTruthy(at(route, "httpsRedirect")) && !backends(listAt(route, "additionalRules")))
      return [];
    return listeners(at(route, "parentRefs"), [...path, "parentRefs"]);
  });
}

function httpRoute(spec: Plain): RouteFinding[] {
  if (!backends(listAt(spec, "rules"))) return [];
  return listeners(at(spec, "parentRefs"), ["spec", "parentRefs"]);
}

/** Whether some rule leads to Grafana, rather than redirects. */
function backends(rules: Plain[]): boolean {
  return rules.flatMap((rule) => listAt(rule, "backendRefs")).some(isGrafana);
}

function isGrafana(backend: Plain): boolean {
  return /grafana/i.test(textAt(backend, "name") ?? "");
}

/**
 * A route only says to which listeners of a gateway it belongs: by name or port, or else to all that
 * let it in. Whether one has TLS stands in the gateway, mostly of another stack; so the listener has
 * to be named, and by its name or port must not be one of plain HTTP.
 */
function listeners(parents: Plain, path: Path): RouteFinding[] {
  if (parents === UNKNOWN) return [{ path, unknown: true }];
  return listAt(parents).flatMap((parent, index): RouteFinding[] => {
    const here = [...path, index];
    if ((textAt(parent, "kind") ?? "Gateway") !== "Gateway") return [];
    const [name, port] = [at(parent, "sectionName"), at(parent, "port")];
    if (name === UNKNOWN || port === UNKNOWN) return [{ path: here, unknown: true }];
    const plain = isPlain(name, port);
    if (plain === false) return [];
    return [
      {
        path: here,
        violation: {
          problem:
            plain === true
              ? "Grafana is served over a listener without TLS"
              : "the route of Grafana belongs to every listener of its gateway, also to one without TLS",
          bound: "a listener with TLS, by its name",
          fix: "set sectionName: https, or what the gateway calls its listener with TLS",
        },
      },
    ];
  });
}

/** Whether it is a listener of plain HTTP; undefined where none is named. */
function isPlain(name: Plain, port: Plain): boolean | undefined {
  if (port === 80 || port === 8080) return true;
  if (port === 443 || port === 8443) return false;
  if (typeof name !== "string" || name === "") return port === undefined ? undefined : false;
  return /(^|[-_.])(http|web|plain|insecure|80|8080)([-_.]|$)/i.test(name);
}

function ingressRoute(spec: Plain): RouteFinding[] {
  const services = listAt(spec, "routes").flatMap((route) => listAt(route, "services"));
  if (!services.some(isGrafana)) return [];
  const entries = listAt(spec, "entryPoints");
  const secure = entries.every((entry) => /secure$|https/i.test(String(entry)));
  return entries.length > 0 && secure ? [] : tls(spec);
}

function openShiftRoute(spec: Plain): RouteFinding[] {
  return isGrafana(at(spec, "to")) ? tls(spec) : [];
}

function tls(spec: Plain): RouteFinding[] {
  const path: Path = ["spec", "tls"];
  const found = at(spec, "tls");
  if (found === UNKNOWN) return [{ path, unknown: true }];
  if (isMap(found)) return [];
  const violation = {
    problem: "the route of Grafana has no TLS",
    bound: "TLS for every route",
    fix: "set spec.tls on the route",
  };
  return [{ path, violation }];
}
