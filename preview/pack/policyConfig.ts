import {
  type ConfigurablePolicy,
  configurationProblems,
  type enforcementLevels,
} from "../../policies/engine/config";

export type EnforcementLevel = (typeof enforcementLevels)[number];

/** A policy as its pack describes it. */
export interface PackPolicy extends ConfigurablePolicy {
  /** Default level. */
  level: EnforcementLevel;
}

/** Complete configuration of a policy. */
export interface PolicySettings {
  level: EnforcementLevel;
  properties: Record<string, unknown>;
}

/** Content of a configuration file: `{"all": "mandatory", "prometheus-retention": {"maxDays": 14}}`. */
export type PolicyConfigFile = Record<string, unknown>;

/** A layer of configuration on top of the policies' defaults. */
export type PolicyLayer = Record<string, Partial<PolicySettings>>;

/**
 * Returns the effective configuration of every policy. Merges like the engine: the policy's defaults
 * come first, followed by each layer. Within a layer, the policy's own entry overrides `all`.
 */
export function effectivePolicySettings(
  policies: PackPolicy[],
  layers: PolicyLayer[],
): Record<string, PolicySettings> {
  return Object.fromEntries(
    policies.map((policy) => {
      const settings: PolicySettings = { level: policy.level, properties: defaultsOf(policy) };
      for (const layer of layers) {
        const all = layer["all"];
        const named = layer[policy.name];
        settings.level = named?.level ?? all?.level ?? settings.level;
        Object.assign(settings.properties, named?.properties);
      }
      return [policy.name, settings];
    }),
  );
}

/** Converts a configuration file to a layer, or returns all of its problems. */
export function policyLayer(
  file: PolicyConfigFile,
  policies: PackPolicy[],
): { layer: PolicyLayer; problems: string[] } {
  const problems = configurationProblems(policies, file).map(
    ({ path, rule, fix }) => `${path} ${rule}\n  fix: ${fix}`,
  );
  if (problems.length > 0) return { layer: {}, problems };
  const layer = Object.fromEntries(
    Object.entries(file).map(([name, entry]): [string, Partial<PolicySettings>] => {
      if (typeof entry === "string") return [name, { level: entry as EnforcementLevel }];
      const { enforcementLevel, ...properties } = entry as Record<string, unknown>;
      return [
        name,
        {
          ...(enforcementLevel === undefined
            ? {}
            : { level: enforcementLevel as EnforcementLevel }),
          properties,
        },
      ];
    }),
  );
  return { layer, problems };
}

function defaultsOf(policy: PackPolicy): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(policy.properties)
      .filter(([, schema]) => schema.default !== undefined)
      .map(([property, schema]) => [property, schema.default]),
  );
}
