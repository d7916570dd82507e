import { Finding, checkValue, resourcePolicy } from "../engine/policy";
import { helmChart, isHelmType, isTruthy } from "../facts/helm";
import { Path, Plain, UNKNOWN, at, entriesAt, listAt, textAt } from "../facts/plain";
import { prometheusServer } from "../facts/prometheus";
import { Resource } from "../facts/resource";
import { checkChartUis, checkExposure, exposesServices } from "./exposedUis";
import { checkLogin } from "./grafanaLogin";
import {
  GrafanaSetting,
  containersOf,
  holdsGrafanaSettings,
  isEnabled,
  settingsInObject,
  settingsInValues,
} from "../facts/grafanaSettings";
import { prometheusType } from "../facts/types";

export const grafanaExposure = resourcePolicy({
  name: "grafana-exposure",
  description:
    "Only known users reach Grafana, Prometheus, Alertmanager and Loki, and only over TLS: logins are limited, passwords are in a Secret, and nothing without a login is exposed.",
  why: "These interfaces show all metrics and logs, and an attacker tries Grafana's default password first. Anyone who reaches Prometheus or Alertmanager can read every label or silence every alert.",
  remediation:
    "set grafana.admin.existingSecret: grafana-admin, disable auth.anonymous in grafana.ini, configure TLS for all ingress hosts or route to a TLS listener, and require authentication for the other interfaces",
  severity: "critical",
  appliesTo: (type) =>
    isHelmType(type) ||
    exposesServices(type) ||
    holdsGrafanaSettings(type) ||
    type === prometheusType,
  check,
  // Remediation only disables access, because every other fix needs another resource.
  remediate: true,
});

function check(resource: Resource): Finding[] {
  if (exposesServices(resource.type)) return checkExposure(resource);
  if (!isHelmType(resource.type)) {
    return [...checkLogin(settingsInObject(resource)), ...checkAdminApi(resource)];
  }
  const base = grafanaValues(resource);
  const settings = base === undefined ? [] : settingsInValues(resource, base);
  return [
    ...(base === undefined ? [] : checkPassword(resource, base, settings)),
    ...checkLogin(settings),
    ...checkChartUis(resource),
    ...checkAdminApi(resource),
  ];
}

/** Returns the path of Grafana's values, or undefined if the resource does not install Grafana. */
function grafanaValues(resource: Resource): Path | undefined {
  const chart = helmChart(resource);
  if (chart?.chart === "grafana") return ["values"];
  const enabled = at(chart?.values, "grafana", "enabled");
  const isInstalled =
    (chart?.chart === "kube-prometheus-stack" && enabled !== false) ||
    // This chart disables Grafana by default.
    (chart?.chart === "loki-stack" && isTruthy(enabled));
  return isInstalled ? ["values", "grafana"] : undefined;
}

const passwordFix =
  "set grafana.admin.existingSecret to a Secret in the stack, and remove the password from the values";
const passwordVariable = /^GF_SECURITY_ADMIN_PASSWORD$/i;

function checkPassword(resource: Resource, base: Path, settings: GrafanaSetting[]): Finding[] {
  const read = (...path: Path) => at(resource.props, ...base, ...path);
  const literals = [
    { path: [...base, "adminPassword"], value: read("adminPassword") },
    ...settings.filter(({ id }) => id === "SECURITY_ADMIN_PASSWORD"),
  ].filter(({ value }) => isLiteral(value));
  const findings = literals.map(({ path }): Finding => ({
    path,
    problem: "Grafana's admin password is in the chart values",
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
  if (literals.length > 0 || isFromSecret || hasNoLocalAdmin(settings)) return findings;
  if (!hasPublicPassword(resource)) return findings;
  return [
    {
      path: [...base, "admin", "existingSecret"],
      problem: "Grafana uses the chart's default admin password, which is public",
      bound: "a Secret in the stack",
      fix: passwordFix,
    },
  ];
}

/**
 * Whether the chart uses a well-known default password. Since version 79, kube-prometheus-stack
 * generates one, as the Grafana chart does.
 */
function hasPublicPassword(resource: Resource): boolean {
  const isStack = helmChart(resource)?.chart === "kube-prometheus-stack";
  const [, major] = /^v?(\d+)\./.exec(textAt(resource.props, "version") ?? "") ?? [];
  return isStack && major !== undefined && Number(major) < 79;
}

/**
 * Whether signing in as the local admin is impossible, because the account does not exist or password
 * login is disabled.
 */
function hasNoLocalAdmin(settings: GrafanaSetting[]): boolean {
  const isOn = (id: string) =>
    settings.some((setting) => setting.id === id && isEnabled(setting.value));
  const hasBasicAuth =
    !settings.some(({ id }) => id === "AUTH_BASIC_ENABLED") || isOn("AUTH_BASIC_ENABLED");
  return (
    isOn("SECURITY_DISABLE_INITIAL_ADMIN_CREATION") ||
    (isOn("AUTH_DISABLE_LOGIN_FORM") && !hasBasicAuth)
  );
}

/** Whether a value is a literal password rather than a reference to one. */
function isLiteral(value: Plain): boolean {
  if (typeof value === "number") return true;
  return typeof value === "string" && value !== "" && !/^\$(__\w+)?[{(]|^\$\w+$|^\{\{/.test(value);
}

/**
 * Checks settings, flags and arguments for the admin API, through which any client can delete series.
 */
function checkAdminApi(resource: Resource): Finding[] {
  const { spec } = prometheusServer(resource) ?? {};
  const flags: Path[] = [
    ...["extraFlags", "additionalArgs"].flatMap((key) => (spec ? [[...spec, key]] : [])),
    ...containersOf(resource).flatMap(({ path }) => [
      [...path, "args"],
      [...path, "command"],
    ]),
  ];
  const listed = flags.flatMap((path) =>
    listAt(resource.props, ...path).flatMap((item, index) =>
      adminFlag.test(textAt(item, "name") ?? String(item)) ? [[...path, index]] : [],
    ),
  );
  return [
    ...(spec
      ? checkValue(resource, [...spec, "enableAdminAPI"], (value) =>
          isTruthy(value) ? { ...adminApi, set: false } : undefined,
        )
      : []),
    ...listed.map((path) => ({ ...adminApi, path })),
  ];
}

const adminApi = {
  problem: "Prometheus's admin API is enabled, so any client can delete series",
  bound: "disabled",
  fix: "remove enableAdminAPI and --web.enable-admin-api; enable it only while you delete series",
};
const adminFlag = /^(--)?web\.enable-admin-api(=true)?$/;
