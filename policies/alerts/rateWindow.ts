import { checkRules } from "./checkRules";
import { StackFinding, stackPolicy } from "../engine/policy";
import { ConfigOf, numberProperty } from "../engine/properties";
import { numeral } from "../engine/violation";
import { metricVocabulary } from "../facts/metricVocabulary";
import { Plain, at, textAt } from "../facts/plain";
import { canRunPrometheus, prometheusServer } from "../facts/prometheus";
import { Resource, objectName } from "../facts/resource";
import { canContainRules } from "../facts/rules";
import { chartMonitors, endpointsOf, isMonitor, scrapedServices } from "../facts/services";
import { Expr, Selector, allows, callsOf } from "../promql/expr";
import { parsePromQL } from "../promql/parse";
import { parseDuration } from "../shared/duration";
import { limits } from "../limits/limits";
import { Matcher } from "../shared/matcher";
import { scrapeConfigType } from "../facts/types";
import { scrapeJobs } from "../facts/scrapeJobs";

const properties = {
  minScrapes: numberProperty(
    limits.rateWindowScrapes,
    "Minimum number of scrape intervals in a range.",
    { minimum: 2 },
  ),
  scrapeIntervalSeconds: numberProperty(
    limits.scrapeIntervalSeconds.default,
    "Scrape interval in seconds, where the resource does not set it.",
  ),
};

export const rateWindow = stackPolicy({
  name: "rate-window",
  description:
    "The range of each rate contains enough scrapes, and every other range contains at least one.",
  why: "A rate needs two samples in its range: with a range close to the scrape interval, one late scrape leaves a gap, and the alert resolves during the incident.",
  remediation: "extend the range, for example to [5m]",
  severity: "medium",
  baseline: { defaults: { scrapeIntervalSeconds: limits.scrapeIntervalSeconds.min } },
  config: properties,
  reads: (type) =>
    canContainRules(type) || canRunPrometheus(type) || isMonitor(type) || type === scrapeConfigType,
  check,
});

function check(resources: Resource[], config: ConfigOf<typeof properties>): StackFinding[] {
  const intervalOf = scrapeIntervals(resources, config.scrapeIntervalSeconds);
  return resources
    .filter(({ type }) => canContainRules(type))
    .flatMap((resource) =>
      checkRules(resource, (rule) => {
        const parsed = parsePromQL(rule.expr);
        if (parsed.error !== undefined) return undefined;
        const ranges = rateRanges(parsed.expr).map((range) => {
          const interval = intervalOf(range.selector);
          // irate and idelta use only the last two samples.
          const isLast = /^i(rate|delta)$/.test(range.name);
          const scrapes = range.name.endsWith("_over_time")
            ? 1
            : isLast
              ? Math.min(2, config.minScrapes)
              : config.minScrapes;
          return { ...range, interval, scrapes, min: interval * scrapes };
        });
        const [shortest] = ranges
          .filter(({ seconds, min }) => seconds < min)
          .sort((a, b) => a.seconds - b.seconds);
        if (shortest === undefined) return undefined;
        const { name, seconds, interval, scrapes, min } = shortest;
        return {
          problem: `the range of ${name} is too short for the scrape interval`,
          found: `[${numeral(seconds)}s] at a scrape interval of ${numeral(interval)} s`,
          bound: `at least ${numeral(scrapes)} scrape ${scrapes === 1 ? "interval" : "intervals"}, ${numeral(min)} s`,
          fix: `[${numeral(Math.ceil(min / 60))}m] or longer`,
        };
      }).map((finding) => ({ ...finding, urn: resource.urn })),
    );
}

/** A target of the stack with its own scrape interval. */
interface ScrapedTarget {
  /** Values of the `job` and `service` labels. */
  names: string[];
  /** Undefined for a target in Prometheus's own configuration. */
  namespaces: string[] | undefined;
  /** Longest scrape interval, in seconds. */
  seconds: number;
  /** Whether a chart creates the monitor. Its interval applies only to selectors that name it. */
  isPart?: boolean;
}

/**
 * Returns a function that determines the scrape intervals of a selector's series. In order of
 * precedence: the intervals of the targets that its labels name, the shortest interval of any service if
 * services expose the series, the interval of the stack's Prometheus, and the fallback.
 */
