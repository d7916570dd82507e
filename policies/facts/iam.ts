import { Plain, PlainMap, UNKNOWN, entriesAt, isMap } from "./plain";

export interface Condition {
  /** Operator, such as `StringEquals`. */
  operator: string;
  /** Condition key in lower case, because the keys are case-insensitive. */
  key: string;
  values: string[];
}

/** A statement of a policy document, every field as a list. */
export interface Statement {
  /** `Statement[0]`, or its Sid. */
  where: string;
  allow: boolean;
  actions: string[];
  notActions?: string[];
  resources: string[];
  notResources?: string[];
  principals: Principal[];
  notPrincipals?: Principal[];
  conditions: Condition[];
  /** Whether a part of it is unknown. */
  unknown: boolean;
}

export interface Principal {
  /** `AWS`, `Service`, `Federated`, or `*`. */
  kind: string;
  name: string;
}

export type Document = Statement[] | typeof UNKNOWN | undefined;

/**
 * The statements of a policy document, which is JSON or a map: UNKNOWN while all of it is unknown,
 * undefined if it is absent or invalid.
 */
export function readDocument(value: Plain): Document {
  if (value === UNKNOWN) return UNKNOWN;
  const document = typeof value === "string" ? parsed(value) : value;
  if (!isMap(document)) return undefined;
  const statements = field(document, "Statement");
  if (statements === UNKNOWN) return UNKNOWN;
  const list = Array.isArray(statements)
    ? statements
    : statements === undefined
      ? []
      : [statements];
  if (list.includes(UNKNOWN)) return UNKNOWN;
  return list.filter(isMap).map(readStatement);
}

function parsed(text: string): Plain {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Some AWS services ignore the case of element names, and Pulumi inputs start in lower case. */
function field(map: PlainMap, name: string): Plain {
  const key = Object.keys(map).find((one) => one.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : map[key];
}

function readStatement(statement: PlainMap, index: number): Statement {
  let unknown = false;
  const texts = (value: Plain): string[] => {
    const list = Array.isArray(value)
      ? value
      : value === undefined || value === null
        ? []
        : [value];
    if (list.includes(UNKNOWN)) unknown = true;
    return list.filter((item) => item !== UNKNOWN).map(String);
  };
  const principals = (value: Plain): Principal[] => {
    if (!isMap(value))
      return texts(value).map((name) => ({ kind: name === "*" ? "*" : "AWS", name }));
    return entriesAt(value).flatMap(([kind, names]) =>
      texts(names).map((name) => ({ kind: kind === "AWS" && name === "*" ? "*" : kind, name })),
    );
  };
  const optional = <T>(name: string, read: (value: Plain) => T): T | undefined => {
    const value = field(statement, name);
    return value === undefined ? undefined : read(value);
  };
  const sid = field(statement, "Sid");
  const notActions = optional("NotAction", texts);
  const notResources = optional("NotResource", texts);
  const notPrincipals = optional("NotPrincipal", principals);
  const condition = field(statement, "Condition");
  if (condition === UNKNOWN) unknown = true;
  const effect = field(statement, "Effect");
  if (effect === UNKNOWN) unknown = true;
  const read = {
    where: typeof sid === "string" && sid !== "" ? `statement ${sid}` : `Statement[${index}]`,
    allow: String(effect).toLowerCase() === "allow",
    actions: texts(field(statement, "Action")),
    ...(notActions === undefined ? {} : { notActions }),
    resources: texts(field(statement, "Resource")),
    ...(notResources === undefined ? {} : { notResources }),
    principals: principals(field(statement, "Principal")),
    ...(notPrincipals === undefined ? {} : { notPrincipals }),
    conditions: entriesAt(condition).flatMap(([operator, keys]) =>
      entriesAt(keys).map(([key, values]) => ({
        operator,
        key: key.toLowerCase(),
        values: texts(values),
      })),
    ),
  };
  return { ...read, unknown };
}

const expressions = new Map<string, RegExp>();

/** Whether a pattern with `*` and `?` matches a text. */
export function globMatches(pattern: string, text: string, ignoreCase = false): boolean {
  const key = `${ignoreCase}${pattern}`;
  let expression = expressions.get(key);
  if (expression === undefined) {
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replace(/\*+/g, ".*")
      .replace(/\?/g, ".");
    expression = new RegExp(`^${source}$`, ignoreCase ? "is" : "s");
    expressions.set(key, expression);
  }
  return expression.test(text);
}

/** Whether a statement applies to an action. */
export function coversAction(statement: Statement, action: string): boolean {
  const any = (patterns: string[]) => patterns.some((one) => globMatches(one, action, true));
  return statement.notActions === undefined ? any(statement.actions) : !any(statement.notActions);
}

/** Whether a statement applies to a resource; without resources, it applies to the one that it is attached to. */
export function coversResource(statement: Statement, arn: string): boolean {
  const any = (patterns: string[]) => patterns.some((one) => globMatches(one, arn));
  if (statement.notResources !== undefined) return !any(statement.notResources);
  return statement.resources.length === 0 || any(statement.resources);
}

/** Whether a statement applies to all principals. */
export function isAnyone(statement: Statement): boolean {
  return statement.notPrincipals === undefined
    ? statement.principals.some(({ name }) => name === "*")
    : statement.allow;
}

/** Values that a condition requires by exact equality, or undefined without such a condition. */
export function exactValues(statement: Statement, key: string): string[] | undefined {
  const own = statement.conditions.filter((condition) => condition.key === key.toLowerCase());
  const exact = own.find(({ operator }) => /^(ForAllValues:)?String(Equals|Like)$/i.test(operator));
  // ForAllValues also matches a request without the key.
  if (exact === undefined || exact.operator.toLowerCase().startsWith("forall")) return undefined;
  const like = /like/i.test(exact.operator);
  return exact.values.some((value) => like && /[*?]/.test(value)) ? undefined : exact.values;
}

export function isWild(text: string): boolean {
  return /[*?]/.test(text);
}

/** The bucket of an S3 ARN and what follows it: `{bucket: "b", key: "/*"}`. */
export function s3Arn(arn: string): { bucket: string; key: string } | undefined {
  const match = /^arn:[\w*?-]*:s3:::([^/]*)(\/.*)?$/.exec(arn);
  return match === null ? undefined : { bucket: match[1] ?? "", key: match[2] ?? "" };
}
