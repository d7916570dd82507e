import { parseDuration } from "../shared/duration";
import { helmChart, isHelmType } from "../facts/helm";
import {
  Path,
  PlainMap,
  UNKNOWN,
  at,
  entriesAt,
  formatPath,
  isMap,
  listAt,
  setAt,
} from "../facts/plain";
import { Resource } from "../facts/resource";
import { isMonitor } from "../facts/services";
import { limits } from "../shared/limits";
import { ResourcePolicy, Verdict } from "../engine/policy";
import { Violation, configSet, shown } from "../engine/violation";

export interface ScrapeCostConfig {
  minIntervalSeconds: number;
  maxIntervalSeconds: number;
  maxSamplesPerScrape: number;
}

const { min, max, default: usual } = limits.scrapeIntervalSeconds;
const prometheusType = "kubernetes:monitoring.coreos.com/v1:Prometheus";
const scrapeConfigType = "kubernetes:monitoring.coreos.com/v1alpha1:ScrapeConfig";

export const scrapeCost: ResourcePolicy<ScrapeCostConfig> = {
  scope: "resource",
  name: "scrape-cost",
  description:
    "Scrapes are neither too frequent nor too rare, end in time, and are limited in size.",
  why: "Half the interval is twice the cost; above a minute the usual five-minute windows have too little in them; and one service with a user id as a label can bring all of Prometheus down.",
  remediation: configSet("prometheus.scrapeIntervalSeconds", usual),
  severity: "medium",
  enforcementLevel: "mandatory",
  config: {
    minIntervalSeconds: {
      type: "number",
      exclusiveMinimum: 0,
      default: min,
      description: "Fewest seconds between two scrapes.",
    },
    maxIntervalSeconds: {
      type: "number",
      exclusiveMinimum: 0,
      default: max,
      description: "Most seconds between two scrapes.",
    },
    maxSamplesPerScrape: {
      type: "number",
      exclusiveMinimum: 0,
      default: limits.samplesPerScrape.max,
      description: "Most samples that one scrape may be allowed.",
    },
  },
  appliesTo: (type) =>
    type === prometheusType || type === scrapeConfigType || isMonitor(type) || isHelmType(type),
  judge,
  remediate,
};

// What applies where nothing is set: the operator's interval, and Prometheus's timeout.
const defaultInterval = "30s";
const defaultTimeout = "10s";

/** One scrape with the places of its settings. */
interface Scrape {
  interval: Path;
  timeout: Path;
  /** What applies when it has no interval of its own; a monitor's is that of the server. */
  fallback?: string;
  /** Where its number of samples is limited; the first that is set counts. */
  limits: Path[];
  /** Whether it must be limited here. */
  limited: boolean;
}

interface Check {
  path: Path;
  violation?: Omit<Violation, "where">;
  unknown?: boolean;
  /** What remediation sets. */
  wanted?: unknown;
}

function judge(resource: Resource, config: ScrapeCostConfig): Verdict {
  const checks = checksOf(resource, config);
  const chart = helmChart(resource);
  const what =
    chart === undefined ? nameOf(resource) : `release "${chart.release}" (${chart.chart})`;
  const unknown = checks.find((check) => check.unknown === true);
  return {
    violations: checks.flatMap(({ path, violation }) =>
      violation === undefined ? [] : [{ ...violation, where: `${what}, ${formatPath(path)}` }],
    ),
    unknown: unknown && { path: unknown.path },
  };
}

function nameOf({ type, name }: Resource): string {
  return `${type.split(":").at(-1) ?? type} "${name}"`;
}

function checksOf(resource: Resource, config: ScrapeCostConfig): Check[] {
  return scrapesOf(resource).flatMap((scrape) => [
    ...intervalChecks(resource, scrape, config),
    ...limitChecks(resource, scrape, config),
  ]);
}

function scrapesOf(resource: Resource): Scrape[] {
  if (resource.type === prometheusType) return [server(["spec"])];
  if (resource.type === scrapeConfigType) {
    return [
      {
        interval: ["spec", "scrapeInterval"],
        timeout: ["spec", "scrapeTimeout"],
        limits: [["spec", "sampleLimit"]],
        limited: false,
      },
    ];
  }
  if (isMonitor(resource.type)) return monitor(resource);
  const chart = helmChart(resource);
  if (chart === undefined) return [];
  const own = chart.chart === "kube-prometheus-stack" ? stack(resource) : [];
  return [...own, ...monitorsInValues(chart.values, ["values"])];
}

function server(spec: Path): Scrape {
  return {
    interval: [...spec, "scrapeInterval"],
    timeout: [...spec, "scrapeTimeout"],
    fallback: defaultInterval,
    limits: [
      [...spec, "enforcedSampleLimit"],
      [...spec, "sampleLimit"],
    ],
    limited: true,
  };
}