function scrapeIntervals(resources: Resource[], fallback: number): (selector: Selector) => number {
  const servers = resources.flatMap((resource) => {
    const server = prometheusServer(resource);
    return server === undefined
      ? []
      : (secondsOf(at(resource.props, ...server.spec, "scrapeInterval")) ?? []);
  });
  const inherited = servers.length > 0 ? Math.max(...servers) : fallback;
  const targets = resources.flatMap((resource) => targetsOf(resource, inherited));
  const services = targets.filter(({ isPart }) => !isPart);
  const { httpRequests, httpDuration, grpcRequests, grpcDuration } = metricVocabulary(resources);
  const ofServices = [...httpRequests, ...httpDuration, ...grpcRequests, ...grpcDuration];
  const byName = new Map<string, ScrapedTarget[]>();
  for (const target of targets) {
    for (const name of target.names) byName.set(name, [...(byName.get(name) ?? []), target]);
  }
  // Cached by the labels that identify targets, because many selectors differ only in other parts.
  const known = new Map<string, number[]>();
  const secondsOfTargets = (selector: Selector, naming: Matcher | undefined): number[] => {
    const matchers = selector.matchers.filter(({ label }) =>
      /^(job|service|namespace)$/.test(label),
    );
    const key = JSON.stringify(matchers);
    const candidates =
      naming === undefined
        ? services
        : naming.operator === "="
          ? (byName.get(naming.value) ?? [])
          : targets;
    const seconds =
      known.get(key) ??
      candidates
        .filter((target) => mayFeed(target, { ...selector, matchers }))
        .map((target) => target.seconds);
    known.set(key, seconds);
    return seconds;
  };
  return (selector) => {
    const { metric = "", matchers } = selector;
    const naming = matchers.find(
      ({ label, operator }) => named.test(label) && /^=~?$/.test(operator),
    );
    // Any service may expose these series, so the range must suffice for at least the fastest service.
    const isOfServices = ofServices.some((name) => metric.startsWith(name));
    if (naming === undefined && !isOfServices) return inherited;
    const seconds = secondsOfTargets(selector, naming);
    if (seconds.length === 0) return inherited;
    return naming === undefined ? Math.min(...seconds) : Math.max(...seconds);
  };
}

/** Whether a selector's series may come from a target. */
function mayFeed({ names, namespaces = [] }: ScrapedTarget, selector: Selector): boolean {
  return (
    (namespaces.length === 0 || namespaces.some((name) => allows(selector, "namespace", name))) &&
    names.some((name) => allows(selector, "job", name) && allows(selector, "service", name))
  );
}

const named = /^(job|service)$/;

/** Returns the targets of a monitor, a ScrapeConfig, or the monitors in chart values. */
function targetsOf(resource: Resource, inherited: number): ScrapedTarget[] {
  const { type, props } = resource;
  const intervalOf = (...values: Plain[]) => {
    const seconds = values.map((value) => secondsOf(value) ?? inherited);
    return seconds.length === 0 ? inherited : Math.max(...seconds);
  };
  if (isMonitor(type)) {
    const intervals = endpointsOf(props).map(({ endpoint }) => at(endpoint, "interval"));
    const services = scrapedServices(resource);
    const names = services.flatMap(({ knownAs }) => knownAs);
    const namespaces = services.map(({ namespace }) => namespace);
    return [{ names, namespaces, seconds: intervalOf(...intervals) }];
  }
  if (type === scrapeConfigType) {
    const names = [textAt(props, "spec", "jobName") ?? objectName(resource)];
    return [
      { names, namespaces: undefined, seconds: intervalOf(at(props, "spec", "scrapeInterval")) },
    ];
  }
  const parts = chartMonitors(resource).map(({ path, jobs: names }) => ({
    names,
    namespaces: undefined,
    seconds: intervalOf(at(props, ...path, "interval")),
    isPart: true,
  }));
  return [
    ...parts,
    ...scrapeJobs(resource).map(({ name = "", settings }) => ({
      names: [name],
      namespaces: undefined,
      seconds: intervalOf(at(settings, "scrape_interval")),
    })),
  ];
}

/** Converts a duration to seconds; undefined for 0, which stands for the default. */
function secondsOf(value: Plain): number | undefined {
  return parseDuration(value) || undefined;
}

/**
 * Returns the calls that compute a rate or need a sample in their range, with the ranges of their
 * selectors.
 */
function rateRanges(expr: Expr): { name: string; seconds: number; selector: Selector }[] {
  return callsOf(expr, /^(rate|irate|increase|delta|idelta|deriv|\w+_over_time)$/).flatMap(
    ({ name, args }) => {
      const [selector] = args;
      if (selector?.kind !== "selector" || selector.rangeSeconds === undefined) return [];
      return [{ name, seconds: selector.rangeSeconds, selector }];
    },
  );
}
