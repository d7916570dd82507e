import { Finding, checkValue, resourcePolicy } from "../engine/policy";
import { ConfigOf, numberProperty } from "../engine/properties";
import { checkSteps } from "./relabelSteps";
import { checkFields, hasKnownFields } from "./unknownFields";
import { remediationOf, shown } from "../engine/violation";
import { helmChart, isHelmType } from "../facts/helm";
import { Path, UNKNOWN, at, isSet, listAt, textAt } from "../facts/plain";
import { prometheusServer, remoteWrites } from "../facts/prometheus";
import { Resource } from "../facts/resource";
import { chartMonitors, endpointsOf, isMonitor } from "../facts/services";
import { parseDuration } from "../shared/duration";
import { clamp, limits } from "../limits/limits";
import { prometheusType, scrapeConfigType } from "../facts/types";
import { ScrapeJob, scrapeJobs } from "../facts/scrapeJobs";

const { min, max, default: defaultSeconds } = limits.scrapeIntervalSeconds;

const properties = {
  minIntervalSeconds: numberProperty(min, "Minimum number of seconds between two scrapes."),
  maxIntervalSeconds: numberProperty(max, "Maximum number of seconds between two scrapes."),
  maxSamplesPerScrape: numberProperty(
    limits.samplesPerScrape.max,
    "Maximum sample limit of a scrape.",
  ),
};
type Config = ConfigOf<typeof properties>;

export const scrapeCost = resourcePolicy({
  name: "scrape-cost",
  description:
    "The scrape interval is within bounds, the timeout is shorter than the interval, the number of samples per scrape is limited, and each relabeling step and each field has an effect.",
  why: "Halving the interval doubles the cost. With an interval of more than a minute, the usual five-minute ranges contain too few samples. A single service with a user ID as a label can stop Prometheus.",
  remediation: remediationOf({ path: "prometheus.scrapeIntervalSeconds", value: defaultSeconds }),
  severity: "medium",
  baseline: {
    enforcementLevel: "advisory",
    defaults: { minIntervalSeconds: 5, maxIntervalSeconds: 300 },
  },
  config: properties,
  appliesTo: (type) =>
    type === prometheusType ||
    type === scrapeConfigType ||
    isMonitor(type) ||
    isHelmType(type) ||
    hasKnownFields(type),
  check: (resource, config) => [
    ...checkFields(resource),
    ...checkWrites(resource),
    ...scrapesOf(resource).flatMap((scrape) => [
      ...checkInterval(resource, scrape, config),
      ...checkLimits(resource, scrape, config),
      ...checkSteps(at(resource.props, ...scrape.base), scrape.base),
    ]),
    ...checkJobs(resource),
    ...checkLookback(resource),
  ],
  remediate: true,
});

/** Default scrape interval of the operator. */
const defaultInterval = "30s";
/** Default scrape timeout of Prometheus. */
const defaultTimeout = "10s";

/** Paths of a scrape's settings. */
interface Scrape {
  base: Path;
  interval: Path;
  timeout: Path;
  /** Default interval. Not set for a monitor, which inherits its server's interval. */
  fallback?: string;
  /** Paths of the sample limits, in order of precedence. */
  limits: Path[];
  /** Whether the resource itself must set one of the limits. */
  isLimited?: boolean;
}

function scrapesOf(resource: Resource): Scrape[] {
  if (resource.type === prometheusType) return [serverScrape(["spec"])];
  if (resource.type === scrapeConfigType) {
    return [scrapeAt(["spec"], "scrapeInterval", "scrapeTimeout", "sampleLimit")];
  }
  if (isMonitor(resource.type)) return monitorScrapes(resource);
  const chart = helmChart(resource);
  if (chart === undefined) return [];
  const isOperated =
    chart.chart === "kube-prometheus-stack" && at(chart.values, "prometheus", "enabled") !== false;
  return [
    ...(isOperated ? [serverScrape(["values", "prometheus", "prometheusSpec"])] : []),
    // The settings of a job in a text have no paths of their own.
    ...scrapeJobs(resource)
      .filter(({ isInText }) => !isInText)
      .map(({ path }) => scrapeAt(path, "scrape_interval", "scrape_timeout", "sample_limit")),
    ...chartMonitors(resource).map(({ path }) =>
      scrapeAt(path, "interval", "scrapeTimeout", "sampleLimit"),
    ),
  ];
}

