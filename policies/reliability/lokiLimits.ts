import { Finding, checkField, checkValue, resourcePolicy } from "../engine/policy";
import { ConfigOf, numberProperty } from "../engine/properties";
import { isDataSource } from "../facts/dataSources";
import { helmChart, isHelmType } from "../facts/helm";
import { lokiCharts, lokiConfigs } from "../facts/loki";
import { fluentBitSections } from "../facts/fluentBit";
import {
  alloyConfigPaths,
  isCollector,
  isLokiOutput,
  lokiWriters,
  withoutComments,
} from "../facts/lokiWriters";
import { Path, Plain, at, entriesAt, isMap, isText, listAt, textAt, textsAt } from "../facts/plain";
import { Resource } from "../facts/resource";
import { readConfig } from "../facts/yaml";
import { limits } from "../limits/limits";
import { checkTenants } from "./lokiTenants";
import { unansweredAddresses } from "../facts/unansweredAddresses";
import { configMapType, serviceType } from "../facts/types";
import { own } from "../shared/own";
import { isLoopback } from "../facts/address";

const properties = {
  maxIngestionRateMb: numberProperty(
    limits.lokiIngestionRateMb.max,
    "Maximum ingestion rate per tenant, in MB per second.",
  ),
};
type Config = ConfigOf<typeof properties>;

export const lokiLimits = resourcePolicy({
  name: "loki-limits",
  description:
    "Loki limits each tenant's logs and streams; its collectors can reach it and use labels with few values; and collectors and data sources set the tenant that it requires.",
  why: "A single service that logs in a loop, or uses a request ID as a label, can stop Loki for all others. With auth_enabled, Loki rejects logs and queries that do not set a tenant.",
  remediation:
    "remove limits of 0 from loki.limits_config, and either set loki.auth_enabled: false or set the tenant in each collector and data source",
  severity: "high",
  baseline: { enforcementLevel: "advisory" },
  config: properties,
  appliesTo: isHelmType,
  check,
  siblings: {
    reads: (type) =>
      isHelmType(type) ||
      type === configMapType ||
      type === serviceType ||
      isDataSource({ type }) ||
      isCollector(type),
    check: (resources) => [
      ...checkTenants(resources),
      ...unansweredAddresses(
        resources.flatMap(lokiWriters).map(({ url, ...writer }) => ({
          ...writer,
          kind: "loki",
          text: url,
        })),
        resources,
      ),
    ],
  },
});

/** Limits that Loki does not enforce if they are 0. Loki's own defaults are reasonable. */
const limitNames = [
  "max_global_streams_per_user",
  "max_label_names_per_series",
  "max_line_size",
  "max_query_length",
];

function check(resource: Resource, config: Config): Finding[] {
  const { chart = "", values } = helmChart(resource) ?? {};
  if (lokiCharts.has(chart)) return checkLimits(values, config);
  return own(collectorChecks, chart)?.(resource) ?? [];
}

/** Checks of the collectors that send logs to Loki, by chart. */
const collectorChecks: Record<string, (resource: Resource) => Finding[]> = {
  alloy: checkAlloy,
  promtail: (resource) => [
    ...checkClients(resource),
    ...checkLabels(resource),
    ...checkPodLabels(resource),
  ],
  "k8s-monitoring": (resource) => [...checkDestinations(resource), ...checkStages(resource)],
  vector: checkSinks,
  "fluent-bit": checkOutputs,
};

function checkLimits(values: Plain, { maxIngestionRateMb }: Config): Finding[] {
  return lokiConfigs(values).flatMap(({ path, config }) => {
    const limitsConfig = at(config, "limits_config");
    if (!isMap(limitsConfig)) return [];
    const checkLimit = (
      name: string,
      isWrong: (value: Plain) => boolean,
      bound: string,
    ): Finding[] =>
      checkField({ path: [...path, "limits_config", name], value: limitsConfig[name] }, (value) =>
        isWrong(value)
          ? {
              problem: `${name} does not limit anything`,
              bound,
              fix: `remove ${name}, or set a lower limit`,
            }
          : undefined,
      );
    return [
      ...limitNames.flatMap((name) =>
        checkLimit(name, (value) => /^0+\D*$/.test(String(value)), "more than 0"),
      ),
      ...checkLimit(
        "ingestion_rate_mb",
        (value) => Number(value ?? 4) > maxIngestionRateMb,
        `at most ${maxIngestionRateMb} MB per second`,
      ),
    ];
  });
}

