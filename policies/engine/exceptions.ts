import { closest } from "fastest-levenshtein";
import { ConfigProperty } from "./description";
import { Plain, at, textAt } from "../facts/plain";
import { limits } from "../shared/limits";
import { Violation } from "./violation";

/** Annotation of a Kubernetes object that excepts it from policies. */
export const exceptionAnnotation = "observability.policy/except";

/** One line of the annotation, one policy, on all of the object or on one rule in it. */
export const exceptionForm = "<policy>[/<alert>]: <reason>; until <YYYY-MM-DD>";

/** Properties that the configuration of every policy has. */
export const exceptionProperties: Record<string, ConfigProperty> = {
  includeFor: {
    type: "array",
    items: { type: "string" },
    description:
      "Judge only these resources, by name or URN; `*` stands for any text. Default: all.",
  },
  excludeFor: {
    type: "array",
    items: { type: "string" },
    description:
      "Do not judge these resources, by name or URN, or single rules, as `<resource>/<alert>`; `*` stands for any text.",
  },
};

export interface ExceptionsConfig {
  includeFor?: string[];
  excludeFor?: string[];
}

/** A resource as far as exceptions look at it. */
export interface Subject {
  name: string;
  urn: string;
  /** Metadata of a Kubernetes object. */
  metadata: Plain;
  /** Names of the rules in it; undefined while they are not known. */
  rules?: () => string[] | undefined;
}

/** Whether the configuration of a policy leaves a resource to it. */
export function isConcerned(subject: Subject, config: ExceptionsConfig): boolean {
  const { includeFor, excludeFor } = config;
  const names = namesOf(subject);
  return (includeFor === undefined || isNamed(names, includeFor)) && !isNamed(names, excludeFor);
}

/** Whether the configuration of a policy takes a single rule of a resource from it. */
export function isRuleExcluded(subject: Subject, rule: string, config: ExceptionsConfig): boolean {
  const names = namesOf(subject).map((name) => `${name}/${rule}`);
  return isNamed(names, config.excludeFor);
}

function namesOf({ name, urn, metadata }: Subject): string[] {
  const own = textAt(metadata, "name");
  return [name, urn, ...(own === undefined ? [] : [own])];
}

function isNamed(names: string[], patterns: string[] = []): boolean {
  return patterns.some((pattern) => {
    const form = new RegExp(`^${pattern.split("*").map(escaped).join(".*")}$`, "s");
    return names.some((name) => form.test(name));
  });
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

export interface Exceptions {
  /** Whether all of the resource is. */
  excepted: boolean;
  /** Names of the rules in it that are. */
  rules: string[];
  /** Exceptions that do not hold; they except nothing. */
  violations: Violation[];
}

const none: Exceptions = { excepted: false, rules: [], violations: [] };

/**
 * What the annotation of an object says about a policy. A line with a misspelt name belongs to the
 * policy with the most similar one, so that each line is judged exactly once.
 */
export function annotatedExceptions(
  subject: Subject,
  policy: string,
  policies: string[],
  today: Date,
): Exceptions {
  const annotation = at(subject.metadata, "annotations", exceptionAnnotation);
  if (typeof annotation !== "string") return none;
  const found = annotation
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map(lineOf)
    .filter(({ name }) => (policies.includes(name) ? name : closest(name, policies)) === policy)
    .map((line) => ({ line, problem: problemWith(line, policy, today, subject) }));
  const where = `"${textAt(subject.metadata, "name") ?? subject.name}", annotation ${exceptionAnnotation}`;
  const holding = found.flatMap(({ line, problem }) => (problem === undefined ? [line] : []));
  return {
    excepted: holding.some(({ rule }) => rule === undefined),
    rules: holding.flatMap(({ rule }) => rule ?? []),
    violations: found.flatMap(({ line, problem }) =>
      problem === undefined
        ? []
        : [
            {
              problem,
              where,
              ...(line.until === undefined ? {} : { found: `until ${line.until}` }),
              bound: `${exceptionForm}, at most ${limits.exceptionDays.max} days ahead`,
              fix: `comply and remove the line from the annotation, or write "${policy}: why it has to be; until ${dateAhead(today, 90)}"`,
            },
          ],
    ),
  };
}

interface Line {
  name: string;
  rule?: string;
  reason: string;
  until?: string;
}

function lineOf(line: string): Line {
  const [, name = "", afterName = ""] = /^([^:;\s/]*)(.*)$/s.exec(line) ?? [];
  // The name of a recording rule has colons of its own; the last one stands before a space.
  const [, rule, afterRule = afterName] = /^\/(\S+?)(?=;|\s|:\s|:?$)(.*)$/s.exec(afterName) ?? [];
  const rest = afterRule.replace(/^\s*:?/, "").trim();
  const [, reason = rest, until] = /^(.*?);\s*until\s+(\S+)$/s.exec(rest) ?? [];
  return {
    name,
    ...(rule === undefined ? {} : { rule }),
    reason: reason.trim(),
    ...(until === undefined ? {} : { until }),
  };
}

function problemWith(line: Line, policy: string, today: Date, subject: Subject) {
  const { name, rule, reason, until } = line;
  if (name !== policy) return "an exception names a policy that does not exist";
  if (rule !== undefined && subject.rules?.()?.includes(rule) === false) {
    return `the exception from ${policy} names a rule that is not there`;
  }
  if (!/\p{L}{2}/u.test(reason)) return `the exception from ${policy} has no reason`;
  const day = until === undefined ? undefined : dayOf(until);
  if (day === undefined) return `the exception from ${policy} has no date on which it ends`;
  const current = Math.floor(today.getTime() / MS_PER_DAY);
  if (day < current) return `the exception from ${policy} has expired`;
  if (day > current + limits.exceptionDays.max) {
    return `the exception from ${policy} ends too late to be one`;
  }
  return undefined;
}

const MS_PER_DAY = 86_400_000;

/** Days since 1970 of a date that exists. */
function dayOf(date: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) return undefined;
  const time = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== date) return undefined;
  return time / MS_PER_DAY;
}

function dateAhead(today: Date, days: number): string {
  return new Date(today.getTime() + days * MS_PER_DAY).toISOString().slice(0, 10);
}