function scrapeAt(base: Path, interval: string, timeout: string, ...limits: string[]): Scrape {
  return {
    base,
    interval: [...base, interval],
    timeout: [...base, timeout],
    limits: limits.map((key) => [...base, key]),
  };
}

function serverScrape(spec: Path): Scrape {
  const limits = ["enforcedSampleLimit", "sampleLimit"];
  const scrape = scrapeAt(spec, "scrapeInterval", "scrapeTimeout", ...limits);
  return { ...scrape, fallback: defaultInterval, isLimited: true };
}

/** Checks the relabeling steps in a server's remote writes. */
function checkWrites(resource: Resource): Finding[] {
  const server = prometheusServer(resource);
  if (server === undefined) return [];
  return remoteWrites(resource, server).flatMap(({ write, path }) => checkSteps(write, path));
}

/** Checks that the lookback covers two scrape intervals, so queries always find each series' last sample. */
function checkLookback(resource: Resource): Finding[] {
  const { spec, operated } = prometheusServer(resource) ?? {};
  if (spec === undefined || operated !== true) return [];
  const interval = at(resource.props, ...spec, "scrapeInterval") ?? defaultInterval;
  return checkValue(resource, [...spec, "query", "lookbackDelta"], (value) => {
    const seconds = parseDuration(value);
    const least = 2 * (parseDuration(interval) ?? defaultSeconds);
    return seconds === undefined || seconds >= least
      ? undefined
      : {
          problem: "queries find no series between two scrapes, so alerts resolve and fire again",
          bound: `at least two scrape intervals, ${least} seconds`,
          fix: "remove lookbackDelta: its default is 5m",
        };
  });
}

const roles = /^(node|service|pod|endpoints|endpointslice|ingress)$/;

/** Checks for jobs in the format of Prometheus that it rejects, or that never return samples. */
function checkJobs(resource: Resource): Finding[] {
  const jobs = scrapeJobs(resource);
  return [
    ...repeatedNames(jobs),
    ...jobs.flatMap((job) => [...unknownRole(job), ...emptyFederation(job)]),
  ];
}