/** Checks that Promtail sends logs to Loki's API. */
function checkClients(resource: Resource): Finding[] {
  const path: Path = ["values", "config", "clients"];
  return listAt(resource.props, ...path).flatMap((_, index) =>
    checkUrl(resource, [...path, index, "url"]),
  );
}

/** Checks the destinations of the k8s-monitoring chart, which are a list or a map by name. */
function checkDestinations(resource: Resource): Finding[] {
  const path: Path = ["values", "destinations"];
  const places: [string | number, Plain][] = [
    ...listAt(resource.props, ...path).entries(),
    ...entriesAt(resource.props, ...path),
  ];
  return places
    .filter(([, destination]) => at(destination, "type") === "loki")
    .flatMap(([key]) => checkUrl(resource, [...path, key, "url"]));
}

function checkUrl(resource: Resource, path: Path): Finding[] {
  return checkValue(resource, path, (url) => (!isText(url) || isLokiApi(url) ? undefined : noApi));
}

const noApi = {
  problem: "the URL does not point to Loki's push API, so no logs arrive",
  found: undefined,
  bound: "a URL that ends with /loki/api/v1/push",
  fix: "set the URL http://<Loki service>/loki/api/v1/push",
};

function isLokiApi(url: string): boolean {
  return /[{$]/.test(url) || (/\/api\/(v1|prom)\/push/.test(url) && !isLoopback(url));
}

/** Checks the addresses and labels in Alloy's configuration, which is text. */
function checkAlloy({ props }: Resource): Finding[] {
  const path: Path = ["values", ...alloyConfigPaths.alloy];
  const content = at(props, ...path);
  if (!isText(content)) return [];
  const urls = [
    ...withoutComments(content).matchAll(
      /\bloki\.write\s[^{]{0,80}\{[^}]{0,500}?\burl\s{0,9}=\s{0,9}"([^"]{0,500})"/g,
    ),
  ].map(([, url = ""]) => url);
  return [
    ...urls.filter((url) => !isLokiApi(url)).map(() => ({ path, ...noApi })),
    ...(/\bloki\.source\./.test(content) && allPodLabels.test(withoutComments(content))
      ? [{ path, ...eachPodLabel }]
      : []),
    ...labelsOfStages(content, path),
  ];
}

/** Checks the labels in the Alloy stages of the k8s-monitoring chart's features. */
function checkStages({ props }: Resource): Finding[] {
  return entriesAt(props, "values").flatMap(([feature, settings]) => {
    const stages = textAt(settings, "extraLogProcessingStages") ?? "";
    return labelsOfStages(stages, ["values", feature, "extraLogProcessingStages"]);
  });
}

