import { closest, distance } from "fastest-levenshtein";
import { z } from "zod";
import { type Path, formatPath } from "../../policies/shared/path";
import { defined } from "./defined";
import { HIDDEN, hideSecrets } from "./hideSecrets";
import { isUnresolved } from "./placeholders";

/** A problem with one field, in terms that the field's author can act on. */
export interface Problem {
  /** Path of the field from the root of the checked value, such as `["prometheus", "retentionDays"]`. */
  path: Path;
  /** Configuration namespace, if the field is another provider's secret. Default: `monitoring`. */
  namespace?: "datadog";
  /** Value of the field, with secrets hidden. Undefined if the field is missing. */
  value?: unknown;
  code: ProblemCode;
  /** Rule that the value breaks, as the end of a sentence, such as `must be at least 1`. */
  rule: string;
  /** Change that solves the problem. */
  fix: Fix;
}

/** Kind of problem, for code that treats some kinds differently. */
export type ProblemCode =
  /** No field has this name. */
  | "unknownKey"
  /** Another configuration key determines this field. */
  | "reserved"
  /** The field is missing. */
  | "required"
  /** The value breaks a rule. */
  | "invalid";

export type Fix =
  | { kind: "set"; example: unknown }
  | { kind: "remove" }
  /** The other key gets `value`, or by default the value of the renamed key. */
  | { kind: "rename"; to: string; value?: unknown }
  | { kind: "do"; text: string };

/** Result of a check: settings with every default filled in, or all problems. */
export type Checked<T> =
  { settings: T; problems?: undefined } | { settings?: undefined; problems: Problem[] };

/** Adds problems to the result of a check. */
export function withProblems<T>(checked: Checked<T>, problems: Problem[]): Checked<T> {
  if (problems.length === 0) return checked;
  return { problems: [...(checked.problems ?? []), ...problems] };
}

/** Checks `input` against `schema`, fills in defaults, and reports every problem. */
export function check<S extends z.ZodType>(schema: S, input: unknown): Checked<z.output<S>> {
  const result = schema.safeParse(input, { error: ruleOf, reportInput: true });
  if (result.success) return { settings: result.data };
  const problems = result.error.issues.flatMap((issue) => problemsOf(schema, input, issue));
  // If a map is an Output, each of its missing fields reports the same problem.
  const distinct = new Map(
    problems.map((problem) => [`${formatPath(problem.path)} ${problem.rule}`, problem]),
  );
  return { problems: [...distinct.values()] };
}

/** Sets the example that an error message suggests for a field. */
export function example<S extends z.ZodType>(schema: S, value: unknown): S {
  return schema.meta({ examples: [value] });
}

/** Reports a problem from inside a schema. `path` is relative to the value that the schema checks. */
export function issue(
  ctx: z.RefinementCtx,
  path: Path,
  message: string,
  fix?: Fix,
  code?: ProblemCode,
): void {
  ctx.addIssue({ code: "custom", path, message, params: { fix, code } });
}

/** Formats all problems with a component's arguments as one text. */
export function formatArgumentProblems(subject: string, problems: Problem[]): string {
  const lines = problems.map((problem) => {
    const field = formatPath(problem.path) || "args";
    return `  ${field}${formatValue(problem)} ${problem.rule}\n    fix: ${argumentFix(field, problem.fix)}`;
  });
  const count = `${problems.length} problem${problems.length === 1 ? "" : "s"}`;
  return `${subject}: ${count} in its arguments\n${lines.join("\n")}`;
}

/**
 * Formats the value as ` = 400`, truncated if it is long. Returns an empty string if the field is
 * missing.
 */
export function formatValue(problem: Problem): string {
  if (problem.value === undefined) return "";
  if (problem.value === HIDDEN) return ` = ${HIDDEN}`;
  const text = textOf(problem.value);
  return ` = ${text.length > 80 ? `${text.slice(0, 77)}...` : text}`;
}

