import { createHash } from "node:crypto";
import { StackFinding, ViolationFinding, located, stackPolicy } from "../engine/policy";
import { DataSource, Grafana, dataSourcesIn, dataSourcesOf, grafanaOf } from "../facts/dataSources";
import { isHelmType, isTruthy } from "../facts/helm";
import {
  Plain,
  at,
  entriesAt,
  hasUnknown,
  isMap,
  isText,
  listAt,
  textAt,
  textsAt,
} from "../facts/plain";
import { Resource, describeObject, objectName } from "../facts/resource";
import { Address, unansweredAddresses } from "../facts/unansweredAddresses";
import { SecretKeys, isSecret, secretKeysIn } from "../facts/secrets";
import { checkAlerting } from "./grafanaAlerting";
import { checkUrl } from "./grafanaUrl";
import { configMapType, isServer, serviceType } from "../facts/types";
import { isLoopback } from "../facts/address";

export const grafanaProvisioning = stackPolicy({
  name: "grafana-provisioning",
  description:
    "Grafana starts with its data sources and alert rules, can reach the data sources, has the address of its ingress, and loads the stack's dashboards.",
  why: "With two default data sources, Grafana does not start. It ignores a dashboard whose ConfigMap does not have the sidecar's label, and the on-call engineer notices only when the dashboard is needed.",
  remediation:
    "set isDefault: false on all data sources but one, use the address of a Service, and add the label grafana_dashboard to the ConfigMap of each dashboard",
  severity: "medium",
  reads: (type) =>
    isHelmType(type) ||
    isSecret({ type }) ||
    type === configMapType ||
    type === serviceType ||
    isServer(type) ||
    type.startsWith(grafanaOperator),
  check(resources) {
    const grafanas = resources.flatMap(grafanaOf);
    const maps = resources.filter(({ type }) => type === configMapType);
    // With several Grafana instances, it is unclear which one loads a ConfigMap.
    const single = grafanas.length === 1 ? grafanas[0] : undefined;
    const loadedMaps = single === undefined ? [] : maps;
    return [
      ...grafanas.flatMap((grafana) => checkSources(grafana, loadedMaps)),
      ...unansweredAddresses(dataSourcesIn(resources).flatMap(addressOf), resources),
      ...grafanas.flatMap(checkFiles),
      ...grafanas.flatMap((grafana) => checkAlerting(grafana, single && sourceUids(single, maps))),
      ...grafanas.flatMap(checkUrl),
      ...grafanas.flatMap((grafana) => checkAdmin(grafana, secretKeysIn(resources))),
      ...maps.flatMap((map) => checkDashboards(map, resources, grafanas)),
      ...(single === undefined ? [] : checkSourceUids(single, maps)),
      ...checkUids(loadedMaps),
    ];
  },
});

const grafanaOperator = "kubernetes:grafana.integreatly.org/";

/**
 * Returns the address of a Loki, Prometheus or Alertmanager data source. For all other types, the policy
 * cannot determine which Services exist.
 */
function addressOf({ source, urn, where, namespace }: DataSource): Address[] {
  const [type, text] = [textAt(source, "type"), textAt(source, "url")];
  if (type !== "loki" && type !== "prometheus" && type !== "alertmanager") return [];
  return text === undefined ? [] : [{ urn, where: `${where}.url`, kind: type, text, namespace }];
}

/** Returns the data sources that the chart adds: its own Prometheus and Alertmanager. */
function chartSources({ isInStack, values }: Grafana): { name: string; uid: string }[] {
  const isEnabled = (...path: string[]) =>
    (at(values, "sidecar", "datasources", ...path) ?? true) === true;
  if (!isInStack || !isEnabled("enabled") || !isEnabled("defaultDatasourceEnabled")) return [];
  return [
    { name: "Prometheus", uid: "prometheus" },
    ...(isEnabled("alertmanager", "enabled")
      ? [{ name: "Alertmanager", uid: "alertmanager" }]
      : []),
  ];
}

function checkSources(grafana: Grafana, maps: Resource[]): StackFinding[] {
  const sources = dataSourcesOf(grafana, maps);
  return [
    ...repeatedDefaults(grafana, sources),
    ...sourceMistakes.flatMap(({ field, isMade, ...violation }) =>
      sources
        .filter(({ source }) => isMade(source, grafana.values))
        .map(({ urn, where }) => ({ urn, where: `${where}.${field}`, ...violation })),
    ),
  ];
}

