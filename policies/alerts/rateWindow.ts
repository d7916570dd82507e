import { checkRules } from "./checkRules";
import { StackFinding, stackPolicy } from "../engine/policy";
import { ConfigOf, numberProperty } from "../engine/properties";
import { numeral } from "../engine/violation";
import { Plain, at, listAt } from "../facts/plain";
import { canRunPrometheus, prometheusServer } from "../facts/prometheus";
import { Resource } from "../facts/resource";
import { canContainRules } from "../facts/rules";
import { isMonitor, scrapedServices } from "../facts/services";
import { Expr, Selector, callsOf } from "../promql/expr";
import { parsePromQL } from "../promql/parse";
import { parseDuration } from "../shared/duration";
import { limits } from "../shared/limits";

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
  description: "The range of each rate contains enough scrapes.",
  why: "A rate needs two samples in its range: with a range near the scrape interval, one late scrape leaves a gap, and the alert resolves during the incident.",
  remediation: "extend the range, for example to [5m]",
  severity: "medium",
  baseline: { defaults: { scrapeIntervalSeconds: limits.scrapeIntervalSeconds.min } },
  config: properties,
  reads: (type) => canContainRules(type) || canRunPrometheus(type) || isMonitor(type),
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
          // irate and idelta read only the last two samples.
          const isLast = /^i(rate|delta)$/.test(range.name);
          const scrapes = isLast ? Math.min(2, config.minScrapes) : config.minScrapes;
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
          bound: `at least ${numeral(scrapes)} scrape intervals, ${numeral(min)} s`,
          fix: `[${numeral(Math.ceil(min / 60))}m] or longer`,
        };
      }).map((finding) => ({ ...finding, urn: resource.urn })),
    );
}

/**
 * The scrape interval of the series of a selector: of the monitor that its job or service names,
 * otherwise of the Prometheus of the stack, otherwise the fallback.
 */
function scrapeIntervals(resources: Resource[], fallback: number): (selector: Selector) => number {
  const servers = resources.flatMap((resource) => {
    const server = prometheusServer(resource);
    return server === undefined
      ? []
      : (secondsOf(at(resource.props, ...server.spec, "scrapeInterval")) ?? []);
  });
  const monitors = new Map(
    resources.flatMap((resource) => {
      const endpoints = ["endpoints", "podMetricsEndpoints"].flatMap((key) =>
        listAt(resource.props, "spec", key),
      );
      const seconds = endpoints.flatMap((endpoint) => secondsOf(at(endpoint, "interval")) ?? []);
      const names = scrapedServices(resource).flatMap(({ knownAs }) => knownAs);
      return seconds.length === 0
        ? []
        : names.map((name): [string, number] => [name, Math.max(...seconds)]);
    }),
  );
  return ({ matchers }) => {
    const [monitored] = matchers
      .filter(({ label, operator }) => operator === "=" && /^(job|service)$/.test(label))
      .flatMap(({ value }) => monitors.get(value) ?? []);
    return monitored ?? (servers.length > 0 ? Math.max(...servers) : fallback);
  };
}

function secondsOf(value: Plain): number | undefined {
  return typeof value === "string" ? parseDuration(value) || undefined : undefined;
}

/** The functions that compute a rate, with the ranges of their selectors. */
function rateRanges(expr: Expr): { name: string; seconds: number; selector: Selector }[] {
  return callsOf(expr, /^(rate|irate|increase|delta|idelta|deriv)$/).flatMap(({ name, args }) => {
    const [selector] = args;
    if (selector?.kind !== "selector" || selector.rangeSeconds === undefined) return [];
    return [{ name, seconds: selector.rangeSeconds, selector }];
  });
}
