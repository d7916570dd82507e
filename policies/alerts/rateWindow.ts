import { checkRules } from "./checkRules";
import { Finding, resourcePolicy } from "../engine/policy";
import { ConfigOf, numberProperty } from "../engine/properties";
import { numeral } from "../engine/violation";
import { textAt } from "../facts/plain";
import { prometheusServer } from "../facts/prometheus";
import { Resource } from "../facts/resource";
import { canContainRules } from "../facts/rules";
import { Expr, callsOf } from "../promql/expr";
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

export const rateWindow = resourcePolicy({
  name: "rate-window",
  description: "The range of each rate contains enough scrapes.",
  why: "A rate needs two samples in its range: with a range near the scrape interval, one late scrape leaves a gap, and the alert resolves during the incident.",
  remediation: "extend the range, for example to [5m]",
  severity: "medium",
  config: properties,
  appliesTo: canContainRules,
  check,
});

function check(resource: Resource, config: ConfigOf<typeof properties>): Finding[] {
  const interval = scrapeIntervalOf(resource) ?? config.scrapeIntervalSeconds;
  const min = interval * config.minScrapes;
  return checkRules(resource, (rule) => {
    const parsed = parsePromQL(rule.expr);
    if (parsed.error !== undefined) return undefined;
    const [shortest] = rateRanges(parsed.expr).sort((a, b) => a.seconds - b.seconds);
    if (shortest === undefined || shortest.seconds >= min) return undefined;
    return {
      problem: `the range of ${shortest.name} is too short for the scrape interval`,
      found: `[${numeral(shortest.seconds)}s] at a scrape interval of ${numeral(interval)} s`,
      bound: `at least ${numeral(config.minScrapes)} scrape intervals, ${numeral(min)} s`,
      fix: `[${numeral(Math.ceil(min / 60))}m] or longer`,
    };
  });
}

/** Scrape interval of the Prometheus server in the same resource, in seconds. */
function scrapeIntervalOf(resource: Resource): number | undefined {
  const server = prometheusServer(resource);
  const interval = server && textAt(resource.props, ...server.spec, "scrapeInterval");
  return interval === undefined ? undefined : parseDuration(interval) || undefined;
}

/** The functions that compute a rate, with the ranges of their selectors. */
function rateRanges(expr: Expr): { name: string; seconds: number }[] {
  return callsOf(expr, /^(rate|irate|increase|delta|idelta|deriv)$/).flatMap(({ name, args }) => {
    const seconds = args[0]?.kind === "selector" ? args[0].rangeSeconds : undefined;
    return seconds === undefined ? [] : [{ name, seconds }];
  });
}