/** Reports every default data source of an organization but the first. */
function repeatedDefaults(grafana: Grafana, sources: DataSource[]): StackFinding[] {
  const { resource, values, namespace } = grafana;
  const isDefault = at(values, "sidecar", "datasources", "isDefaultDatasource") ?? true;
  const hasChartDefault = chartSources(grafana).length > 0 && isDefault === true;
  const chartDefault: DataSource = {
    source: { isDefault: true },
    urn: resource.urn,
    where: "the chart's data source",
    namespace,
  };
  const byOrganization = new Map<unknown, DataSource[]>();
  for (const each of [...(hasChartDefault ? [chartDefault] : []), ...sources]) {
    if (at(each.source, "isDefault") !== true) continue;
    const organization = at(each.source, "orgId") ?? 1;
    byOrganization.set(organization, [...(byOrganization.get(organization) ?? []), each]);
  }
  return [...byOrganization.values()].flatMap(([first, ...others]) =>
    others.map(({ urn, where }) => ({
      urn,
      problem: "two data sources are marked as the default, so Grafana does not start",
      where: `${where}.isDefault`,
      found: `also ${first?.where}`,
      bound: "one default data source",
      fix: hasChartDefault
        ? "set isDefault: false, or grafana.sidecar.datasources.isDefaultDatasource: false"
        : "set isDefault: false",
    })),
  );
}

/** A mistake in a field of a data source. */
interface SourceMistake extends Pick<ViolationFinding, "problem" | "bound" | "fix"> {
  field: string;
  isMade: (source: Plain, grafanaValues: Plain) => boolean;
}

const sourceMistakes: SourceMistake[] = [
  {
    field: "url",
    isMade: (source) =>
      /^(loki|prometheus)$/.test(textAt(source, "type") ?? "") &&
      /\/api\/v1(\/|$)/.test(textAt(source, "url") ?? ""),
    problem: "the data source's URL includes an API path, to which Grafana appends its own",
    bound: "the server's address",
    fix: "remove /api/v1 or /loki/api/v1 and everything after it",
  },
  {
    field: "url",
    isMade: (source) =>
      httpTypes.test(textAt(source, "type") ?? "") &&
      /^[\w.-]+(:\d+)?(\/|$)/.test(textAt(source, "url") ?? ""),
    problem: "the data source's URL has no scheme, so Grafana cannot reach it",
    bound: "a URL",
    fix: "set url: http://<service>.<namespace>.svc:<port>",
  },
  {
    field: "access",
    isMade: (source) => /^(direct|browser)$/.test(textAt(source, "access") ?? ""),
    problem:
      "the data source requires access from each user's browser, which Grafana no longer supports",
    bound: "proxy",
    fix: "set access: proxy",
  },
  {
    field: "url",
    isMade: (source, values) =>
      /^https?:/.test(textAt(source, "url") ?? "") &&
      isLoopback(textAt(source, "url") ?? "") &&
      !hasSidecars(values),
    problem: "the data source's URL points to Grafana's own pod",
    bound: "the address of a Service",
    fix: "set url: http://<service>.<namespace>.svc:<port>",
  },
];

/** Types of data sources that Grafana queries over HTTP. */
const httpTypes = /^(prometheus|loki|tempo|alertmanager|jaeger|zipkin|elasticsearch|influxdb)$/;

/** Whether Grafana's pod has additional containers, which may answer at its own address. */
function hasSidecars(values: Plain): boolean {
  const containers = at(values, "extraContainers");
  return isText(containers) || listAt(containers).length > 0;
}

/** Checks that Grafana loads the dashboards in its values. */
function checkFiles({ resource, base, values }: Grafana): StackFinding[] {
  const folders = entriesAt(values, "dashboards").filter(([, files]) => isMap(files));
  const providers = at(values, "dashboardProviders");
  if (hasUnknown(providers)) return [];
  const paths = JSON.stringify(providers ?? "").match(/\/[\w./-]+/g) ?? [];
  const isRead = (folder: string) =>
    paths.some((path) => `/var/lib/grafana/dashboards/${folder}/`.startsWith(path));
  return folders.flatMap(([folder, files]): StackFinding[] => {
    if (Object.keys(files as object).length === 0 || isRead(folder)) return [];
    return [
      {
        ...located(resource, [...base, "dashboards", folder]),
        problem: "Grafana does not load the dashboards, because no provider reads their folder",
        bound: `a provider for /var/lib/grafana/dashboards/${folder}`,
        fix: `add a provider to dashboardProviders with options.path: /var/lib/grafana/dashboards/${folder}`,
      },
    ];
  });
}

