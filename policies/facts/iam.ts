import { Plain, PlainMap, UNKNOWN, at, entriesAt, hasUnknown, isMap, isPresent } from "./plain";
import { matchesGlob } from "../shared/glob";
import { Resource } from "./resource";

export interface Condition {
  /** Condition operator, such as `StringEquals`. */
  operator: string;
  /** Condition key in lower case, because condition keys are case-insensitive. */
  key: string;
  values: string[];
}

/** A statement of a policy document, with single values normalized to lists. */
export interface Statement {
  /** `Statement[0]`, or the statement's Sid. */
  where: string;
  allow: boolean;
  actions: string[];
  notActions?: string[] | undefined;
  resources: string[];
  notResources?: string[] | undefined;
  principals: Principal[];
  notPrincipals?: Principal[] | undefined;
  conditions: Condition[];
  /** Whether any part of the statement is unknown. */
  unknown: boolean;
}

export interface Principal {
  /** `AWS`, `Service`, `Federated`, or `*`. */
  kind: string;
  name: string;
}

export type Document = Statement[] | typeof UNKNOWN | undefined;

/**
 * Parses a policy document, which is JSON or a map. Returns UNKNOWN if the document or any of its
 * statements is unknown, and undefined if the document is absent or invalid.
 */
export function readDocument(value: Plain): Document {
  if (value === UNKNOWN) return UNKNOWN;
  const document = typeof value === "string" ? parseJson(value) : value;
  if (!isMap(document)) return undefined;
  const statements = listOf(field(document, "statement"));
  if (statements.includes(UNKNOWN)) return UNKNOWN;
  return statements.filter(isMap).map(readStatement);
}

/** Returns the statements of a document; empty if the document is absent, invalid or unknown. */
export function statementsOf(document: Document): Statement[] {
  return Array.isArray(document) ? document : [];
}

/** Returns the statements of a role's trust policy. */
export function trustStatements({ props }: Resource): Statement[] {
  return statementsOf(readDocument(at(props, "assumeRolePolicy")));
}

function parseJson(text: string): Plain {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Normalizes a value to a list, because IAM accepts a single value in place of a one-item list. */
function listOf(value: Plain): Plain[] {
  if (Array.isArray(value)) return value;
  return isPresent(value) ? [value] : [];
}

/** Returns a key's value regardless of case, because AWS and Pulumi capitalize keys differently. */
function field(map: PlainMap, name: string): Plain {
  const entry = Object.entries(map).find(([key]) => key.toLowerCase() === name);
  return entry?.[1];
}

function readStatement(statement: PlainMap, index: number): Statement {
  const read = (name: string): Plain => field(statement, name);
  const sid = read("sid");
  const optional = <T>(value: Plain, parse: (value: Plain) => T) =>
    value === undefined ? undefined : parse(value);
  return {
    where: typeof sid === "string" && sid !== "" ? `statement ${sid}` : `Statement[${index}]`,
    allow: String(read("effect")).toLowerCase() === "allow",
    actions: textsOf(read("action")),
    notActions: optional(read("notaction"), textsOf),
    resources: textsOf(read("resource")),
    notResources: optional(read("notresource"), textsOf),
    principals: principalsOf(read("principal")),
    notPrincipals: optional(read("notprincipal"), principalsOf),
    conditions: entriesAt(read("condition")).flatMap(([operator, keys]) =>
      entriesAt(keys).map(([key, values]) => ({
        operator,
        key: key.toLowerCase(),
        values: textsOf(values),
      })),
    ),
    unknown: hasUnknown(statement),
  };
}

function textsOf(value: Plain): string[] {
  return listOf(value)
    .filter((item) => item !== UNKNOWN)
    .map(String);
}

function principalsOf(value: Plain): Principal[] {
  const entries = isMap(value) ? Object.entries(value) : [["AWS", value] as const];
  return entries.flatMap(([kind, names]) =>
    textsOf(names).map((name) => ({ kind: kind === "AWS" && name === "*" ? "*" : kind, name })),
  );
}

/** Whether a statement applies to an action. */
export function coversAction({ actions, notActions }: Statement, action: string): boolean {
  const matchesAny = (patterns: string[]) =>
    patterns.some((pattern) => matchesGlob(pattern.toLowerCase(), action.toLowerCase()));
  return notActions === undefined ? matchesAny(actions) : !matchesAny(notActions);
}

/**
 * Whether a statement applies to a resource. A statement without resources applies to the resource that
 * its policy is attached to.
 */
export function coversResource({ resources, notResources }: Statement, arn: string): boolean {
  const matchesAny = (patterns: string[]) => patterns.some((pattern) => matchesGlob(pattern, arn));
  if (notResources !== undefined) return !matchesAny(notResources);
  return resources.length === 0 || matchesAny(resources);
}

/** Whether a statement applies to every principal, or allows everyone except some (`NotPrincipal`). */
export function isAnyone(statement: Statement): boolean {
  return statement.notPrincipals === undefined
    ? statement.principals.some(({ name }) => name === "*")
    : statement.allow;
}

/** Returns the values that a condition requires exactly, or undefined if no condition does. */
export function exactValues({ conditions }: Statement, key: string): string[] | undefined {
  // ForAllValues and IfExists do not count, because they also match requests without the key.
  const exact = conditions.find(
    (condition) =>
      condition.key === key.toLowerCase() && /^String(Equals|Like)$/i.test(condition.operator),
  );
  return /like/i.test(exact?.operator ?? "") && exact?.values.some(isWild)
    ? undefined
    : exact?.values;
}

/** Returns the patterns that `StringLike` conditions require. */
export function likeValues({ conditions }: Statement, key: string): string[] {
  return conditions
    .filter((condition) => condition.key === key.toLowerCase())
    .flatMap(({ operator, values }) => (/^StringLike$/i.test(operator) ? values : []));
}

export function isWild(text: string): boolean {
  return /[*?]/.test(text);
}

/** Splits an S3 ARN into bucket and key: `{bucket: "b", key: "/*"}`. */
export function s3Arn(arn: string): { bucket: string; key: string } | undefined {
  const match = /^arn:[\w*?-]*:s3:::([^/]*)(\/.*)?$/.exec(arn);
  return match === null ? undefined : { bucket: match[1] ?? "", key: match[2] ?? "" };
}
