import { parseDuration } from "../shared/duration";
import { judgeRules } from "./eachRule";
import { textAt } from "../facts/plain";
import { prometheusServer } from "../facts/prometheus";
import { Resource } from "../facts/resource";
import { Rule, canContainRules } from "../facts/rules";
import { limits } from "../shared/limits";
import { ResourcePolicy, Verdict } from "../engine/policy";
import { nodesOf } from "../promql/expr";
import { parsePromQL } from "../promql/parse";
import { Violation, numeral } from "../engine/violation";

export interface RateWindowConfig {
  minScrapes: number;
  scrapeIntervalSeconds: number;
}

export const rateWindow: ResourcePolicy<RateWindowConfig> = {
  scope: "resource",
  name: "rate-window",
  description: "The window of every rate holds enough scrapes.",
  why: "A rate needs two samples in its window: with a window near the scrape interval, one slow scrape makes a gap, and the alert resolves in the middle of an incident.",
  remediation: "make the window longer, for example [5m]",
  severity: "medium",
  enforcementLevel: "mandatory",
  config: {
    minScrapes: {
      type: "number",
      minimum: 2,
      default: limits.rateWindowScrapes,
      description: "Fewest scrape intervals that a window spans.",
    },
    scrapeIntervalSeconds: {
      type: "number",
      exclusiveMinimum: 0,
      default: limits.scrapeIntervalSeconds.default,
      description: "Scrape interval, where the resource does not say it itself.",
    },
  },
  appliesTo: canContainRules,
  judge,
};

const windowed = /^(rate|irate|increase|delta|idelta|deriv)$/;

function judge(resource: Resource, config: RateWindowConfig): Verdict {
  const interval = ownInterval(resource) ?? config.scrapeIntervalSeconds;
  return judgeRules(resource, (rule) => judgeRule(rule, interval, config));
}

/** The interval of the server that the rules come with. */
function ownInterval(resource: Resource): number | undefined {
  const server = prometheusServer(resource);
  const written = server && textAt(resource.props, ...server.spec, "scrapeInterval");
  return written === undefined ? undefined : parseDuration(written) || undefined;
}

function judgeRule(rule: Rule, interval: number, { minScrapes }: RateWindowConfig): Violation[] {
  const parsed = parsePromQL(rule.expr);
  if (parsed.error !== undefined) return [];
  const least = interval * minScrapes;
  const tooShort = nodesOf(parsed.expr).flatMap((part) => {
    if (part.kind !== "call" || !windowed.test(part.name)) return [];
    const [argument] = part.args;
    const seconds = argument?.kind === "selector" ? argument.rangeSeconds : undefined;
    return seconds !== undefined && seconds < least ? [{ name: part.name, seconds }] : [];
  });
  const shortest = tooShort.sort((a, b) => a.seconds - b.seconds)[0];
  if (shortest === undefined) return [];
  return [
    {
      problem: `the window of ${shortest.name} is too short for the scrape interval`,
      where: rule.where,
      found: `[${numeral(shortest.seconds)}s] at a scrape interval of ${numeral(interval)} s`,
      bound: `at least ${numeral(minScrapes)} scrape intervals, ${numeral(least)} s`,
      fix: `[${numeral(Math.ceil(least / 60))}m] or longer`,
    },
  ];
}