/** Checks that the administrator's Secret has the keys that Grafana reads. */
function checkAdmin({ resource, base, values }: Grafana, keysOf: SecretKeys): StackFinding[] {
  const admin = at(values, "admin");
  const keys = keysOf(textAt(admin, "existingSecret") ?? "");
  return [
    ["userKey", "admin-user"],
    ["passwordKey", "admin-password"],
  ].flatMap(([field = "", fallback = ""]) => {
    const key = textAt(admin, field) ?? fallback;
    if (keys === undefined || keys.has(key)) return [];
    return [
      {
        ...located(resource, [...base, "admin", field]),
        problem: `the admin Secret does not have the key ${key}, so Grafana does not start`,
        bound: `one of: ${[...keys].join(", ")}`,
        fix: `add the key ${key} to the Secret, or set ${field}`,
      },
    ];
  });
}

/** Checks that a sidecar loads the dashboards in a ConfigMap, and that they are complete. */
function checkDashboards(
  map: Resource,
  resources: Resource[],
  grafanas: Grafana[],
): StackFinding[] {
  const { urn, props } = map;
  const dashboards = dashboardsIn(map);
  const labels = at(props, "metadata", "labels");
  const watching = grafanas.filter(({ values, isInStack }) =>
    isTruthy(at(values, "sidecar", "dashboards", "enabled") ?? isInStack),
  );
  if (dashboards.length === 0 || watching.length === 0 || hasUnknown(labels)) return [];
  const answers = watching.map((grafana) =>
    obstacleOf(grafana, labels, at(props, "metadata", "namespace")),
  );
  const [obstacle] = answers;
  const isRead = answers.includes(undefined);
  if (!isRead && obstacle !== undefined) {
    const isLoaded = isNamed(objectName(map), resources, grafanas);
    return isLoaded ? [] : [{ urn, where: describeObject(map), ...obstacle }];
  }
  return dashboards.flatMap(({ where, text }): StackFinding[] => {
    const problem = problemIn(text);
    return problem === undefined ? [] : [{ urn, where, ...problem }];
  });
}

/**
 * Checks that dashboards have unique uids. Otherwise, they replace each other or Grafana loads neither.
 */
function checkUids(maps: Resource[]): StackFinding[] {
  const first = new Map<string, string>();
  return maps.flatMap(dashboardsIn).flatMap(({ urn, where, text }): StackFinding[] => {
    const uid = uidOf(text);
    const other = uid === undefined ? undefined : first.get(uid);
    if (uid !== undefined && other === undefined) first.set(uid, where);
    if (other === undefined) return [];
    return [
      {
        urn,
        where,
        problem: "two dashboards have the same uid, so each replaces the other",
        found: `also ${other}`,
        bound: "a unique uid",
        fix: "change the uid of one of the two",
      },
    ];
  });
}

function uidOf(text: string): string | undefined {
  // Parsing is slow, and few texts contain a uid.
  if (!text.includes('"uid"')) return undefined;
  try {
    return textAt(JSON.parse(text), "uid") || undefined;
  } catch {
    return undefined;
  }
}

/**
 * Checks that no dashboard uses the uid that Grafana derives from a data source's name, if that data
 * source has an explicit uid here. Such a dashboard was exported from another Grafana.
 */
function checkSourceUids(grafana: Grafana, maps: Resource[]): StackFinding[] {
  const sources = [
    ...dataSourcesOf(grafana, maps).map(({ source }) => source),
    ...chartSources(grafana),
  ];
  const uids = new Map<string, string>();
  for (const source of sources) {
    const [name, uid] = [textAt(source, "name"), textAt(source, "uid")];
    if (name !== undefined && uid !== undefined) uids.set(computedUid(name), uid);
  }
  return maps.flatMap(dashboardsIn).flatMap(({ urn, where, text }): StackFinding[] => {
    const read = [...text.matchAll(/"uid"\s*:\s*"(P[0-9A-F]{16})"/g)].map(([, uid = ""]) => uid);
    const wrong = read.find((uid) => uids.has(uid) && ![...uids.values()].includes(uid));
    if (wrong === undefined) return [];
    return [
      {
        urn,
        where,
        problem: "the dashboard uses a data source from another Grafana",
        found: wrong,
        bound: "the uid of a data source of this Grafana",
        fix: `write ${uids.get(wrong) ?? ""}, or a variable of type datasource`,
      },
    ];
  });
}

