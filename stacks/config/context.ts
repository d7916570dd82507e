import { isMap } from "../../policies/shared/isMap";
import { Placement } from "../../components/shared/placement";
import { Problem, check, unknownKey } from "../../components/shared/problems";
import { SecretKey, SecretPart, secrets, secretsOf } from "../../components/secrets/secrets";
import { Preset } from "../presets/preset";
import { presets } from "../presets/presets";
import { existingPrometheusSchema } from "./existingPrometheus";
import { withinMaxDepth } from "./maxDepth";
import { ClusterMode, Configuration, configurationSchema } from "./schema";

/** A secret in plain text or, in a map of secrets, the key of the plain-text entry. */
export interface PlaintextSecret {
  namespace?: "datadog";
  path: string[];
}

/** A stack's configuration as the engine stores it, with keys that omit `monitoring:`. */
export interface RawConfiguration {
  /** Values of all keys that are not secrets, with lists and maps parsed. */
  values: Record<string, unknown>;
  /** The secrets that are set. */
  secrets: SecretKey[];
  /** The secrets that the stack file contains in plain text. */
  plaintextSecrets?: PlaintextSecret[];
  /** Whether each entry in each map of secrets is set, or true if the value is not a map. */
  secretMaps?: Partial<Record<SecretKey, Record<string, boolean> | true>>;
  /** Configuration keys that are set for the Datadog provider: `apiKey`, `appKey`. */
  datadogProviderKeys?: string[];
  /** Region of the AWS provider, from `aws:region`. */
  region?: string | undefined;
}

/** Names of the namespaces. */
export interface Namespaces {
  monitoring: string;
  application: string;
  datadog: string;
  /** Namespaces that the stack does not create. */
  existing: string[];
}

/** Values that the parsers of all configuration parts share. */
export interface Context {
  raw: RawConfiguration;
  configuration: Configuration;
  preset: Preset;
  namespaces: Namespaces;
  storage: { className: string; create: boolean };
  /** Arguments that identify the stack in every component. */
  identity: { cluster: string; environment: string; labels: Record<string, string> };
  /** Arguments of every component that installs a chart. */
  chart: Context["identity"] &
    Placement & { imageRegistry?: string | undefined; networkPolicies: boolean };
}

const ampWorkspaceArn = "arn:aws:aps:us-east-1:123456789012:workspace/ws-unknown";

/** Checks the structure of the configuration. Separate functions check its parts. */
export function readContext(raw: RawConfiguration): { context: Context; problems: Problem[] } {
  const { values, problems: depthProblems } = withinMaxDepth(raw.values);
  const isKnown = (key: string): boolean => Object.hasOwn(configurationSchema.shape, key);
  const known = Object.fromEntries(Object.entries(values).filter(([key]) => isKnown(key)));
  const structure = check(configurationSchema, known);
  const configuration = structure.settings ?? validParts(known);

  const { cluster, environment, environmentName = environment, labels } = configuration;
  const preset = presets[environment];
  const { application, datadog = application } = configuration.namespaces;
  const storage = storageOf(configuration);
  const identity = { cluster: cluster.name, environment: environmentName, labels };
  return {
    context: {
      raw,
      configuration,
      preset,
      namespaces: { ...configuration.namespaces, datadog },
      storage,
      identity,
      chart: {
        ...identity,
        ...configuration.placement,
        imageRegistry: configuration.imageRegistry,
        networkPolicies: configuration.networkPolicies ?? preset.networkPolicies,
      },
    },
    problems: [
      ...depthProblems,
      ...unknownKeys(
        raw,
        Object.keys(values).filter((key) => !isKnown(key)),
      ),
      ...(structure.problems ?? []),
      ...plaintextProblems(raw),
      ...storageProblems(storage),
    ],
  };
}

/** Returns whether each secret argument of a part is set. */
export function secretFlags(raw: RawConfiguration, part: SecretPart): Record<string, unknown> {
  return Object.fromEntries(
    secretsOf(part).map(({ key, argument, mapBy }) => [
      argument,
      mapBy ? raw.secretMaps?.[key] : raw.secrets.includes(key),
    ]),
  );
}

function plaintextProblems({ plaintextSecrets = [] }: RawConfiguration): Problem[] {
  return plaintextSecrets.map(({ namespace, path }) => ({
    path,
    ...(namespace && { namespace }),
    code: "invalid",
    rule: "must be encrypted, but is in plain text: anyone who can read the stack file knows it, so also rotate the secret",
    fix: { kind: "set", example: "" },
  }));
}

function unknownKeys({ values, secrets: setSecrets }: RawConfiguration, keys: string[]): Problem[] {
  const known = [...Object.keys(configurationSchema.shape), ...secrets.map(({ key }) => key)];
  const setKeys = [...Object.keys(values), ...setSecrets];
  return keys.map((key) => unknownKey([key], values[key], known, setKeys));
}

/**
 * Returns the valid parts of a configuration, with defaults for the others, so that all checks can run.
 */
function validParts(values: Record<string, unknown>): Configuration {
  const valid: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(configurationSchema.shape)) {
    const result = schema.safeParse(values[key]);
    if (result.success) valid[key] = result.data;
  }
  const mode = (values["cluster"] as { mode?: unknown } | null | undefined)?.mode;
  const existing = values["existingPrometheus"] ?? undefined;
  return {
    environment: "dev",
    cluster: {
      name: "unknown",
      mode: Object.values(ClusterMode).find((known) => known === mode) ?? ClusterMode.Existing,
    },
    namespaces: { monitoring: "monitoring", application: "applications", existing: [] },
    storage: {},
    placement: { nodeSelector: {}, tolerations: [] },
    labels: {},
    prometheus: {},
    alertmanager: {},
    grafana: {},
    alerts: {},
    cost: {},
    services: [],
    teams: {},
    ...(existing !== undefined && {
      existingPrometheus: existingPrometheusSchema.parse({
        namespace: "unknown",
        labels: {},
        // Even if its ARN is invalid, a workspace requires different secrets than Alertmanager.
        ...(isMap(existing) && existing["ampWorkspaceArn"] !== undefined && { ampWorkspaceArn }),
      }),
    }),
    ...valid,
  };
}

function storageOf({ cluster, storage }: Configuration): Context["storage"] {
  return {
    className: storage.className ?? (cluster.mode === ClusterMode.Kubeconfig ? "" : "gp3"),
    create: storage.create ?? cluster.mode === ClusterMode.Create,
  };
}

function storageProblems({ create, className }: Context["storage"]): Problem[] {
  if (!create || className !== "") return [];
  return [
    {
      path: ["storage", "className"],
      code: "invalid",
      rule: "must be the name of the class to create",
      fix: { kind: "set", example: "gp3" },
    },
  ];
}
