import { closest, distance } from "fastest-levenshtein";
import type { PolicyConfigJSONSchema } from "@pulumi/policy/schema";
import { isMap } from "../facts/plain";
import { ConfigProperty, PolicyDescription } from "./description";
import { exceptionProperties } from "./exceptions";

export const enforcementLevels = ["advisory", "mandatory", "remediate", "disabled"] as const;

/** What is wrong with the configuration of a policy pack. */
export interface PolicyConfigProblem {
  /** `alert-thresholds.maxErrorRatio`. */
  path: string;
  /** The rule that it breaks, as the end of a sentence. */
  rule: string;
  fix: string;
}

/** A policy of any pack, as far as its configuration goes. */
export interface ConfigurablePolicy {
  name: string;
  /** Everything that its configuration may have. */
  properties: Record<string, PolicyConfigJSONSchema>;
}

/**
 * Everything wrong with a configuration as `--policy-pack-config` takes it, of this or any pack. The
 * engine checks the values, but accepts policies and properties that do not exist.
 */
export function configurationProblems(
  policies: ConfigurablePolicy[],
  config: unknown,
): PolicyConfigProblem[] {
  if (!isMap(config)) {
    return [
      {
        path: "the configuration",
        rule: "must be a map of policies",
        fix: 'write {"all": "mandatory"}',
      },
    ];
  }
  const names = policies.map(({ name }) => name);
  return Object.entries(config).flatMap(([name, value]) => {
    if (name === "all") return levelProblems(name, value);
    const policy = policies.find((candidate) => candidate.name === name);
    if (policy === undefined) return [unknownName(name, "policy", names)];
    if (typeof value === "string") return levelProblems(name, value);
    if (!isMap(value)) {
      return [
        {
          path: name,
          rule: "must be an enforcement level or a map of properties",
          fix: `write {"${name}": "mandatory"}`,
        },
      ];
    }
    const { enforcementLevel, ...properties } = value;
    return [
      ...(enforcementLevel === undefined
        ? []
        : levelProblems(`${name}.enforcementLevel`, enforcementLevel)),
      ...propertyProblems(policy, properties),
    ];
  });
}

/** Every property that the configuration of a policy may have. */
export function configProperties(
  policy: Pick<PolicyDescription, "config">,
): Record<string, ConfigProperty> {
  return { ...policy.config, ...exceptionProperties };
}

/** A policy of this pack, for {@link configurationProblems}. */
export function configurable(
  policy: Pick<PolicyDescription, "name" | "config">,
): ConfigurablePolicy {
  return { name: policy.name, properties: configProperties(policy) };
}

/** Everything wrong with the properties of one policy of this pack. */
export function configProblems(
  policy: Pick<PolicyDescription, "name" | "config">,
  values: object,
): PolicyConfigProblem[] {
  return propertyProblems(configurable(policy), values);
}

function propertyProblems(
  { name, properties }: ConfigurablePolicy,
  values: object,
): PolicyConfigProblem[] {
  return Object.entries(values).flatMap(([property, value]) => {
    const path = `${name}.${property}`;
    const schema = properties[property];
    if (schema === undefined) return [unknownName(path, "property", Object.keys(properties))];
    const rule = ruleBroken(schema, value);
    return rule === undefined
      ? []
      : [{ path, rule, fix: `set ${path}, for example to ${JSON.stringify(exampleOf(schema))}` }];
  });
}

function levelProblems(path: string, value: unknown): PolicyConfigProblem[] {
  if (enforcementLevels.some((level) => level === value)) return [];
  return [
    {
      path,
      rule: `must be one of ${enforcementLevels.join(", ")}`,
      fix: `set ${path} to "mandatory"`,
    },
  ];
}

function unknownName(path: string, kind: string, known: string[]): PolicyConfigProblem {
  const name = path.split(".").at(-1) ?? path;
  const near = known.length > 0 ? closest(name, known) : undefined;
  const meant = near !== undefined && distance(name, near) <= Math.max(2, name.length / 3);
  return {
    path,
    rule: `is not a ${kind} (known: ${[...known].sort().join(", ")})`,
    fix: meant ? `rename ${name} to ${near}` : `remove ${name}`,
  };
}

/** The part of JSON schema that the policies use. */
function ruleBroken(schema: PolicyConfigJSONSchema, value: unknown): string | undefined {
  switch (schema.type) {
    case "integer":
      if (!Number.isInteger(value)) return "must be a whole number";
      break;
    case "number":
      if (typeof value !== "number" || !Number.isFinite(value)) return "must be a number";
      break;
    case "string":
      if (typeof value !== "string") return "must be a text";
      break;
    case "array": {
      if (!Array.isArray(value)) return "must be a list";
      const items = isMap(schema.items)
        ? (schema.items as unknown as PolicyConfigJSONSchema)
        : undefined;
      const broken = items && value.map((item) => ruleBroken(items, item)).find(Boolean);
      if (broken !== undefined) return `has an item that ${broken}`;
      break;
    }
    case "object": {
      if (!isMap(value)) return "must be a map";
      const { additionalProperties: items } = schema;
      const broken =
        isMap(items) &&
        Object.values(value)
          .map((item) => ruleBroken(items as never, item))
          .find(Boolean);
      if (typeof broken === "string") return `has a value that ${broken}`;
      break;
    }
    default:
      break;
  }
  if (schema.enum !== undefined && !schema.enum.includes(value as never)) {
    return `must be one of ${schema.enum.map(String).join(", ")}`;
  }
  if (typeof value !== "number") return undefined;
  const { minimum, exclusiveMinimum, maximum } = schema;
  if (minimum !== undefined && value < minimum) return `must be at least ${minimum}`;
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum) {
    return `must be more than ${exclusiveMinimum}`;
  }
  if (maximum !== undefined && value > maximum) return `must be at most ${maximum}`;
  return undefined;
}

function exampleOf(schema: PolicyConfigJSONSchema): unknown {
  const empty = { array: [], object: {} }[String(schema.type)];
  return schema.default ?? schema.enum?.[0] ?? empty ?? "prod";
}

/** JSON schema of the configuration file, for editors and for CI. */
export function configJsonSchema(policies: PolicyDescription[]): Record<string, unknown> {
  const level = { enum: [...enforcementLevels] };
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Configuration of the observability policy pack",
    type: "object",
    additionalProperties: false,
    properties: {
      all: { ...level, description: "Enforcement level of every policy that is not named." },
      ...Object.fromEntries(
        policies.map((policy) => [
          policy.name,
          {
            description: policy.description,
            oneOf: [
              level,
              {
                type: "object",
                additionalProperties: false,
                properties: { enforcementLevel: level, ...configProperties(policy) },
              },
            ],
          },
        ]),
      ),
    },
  };
}