function unknownRole(job: ScrapeJob): Finding[] {
  const role = listAt(job.settings, "kubernetes_sd_configs")
    .map((config) => textAt(config, "role"))
    .find((name) => name !== undefined && !roles.test(name) && !/[{$]/.test(name));
  if (role === undefined) return [];
  return [
    {
      path: fieldOf(job, "kubernetes_sd_configs"),
      problem:
        "the role of a service discovery does not exist, so Prometheus rejects its configuration",
      found: role,
      bound: "node, service, pod, endpoints, endpointslice or ingress",
      fix: "correct role",
    },
  ];
}

function emptyFederation(job: ScrapeJob): Finding[] {
  const isFederation = textAt(job.settings, "metrics_path") === "/federate";
  if (!isFederation || at(job.settings, "params", "match[]") !== undefined) return [];
  return [
    {
      path: fieldOf(job, "params"),
      problem: "the federation selects no series, so the other Prometheus returns none",
      bound: "params with match[]",
      fix: "set params: {'match[]': ['{__name__=~\"job:.*\"}']}",
    },
  ];
}

/** Finds scrape jobs with the same name. Prometheus rejects such a configuration. */
function repeatedNames(jobs: ScrapeJob[]): Finding[] {
  const names = jobs.map(({ name }) => name);
  return jobs
    .filter(({ name }, index) => name !== undefined && names.indexOf(name) !== index)
    .map((job) => ({
      path: fieldOf(job, "job_name"),
      problem: "two scrape jobs have the same name, so Prometheus rejects its configuration",
      found: job.name,
      bound: "a unique name for each scrape job",
      fix: "rename one of the two",
    }));
}

/** Returns the path of a job's field, or of the text that contains the job. */
function fieldOf({ path, isInText }: ScrapeJob, field: string): Path {
  return isInText ? path : [...path, field];
}

function monitorScrapes({ props }: Resource): Scrape[] {
  return endpointsOf(props).map(({ path }, index) => ({
    ...scrapeAt(path, "interval", "scrapeTimeout"),
    // The limit applies to the whole monitor, so it is checked only once.
    limits: index === 0 ? [["spec", "sampleLimit"]] : [],
  }));
}

function checkInterval(resource: Resource, scrape: Scrape, config: Config): Finding[] {
  const { minIntervalSeconds: least, maxIntervalSeconds: most } = config;
  const value = at(resource.props, ...scrape.interval);
  if (value === UNKNOWN) return [{ unknown: scrape.interval }];
  const interval = isSet(value) ? value : scrape.fallback;
  const seconds = parseDuration(interval);
  const nearest = clamp(seconds ?? defaultSeconds, least, most);
  const findings = checkValue(resource, scrape.interval, () => {
    if (interval === undefined || seconds === nearest) return undefined;
    const fault =
      seconds === undefined ? "not a duration" : seconds < least ? "too short" : "too long";
    return {
      problem: `the scrape interval is ${fault}`,
      bound: `${least} to ${most} seconds`,
      // A monitor has its own interval only if its service sets one.
      ...(scrape.interval.at(-1) === "interval"
        ? {
            fix: `scrapeIntervalSeconds: ${Math.round(nearest)} of the service (monitoring:services), or interval: ${Math.round(nearest)}s`,
          }
        : {
            setting: { path: "prometheus.scrapeIntervalSeconds", value: Math.round(nearest) },
            fix: `${scrape.interval.at(-1)}: ${Math.round(nearest)}s`,
          }),
      set: outsideLists(scrape.interval, `${Math.round(nearest)}s`),
    };
  });
  // Without an interval, a monitor inherits its server's, which is at most the maximum.
  const available = interval === undefined ? most : nearest;
  return [
    ...findings,
    ...checkValue(resource, scrape.timeout, (timeout) => {
      const length = parseDuration(timeout) ?? 0;
      if (!isSet(timeout) || (length > 0 && length < available)) return undefined;
      return {
        problem: "the scrape timeout is not shorter than the scrape interval",
        bound: `less than the interval of ${available} seconds`,
        fix: `set ${scrape.timeout.at(-1)}: ${defaultTimeout}`,
        set: outsideLists(scrape.timeout, defaultTimeout),
      };
    }),
  ];
}

function checkLimits(resource: Resource, scrape: Scrape, config: Config): Finding[] {
  const { maxSamplesPerScrape: most } = config;
  const values = scrape.limits.map((path) => ({ path, value: at(resource.props, ...path) }));
  const unknown = values.find(({ value }) => value === UNKNOWN);
  if (unknown !== undefined) return [{ unknown: unknown.path }];
  const set = values.filter(({ value }) => isSet(value) && value !== false);
  const field = set[0] ?? values.at(-1);
  if (field === undefined || (set.length === 0 && !scrape.isLimited)) return [];
  if (set.some(({ value }) => Number(value) > 0 && Number(value) <= most)) return [];
  const limit = Math.min(limits.samplesPerScrape.default, most);
  return [
    {
      path: field.path,
      problem: "the number of samples per scrape is not limited",
      found: shown(set[0]?.value),
      bound: `1 to ${most}`,
      fix: `set ${field.path.at(-1)}: ${limit}`,
      set: outsideLists(field.path, limit),
    },
  ];
}

/**
 * Returns the value to set, or undefined inside a list, because remediation does not modify list items.
 */
function outsideLists<Value>(path: Path, value: Value): Value | undefined {
  return path.some(Number.isInteger) ? undefined : value;
}
