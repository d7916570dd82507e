import { closest, distance } from "fastest-levenshtein";
import { z } from "zod";
import { formatPath } from "../../policies/shared/path";
import { HIDDEN, hideSecrets } from "./hideSecrets";

/** What is wrong with one field, in terms that the person who wrote the field can act on. */
export interface Problem {
  /** Where the field is, from the root of what was checked: `["prometheus", "retentionDays"]`. */
  path: (string | number)[];
  /** The value found there, secrets hidden; left out when the field is missing. */
  value?: unknown;
  code: ProblemCode;
  /** The rule that the value breaks, as the end of a sentence: `must be at least 1`. */
  rule: string;
  /** What makes it right. */
  fix: Fix;
}

/** Kind of a problem, for code that treats one kind differently. */
export type ProblemCode =
  /** No field has this name. */
  | "unknownKey"
  /** The configuration decides this field by another key. */
  | "reserved"
  /** The field is missing. */
  | "required"
  /** The value breaks a rule. */
  | "invalid";

export type Fix =
  | { kind: "set"; example: unknown }
  | { kind: "remove" }
  | { kind: "rename"; to: string }
  | { kind: "do"; text: string };

/** The outcome of a check: settings with every default filled in, or everything that is wrong. */
export type Checked<T> =
  { settings: T; problems?: undefined } | { settings?: undefined; problems: Problem[] };

/** Raised where problems can only be reported by throwing; carries them all. */
export class InvalidSettings extends Error {
  constructor(
    message: string,
    readonly problems: Problem[],
  ) {
    super(message);
    this.name = "InvalidSettings";
  }
}

/**
 * Checks `input` against `schema` and fills in its defaults.
 * Every problem is reported, not only the first one.
 */
export function check<S extends z.ZodType>(schema: S, input: unknown): Checked<z.output<S>> {
  const result = schema.safeParse(input, { error: ruleOf, reportInput: true });
  if (result.success) return { settings: result.data };
  return { problems: result.error.issues.flatMap((issue) => problemsOf(schema, input, issue)) };
}

/** Marks the example that an error message suggests for a field. */
export function example<S extends z.ZodType>(schema: S, value: unknown): S {
  return schema.meta({ examples: [value] });
}

/** Reports a problem from inside a schema. `path` starts at the value that the schema checks. */
export function issue(
  ctx: z.RefinementCtx,
  path: (string | number)[],
  message: string,
  fix?: Fix,
  code?: ProblemCode,
): void {
  ctx.addIssue({ code: "custom", path, message, params: { fix, code } });
}

/** One readable text for all problems of a component's arguments. */
export function formatArgumentProblems(subject: string, problems: Problem[]): string {
  const lines = problems.map((problem) => {
    const field = formatPath(problem.path) || "args";
    return `  ${field}${formatValue(problem)} ${problem.rule}\n    fix: ${argumentFix(field, problem.fix)}`;
  });
  const count = `${problems.length} problem${problems.length === 1 ? "" : "s"}`;
  return `${subject}: ${count} in its arguments\n${lines.join("\n")}`;
}

/** ` = 400`, cut when long; nothing when the field is missing. */
export function formatValue(problem: Problem): string {
  if (problem.value === undefined) return "";
  if (problem.value === HIDDEN) return ` = ${HIDDEN}`;
  const text = textOf(problem.value);
  return ` = ${text.length > 80 ? `${text.slice(0, 77)}...` : text}`;
}

/** JSON where there is any; an Output, a resource or a function only says what it is. */
function textOf(value: unknown): string {
  if (typeof value === "number") return String(value);
  if (typeof value === "object" && value !== null && "__pulumiOutput" in value) return "an Output";
  try {
    return JSON.stringify(value) ?? `a ${typeof value}`;
  } catch {
    return typeof value === "object" ? "an object" : `a ${typeof value}`;
  }
}

function argumentFix(field: string, fix: Fix): string {
  switch (fix.kind) {
    case "set":
      return `${field}: ${JSON.stringify(fix.example)}`;
    case "remove":
      return `remove ${field}`;
    case "rename":
      return `rename ${field} to ${fix.to}`;
    case "do":
      return fix.text;
  }
}

function problemsOf(schema: z.ZodType, input: unknown, issue: z.core.$ZodIssue): Problem[] {
  const path = issue.path.filter((key) => typeof key !== "symbol");
  if (issue.code === "unrecognized_keys") {
    const known = Object.keys(shapeOf(schemaAt(schema, path)) ?? {});
    const taken = known.filter((key) => valueAt(input, [...path, key]) !== undefined);
    return issue.keys.map((key) =>
      unknownKey([...path, key], valueAt(input, [...path, key]), known, taken),
    );
  }
  if (issue.code === "invalid_union") {
    // The branch whose members got furthest speaks best of what the user meant.
    const branch = issue.errors.find((issues) => issues.some((inner) => inner.path.length > 0));
    if (branch !== undefined) {
      return branch.flatMap((inner) =>
        problemsOf(schema, input, { ...inner, path: [...issue.path, ...inner.path] }),
      );
    }
  }
  const value = hideSecrets(path, valueAt(input, path));
  const params = (issue.code === "custom" && issue.params) || {};
  const { fix = fixOf(schemaAt(schema, path), path), code } = params as Partial<Problem>;
  return [
    {
      path,
      ...(value === undefined ? {} : { value }),
      code: code ?? (value === undefined ? "required" : "invalid"),
      rule: issue.message,
      fix,
    },
  ];
}

