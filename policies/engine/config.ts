import { closest, distance } from "fastest-levenshtein";
import type { PolicyConfigJSONSchema } from "@pulumi/policy/schema";
import type { z } from "zod";
import { Path, formatPath, isMap } from "../facts/plain";
import { ConfigProperty, PolicyDescription } from "./description";
import { exceptionPropertiesOf } from "./exceptions";
import { own } from "../shared/own";

export const enforcementLevels = ["advisory", "mandatory", "remediate", "disabled"] as const;

/** A problem in the configuration of a policy pack. */
export interface PolicyConfigProblem {
  /** Path of the value, such as `alert-thresholds.maxErrorRatio`. */
  path: string;
  /** The rule that the value breaks, as a predicate whose subject is `path`. */
  rule: string;
  fix: string;
}

/** A policy of any pack, with the properties that its configuration accepts. */
export interface ConfigurablePolicy {
  name: string;
  properties: Record<string, PolicyConfigJSONSchema>;
}

/**
 * Returns all problems in a `--policy-pack-config` file, for any pack. The engine validates only values,
 * and accepts unknown policies and properties.
 */
export function configurationProblems(
  policies: ConfigurablePolicy[],
  config: unknown,
): PolicyConfigProblem[] {
  if (!isMap(config)) {
    const fix = 'write {"all": "mandatory"}';
    return [{ path: "the configuration", rule: "must be a map of policies", fix }];
  }
  const names = policies.map(({ name }) => name);
  return Object.entries(config).flatMap(([name, value]) => {
    if (name === "all") return levelProblems(name, value);
    const policy = policies.find((candidate) => candidate.name === name);
    if (policy === undefined) return [unknownName(name, "policy", names)];
    if (typeof value === "string") return levelProblems(name, value);
    if (!isMap(value)) {
      const rule = "must be an enforcement level or a map of properties";
      return [{ path: name, rule, fix: `write {"${name}": "mandatory"}` }];
    }
    const { enforcementLevel, ...properties } = value;
    return [
      ...(enforcementLevel === undefined
        ? []
        : levelProblems(`${name}.enforcementLevel`, enforcementLevel)),
      ...Object.entries(properties).flatMap(([property, item]) =>
        propertyProblems(policy, property, item),
      ),
    ];
  });
}

/** Returns every property that a policy's configuration may have. */
export function configProperties({
  config,
  annotations,
}: Pick<PolicyDescription, "config" | "annotations">): Record<string, ConfigProperty> {
  return { ...config, ...exceptionPropertiesOf(annotations) };
}

/** Returns a problem for each configured property that the policy does not define. */
export function unknownProperties(
  policy: Pick<PolicyDescription, "name" | "config" | "annotations">,
  config: object,
): PolicyConfigProblem[] {
  const known = Object.keys(configProperties(policy));
  return Object.keys(config)
    .filter((property) => !known.includes(property))
    .map((property) => unknownName(`${policy.name}.${property}`, "property", known));
}

function propertyProblems(
  { name, properties }: ConfigurablePolicy,
  property: string,
  value: unknown,
): PolicyConfigProblem[] {
  const path = `${name}.${property}`;
  const schema = own(properties, property);
  if (schema === undefined) return [unknownName(path, "property", Object.keys(properties))];
  const fix =
    schema.default === undefined
      ? `correct or remove ${path}`
      : `set ${path}, for example to ${JSON.stringify(schema.default)}`;
  return issuesWith(schema, value).map((issue) => ({
    path: formatPath([name, property, ...(issue.path as Path)]),
    rule: ruleOf(issue),
    fix,
  }));
}

function levelProblems(path: string, value: unknown): PolicyConfigProblem[] {
  if (enforcementLevels.some((level) => level === value)) return [];
  const rule = `must be one of ${enforcementLevels.join(", ")}`;
  return [{ path, rule, fix: `set ${path} to "mandatory"` }];
}

function unknownName(path: string, kind: string, known: string[]): PolicyConfigProblem {
  const name = path.split(".").at(-1) ?? path;
  const similar = known.length > 0 ? closest(name, known) : undefined;
  const isTypo = similar !== undefined && distance(name, similar) <= Math.max(2, name.length / 3);
  return {
    path,
    rule: `is not a ${kind} (known: ${[...known].sort().join(", ")})`,
    fix: isTypo ? `rename ${name} to ${similar}` : `remove ${name}`,
  };
}

function issuesWith(schema: PolicyConfigJSONSchema, value: unknown): z.core.$ZodIssue[] {
  // zod is loaded only if there is something to validate, so a pack without configuration starts faster.
  const { z } = require("zod") as typeof import("zod");
  return (
    z.fromJSONSchema(schema as z.core.JSONSchema.JSONSchema).safeParse(value).error?.issues ?? []
  );
}

const typeNames: Record<string, string> = {
  number: "a number",
  int: "a whole number",
  string: "a string",
  boolean: "true or false",
  array: "a list",
  object: "a map",
  record: "a map",
};

function ruleOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return `must be ${typeNames[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `must be one of ${issue.values.map(String).join(", ")}`;
    case "too_small":
      return `must be ${issue.inclusive ? "at least" : "greater than"} ${issue.minimum}`;
    case "too_big":
      return `must be ${issue.inclusive ? "at most" : "less than"} ${issue.maximum}`;
    default:
      return `is invalid: ${issue.message}`;
  }
}

/** Returns the JSON schema of the configuration file, for editors and CI. */
export function configJsonSchema(policies: PolicyDescription[]): Record<string, unknown> {
  const level = { enum: [...enforcementLevels] };
  const definitions = { enforcementLevel: level, ...exceptionPropertiesOf() };
  const references = Object.fromEntries(
    Object.keys(definitions).map((name) => [name, { $ref: `#/definitions/${name}` }]),
  );
  const policySchema = ({ description, config, annotations }: PolicyDescription) => ({
    description,
    oneOf: [
      level,
      {
        type: "object",
        additionalProperties: false,
        properties: {
          ...references,
          ...(annotations && { annotations: exceptionPropertiesOf(annotations)["annotations"] }),
          ...config,
        },
      },
    ],
  });
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Configuration of the observability policy pack",
    type: "object",
    additionalProperties: false,
    definitions,
    properties: {
      all: { ...level, description: "Enforcement level of every policy that is not named." },
      ...Object.fromEntries(policies.map((policy) => [policy.name, policySchema(policy)])),
    },
  };
}
