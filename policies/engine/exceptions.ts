import { closest } from "fastest-levenshtein";
import { Plain, at, textAt } from "../facts/plain";
import { limits } from "../limits/limits";
import { ConfigProperty } from "./description";
import { Violation } from "./violation";
import { Exception } from "../shared/exception";
import { matchesGlob } from "../shared/glob";

/** Annotation that exempts a Kubernetes object from policies. */
export const exceptionAnnotation = "observability.policy/except";

/**
 * Format of a line in the annotation. Each line exempts the object, or one of its rules, from one
 * policy.
 */
export const exceptionForm = "<policy>[/<alert>]: <reason>[; owner <name>]; until <YYYY-MM-DD>";

/** Whether annotations can declare exceptions from a policy. */
const annotationUses = ["allowed", "approved", "forbidden"] as const;
export type AnnotationUse = (typeof annotationUses)[number];

/** Properties that every policy's configuration has. */
export const exceptionProperties = {
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
  annotations: {
    type: "string",
    enum: [...annotationUses],
    default: "allowed",
    description:
      "Whether annotations can declare exceptions: `allowed`, `approved` (only those that `approvedExceptions` lists) or `forbidden`.",
  },
  approvedExceptions: {
    type: "array",
    items: { type: "string" },
    description:
      "Resources and rules that may have an exception in an annotation, in the same format as `excludeFor`.",
  },
  maxExceptionDays: {
    type: "number",
    minimum: 1,
    maximum: limits.exceptionDays.max,
    default: limits.exceptionDays.max,
    description: "Maximum number of days until an exception in an annotation expires.",
  },
} satisfies Record<string, ConfigProperty>;

/** Returns {@link exceptionProperties} with the defaults of a policy. */
export function exceptionPropertiesOf(
  annotations: AnnotationUse = "allowed",
): Record<string, ConfigProperty> {
  return {
    ...exceptionProperties,
    annotations: { ...exceptionProperties.annotations, default: annotations },
  };
}

export interface ExceptionsConfig {
  includeFor?: string[];
  excludeFor?: string[];
  annotations?: AnnotationUse;
  approvedExceptions?: string[];
  maxExceptionDays?: number;
}

/** The parts of a resource that an exception can refer to. */
export interface Subject {
  name: string;
  urn: string;
  /** Metadata of the Kubernetes object. */
  metadata: Plain;
  /** Names of the rules in the resource; undefined if they are unknown. */
  rules?: () => string[] | undefined;
}

/** Exceptions that exempt a resource, or rules in it, from a policy. */
export interface Exceptions {
  /** Returns the exception that covers the resource or, if given, the rule in it. */
  covering: (rule?: string) => Exception | undefined;
  /** Invalid exceptions in the resource's annotation. They have no effect. */
  violations: Violation[];
}

/** Returns the exceptions that the annotation and the configuration declare. */
export function exceptionsFor(
  subject: Subject,
  policy: string,
  config: ExceptionsConfig,
  context: { policies: string[]; now: () => Date },
): Exceptions {
  const { lines, violations } = annotatedExceptions(subject, policy, config, context);
  const excluded = isConcerned(subject, config) ? undefined : configured;
  return {
    violations,
    covering: (rule) =>
      excluded ??
      lines.find((line) => line.rule === undefined || line.rule === rule) ??
      (rule !== undefined && isExcluded(subject, rule, config.excludeFor)
        ? { ...configured, rule }
        : undefined),
  };
}

/** An exception in the configuration, which has neither a reason nor an end date. */
const configured: Exception = {
  reason: "excluded by the policy configuration",
  owner: "the owner of the policy configuration",
  until: "removed from the policy configuration",
};

/** Whether a policy's configuration includes a resource. */
export function isConcerned(subject: Subject, config: ExceptionsConfig): boolean {
  const { includeFor, excludeFor } = config;
  const names = namesOf(subject);
  return (
    (includeFor === undefined || matchesAny(names, includeFor)) && !matchesAny(names, excludeFor)
  );
}

function isExcluded(subject: Subject, rule: string, patterns: string[] | undefined): boolean {
  return matchesAny(
    namesOf(subject).map((name) => `${name}/${rule}`),
    patterns,
  );
}

function namesOf({ name, urn, metadata }: Subject): string[] {
  const objectName = textAt(metadata, "name");
  return [name, urn, ...(objectName === undefined ? [] : [objectName])];
}

function matchesAny(names: string[], patterns: string[] = []): boolean {
  return patterns.some((pattern) => names.some((name) => matchesGlob(pattern, name)));
}

