import { closest, distance } from "fastest-levenshtein";

export const enforcementLevels = ["advisory", "mandatory", "remediate", "disabled"] as const;
export type EnforcementLevel = (typeof enforcementLevels)[number];

/** A property of a policy's configuration, as far as this check understands JSON schema. */
export interface PolicyProperty {
  type?: string | string[];
  default?: unknown;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
}

/** A policy as its pack describes it. */
export interface PolicyDescription {
  name: string;
  /** Level that the pack itself gives it. */
  level: EnforcementLevel;
  properties: Record<string, PolicyProperty>;
}

/** The configuration of one policy, complete. */
export interface PolicySettings {
  level: EnforcementLevel;
  properties: Record<string, unknown>;
}

/** What a configuration file holds: `{"all": "mandatory", "prometheus-retention": {"maxDays": 14}}`. */
export type PolicyConfigFile = Record<string, unknown>;

/** A layer of configuration over the policies' own defaults. */
export type PolicyLayer = Record<string, Partial<PolicySettings>>;

/**
 * The effective configuration of every policy, merged as the engine merges it: a policy's own
 * defaults, then each layer; within a layer `all` first, then the policy by name.
 */
export function effectivePolicySettings(
  policies: PolicyDescription[],
  layers: PolicyLayer[],
): Record<string, PolicySettings> {
  return Object.fromEntries(
    policies.map((policy) => {
      const settings: PolicySettings = { level: policy.level, properties: defaultsOf(policy) };
      for (const layer of layers) {
        const all = layer["all"];
        const own = layer[policy.name];
        settings.level = own?.level ?? all?.level ?? settings.level;
        Object.assign(settings.properties, own?.properties);
      }
      return [policy.name, settings];
    }),
  );
}

/** A configuration file as a layer; the engine accepts anything there, so everything wrong is listed. */
export function policyLayer(
  file: PolicyConfigFile,
  policies: PolicyDescription[],
): { layer: PolicyLayer; problems: string[] } {
  const layer: PolicyLayer = {};
  const problems: string[] = [];
  const byName = new Map(policies.map((policy) => [policy.name, policy]));
  for (const [name, entry] of Object.entries(file)) {
    // Editors find the schema of the file by this key.
    if (name === "$schema") continue;
    const policy = byName.get(name);
    if (policy === undefined && name !== "all") {
      problems.push(`${name}: there is no such policy${suggestion(name, [...byName.keys()])}`);
      continue;
    }
    const settings: Partial<PolicySettings> = {};
    const given =
      typeof entry === "string"
        ? { enforcementLevel: entry }
        : (entry as Record<string, unknown> | null);
    if (typeof given !== "object" || given === null || Array.isArray(given)) {
      problems.push(`${name}: must be a level or a map`);
      continue;
    }
    const { enforcementLevel, ...properties } = given as Record<string, unknown>;
    if (enforcementLevel !== undefined) {
      if (isLevel(enforcementLevel)) settings.level = enforcementLevel;
      else
        problems.push(
          `${name}: ${JSON.stringify(enforcementLevel)} is no level (levels: ${enforcementLevels.join(", ")})`,
        );
    }
    for (const [property, value] of Object.entries(properties)) {
      problems.push(...propertyProblems(name, policy, property, value));
    }
    if (Object.keys(properties).length > 0) settings.properties = properties;
    layer[name] = settings;
  }
  return { layer, problems };
}

function propertyProblems(
  name: string,
  policy: PolicyDescription | undefined,
  property: string,
  value: unknown,
): string[] {
  const schema = policy?.properties[property];
  if (schema === undefined) {
    const known = Object.keys(policy?.properties ?? {});
    return [
      `${name}.${property}: there is no such property${suggestion(property, known)}` +
        ` (known: ${["enforcementLevel", ...known].join(", ")})`,
    ];
  }
  const wrong = (rule: string): string[] => [
    `${name}.${property} = ${JSON.stringify(value)} ${rule}`,
  ];
  const types = [schema.type ?? []].flat();
  if (types.length > 0 && !types.some((type) => hasType(value, type))) {
    return wrong(`must be of type ${types.join(" or ")}`);
  }
  if (schema.enum !== undefined && !schema.enum.includes(value)) {
    return wrong(`must be one of ${schema.enum.map(String).join(", ")}`);
  }
  if (typeof value === "number") {
    if (schema.minimum !== undefined && value < schema.minimum) {
      return wrong(`must be at least ${schema.minimum}`);
    }
    if (schema.maximum !== undefined && value > schema.maximum) {
      return wrong(`must be at most ${schema.maximum}`);
    }
  }
  return [];
}

function hasType(value: unknown, type: string): boolean {
  switch (type) {
    case "integer":
      return Number.isInteger(value);
    case "array":
      return Array.isArray(value);
    case "null":
      return value === null;
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    default:
      return typeof value === type;
  }
}

function isLevel(value: unknown): value is EnforcementLevel {
  return (enforcementLevels as readonly unknown[]).includes(value);
}

function defaultsOf(policy: PolicyDescription): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(policy.properties)
      .filter(([, schema]) => schema.default !== undefined)
      .map(([property, schema]) => [property, schema.default]),
  );
}

function suggestion(word: string, known: string[]): string {
  if (known.length === 0) return "";
  const near = closest(word, known);
  return distance(word, near) <= Math.max(2, word.length / 3) ? `; did you mean ${near}?` : "";
}
