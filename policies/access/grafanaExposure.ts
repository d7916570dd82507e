import { helmChart, isHelmType, isTruthy } from "../facts/helm";
import { chartRouteFindings, isRoute, routeFindings } from "./grafanaRoutes";
import {
  Path,
  Plain,
  PlainMap,
  UNKNOWN,
  at,
  entriesAt,
  formatPath,
  isMap,
  listAt,
  setAt,
  textAt,
} from "../facts/plain";
import { Resource } from "../facts/resource";
import { ResourcePolicy, Verdict, holds } from "../engine/policy";
import { Violation } from "../engine/violation";

// No configuration; the type keeps the place for it.
type GrafanaExposureConfig = Record<never, never>;

const ingressTypes = new Set([
  "kubernetes:networking.k8s.io/v1:Ingress",
  "kubernetes:networking.k8s.io/v1beta1:Ingress",
  "kubernetes:extensions/v1beta1:Ingress",
]);
const serviceType = "kubernetes:core/v1:Service";
const texts: Record<string, string[]> = {
  "kubernetes:core/v1:ConfigMap": ["data"],
  "kubernetes:core/v1:ConfigMapPatch": ["data"],
  "kubernetes:core/v1:Secret": ["stringData", "data"],
  "kubernetes:core/v1:SecretPatch": ["stringData", "data"],
};

export const grafanaExposure: ResourcePolicy<GrafanaExposureConfig> = {
  scope: "resource",
  name: "grafana-exposure",
  description:
    "Grafana has a password from a Secret, lets in nobody without a name, and is reached from outside over TLS only.",
  why: "Grafana shows all metrics and logs, and its default password is the first that anybody tries.",
  remediation:
    "grafana.admin.existingSecret: grafana-admin, grafana.ini auth.anonymous.enabled: false, and a tls entry for every host of the ingress, or a route to a listener that has TLS",
  severity: "critical",
  enforcementLevel: "mandatory",
  config: {},
  appliesTo: (type) =>
    isHelmType(type) ||
    ingressTypes.has(type) ||
    isRoute(type) ||
    type === serviceType ||
    texts[type] !== undefined,
  judge,
  remediate,
};

interface Check {
  path: Path;
  violation?: Omit<Violation, "where">;
  unknown?: boolean;
  /** What remediation sets. */
  wanted?: unknown;
}

function judge(resource: Resource): Verdict {
  const checks = checksOf(resource);
  if (checks.length === 0) return holds;
  const chart = helmChart(resource);
  const what =
    chart === undefined
      ? `${resource.type.split(":").at(-1) ?? ""} "${resource.name}"`
      : `release "${chart.release}" (${chart.chart})`;
  const unknown = checks.find((check) => check.unknown === true);
  return {
    violations: checks.flatMap(({ path, violation }) =>
      violation === undefined ? [] : [{ ...violation, where: `${what}, ${formatPath(path)}` }],
    ),
    unknown: unknown && { path: unknown.path },
  };
}

function checksOf(resource: Resource): Check[] {
  if (ingressTypes.has(resource.type)) return ingressObject(resource);
  if (isRoute(resource.type)) return routeFindings(resource);
  if (resource.type === serviceType) return serviceObject(resource);
  const fields = texts[resource.type];
  if (fields !== undefined) return environmentTexts(resource, fields);
  const base = grafanaIn(resource);
  if (base === undefined) return [];
  return [
    ...passwords(resource, base),
    ...anonymous(resource, base),
    ...ingress(resource, base),
    ...chartRouteFindings(resource.props, base),
    ...service(resource, [...base, "service", "type"], [...base, "service", "annotations"]),
  ];
}

/** Where the values of Grafana are in a chart. */
function grafanaIn(resource: Resource): Path | undefined {
  const chart = helmChart(resource);
  if (chart?.chart === "grafana") return ["values"];
  if (chart?.chart === "kube-prometheus-stack") {
    return at(chart.values, "grafana", "enabled") === false ? undefined : ["values", "grafana"];
  }
  // This chart brings Grafana only when it is asked to.
  const asked = chart?.chart === "loki-stack" && isTruthy(at(chart.values, "grafana", "enabled"));
  return asked ? ["values", "grafana"] : undefined;
}

const fixPassword =
  "set grafana.admin.existingSecret to a Secret made in the stack, and leave the password out";