/**
 * Parses an object's annotation for one policy. A line with a misspelled policy name is assigned to the
 * policy with the most similar name, so exactly one policy reports each line.
 */
function annotatedExceptions(
  subject: Subject,
  policy: string,
  config: ExceptionsConfig,
  { policies, now }: { policies: string[]; now: () => Date },
): { lines: Exception[]; violations: Violation[] } {
  const annotation = at(subject.metadata, "annotations", exceptionAnnotation);
  if (typeof annotation !== "string") return { lines: [], violations: [] };
  const today = now();
  const maxDays = config.maxExceptionDays ?? limits.exceptionDays.max;
  const lines = annotation
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map(readLine)
    .filter(({ name }) => (policies.includes(name) ? name : closest(name, policies)) === policy)
    .map((line) => ({
      line,
      problem:
        problemWith(line, policy, subject) ??
        datesProblem(line, policy, today, maxDays) ??
        approvalProblem(line, policy, subject, config),
    }));
  const where = `"${textAt(subject.metadata, "name") ?? subject.name}", annotation ${exceptionAnnotation}`;
  return {
    lines: lines.flatMap(({ line, problem }) => (problem === undefined ? [line] : [])),
    violations: lines.flatMap(({ line, problem }) =>
      problem === undefined
        ? []
        : [
            {
              problem,
              where,
              ...(line.until === "" ? {} : { found: `until ${line.until}` }),
              bound: `${exceptionForm}, at most ${maxDays} days ahead`,
              fix: `correct the violation and remove the line from the annotation, or write ${fixOf(policy, config, dateAhead(today, Math.min(90, maxDays)))}`,
            },
          ],
    ),
  };
}

function fixOf(policy: string, { annotations }: ExceptionsConfig, until: string): string {
  return annotations === "forbidden"
    ? `the exception to the policy configuration: {"${policy}": {"excludeFor": ["<name or URN>"]}}`
    : `"${policy}: <reason>; until ${until}"${annotations === "approved" ? " and add the object to approvedExceptions" : ""}`;
}

interface Line extends Exception {
  name: string;
}

function readLine(line: string): Line {
  const [, name = "", afterName = ""] = /^([^:;\s/]*)(.*)$/s.exec(line) ?? [];
  // The name of a recording rule may contain colons, so only a colon before a space ends the name.
  const [, rule, afterRule = afterName] = /^\/(\S+?)(?=;|\s|:\s|:?$)(.*)$/s.exec(afterName) ?? [];
  const rest = afterRule.replace(/^\s*:?/, "").trim();
  const [, text = rest, until = ""] = /^(.*?);\s*until\s+(\S+)$/s.exec(rest) ?? [];
  const [, reason = text, owner = "not stated"] = /^(.*?);\s*owner\s+(.+)$/s.exec(text) ?? [];
  return { name, rule, reason: reason.trim(), owner: owner.trim(), until };
}

function problemWith({ name, rule, reason }: Line, policy: string, subject: Subject) {
  if (name !== policy) return "the exception names a policy that does not exist";
  if (rule !== undefined && subject.rules?.()?.includes(rule) === false) {
    return `the exception from ${policy} names a rule that does not exist`;
  }
  return /\p{L}{2}/u.test(reason) ? undefined : `the exception from ${policy} has no reason`;
}

function datesProblem({ until }: Line, policy: string, today: Date, maxDays: number) {
  const exception = `the exception from ${policy}`;
  const day = dayOf(until);
  if (day === undefined) return `${exception} has no end date`;
  const current = Math.floor(today.getTime() / MS_PER_DAY);
  if (day < current) return `${exception} has expired`;
  return day > current + maxDays ? `${exception} lasts more than ${maxDays} days` : undefined;
}

function approvalProblem(
  { rule }: Line,
  policy: string,
  subject: Subject,
  { annotations, approvedExceptions }: ExceptionsConfig,
): string | undefined {
  if (annotations === "forbidden") return `annotations cannot declare exceptions from ${policy}`;
  const isApproved =
    matchesAny(namesOf(subject), approvedExceptions) ||
    (rule !== undefined && isExcluded(subject, rule, approvedExceptions));
  return annotations !== "approved" || isApproved
    ? undefined
    : `the exception from ${policy} is not among its approvedExceptions`;
}

const MS_PER_DAY = 86_400_000;

/** Returns the number of days from 1970-01-01 to a date, or undefined if the date is invalid. */
function dayOf(date: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) return undefined;
  const time = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== date) return undefined;
  return time / MS_PER_DAY;
}

function dateAhead(today: Date, days: number): string {
  return new Date(today.getTime() + days * MS_PER_DAY).toISOString().slice(0, 10);
}