/** Returns the UIDs of a Grafana instance's data sources; undefined if none are defined here. */
function sourceUids(grafana: Grafana, maps: Resource[]): Set<string> | undefined {
  const sources = dataSourcesOf(grafana, maps).map(({ source }) => source);
  const sidecar = at(grafana.values, "sidecar", "datasources");
  // Another stack or a user may add all of the data sources.
  if (hasUnknown([sources, sidecar]) || sources.length === 0) return undefined;
  const uids = sources.flatMap((source) => {
    const [name, uid] = [textAt(source, "name"), textAt(source, "uid")];
    return uid ?? (name === undefined ? [] : computedUid(name));
  });
  return new Set([...uids, ...chartSources(grafana).map(({ uid }) => uid)]);
}

/** Returns the uid that Grafana assigns to a provisioned data source that has none. */
function computedUid(name: string): string {
  return `P${createHash("sha256").update(name).digest("hex").slice(0, 16).toUpperCase()}`;
}

/** A dashboard in a ConfigMap, as JSON. */
interface Dashboard {
  urn: string;
  where: string;
  text: string;
}

function dashboardsIn(map: Resource): Dashboard[] {
  return textsAt(map.props, "data")
    .filter(([key, text]) => isDashboard(key, text))
    .map(([key, text]) => ({ urn: map.urn, where: `${describeObject(map)}, ${key}`, text }));
}

function isDashboard(key: string, text: string): boolean {
  return (
    key.endsWith(".json") && /"panels"\s*:/.test(text) && /"(title|schemaVersion)"\s*:/.test(text)
  );
}

/** Returns why Grafana's sidecar does not load the dashboards in a ConfigMap; undefined if it does. */
function obstacleOf(
  { values, isInStack, namespace: grafanaNamespace }: Grafana,
  labels: Plain,
  namespace: Plain,
) {
  const settings = at(values, "sidecar", "dashboards");
  const label = textAt(settings, "label") ?? "grafana_dashboard";
  const expectedValue = textAt(settings, "labelValue") ?? (isInStack ? "1" : "");
  const value = textAt(labels, label);
  if (value === undefined || (expectedValue !== "" && value !== expectedValue)) {
    return {
      problem:
        "Grafana does not load the ConfigMap's dashboards, because the ConfigMap does not have the sidecar's label",
      bound: `the label ${label}: "${expectedValue || "1"}"`,
      fix: `metadata.labels.${label}: "${expectedValue || "1"}"`,
    };
  }
  const searched = textAt(settings, "searchNamespace") ?? (isInStack ? "ALL" : undefined);
  const names = searched === undefined ? [grafanaNamespace] : searched.split(",");
  if (searched === "ALL" || names.includes(namespace) || typeof grafanaNamespace !== "string")
    return undefined;
  if (typeof namespace !== "string") return undefined;
  return {
    problem:
      "Grafana does not load the ConfigMap's dashboards, because its sidecar does not search that namespace",
    bound: names.map(String).join(", "),
    fix: "set sidecar.dashboards.searchNamespace: ALL",
  };
}

/** Whether Grafana mounts a ConfigMap, or an object of the Grafana operator refers to it. */
function isNamed(name: string, resources: Resource[], grafanas: Grafana[]): boolean {
  const readers = resources.filter(({ type }) => type.startsWith(grafanaOperator));
  return [...readers.map(({ props }) => props), ...grafanas.map(({ values }) => values)].some(
    (value) => mentions(value, name),
  );
}

function mentions(value: Plain, name: string): boolean {
  if (isText(value)) return value === name;
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some((item) => mentions(item, name));
}

function problemIn(text: string) {
  let dashboard: Plain;
  try {
    dashboard = JSON.parse(text);
  } catch {
    const problem = "the dashboard is not valid JSON, so Grafana does not load it";
    return { problem, bound: "JSON", fix: "correct it, and check it with jq" };
  }
  const [input] = /\$\{DS_\w+\}/.exec(text) ?? [];
  const variables = listAt(dashboard, "templating", "list").map((variable) =>
    textAt(variable, "name"),
  );
  if (input === undefined || variables.includes(input.slice(2, -1))) return undefined;
  return {
    problem:
      "the dashboard has a data source input, which Grafana replaces only in a manual import",
    found: input,
    bound: "the uid of a data source, or a variable of type datasource",
    fix: 'write "uid": "prometheus" instead of the input, or add a variable with this name',
  };
}
