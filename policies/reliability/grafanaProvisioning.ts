import { createHash } from "node:crypto";
import { StackFinding, ViolationFinding, located, stackPolicy } from "../engine/policy";
import { DataSource, Grafana, dataSourcesIn, dataSourcesOf, grafanaOf } from "../facts/dataSources";
import { isHelmType, isTruthy } from "../facts/helm";
import { Plain, at, entriesAt, hasUnknown, isMap, isText, listAt, textAt } from "../facts/plain";
import { Resource, describeObject, objectName } from "../facts/resource";
import { Address, unansweredAddresses } from "../facts/unansweredAddresses";
import { SecretKeys, isSecret, secretKeysIn } from "../facts/secrets";
import { checkAlerting } from "./grafanaAlerting";
import { checkUrl } from "./grafanaUrl";
import { configMapType, isServer, serviceType } from "../facts/types";

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
    return [
      ...grafanas.flatMap((grafana) => checkSources(grafana, grafanas.length === 1 ? maps : [])),
      ...unansweredAddresses(dataSourcesIn(resources).flatMap(addressOf), resources),
      ...grafanas.flatMap(checkFiles),
      ...grafanas.flatMap((grafana) =>
        checkAlerting(grafana, grafanas.length === 1 ? knownUids(grafana, maps) : undefined),
      ),
      ...grafanas.flatMap(checkUrl),
      ...grafanas.flatMap((grafana) => checkAdmin(grafana, secretKeysIn(resources))),
      ...maps.flatMap((map) => checkDashboards(map, resources, grafanas)),
      ...checkSourceUids(maps, grafanas),
      ...(grafanas.length === 1 ? checkUids(maps) : []),
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

/** Whether the chart adds its own Prometheus as a data source. */
function hasChartSource({ isInStack, values }: Grafana): boolean {
  return (
    isInStack &&
    ["enabled", "defaultDatasourceEnabled"].every(
      (key) => (at(values, "sidecar", "datasources", key) ?? true) === true,
    )
  );
}

function checkSources(grafana: Grafana, maps: Resource[]): StackFinding[] {
  const sources = dataSourcesOf(grafana, maps);
  const { resource, values, namespace } = grafana;
  const isDefault = at(values, "sidecar", "datasources", "isDefaultDatasource") ?? true;
  const hasOwn = hasChartSource(grafana) && isDefault === true;
  const ownDefault: DataSource[] = hasOwn
    ? [
        {
          source: { isDefault: true },
          urn: resource.urn,
          where: "the chart's data source",
          namespace,
        },
      ]
    : [];
  const byOrganization = new Map<unknown, DataSource[]>();
  for (const each of [...ownDefault, ...sources]) {
    if (at(each.source, "isDefault") !== true) continue;
    const organization = at(each.source, "orgId") ?? 1;
    byOrganization.set(organization, [...(byOrganization.get(organization) ?? []), each]);
  }
  const repeated = [...byOrganization.values()].flatMap(([first, ...others]) =>
    others.map(({ urn, where }): StackFinding => ({
      urn,
      problem: "two data sources are marked as the default, so Grafana does not start",
      where: `${where}.isDefault`,
      found: `also ${first?.where}`,
      bound: "one default data source",
      fix: hasOwn
        ? "set isDefault: false, or grafana.sidecar.datasources.isDefaultDatasource: false"
        : "set isDefault: false",
    })),
  );
  const hasSidecars =
    listAt(values, "extraContainers").length > 0 || isText(at(values, "extraContainers"));
  const local = sources.filter(
    ({ source }) =>
      !hasSidecars &&
      /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(?=[:/]|$)/.test(textAt(source, "url") ?? ""),
  );
  const bare = sources.filter(({ source }) => {
    const url = textAt(source, "url") ?? "";
    return httpTypes.test(textAt(source, "type") ?? "") && /^[\w.-]+(:\d+)?(\/|$)/.test(url);
  });
  const ofMethods = sources.filter(
    ({ source }) =>
      /^(loki|prometheus)$/.test(textAt(source, "type") ?? "") &&
      /\/api\/v1(\/|$)/.test(textAt(source, "url") ?? ""),
  );
  const browsed = sources.filter(
    ({ source }) => at(source, "access") === "direct" || at(source, "access") === "browser",
  );
  const reported = (
    dataSources: DataSource[],
    field: string,
    violation: Pick<ViolationFinding, "problem" | "bound" | "fix">,
  ) => dataSources.map(({ urn, where }) => ({ urn, where: `${where}.${field}`, ...violation }));
  return [
    ...repeated,
    ...reported(ofMethods, "url", {
      problem: "the data source's URL includes an API path, to which Grafana appends its own",
      bound: "the server's address",
      fix: "remove /api/v1 or /loki/api/v1 and everything after it",
    }),
    ...reported(bare, "url", {
      problem: "the data source's URL has no scheme, so Grafana cannot reach it",
      bound: "a URL",
      fix: "set url: http://<service>.<namespace>.svc:<port>",
    }),
    ...reported(browsed, "access", {
      problem:
        "the data source requires access from each user's browser, which Grafana no longer supports",
      bound: "proxy",
      fix: "set access: proxy",
    }),
    ...reported(local, "url", {
      problem: "the data source's URL points to Grafana's own pod",
      bound: "the address of a Service",
      fix: "set url: http://<service>.<namespace>.svc:<port>",
    }),
  ];
}

/** Types of data sources that Grafana queries over HTTP. */
const httpTypes = /^(prometheus|loki|tempo|alertmanager|jaeger|zipkin|elasticsearch|influxdb)$/;

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
  const data = entriesAt(props, "data");
  const dashboards = data.filter(([key, text]) => isText(text) && isDashboard(key, text));
  const labels = at(props, "metadata", "labels");
  const watching = grafanas.filter(({ values, isInStack }) =>
    isTruthy(at(values, "sidecar", "dashboards", "enabled") ?? isInStack),
  );
  if (dashboards.length === 0 || watching.length === 0 || hasUnknown(labels)) return [];
  const where = describeObject(map);
  const answers = watching.map((grafana) =>
    obstacleOf(grafana, labels, at(props, "metadata", "namespace")),
  );
  const [obstacle] = answers;
  const isRead = answers.includes(undefined);
  if (!isRead && obstacle !== undefined) {
    return isNamed(objectName(map), resources, grafanas) ? [] : [{ urn, where, ...obstacle }];
  }
  return dashboards.flatMap(([key, text]): StackFinding[] => {
    const problem = problemIn(String(text));
    return problem === undefined ? [] : [{ urn, where: `${where}, ${key}`, ...problem }];
  });
}

