import { Finding, ViolationFinding, checkValue, resourcePolicy } from "../engine/policy";
import { helmChart, isHelmType, isTruthy } from "../facts/helm";
import { Path, Plain, UNKNOWN, at, entriesAt, isMap, listAt, textAt } from "../facts/plain";
import { Resource } from "../facts/resource";
import { checkChartRoutes, checkRoute, isRoute } from "./grafanaRoutes";
import { own } from "../shared/own";

const ingressTypes = new Set([
  "kubernetes:networking.k8s.io/v1:Ingress",
  "kubernetes:networking.k8s.io/v1beta1:Ingress",
  "kubernetes:extensions/v1beta1:Ingress",
]);
const serviceType = "kubernetes:core/v1:Service";
/** The fields from which Grafana can read environment variables and its configuration file. */
const textFields: Record<string, string[]> = {
  "kubernetes:core/v1:ConfigMap": ["data"],
  "kubernetes:core/v1:ConfigMapPatch": ["data"],
  "kubernetes:core/v1:Secret": ["stringData", "data"],
  "kubernetes:core/v1:SecretPatch": ["stringData", "data"],
};

export const grafanaExposure = resourcePolicy({
  name: "grafana-exposure",
  description:
    "The admin password of Grafana is in a Secret, anonymous access is disabled, and Grafana is exposed only over TLS.",
  why: "Grafana shows all metrics and logs, and an attacker tries its default password first.",
  remediation:
    "set grafana.admin.existingSecret: grafana-admin and auth.anonymous.enabled: false in grafana.ini, and add a tls entry for every host of the ingress, or a route to a listener with TLS",
  severity: "critical",
  appliesTo: (type) =>
    isHelmType(type) ||
    ingressTypes.has(type) ||
    isRoute(type) ||
    type === serviceType ||
    own(textFields, type) !== undefined,
  check,
  // Only disables anonymous access: every other fix requires another resource.
  remediate: true,
});

function check(resource: Resource): Finding[] {
  if (ingressTypes.has(resource.type)) return checkIngressObject(resource);
  if (isRoute(resource.type)) return checkRoute(resource);
  if (resource.type === serviceType) return checkServiceObject(resource);
  const fields = own(textFields, resource.type);
  if (fields !== undefined) return checkTexts(resource, fields);
  const base = grafanaValues(resource);
  if (base === undefined) return [];
  return [
    ...checkPassword(resource, base),
    ...checkAnonymousAccess(resource, base),
    ...checkIngressValues(resource, base),
    ...checkChartRoutes(resource, base),
    ...checkService(resource, [...base, "service", "type"], [...base, "service", "annotations"]),
  ];
}

/** The path of Grafana's values, or undefined if the resource does not install Grafana. */
function grafanaValues(resource: Resource): Path | undefined {
  const chart = helmChart(resource);
  if (chart?.chart === "grafana") return ["values"];
  const enabled = at(chart?.values, "grafana", "enabled");
  const isInstalled =
    (chart?.chart === "kube-prometheus-stack" && enabled !== false) ||
    // Grafana is disabled by default in this chart.
    (chart?.chart === "loki-stack" && isTruthy(enabled));
  return isInstalled ? ["values", "grafana"] : undefined;
}

const passwordFix =
  "set grafana.admin.existingSecret to a Secret of the stack, and remove the password from the values";
const passwordVariable = /^GF_SECURITY_ADMIN_PASSWORD$/i;

function checkPassword(resource: Resource, base: Path): Finding[] {
  const read = (...path: Path) => at(resource.props, ...base, ...path);
  const literals = [
    ["adminPassword"],
    ...settingPaths(resource, base, "security", "admin_password"),
    ...environmentPaths(resource, base, passwordVariable),
  ].filter((path) => isLiteral(read(...path)));
  const findings = literals.map((path): Finding => ({
    path: [...base, ...path],
    problem: "the admin password of Grafana is in the values",
    bound: "only in a Secret",
    fix: passwordFix,
  }));
  const secret = read("admin", "existingSecret");
  if (secret === UNKNOWN || read() === UNKNOWN) {
    return [...findings, { unknown: [...base, "admin"] }];
  }
  const references = entriesAt(read("envValueFrom")).map(([name]) => name.replace(/__FILE$/i, ""));
  const isFromSecret =
    isTruthy(secret) ||
    isTruthy(read("envFromSecret")) ||
    references.some((name) => passwordVariable.test(name));
  if (literals.length > 0 || isFromSecret || hasNoLocalAdmin(resource, base)) return findings;
  return [
    {
      path: [...base, "admin", "existingSecret"],
      problem: "the admin password of Grafana is the default of the chart, which is public",
      bound: "a Secret of the stack",
      fix: passwordFix,
    },
  ];
}

