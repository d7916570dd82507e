import { StackFinding } from "../engine/policy";
import { serviceAddress } from "../facts/address";
import { dataSourcesIn } from "../facts/dataSources";
import { helmChart } from "../facts/helm";
import { lokiCharts, lokiConfigs, lokiServiceForm } from "../facts/loki";
import { lokiWriters } from "../facts/lokiWriters";
import { Plain, at, isMap, isPresent, isText, textAt } from "../facts/plain";
import { Resource } from "../facts/resource";

/** Checks that the stack's collectors and data sources set a tenant if its Loki requires one. */
export function checkTenants(resources: Resource[]): StackFinding[] {
  const lokis = resources.filter((resource) => lokiCharts.has(helmChart(resource)?.chart ?? ""));
  // With several releases, an address may belong to one that does not require a tenant.
  if (lokis.length === 0 || !lokis.every(requiresTenant)) return [];
  const writers = resources
    .flatMap(lokiWriters)
    .filter(({ url, settings, values }) => isLoki(url) && !namesTenant(settings, values))
    .map(({ urn, where }) => ({
      urn,
      problem: "Loki requires a tenant, but the collector sets none, so Loki rejects its logs",
      where,
      bound: "a tenant, or loki.auth_enabled: false",
      fix: "set loki.auth_enabled: false in Loki's values, or set the tenant in the output: tenant_id, or the header X-Scope-OrgID of an OTLP exporter",
    }));
  const sources = dataSourcesIn(resources)
    .filter(
      ({ source }) =>
        at(source, "type") === "loki" &&
        isLoki(textAt(source, "url") ?? "") &&
        !mentions(source, /x-scope-orgid/i),
    )
    .map(({ urn, where }) => ({
      urn,
      problem: "Loki requires a tenant, but the data source sets none, so Loki rejects its queries",
      where,
      bound: "the header X-Scope-OrgID, or loki.auth_enabled: false",
      fix: "set loki.auth_enabled: false in Loki's values, or set jsonData.httpHeaderName1: X-Scope-OrgID and secureJsonData.httpHeaderValue1 in the data source",
    }));
  return [...writers, ...sources];
}

/** Whether a Loki release rejects requests without a tenant. */
function requiresTenant(release: Resource): boolean {
  const { chart, values } = helmChart(release) ?? {};
  if (chart !== "loki" || !isMap(values)) return false;
  const settings = lokiConfigs(values).map(({ config }) => at(config, "auth_enabled"));
  // The gateway can set the tenant based on the username.
  const isSetByGateway =
    isPresent(at(values, "loki", "tenants")) || mentions(at(values, "gateway"), /x-scope-orgid/i);
  return (settings.find(isPresent) ?? true) === true && !isSetByGateway;
}

/** Whether an output, or a stage before it, sets a tenant. */
function namesTenant(settings: Plain, values: Plain): boolean {
  return (
    mentions(settings, /tenant_?id|x-scope-orgid/i) ||
    mentions(values, /stage\.tenant|^tenant$|headers_setter/i)
  );
}

/**
 * Whether an address points directly to Loki in the cluster rather than to a proxy, which may set the
 * tenant.
 */
function isLoki(url: string): boolean {
  return lokiServiceForm.test(serviceAddress(url)?.service ?? "");
}

function mentions(value: Plain, pattern: RegExp): boolean {
  if (isText(value)) return pattern.test(value);
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, item]) => pattern.test(key) || mentions(item, pattern));
}