function passwords(resource: Resource, base: Path): Check[] {
  const read = (...path: Path) => at(resource.props, ...base, ...path);
  const literal = [
    ["adminPassword"],
    ...settingPaths(resource, base, "security", "admin_password"),
    ...environment(resource, base, /^GF_SECURITY_ADMIN_PASSWORD$/i),
  ].filter((path) => isLiteral(read(...path)));
  const checks: Check[] = literal.map((path) => ({
    path: [...base, ...path],
    violation: {
      problem: "the admin password of Grafana stands in the values",
      bound: "only in a Secret",
      fix: fixPassword,
    },
  }));
  const secret = read("admin", "existingSecret");
  if (secret === UNKNOWN || at(resource.props, ...base) === UNKNOWN)
    return [...checks, { path: [...base, "admin"], unknown: true }];
  const fromSecret =
    isTruthy(secret) ||
    environmentNames(resource, base).some((name) =>
      /^GF_SECURITY_ADMIN_PASSWORD(__FILE)?$/i.test(name),
    ) ||
    isTruthy(read("envFromSecret"));
  if (literal.length === 0 && !fromSecret) {
    checks.push({
      path: [...base, "admin", "existingSecret"],
      violation: {
        problem:
          "the admin password of Grafana is left to the chart, which has had a public default",
        bound: "a Secret of yours",
        fix: fixPassword,
      },
    });
  }
  return checks;
}

