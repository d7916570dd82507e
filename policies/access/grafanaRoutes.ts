import { Finding, checkValue } from "../engine/policy";
import { isTruthy } from "../facts/helm";
import { Path, Plain, UNKNOWN, at, entriesAt, isMap, listAt, textAt } from "../facts/plain";
import { Resource } from "../facts/resource";
import { own } from "../shared/own";

/** The TLS check for each type of object, other than an Ingress, that exposes a service. */
const checks: Record<string, (resource: Resource) => Finding[]> = {
  "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute": checkHttpRoute,
  "kubernetes:gateway.networking.k8s.io/v1beta1:HTTPRoute": checkHttpRoute,
  "kubernetes:traefik.io/v1alpha1:IngressRoute": checkIngressRoute,
  "kubernetes:traefik.containo.us/v1alpha1:IngressRoute": checkIngressRoute,
  "kubernetes:route.openshift.io/v1:Route": checkOpenShiftRoute,
};

export function isRoute(type: string): boolean {
  return Object.hasOwn(checks, type);
}

/** Checks an object that routes to Grafana. */
export function checkRoute(resource: Resource): Finding[] {
  return own(checks, resource.type)?.(resource) ?? [];
}

/** Checks the routes that the Grafana chart creates from its values at `base`. */
export function checkChartRoutes({ props }: Resource, base: Path): Finding[] {
  const routes: Path = [...base, "route"];
  return entriesAt(props, ...routes).flatMap(([name, route]): Finding[] => {
    const path = [...routes, name];
    const enabled = at(route, "enabled");
    if (enabled === UNKNOWN) return [{ unknown: [...path, "enabled"] }];
    if (!isTruthy(enabled) || (textAt(route, "kind") ?? "HTTPRoute") !== "HTTPRoute") return [];
    // With httpsRedirect, the route only redirects, unless an additional rule leads to Grafana.
    if (isTruthy(at(route, "httpsRedirect")) && !leadsToGrafana(listAt(route, "additionalRules")))
      return [];
    return checkListeners(at(route, "parentRefs"), [...path, "parentRefs"]);
  });
}

function checkHttpRoute({ props }: Resource): Finding[] {
  if (!leadsToGrafana(listAt(props, "spec", "rules"))) return [];
  return checkListeners(at(props, "spec", "parentRefs"), ["spec", "parentRefs"]);
}

/** Whether any rule has Grafana as a backend, instead of redirecting. */
function leadsToGrafana(rules: Plain[]): boolean {
  return rules.flatMap((rule) => listAt(rule, "backendRefs")).some(isGrafana);
}

function isGrafana(backend: Plain): boolean {
  return /grafana/i.test(textAt(backend, "name") ?? "");
}

/**
 * A route names listeners of a gateway by section name or port; otherwise it attaches to every
 * listener that allows it. The TLS settings are in the gateway, which usually belongs to another
 * stack, so the route must name its listener, and the listener must not be for plain HTTP.
 */
function checkListeners(parents: Plain, path: Path): Finding[] {
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
          ? "Grafana is served over a listener without TLS"
          : "the route of Grafana attaches to every listener of its gateway, including those without TLS",
        bound: "a listener with TLS, by its name",
        fix: "set sectionName: https, or the name of the gateway's listener with TLS",
      },
    ];
  });
}

/** Whether the port, or the name if no port is set, is typical of plain HTTP. */
function isPlainHttp(name: Plain, port: Plain): boolean {
  if (port === 80 || port === 8080) return true;
  return port === undefined && /(^|-)(http|web)(-|$)/.test(String(name));
}

function checkIngressRoute(resource: Resource): Finding[] {
  const { props } = resource;
  const services = listAt(props, "spec", "routes").flatMap((route) => listAt(route, "services"));
  if (!services.some(isGrafana)) return [];
  const entryPoints = listAt(props, "spec", "entryPoints");
  const isSecure = entryPoints.every((entry) => /secure$|https/i.test(String(entry)));
  return entryPoints.length > 0 && isSecure ? [] : checkRouteTls(resource);
}

function checkOpenShiftRoute(resource: Resource): Finding[] {
  return isGrafana(at(resource.props, "spec", "to")) ? checkRouteTls(resource) : [];
}

function checkRouteTls(resource: Resource): Finding[] {
  return checkValue(resource, ["spec", "tls"], (tls) =>
    isMap(tls)
      ? undefined
      : {
          problem: "the route of Grafana has no TLS",
          found: undefined,
          bound: "TLS for every route",
          fix: "set spec.tls on the route",
        },
  );
}
