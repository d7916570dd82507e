import { StackFinding, located } from "../engine/policy";
import { helmChart, namespaceOf } from "../facts/helm";
import { lokiCharts, lokiConfigs } from "../facts/loki";
import {
  Path,
  Plain,
  UNKNOWN,
  at,
  entriesAt,
  formatPath,
  hasUnknown,
  isText,
  listAt,
} from "../facts/plain";
import { Address } from "../facts/unansweredAddresses";
import { Selecting, thanosRuler } from "../facts/prometheus";
import { Resource } from "../facts/resource";
import { isSelected, namespaceLabels } from "../facts/selection";
import { configMapType, prometheusRuleType } from "../facts/types";
import { isLoopback } from "../facts/address";

/*
 * Checks servers other than Prometheus that evaluate alerts: ThanosRuler for long-term storage, and
 * Loki's ruler for logs. Each has its own Alertmanager configuration.
 */

/** Checks that each ruler with alerts has an Alertmanager and data to evaluate. */
export function checkRulers(resources: Resource[]): StackFinding[] {
  return resources.flatMap((resource) => [
    ...thanosRuler(resource).flatMap((ruler) => checkThanosRuler(ruler, resources)),
    ...checkLokiRuler(resource, resources),
  ]);
}

function checkThanosRuler(ruler: Selecting, resources: Resource[]): StackFinding[] {
  const { resource, spec, what } = ruler;
  const hasAny = (keys: string[]) =>
    keys.some((key) => {
      const value = at(resource.props, ...spec, key);
      return hasUnknown(value) || listAt(value).length > 0 || entriesAt(value).length > 0;
    });
  const lacks = (keys: string[], problem: string, fix: string): StackFinding[] =>
    hasAny(keys)
      ? []
      : [
          {
            ...located(resource, [...spec, keys[0] ?? ""]),
            problem: `${what} ${problem}`,
            fix,
          },
        ];
  const namespaces = namespaceLabels(resources);
  // Many rulers evaluate only recording rules, which need no Alertmanager.
  const hasAlerts = resources.some(
    (object) =>
      object.type === prometheusRuleType &&
      listAt(object.props, "spec", "groups").some((group) =>
        listAt(group, "rules").some((rule) => isText(at(rule, "alert"))),
      ) &&
      isSelected(object, "rule", ruler, namespaces) === true,
  );
  return [
    ...(hasAlerts
      ? lacks(
          ["alertmanagersUrl", "alertmanagersConfig"],
          "does not send its alerts to an Alertmanager",
          "set alertmanagersUrl: [http://alertmanager-operated.<namespace>.svc:9093]",
        )
      : []),
    ...lacks(
      ["queryEndpoints", "queryConfig", "remoteWrite"],
      "has no query endpoint to evaluate its rules",
      "set queryEndpoints: [<address of Thanos Query>]",
    ),
  ];
}

/** Whether resources of a type may contain rules for Loki's ruler. */
export function canHoldLogRules(type: string): boolean {
  return type === configMapType;
}

function checkLokiRuler(resource: Resource, resources: Resource[]): StackFinding[] {
  const { chart = "", values } = helmChart(resource) ?? {};
  if (!lokiCharts.has(chart) || values === UNKNOWN) return [];
  const maps = resources.filter(
    ({ type, props }) =>
      type === configMapType && at(props, "metadata", "labels", "loki_rule") !== undefined,
  );
  const rules = [at(values, "ruler", "directories"), ...maps.map(({ props }) => at(props, "data"))];
  if (!rules.some(hasAlert)) return [];
  const url = alertmanagerUrl(values);
  const isBare = isText(url) && /^[a-z][\w.-]*:\d+/i.test(url);
  if (isBare) {
    return [
      {
        ...located(resource, urlPath),
        problem: "the Alertmanager URL of Loki's ruler has no scheme",
        bound: "a URL such as http://alertmanager-operated.monitoring.svc:9093",
        fix: "put http:// before the address",
      },
    ];
  }
  const isLocal = isText(url) && isLoopback(url);
  if (url !== undefined && !isLocal) return [];
  return [
    {
      ...located(resource, urlPath),
      problem: "Loki's ruler does not send its alerts to an Alertmanager",
      bound: "the address of an Alertmanager",
      fix: `set ${formatPath(urlPath)}: http://alertmanager-operated.<namespace>.svc:9093`,
    },
  ];
}

/** Path at which violations suggest setting the Alertmanager URL of Loki's ruler. */
const urlPath: Path = ["values", "loki", "rulerConfig", "alertmanager_url"];

function alertmanagerUrl(values: Plain): Plain {
  const configs = [
    at(values, "loki", "rulerConfig"),
    ...lokiConfigs(values).map(({ config }) => at(config, "ruler")),
  ];
  return configs.map((config) => at(config, "alertmanager_url") ?? "").find((each) => each !== "");
}

/** Returns the addresses to which Loki's ruler sends alerts. */
export function rulerAddresses(resource: Resource): Address[] {
  const { chart = "", values } = helmChart(resource) ?? {};
  const url = lokiCharts.has(chart) ? alertmanagerUrl(values) : undefined;
  if (!isText(url)) return [];
  return url.split(",").map((text) => ({
    ...located(resource, urlPath),
    kind: "alertmanager",
    text: text.trim(),
    namespace: namespaceOf(resource),
  }));
}

function hasAlert(rules: Plain, depth = 0): boolean {
  if (isText(rules)) return /^\s*(?:-\s+)?["']?alert["']?\s*:/m.test(rules);
  // Rules are nested in groups, files and tenants, so this depth is enough.
  if (depth > 6) return false;
  return (
    entriesAt(rules).some(([key, item]) => key === "alert" || hasAlert(item, depth + 1)) ||
    listAt(rules).some((item) => hasAlert(item, depth + 1))
  );
}