/** Not what only refers to one. */
function isLiteral(value: Plain): boolean {
  if (typeof value === "number") return true;
  return typeof value === "string" && value !== "" && !/^\$(__\w+)?[{(]|^\$\w+$|^\{\{/.test(value);
}

/** Paths of a setting in grafana.ini, whose sections and keys have no case. */
function settingPaths(resource: Resource, base: Path, section: string, key: string): Path[] {
  return entriesAt(resource.props, ...base, "grafana.ini")
    .filter(([name]) => same(name, section))
    .flatMap(([name, settings]) =>
      entriesAt(settings)
        .filter(([own]) => same(own, key))
        .map(([own]): Path => ["grafana.ini", name, own]),
    );
}

function same(one: string, other: string): boolean {
  return one.trim().toLowerCase() === other;
}

/** Paths of environment variables with a value: in a map, or in a list of names and values. */
function environment(resource: Resource, base: Path, name: RegExp): Path[] {
  return ["env", "extraEnv", "extraEnvs", "envRenderSecret"].flatMap((field) => {
    const value = at(resource.props, ...base, field);
    if (Array.isArray(value)) {
      return value.flatMap((item, index): Path[] =>
        name.test(textAt(item, "name")?.trim() ?? "") ? [[field, index, "value"]] : [],
      );
    }
    return entriesAt(value)
      .filter(([key]) => name.test(key.trim()))
      .map(([key]): Path => [field, key]);
  });
}

function environmentNames(resource: Resource, base: Path): string[] {
  return entriesAt(resource.props, ...base, "envValueFrom").map(([name]) => name);
}

const anonymousVariable = /^GF_AUTH_ANONYMOUS_ENABLED$/i;
const anonymousProblem: Omit<Violation, "where"> = {
  problem: "everybody may look into Grafana without a name",
  bound: "off",
  fix: 'set "auth.anonymous": {enabled: false} in grafana.ini, and no GF_AUTH_ANONYMOUS_ENABLED',
};

function anonymous(resource: Resource, base: Path): Check[] {
  const paths = [
    ...settingPaths(resource, base, "auth.anonymous", "enabled"),
    ...environment(resource, base, anonymousVariable),
  ];
  const checks = paths.flatMap((path): Check[] => {
    const value = at(resource.props, ...base, ...path);
    const full = [...base, ...path];
    if (value === UNKNOWN) return [{ path: full, unknown: true }];
    return isOn(value) ? [{ path: full, violation: anonymousProblem, wanted: offFor(path) }] : [];
  });
  const asText = at(resource.props, ...base, "grafana.ini");
  if (typeof asText === "string" && iniOpens(asText)) {
    checks.push({ path: [...base, "grafana.ini"], violation: anonymousProblem });
  }
  // A nested section is what people mean by it, and some versions of the chart take it.
  const nested = at(resource.props, ...base, "grafana.ini", "auth", "anonymous", "enabled");
  if (isOn(nested)) {
    const path = [...base, "grafana.ini", "auth", "anonymous", "enabled"];
    checks.push({ path, violation: anonymousProblem, wanted: false });
  }
  return checks;
}

function offFor([field]: Path): unknown {
  return field === "grafana.ini" ? false : "false";
}

/** What Grafana takes for true. */
function isOn(value: Plain): boolean {
  if (typeof value !== "string") return value === true || value === 1;
  return /^(1|t|true|y|yes|on)$/i.test(value.trim().replace(/^["'`](.*)["'`]$/, "$1"));
}

function iniOpens(text: string): boolean {
  let section = "";
  for (const line of text.split(/\r?\n/)) {
    section = /^\s*\[([^\]]*)\]/.exec(line)?.[1] ?? section;
    const [, key = "", value = ""] = /^\s*([\w.-]+)\s*[=:]\s*(.*?)\s*(?:[;#].*)?$/.exec(line) ?? [];
    if (same(section, "auth.anonymous") && same(key, "enabled") && isOn(value)) return true;
  }
  return false;
}

/** What Grafana takes from a whole ConfigMap or Secret (envFromSecret), and its file. */
function environmentTexts(resource: Resource, fields: string[]): Check[] {
  return fields.flatMap((field) =>
    entriesAt(resource.props, field).flatMap(([key, value]): Check[] => {
      if (typeof value !== "string") return [];
      const encoded = field === "data" && !resource.type.includes(":ConfigMap");
      const text = encoded ? Buffer.from(value, "base64").toString("utf8") : value;
      const opens =
        (anonymousVariable.test(key) && isOn(text)) ||
        (text.includes("auth.anonymous") && iniOpens(text)) ||
        /^\s*GF_AUTH_ANONYMOUS_ENABLED\s*=\s*["']?(true|1|yes|on|t)\b/im.test(text);
      return opens ? [{ path: [field, key], violation: anonymousProblem }] : [];
    }),
  );
}

const certificates = /certificate-arn|ssl-cert|managed-certificates/;

function ingress(resource: Resource, base: Path): Check[] {
  const path = [...base, "ingress"];
  const value = at(resource.props, ...path);
  const enabled = at(value, "enabled");
  if (enabled === UNKNOWN) return [{ path: [...path, "enabled"], unknown: true }];
  if (!isTruthy(enabled)) return [];
  return tlsCheck(value, [...path, "tls"], listAt(value, "hosts"), at(value, "annotations"));
}

function tlsCheck(value: Plain, path: Path, hosts: Plain[], annotations: Plain): Check[] {
  const tls = at(value, "tls");
  if (tls === UNKNOWN || annotations === UNKNOWN) return [{ path, unknown: true }];
  const entries = listAt(tls);
  if (
    entriesAt(annotations).some(
      ([key, certificate]) => certificates.test(key) && isTruthy(certificate),
    )
  )
    return [];
  const covered = entries.flatMap((entry) => listAt(entry, "hosts"));
  const bare = hosts.some(
    (host) =>
      typeof host === "string" &&
      covered.length > 0 &&
      !covered.some((one) => coversHost(one, host)),
  );
  const secured = entries.some((entry) => isMap(entry) && Object.keys(entry).length > 0);
  if (secured && !bare) return [];
  return [
    {
      path,
      violation: {
        problem: bare
          ? "a host of the ingress is served without TLS"
          : "the ingress of Grafana has no TLS",
        bound: "a tls entry for every host",
        fix: "set tls: [{secretName: grafana-tls, hosts: [<host>]}] on the ingress",
      },
    },
  ];
}

function coversHost(pattern: Plain, host: string): boolean {
  if (typeof pattern !== "string") return pattern === UNKNOWN;
  return (
    pattern === host ||
    (pattern.startsWith("*.") && host.split(".").slice(1).join(".") === pattern.slice(2))
  );
}

function service(resource: Resource, path: Path, annotations: Path): Check[] {
  const type = at(resource.props, ...path);
  if (type === UNKNOWN) return [{ path, unknown: true }];
  if (type !== "LoadBalancer" && type !== "NodePort") return [];
  if (entriesAt(resource.props, ...annotations).some(([key]) => certificates.test(key))) return [];
  return [
    {
      path,
      violation: {
        problem: "the service of Grafana is reached from outside without TLS",
        bound: "ClusterIP, behind an ingress with TLS",
        fix: `remove ${path.slice(-2).join(".")}`,
      },
    },
  ];
}

/** A Service of one's own that leads to the pods of Grafana. */
function serviceObject(resource: Resource): Check[] {
  const selected = entriesAt(resource.props, "spec", "selector").map(([, value]) => value);
  if (!selected.some((value) => typeof value === "string" && /grafana/i.test(value))) return [];
  return service(resource, ["spec", "type"], ["metadata", "annotations"]);
}

/** An Ingress of one's own that leads to Grafana. */
function ingressObject(resource: Resource): Check[] {
  const spec = at(resource.props, "spec");
  const rules = listAt(spec, "rules");
  const backends = [
    at(spec, "defaultBackend"),
    at(spec, "backend"),
    ...rules.flatMap((rule) => listAt(rule, "http", "paths").map((one) => at(one, "backend"))),
  ].map((backend) => textAt(backend, "service", "name") ?? textAt(backend, "serviceName") ?? "");
  if (!backends.some((name) => /grafana/i.test(name))) return [];
  const hosts = rules.map((rule) => at(rule, "host"));
  return tlsCheck(spec, ["spec", "tls"], hosts, at(resource.props, "metadata", "annotations"));
}

/** Only what needs no other resource: a switch. */
function remediate(resource: Resource, props: PlainMap): boolean {
  return checksOf(resource)
    .filter(({ wanted, path }) => wanted !== undefined && !path.some(Number.isInteger))
    .map(({ path, wanted }) => setAt(props, path, wanted))
    .some(Boolean);
}