/** Formats the value as JSON, or as its type if it has no JSON form, such as an Output or a function. */
function textOf(value: unknown): string {
  if (typeof value === "number") return String(value);
  if (isUnresolved(value)) return value instanceof Promise ? "a promise" : "an Output";
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
      return fix.value === undefined
        ? `rename ${field} to ${fix.to}`
        : `replace ${field} with ${fix.to}: ${JSON.stringify(fix.value)}`;
    case "do":
      return fix.text;
  }
}

function problemsOf(schema: z.ZodType, input: unknown, issue: z.core.$ZodIssue): Problem[] {
  const path = issue.path.filter((key) => typeof key !== "symbol");
  // A cross-field check may report an Output that its field accepts.
  const unresolved = issue.code === "custom" ? undefined : unresolvedAt(input, path);
  if (unresolved !== undefined) return [unresolved];
  if (issue.code === "unrecognized_keys") {
    const map = layersOf(schemaAt(schema, path)).at(-1);
    const known =
      map instanceof z.ZodObject
        ? [...Object.keys(map.shape), ...(map.meta()?.furtherKeys ?? [])]
        : [];
    const setKeys = known.filter((key) => valueAt(input, [...path, key]) !== undefined);
    return issue.keys.map((key) =>
      unknownKey([...path, key], valueAt(input, [...path, key]), known, setKeys),
    );
  }
  if (issue.code === "invalid_union") {
    // The intended branch is the one whose problems are inside the value rather than with the value
    // itself.
    const branch = issue.errors.find((issues) => issues.some((inner) => inner.path.length > 0));
    if (branch !== undefined) {
      return branch.flatMap((inner) =>
        problemsOf(schema, input, { ...inner, path: [...issue.path, ...inner.path] }),
      );
    }
  }
  const value = hideSecrets(path, valueAt(input, path));
  const params = (issue.code === "custom" && issue.params) || {};
  const { fix = fixOf(schemaAt(schema, path), path, value), code } = params as Partial<Problem>;
  const defaultCode = value === undefined ? "required" : "invalid";
  return [{ path, ...defined({ value }), code: code ?? defaultCode, rule: issue.message, fix }];
}

/** Returns the problem with a field that must be known but is, or is inside, an Output or a promise. */
function unresolvedAt(input: unknown, path: Path): Problem | undefined {
  const unresolved = unresolvedPrefix(input, path);
  if (unresolved === undefined) return undefined;
  return {
    path: unresolved,
    value: valueAt(input, unresolved),
    code: "invalid",
    rule: "must be known when the program runs",
    fix: { kind: "do", text: "pass a plain value, such as one from pulumi.Config" },
  };
}

/** Returns the path of the Output or promise that is, or contains, the value at `path`. */
export function unresolvedPrefix(input: unknown, path: Path): Path | undefined {
  const prefixes = path.map((_key, index) => path.slice(0, index + 1));
  return prefixes.find((prefix) => isUnresolved(valueAt(input, prefix)));
}

/** Returns the problem with an argument that is an Output without a value. */
export function resolvedToNothing(path: Path): Problem {
  const text = "pass an Output with a value, or omit the argument if it is optional";
  const rule = "must have a value, but the Output resolved to nothing";
  return { path, code: "required", rule, fix: { kind: "do", text } };
}

/**
 * Returns the problem with an unknown key. If the key resembles a known key that is not set, the fix
 * renames it.
 */
export function unknownKey(
  path: Path,
  value: unknown,
  known: string[],
  setKeys: string[],
): Problem {
  const key = String(path.at(-1));
  const near = nearest(
    key,
    known.filter((name) => !setKeys.includes(name)),
  );
  const list = known.length > 0 ? ` (known: ${[...known].sort().join(", ")})` : "";
  return {
    path,
    value: hideSecrets(path, value),
    code: "unknownKey",
    rule: `is not a known key${list}`,
    fix: near !== undefined ? { kind: "rename", to: near } : { kind: "remove" },
  };
}

/** Returns the name that a misspelled name probably stands for, or undefined if no name resembles it. */
export function nearest(name: string, names: string[]): string | undefined {
  const longer = names.filter((candidate) => name.length > 3 && candidate.startsWith(name));
  if (longer.length === 1) return longer[0];
  const near = names.length > 0 ? closest(name, names) : undefined;
  const isTypo = near !== undefined && distance(name, near) <= Math.max(2, name.length / 3);
  return isTypo ? near : undefined;
}

