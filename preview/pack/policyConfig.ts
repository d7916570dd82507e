import {
  type ConfigurablePolicy,
  configurationProblems,
  type enforcementLevels,
} from "../../policies/engine/config";

export type EnforcementLevel = (typeof enforcementLevels)[number];

/** A policy as its pack describes it. */
export interface PolicyDescription extends ConfigurablePolicy {
  /** Level that the pack itself gives it. */
  level: EnforcementLevel;
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

function defaultsOf(policy: PolicyDescription): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(policy.properties)
      .filter(([, schema]) => schema.default !== undefined)
      .map(([property, schema]) => [property, schema.default]),
  );
}
