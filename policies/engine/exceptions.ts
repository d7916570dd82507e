import { closest } from "fastest-levenshtein";
import { Plain, at, textAt } from "../facts/plain";
import { limits } from "../shared/limits";
import { ConfigProperty } from "./description";
import { Violation } from "./violation";
import { matchesGlob } from "../shared/glob";

/** Annotation that excepts a Kubernetes object from policies. */
export const exceptionAnnotation = "observability.policy/except";

/** Form of a line in the annotation, which excepts the object or one rule in it from one policy. */
export const exceptionForm = "<policy>[/<alert>]: <reason>; until <YYYY-MM-DD>";

/** Properties in the configuration of every policy. */
export const exceptionProperties: Record<string, ConfigProperty> = {
  includeFor: {
    type: "array",
    items: { type: "string" },
    description:
      "Evaluate only these resources, by name or URN. `*` matches any text. Default: all.",
  },
  excludeFor: {
    type: "array",
    items: { type: "string" },
    description:
      "Do not evaluate these resources, by name or URN, or these rules, as `<resource>/<alert>`. `*` matches any text.",
  },
};

export interface ExceptionsConfig {
  includeFor?: string[];
  excludeFor?: string[];
}

/** The parts of a resource that exceptions refer to. */
export interface Subject {
  name: string;
  urn: string;
  /** Metadata of a Kubernetes object. */
  metadata: Plain;
  /** Names of the rules in the resource; undefined if they are unknown. */
  rules?: () => string[] | undefined;
}

/** The exceptions of one resource from one policy. */
export interface Exceptions {
  /** Whether the resource is excepted, or the given rule in it. */
  covers: (rule?: string) => boolean;
  /** Invalid exceptions in the annotation of the resource. They except nothing. */
  violations: Violation[];
}

/** The exceptions that the annotation and the configuration make. */
export function exceptionsFor(
  subject: Subject,
  policy: string,
  config: ExceptionsConfig,
  context: { policies: string[]; now: () => Date },
): Exceptions {
  const annotated = annotatedExceptions(subject, policy, context.policies, context.now());
  const isExcepted = annotated.excepted || !isConcerned(subject, config);
  return {
    violations: annotated.violations,
    covers: (rule) =>
      isExcepted ||
      (rule !== undefined &&
        (annotated.rules.includes(rule) || isRuleExcluded(subject, rule, config))),
  };
}

/** Whether the configuration of a policy includes a resource. */
export function isConcerned(subject: Subject, config: ExceptionsConfig): boolean {
  const { includeFor, excludeFor } = config;
  const names = namesOf(subject);
  return (
    (includeFor === undefined || matchesAny(names, includeFor)) && !matchesAny(names, excludeFor)
  );
}

function isRuleExcluded(subject: Subject, rule: string, config: ExceptionsConfig): boolean {
  const names = namesOf(subject).map((name) => `${name}/${rule}`);
  return matchesAny(names, config.excludeFor);
}

function namesOf({ name, urn, metadata }: Subject): string[] {
  const objectName = textAt(metadata, "name");
  return [name, urn, ...(objectName === undefined ? [] : [objectName])];
}

function matchesAny(names: string[], patterns: string[] = []): boolean {
  return patterns.some((pattern) => names.some((name) => matchesGlob(pattern, name)));
}

/** The exceptions from one policy that the annotation of an object makes. */
export interface AnnotatedExceptions {
  /** Whether the whole resource is excepted. */
  excepted: boolean;
  /** Names of the excepted rules in the resource. */
  rules: string[];
  /** Invalid exceptions. They except nothing. */
  violations: Violation[];
}

/**
 * Reads the annotation of an object for one policy. A line with a misspelled name belongs to the
 * policy with the most similar name, so exactly one policy judges each line.
 */
export function annotatedExceptions(
  subject: Subject,
  policy: string,
  policies: string[],
  today: Date,
): AnnotatedExceptions {
  const annotation = at(subject.metadata, "annotations", exceptionAnnotation);
  if (typeof annotation !== "string") return { excepted: false, rules: [], violations: [] };
  const lines = annotation
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map(readLine)
    .filter(({ name }) => (policies.includes(name) ? name : closest(name, policies)) === policy)
    .map((line) => ({ line, problem: problemWith(line, policy, today, subject) }));
  const where = `"${textAt(subject.metadata, "name") ?? subject.name}", annotation ${exceptionAnnotation}`;
  const valid = lines.flatMap(({ line, problem }) => (problem === undefined ? [line] : []));
  return {
    excepted: valid.some(({ rule }) => rule === undefined),
    rules: valid.flatMap(({ rule }) => rule ?? []),
    violations: lines.flatMap(({ line, problem }) =>
      problem === undefined
        ? []
        : [
            {
              problem,
              where,
              ...(line.until === undefined ? {} : { found: `until ${line.until}` }),
              bound: `${exceptionForm}, at most ${limits.exceptionDays.max} days ahead`,
              fix: `comply and remove the line from the annotation, or write "${policy}: <reason>; until ${dateAhead(today, 90)}"`,
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

function readLine(line: string): Line {
  const [, name = "", afterName = ""] = /^([^:;\s/]*)(.*)$/s.exec(line) ?? [];
  // The name of a recording rule may contain colons; the colon after the name precedes a space.
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
  if (name !== policy) return "the exception names a policy that does not exist";
  const exception = `the exception from ${policy}`;
  if (rule !== undefined && subject.rules?.()?.includes(rule) === false) {
    return `${exception} names a rule that does not exist`;
  }
  if (!/\p{L}{2}/u.test(reason)) return `${exception} has no reason`;
  const day = until === undefined ? undefined : dayOf(until);
  if (day === undefined) return `${exception} has no end date`;
  const current = Math.floor(today.getTime() / MS_PER_DAY);
  if (day < current) return `${exception} has expired`;
  if (day > current + limits.exceptionDays.max) {
    return `${exception} lasts more than ${limits.exceptionDays.max} days`;
  }
  return undefined;
}

const MS_PER_DAY = 86_400_000;

/** Days from 1970-01-01 to a date, or undefined if the date is not valid. */
function dayOf(date: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) return undefined;
  const time = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== date) return undefined;
  return time / MS_PER_DAY;
}

function dateAhead(today: Date, days: number): string {
  return new Date(today.getTime() + days * MS_PER_DAY).toISOString().slice(0, 10);
}