/** Whether no one can sign in as the local admin: it does not exist, or passwords are refused. */
function hasNoLocalAdmin(resource: Resource, base: Path): boolean {
  const settings = (section: string, key: string) =>
    settingPaths(resource, base, section, key).map((path) => at(resource.props, ...base, ...path));
  const isOn = (section: string, key: string) => settings(section, key).some(isEnabled);
  const basicAuth = settings("auth.basic", "enabled");
  return (
    isOn("security", "disable_initial_admin_creation") ||
    (isOn("auth", "disable_login_form") && basicAuth.length > 0 && !basicAuth.some(isEnabled))
  );
}

/** Whether a value is a literal password, rather than a reference to one. */
function isLiteral(value: Plain): boolean {
  if (typeof value === "number") return true;
  return typeof value === "string" && value !== "" && !/^\$(__\w+)?[{(]|^\$\w+$|^\{\{/.test(value);
}

/** Paths of a setting in grafana.ini, whose sections and keys are case-insensitive. */
function settingPaths(resource: Resource, base: Path, section: string, key: string): Path[] {
  return entriesAt(resource.props, ...base, "grafana.ini")
    .filter(([name]) => isSameKey(name, section))
    .flatMap(([name, settings]) =>
      entriesAt(settings)
        .filter(([setting]) => isSameKey(setting, key))
        .map(([setting]): Path => ["grafana.ini", name, setting]),
    );
}

function isSameKey(key: string, expected: string): boolean {
  return key.trim().toLowerCase() === expected;
}

/** Paths of environment variables that match `name`, in a map or in a list of names and values. */
function environmentPaths(resource: Resource, base: Path, name: RegExp): Path[] {
  return ["env", "extraEnv", "extraEnvs", "envRenderSecret"].flatMap((field) => {
    const variables = at(resource.props, ...base, field);
    const named: [variable: string, path: Path][] = Array.isArray(variables)
      ? variables.map((item, index) => [textAt(item, "name") ?? "", [field, index, "value"]])
      : entriesAt(variables).map(([key]) => [key, [field, key]]);
    return named.filter(([variable]) => name.test(variable.trim())).map(([, path]) => path);
  });
}

const anonymousVariable = /^GF_AUTH_ANONYMOUS_ENABLED$/i;
const anonymousViolation: ViolationFinding = {
  problem: "anonymous access to Grafana is enabled",
  found: undefined,
  bound: "disabled",
  fix: 'set "auth.anonymous": {enabled: false} in grafana.ini, and remove GF_AUTH_ANONYMOUS_ENABLED',
};

function checkAnonymousAccess(resource: Resource, base: Path): Finding[] {
  const paths = [
    ...settingPaths(resource, base, "auth.anonymous", "enabled"),
    ...environmentPaths(resource, base, anonymousVariable),
    // Some users write a nested section, which some versions of the chart accept.
    ["grafana.ini", "auth", "anonymous", "enabled"],
  ];
  const ini: Path = [...base, "grafana.ini"];
  const text = at(resource.props, ...ini);
  return [
    ...paths.flatMap((path) =>
      checkValue(resource, [...base, ...path], (value) => {
        if (!isEnabled(value)) return undefined;
        const isInList = path.some(Number.isInteger);
        const disabled = path[0] === "grafana.ini" ? false : "false";
        return { ...anonymousViolation, set: isInList ? undefined : disabled };
      }),
    ),
    ...(typeof text === "string" && iniEnablesAnonymous(text)
      ? [{ ...anonymousViolation, path: ini }]
      : []),
  ];
}

/** Whether Grafana reads the value as true. */
function isEnabled(value: Plain): boolean {
  if (typeof value !== "string") return value === true || value === 1;
  return /^(1|t|true|y|yes|on)$/i.test(value.trim().replace(/^["'`](.*)["'`]$/, "$1"));
}

function iniEnablesAnonymous(text: string): boolean {
  let section = "";
  for (const line of text.split(/\r?\n/)) {
    section = /^\s*\[([^\]]*)\]/.exec(line)?.[1] ?? section;
    const [, key = "", value = ""] = /^\s*([\w.-]+)\s*[=:]\s*(.*?)\s*(?:[;#].*)?$/.exec(line) ?? [];
    if (isSameKey(section, "auth.anonymous") && isSameKey(key, "enabled") && isEnabled(value)) {
      return true;
    }
  }
  return false;
}

/** Checks environment variables (envFromSecret) and configuration files in the given fields. */
function checkTexts(resource: Resource, fields: string[]): Finding[] {
  return fields.flatMap((field) =>
    entriesAt(resource.props, field).flatMap(([key, value]): Finding[] => {
      if (typeof value !== "string") return [];
      const isEncoded = field === "data" && !resource.type.includes(":ConfigMap");
      const text = isEncoded ? Buffer.from(value, "base64").toString("utf8") : value;
      const enables =
        (anonymousVariable.test(key) && isEnabled(text)) ||
        (text.includes("auth.anonymous") && iniEnablesAnonymous(text)) ||
        /^\s*GF_AUTH_ANONYMOUS_ENABLED\s*=\s*["']?(true|1|yes|on|t)\b/im.test(text);
      return enables ? [{ ...anonymousViolation, path: [field, key] }] : [];
    }),
  );
}

const certificateAnnotation = /certificate-arn|ssl-cert|managed-certificates/;

function checkIngressValues(resource: Resource, base: Path): Finding[] {
  const path = [...base, "ingress"];
  const ingress = at(resource.props, ...path);
  const enabled = at(ingress, "enabled");
  if (enabled === UNKNOWN) return [{ unknown: [...path, "enabled"] }];
  if (!isTruthy(enabled)) return [];
  const hosts = listAt(ingress, "hosts");
  return checkIngressTls(resource, [...path, "tls"], hosts, at(ingress, "annotations"));
}

/**
 * Whether a load balancer of AWS listens for HTTPS alone, or redirects to HTTPS. It discovers the
 * certificate by the hosts.
 */
function listensOverTls(annotations: Plain): boolean {
  const read = (name: string) => textAt(annotations, `alb.ingress.kubernetes.io/${name}`) ?? "";
  const ports = read("listen-ports");
  return /"HTTPS"/.test(ports) && (!/"HTTP"/.test(ports) || read("ssl-redirect") !== "");
}

function checkIngressTls(
  resource: Resource,
  path: Path,
  hosts: Plain[],
  annotations: Plain,
): Finding[] {
  if (annotations === UNKNOWN) return [{ unknown: path }];
  const hasCertificate =
    listensOverTls(annotations) ||
    entriesAt(annotations).some(
      ([key, certificate]) => certificateAnnotation.test(key) && isTruthy(certificate),
    );
  return checkValue(resource, path, (tls) => {
    const entries = listAt(tls);
    const patterns = entries.flatMap((entry) => listAt(entry, "hosts"));
    const isCovered = (host: Plain): boolean =>
      typeof host !== "string" || patterns.some((pattern) => coversHost(pattern, host));
    const isUncovered = patterns.length > 0 && !hosts.every(isCovered);
    const hasTls = entries.some((entry) => isMap(entry) && Object.keys(entry).length > 0);
    if (hasCertificate || (hasTls && !isUncovered)) return undefined;
    return {
      problem: isUncovered
        ? "a host of the ingress is served without TLS"
        : "the ingress of Grafana has no TLS",
      found: undefined,
      bound: "a tls entry for every host",
      fix: "set tls: [{secretName: grafana-tls, hosts: [<host>]}] on the ingress",
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

function checkService(resource: Resource, type: Path, annotations: Path): Finding[] {
  return checkValue(resource, type, (value) => {
    if (value !== "LoadBalancer" && value !== "NodePort") return undefined;
    const keys = entriesAt(resource.props, ...annotations).map(([key]) => key);
    if (keys.some((key) => certificateAnnotation.test(key))) return undefined;
    return {
      problem: "the service of Grafana is exposed without TLS",
      found: undefined,
      bound: "ClusterIP, behind an ingress with TLS",
      fix: `remove ${type.slice(-2).join(".")}`,
    };
  });
}

/** Checks a Service if it selects Grafana's pods. */
function checkServiceObject(resource: Resource): Finding[] {
  const selected = entriesAt(resource.props, "spec", "selector").map(([, value]) => value);
  if (!selected.some((value) => typeof value === "string" && /grafana/i.test(value))) return [];
  return checkService(resource, ["spec", "type"], ["metadata", "annotations"]);
}

/** Checks an Ingress if Grafana is one of its backends. */
function checkIngressObject(resource: Resource): Finding[] {
  const spec = at(resource.props, "spec");
  const rules = listAt(spec, "rules");
  const paths = rules.flatMap((rule) => listAt(rule, "http", "paths"));
  const backends = [
    at(spec, "defaultBackend"),
    at(spec, "backend"),
    ...paths.map((path) => at(path, "backend")),
  ].map((backend) => textAt(backend, "service", "name") ?? textAt(backend, "serviceName") ?? "");
  if (!backends.some((name) => /grafana/i.test(name))) return [];
  const hosts = rules.map((rule) => at(rule, "host"));
  const annotations = at(resource.props, "metadata", "annotations");
  return checkIngressTls(resource, ["spec", "tls"], hosts, annotations);
}