function labelsOfStages(text: string, path: Path): Finding[] {
  return [
    ...withoutComments(text).matchAll(/\bstage\.labels\s{0,9}\{[^{}]{0,80}\{([^}]{0,2000})\}/g),
  ]
    .flatMap(([, map = ""]) => [...map.matchAll(/["']?(\w+)["']?\s*=/g)])
    .map(([, name = ""]) => name)
    .filter((name) => manyValues.test(name))
    .map((name) => manyStreams(path, name));
}

/**
 * Matches labels whose value differs for each request, user or pod. Each value creates a separate
 * stream.
 */
const manyValues =
  /^(?:(?:request|trace|span|user|session|order|transaction|correlation|message)_?id|(?:client_?|remote_?)ip|remote_addr|timestamp|msg|message|url|uri|email|pod_?uid|container_?id)$/i;

/** Checks the labels that Promtail's stages add. */
function checkLabels(resource: Resource): Finding[] {
  const snippets = ["pipelineStages", "extraScrapeConfigs", "scrapeConfigs"].map((key): Path => [
    "values",
    "config",
    "snippets",
    key,
  ]);
  return snippets.flatMap((path) => {
    const value = at(resource.props, ...path);
    const names = labelsIn(readConfig(value));
    return names.filter((name) => manyValues.test(name)).map((name) => manyStreams(path, name));
  });
}

/**
 * Checks that Promtail does not convert all pod labels to log labels. They include the pod template
 * hash.
 */
function checkPodLabels(resource: Resource): Finding[] {
  return ["extraRelabelConfigs", "extraScrapeConfigs", "scrapeConfigs"].flatMap((key) => {
    const path: Path = ["values", "config", "snippets", key];
    const value = at(resource.props, ...path);
    const text = isText(value) ? value : JSON.stringify(value ?? "");
    return allPodLabels.test(text) ? [{ path, ...eachPodLabel }] : [];
  });
}

/** A `labelmap` expression that matches every pod label. */
const allPodLabels = /__meta_kubernetes_pod_label_\(\.[+*]\)/;

const eachPodLabel = {
  problem: "every pod label becomes a stream label, so each version of a pod creates new streams",
  found: "__meta_kubernetes_pod_label_(.+)",
  bound: "labels with few values, such as namespace and app",
  fix: "write one step with targetLabel for each label that queries need, such as app",
};

/** Checks Vector's sinks for Loki: the address, and the labels, whose values are templates of fields. */
function checkSinks(resource: Resource): Finding[] {
  const path: Path = ["values", "customConfig", "sinks"];
  return entriesAt(resource.props, ...path)
    .filter(([, sink]) => at(sink, "type") === "loki")
    .flatMap(([name, sink]) => [
      ...checkValue(resource, [...path, name, "endpoint"], (url) =>
        isText(url) && /\/api\/v1\/push/.test(url) && at(sink, "path") === undefined
          ? doublePath
          : undefined,
      ),
      ...textsAt(sink, "labels").flatMap(([label, value]) => {
        const field = /\{\{\s*[\w.]*?(\w+)\s*\}\}/.exec(value)?.[1];
        const isVarying =
          field !== undefined && [label, field].some((each) => manyValues.test(each));
        return isVarying ? [manyStreams([...path, name, "labels"], label)] : [];
      }),
    ]);
}

const doublePath = {
  problem: "Vector appends the path of Loki's API to the endpoint, which already contains it",
  found: undefined,
  bound: "the URL of Loki, without a path",
  fix: "remove /loki/api/v1/push from endpoint",
};

/**
 * Checks Fluent Bit's outputs for Loki: the host, and labels as in `Labels user=$user_id` or `Label_keys
 * $user_id`.
 */
function checkOutputs(resource: Resource): Finding[] {
  return fluentBitSections(at(resource.props, "values"))
    .filter(({ kind, settings }) => kind === "output" && isLokiOutput(settings))
    .flatMap((output) => {
      const { host = "127.0.0.1", url, labels = "", label_keys: keys = "" } = output.settings;
      const path: Path = ["values", ...output.path];
      const isOwnPod = url === undefined && isLoopback(host);
      const varying = [...labels.split(","), ...keys.split(",")]
        .filter((label) => label.includes("$"))
        .flatMap((label) => {
          const words = label.match(/\w+/g) ?? [];
          return [words[0], words.at(-1)].find((word = "") => manyValues.test(word)) ?? [];
        });
      return [
        ...(isOwnPod ? [{ path, ...ownPod }] : []),
        ...varying.map((name) => manyStreams(path, name)),
      ];
    });
}

const ownPod = {
  problem: "the output sends to the collector's own pod, which is the default",
  found: undefined,
  bound: "the name of Loki's Service",
  fix: "set Host loki-gateway.<namespace>.svc, and Port 80",
};

function manyStreams(path: Path, name: string): Finding {
  return {
    path,
    problem:
      "a label has a different value for each request or pod, so each value creates a separate stream",
    found: name,
    bound: "labels with few values, such as namespace and app",
    fix: `move ${name} from labels to structured_metadata, or remove it`,
  };
}

/** Returns the names in `labels` stages, including nested ones. */
function labelsIn(value: Plain, depth = 0): string[] {
  if (depth > 12) return [];
  if (Array.isArray(value)) return value.flatMap((item) => labelsIn(item, depth + 1));
  return entriesAt(value).flatMap(([key, item]) => {
    // The labels of static targets are constant.
    if (key === "static_configs") return [];
    return key === "labels" && isMap(item) ? Object.keys(item) : labelsIn(item, depth + 1);
  });
}