/**
 * Checks that dashboards have unique uids. Otherwise, they replace each other or Grafana loads neither.
 */
function checkUids(maps: Resource[]): StackFinding[] {
  const first = new Map<string, string>();
  return maps.flatMap((map) =>
    entriesAt(map.props, "data").flatMap(([key, text]): StackFinding[] => {
      if (!isText(text) || !isDashboard(key, text)) return [];
      const uid = uidOf(text);
      const where = `${describeObject(map)}, ${key}`;
      const other = uid === undefined ? undefined : first.get(uid);
      if (uid !== undefined && other === undefined) first.set(uid, where);
      if (other === undefined) return [];
      const problem = "two dashboards have the same uid, so each replaces the other";
      return [
        {
          urn: map.urn,
          where,
          problem,
          found: `also ${other}`,
          bound: "a unique uid",
          fix: "change the uid of one of the two",
        },
      ];
    }),
  );
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
function checkSourceUids(maps: Resource[], grafanas: Grafana[]): StackFinding[] {
  const [grafana, ...others] = grafanas;
  if (grafana === undefined || others.length > 0) return [];
  const sources = [
    ...dataSourcesOf(grafana, maps).map(({ source }) => source),
    ...(hasChartSource(grafana) ? [{ name: "Prometheus", uid: "prometheus" }] : []),
  ];
  const uids = new Map<string, string>();
  for (const source of sources) {
    const [name, uid] = [textAt(source, "name"), textAt(source, "uid")];
    if (name !== undefined && uid !== undefined) uids.set(computedUid(name), uid);
  }
  return maps.flatMap((map) =>
    entriesAt(map.props, "data").flatMap(([key, text]): StackFinding[] => {
      if (!isText(text) || !isDashboard(key, text)) return [];
      const read = [...text.matchAll(/"uid"\s*:\s*"(P[0-9A-F]{16})"/g)].map(([, uid = ""]) => uid);
      const wrong = read.find((uid) => uids.has(uid) && ![...uids.values()].includes(uid));
      if (wrong === undefined) return [];
      const right = uids.get(wrong) ?? "";
      return [
        {
          urn: map.urn,
          where: `${describeObject(map)}, ${key}`,
          problem: "the dashboard uses a data source from another Grafana",
          found: wrong,
          bound: "the uid of a data source of this Grafana",
          fix: `write ${right}, or a variable of type datasource`,
        },
      ];
    }),
  );
}

/** Returns the UIDs of a Grafana instance's data sources; undefined if none are defined here. */
function knownUids(grafana: Grafana, maps: Resource[]): Set<string> | undefined {
  const sources = dataSourcesOf(grafana, maps).map(({ source }) => source);
  // Another stack or a user may add all of the data sources.
  if (hasUnknown(sources) || sources.length === 0) return undefined;
  const uids = sources.flatMap((source) => {
    const [name, uid] = [textAt(source, "name"), textAt(source, "uid")];
    return uid ?? (name === undefined ? [] : computedUid(name));
  });
  return new Set([...uids, ...(hasChartSource(grafana) ? ["prometheus", "alertmanager"] : [])]);
}

/** Returns the uid that Grafana assigns to a provisioned data source that has none. */
function computedUid(name: string): string {
  return `P${createHash("sha256").update(name).digest("hex").slice(0, 16).toUpperCase()}`;
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