/**
 * Returns a fix that sets the value that was probably meant, or else the schema's example, default or
 * first allowed value. If there is none, the fix removes an optional field.
 */
function fixOf(schema: z.ZodType | undefined, path: Path, value: unknown): Fix {
  const layers = layersOf(schema);
  const likelyFix = layers.map((layer) => meantBy(value, layer)).find((fix) => fix !== undefined);
  if (likelyFix !== undefined) return likelyFix;
  for (const layer of layers) {
    const examples = layer.meta()?.["examples"];
    if (Array.isArray(examples)) return { kind: "set", example: examples[0] };
    if (layer instanceof z.ZodDefault || layer instanceof z.ZodPrefault)
      return { kind: "set", example: layer.def.defaultValue };
    if (layer instanceof z.ZodEnum) return { kind: "set", example: layer.options[0] };
  }
  if (schema instanceof z.ZodOptional) return { kind: "remove" };
  return { kind: "do", text: `correct ${formatPath(path)}` };
}

/** Returns the fix for a value that the schema anticipates, or for a misspelled enum value. */
function meantBy(value: unknown, schema: z.ZodType): Fix | undefined {
  const fix = schema.meta()?.fixFor?.(value);
  if (fix !== undefined || typeof value !== "string" || !(schema instanceof z.ZodEnum)) return fix;
  const near = nearest(value, schema.options.map(String));
  return near === undefined ? undefined : { kind: "set", example: near };
}

/** Returns the default rule for each kind of problem. A schema's own message takes precedence. */
function ruleOf(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      if (issue.input === undefined) return "is required";
      return issue.expected === "int"
        ? "must be a whole number"
        : `must be ${withArticle(issue.expected)}`;
    case "too_small":
      if (issue.origin === "array") return `must have at least ${issue.minimum} item(s)`;
      if (issue.origin === "string") return "must not be empty";
      return `must be ${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}`;
    case "too_big":
      if (issue.origin === "string") return `must have at most ${issue.maximum} characters`;
      if (issue.origin === "array") return `must have at most ${issue.maximum} items`;
      return `must be ${issue.inclusive === false ? "less than" : "at most"} ${issue.maximum}`;
    case "invalid_value":
      return `must be ${issue.values.length > 1 ? "one of " : ""}${issue.values.map(String).join(", ")}`;
    case "invalid_union":
      return "does not have any of the allowed forms";
    case "invalid_key":
      return `has an invalid key, which ${issue.issues[0]?.message ?? "is not allowed"}`;
    default:
      return undefined;
  }
}

function withArticle(type: string): string {
  const names: Record<string, string> = { record: "a map", object: "a map", array: "a list" };
  return names[type] ?? `a ${type}`;
}

/** Returns the schema of the field at `path`, looking inside optionals, defaults, lists and maps. */
function schemaAt(schema: z.ZodType, path: Path): z.ZodType | undefined {
  return path.reduce<z.ZodType | undefined>((current, key) => {
    const inner = layersOf(current).at(-1);
    if (inner instanceof z.ZodArray) return inner.element as z.ZodType;
    if (inner instanceof z.ZodRecord) return inner.valueType as z.ZodType;
    if (!(inner instanceof z.ZodObject) || !Object.hasOwn(inner.shape, key)) return undefined;
    return (inner.shape as Record<string | number, z.ZodType>)[key];
  }, schema);
}

/** Returns a schema and the schemas that it wraps, outermost first. */
export function layersOf(schema: z.ZodType | undefined): z.ZodType[] {
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
    // Among the members of a union, only a map can have fields.
    const forms = schema.options as z.ZodType[];
    return forms.find((form) => layersOf(form).at(-1) instanceof z.ZodObject);
  }
  return undefined;
}

/** Returns the value at a path, or undefined if there is none. */
export function valueAt(input: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (current, key) =>
      typeof current === "object" && current !== null && Object.hasOwn(current, key)
        ? (current as Record<string | number, unknown>)[key]
        : undefined,
    input,
  );
}