/** A key that is none of the known ones; one that is nearly a free one is taken for that. */
export function unknownKey(
  path: (string | number)[],
  value: unknown,
  known: string[],
  taken: string[],
): Problem {
  const key = String(path.at(-1));
  const free = known.filter((name) => !taken.includes(name));
  const near = free.length > 0 ? closest(key, free) : undefined;
  const rename = near !== undefined && distance(key, near) <= Math.max(2, key.length / 3);
  return {
    path,
    value: hideSecrets(path, value),
    code: "unknownKey",
    rule:
      known.length > 0
        ? `is not a known key (known: ${[...known].sort().join(", ")})`
        : "is not a known key",
    fix: rename ? { kind: "rename", to: near } : { kind: "remove" },
  };
}

/**
 * An example the schema gives, else its default, else the first value it allows; what has none of
 * these can at least be left out where it is optional.
 */
function fixOf(schema: z.ZodType | undefined, path: (string | number)[]): Fix {
  for (const layer of layersOf(schema)) {
    const examples = layer.meta()?.["examples"];
    if (Array.isArray(examples)) return { kind: "set", example: examples[0] };
    if (layer instanceof z.ZodDefault || layer instanceof z.ZodPrefault)
      return { kind: "set", example: layer.def.defaultValue };
    if (layer instanceof z.ZodEnum) return { kind: "set", example: layer.options[0] };
  }
  if (schema instanceof z.ZodOptional) return { kind: "remove" };
  return { kind: "do", text: `correct ${formatPath(path)}` };
}

/** The wording of each kind of problem; a schema's own message wins over it. */
function ruleOf(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      if (issue.input === undefined) return "is required";
      return issue.expected === "int"
        ? "must be a whole number"
        : `must be ${withArticle(issue.expected)}`;
    case "too_small":
      if (issue.origin === "array") return `needs at least ${issue.minimum} item(s)`;
      if (issue.origin === "string") return "must not be empty";
      return `must be ${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}`;
    case "too_big":
      if (issue.origin === "string") return `must have at most ${issue.maximum} characters`;
      if (issue.origin === "array") return `may have at most ${issue.maximum} items`;
      return `must be ${issue.inclusive === false ? "less than" : "at most"} ${issue.maximum}`;
    case "invalid_value":
      return `must be ${issue.values.length > 1 ? "one of " : ""}${issue.values.map(String).join(", ")}`;
    case "invalid_union":
      return "has none of the forms that are allowed here";
    default:
      return undefined;
  }
}

function withArticle(type: string): string {
  const names: Record<string, string> = { record: "a map", object: "a map", array: "a list" };
  return names[type] ?? `a ${type}`;
}

/** The schema of the field at `path`, seen through optionals, defaults, lists and maps. */
function schemaAt(schema: z.ZodType, path: (string | number)[]): z.ZodType | undefined {
  let current: z.ZodType | undefined = schema;
  for (const key of path) {
    const inner: z.ZodType | undefined = current === undefined ? undefined : unwrap(current);
    if (inner instanceof z.ZodObject) {
      const shape = inner.shape as Record<string, z.ZodType>;
      current = Object.hasOwn(shape, key) ? shape[String(key)] : undefined;
    } else if (inner instanceof z.ZodArray) current = inner.element as z.ZodType;
    else if (inner instanceof z.ZodRecord) current = inner.valueType as z.ZodType;
    else return undefined;
  }
  return current;
}

function shapeOf(schema: z.ZodType | undefined): Record<string, unknown> | undefined {
  const inner = schema === undefined ? undefined : unwrap(schema);
  return inner instanceof z.ZodObject ? inner.shape : undefined;
}

function unwrap(schema: z.ZodType): z.ZodType {
  return layersOf(schema).at(-1) ?? schema;
}

/** A schema and what it wraps, outermost first. */
function layersOf(schema: z.ZodType | undefined): z.ZodType[] {
  if (schema === undefined) return [];
  return [schema, ...layersOf(wrappedIn(schema))];
}

function wrappedIn(schema: z.ZodType): z.ZodType | undefined {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNullable
  ) {
    return schema.unwrap() as z.ZodType;
  }
  if (schema instanceof z.ZodPipe) return schema.in as z.ZodType;
  if (schema instanceof z.ZodUnion) {
    // Of several forms, the map is the one that has fields to speak about.
    return (schema.options as z.ZodType[]).find((form) => unwrap(form) instanceof z.ZodObject);
  }
  return undefined;
}

function valueAt(input: unknown, path: (string | number)[]): unknown {
  let current = input;
  for (const key of path) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, key))
      return undefined;
    current = (current as Record<string | number, unknown>)[key];
  }
  return current;
}