function stack(resource: Resource): Scrape[] {
  if (at(resource.props, "values", "prometheus", "enabled") === false) return [];
  const spec: Path = ["values", "prometheus", "prometheusSpec"];
  const more: Path = [...spec, "additionalScrapeConfigs"];
  return [
    server(spec),
    ...listAt(resource.props, ...more).map((_, index) => ({
      interval: [...more, index, "scrape_interval"],
      timeout: [...more, index, "scrape_timeout"],
      limits: [[...more, index, "sample_limit"]],
      limited: false,
    })),
  ];
}

function monitor(resource: Resource): Scrape[] {
  const key = resource.type.includes(":PodMonitor") ? "podMetricsEndpoints" : "endpoints";
  return listAt(resource.props, "spec", key).map((_, index) => ({
    interval: ["spec", key, index, "interval"],
    timeout: ["spec", key, index, "scrapeTimeout"],
    limits: index === 0 ? [["spec", "sampleLimit"]] : [],
    limited: false,
  }));
}

/** Charts have their monitors under this name, wherever it stands. */
function monitorsInValues(value: unknown, path: Path): Scrape[] {
  return entriesAt(value).flatMap(([key, item]) => {
    const here = [...path, key];
    if (!/^(service|pod)Monitor$/i.test(key) || !isMap(item)) return monitorsInValues(item, here);
    if (item["enabled"] === false) return [];
    return [
      {
        interval: [...here, "interval"],
        timeout: [...here, "scrapeTimeout"],
        limits: [[...here, "sampleLimit"]],
        limited: false,
      },
    ];
  });
}

function intervalChecks(resource: Resource, scrape: Scrape, config: ScrapeCostConfig): Check[] {
  const interval = at(resource.props, ...scrape.interval);
  const timeout = at(resource.props, ...scrape.timeout);
  if (interval === UNKNOWN) return [{ path: scrape.interval, unknown: true }];
  const { minIntervalSeconds: least, maxIntervalSeconds: most } = config;
  const set = isSet(interval) ? interval : scrape.fallback;
  const seconds = secondsOf(set);
  const wanted = Math.min(Math.max(seconds ?? usual, least), most);
  const checks: Check[] = [];
  if (set !== undefined && (seconds === undefined || seconds < least || seconds > most)) {
    const how =
      seconds === undefined ? "is no duration" : seconds < least ? "is too short" : "is too long";
    checks.push({
      path: scrape.interval,
      wanted: `${Math.round(wanted)}s`,
      violation: {
        problem: `the interval of a scrape ${how}`,
        found: shown(interval),
        bound: `${least} to ${most} seconds`,
        fix: `${configSet("prometheus.scrapeIntervalSeconds", Math.round(wanted))}, or ${scrape.interval.at(-1)}: ${Math.round(wanted)}s`,
      },
    });
  }
  if (timeout === UNKNOWN) return [...checks, { path: scrape.timeout, unknown: true }];
  if (!isSet(timeout)) return checks;
  // A monitor without an interval has that of its server, which is not told here: at most the longest.
  const room = set === undefined ? most : wanted;
  const length = secondsOf(timeout);
  if (length === undefined || length <= 0 || length >= room) {
    checks.push({
      path: scrape.timeout,
      wanted: defaultTimeout,
      violation: {
        problem: "a scrape may take as long as the time to the next one",
        found: shown(timeout),
        bound: `less than the interval of ${room} seconds`,
        fix: `set ${scrape.timeout.at(-1)}: ${defaultTimeout}`,
      },
    });
  }
  return checks;
}

function limitChecks(resource: Resource, scrape: Scrape, config: ScrapeCostConfig): Check[] {
  const values = scrape.limits.map((path) => ({ path, value: at(resource.props, ...path) }));
  const [own] = values.slice(-1);
  if (own === undefined) return [];
  const unknown = values.find(({ value }) => value === UNKNOWN);
  if (unknown !== undefined) return [{ path: unknown.path, unknown: true }];
  const set = values.filter(({ value }) => isSet(value) && value !== false);
  if (set.length === 0 && !scrape.limited) return [];
  const good = set.some(({ value }) => {
    const samples = Number(value);
    return samples > 0 && samples <= config.maxSamplesPerScrape;
  });
  if (good) return [];
  const wanted = Math.min(limits.samplesPerScrape.default, config.maxSamplesPerScrape);
  return [
    {
      path: (set[0] ?? own).path,
      wanted,
      violation: {
        problem: "the samples of a scrape are not limited",
        found: shown(set[0]?.value),
        bound: `1 to ${config.maxSamplesPerScrape}`,
        fix: `set ${(set[0] ?? own).path.at(-1)}: ${wanted}`,
      },
    },
  ];
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}

function secondsOf(value: unknown): number | undefined {
  return typeof value === "string" ? parseDuration(value) : undefined;
}

function remediate(resource: Resource, props: PlainMap, config: ScrapeCostConfig): boolean {
  return checksOf(resource, config)
    .filter(({ wanted, path }) => wanted !== undefined && !path.some(Number.isInteger))
    .map(({ path, wanted }) => setAt(props, path, wanted))
    .some(Boolean);
}
