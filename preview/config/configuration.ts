import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { type Secret, secrets } from "../../components/secrets/secrets";
import { isMap } from "../../policies/shared/isMap";
import { type Path, formatPath } from "../../policies/shared/path";
import { type ConfigValue, type ConfigValues, setConfigPath } from "./configPath";
import { ExpectedError } from "./errors";
import { secretsInUse } from "./secretsInUse";

/** Parsed content of `Pulumi.yaml`. */
export interface ProjectFile {
  name: string;
  config?: Record<string, unknown>;
}

/** Parsed content of `Pulumi.<stack>.yaml`, or of a `--config-file`. */
export interface StackFile {
  config?: Record<string, unknown>;
}

export interface ConfigurationSources {
  project: ProjectFile;
  /** Stack files, in order. Each file replaces whole keys of earlier files. */
  files: StackFile[];
  /** `key=value` pairs, with paths as in `pulumi config set --path`. They are applied last. */
  settings: string[];
}

/** The configuration in the form that the engine passes to the program. */
export interface Configuration {
  /** Values as text, by full key. Maps and lists are JSON. */
  values: Record<string, string>;
  /** Keys whose values are secret. */
  secretKeys: string[];
  /** Secrets that the program needs but that are not set. Their values are placeholders. */
  unset: Secret[];
  /** Values of all secrets, including placeholders, which must not appear in any output. */
  secretValues: string[];
  /** Fingerprint of each encrypted value, by the path of its setting. */
  encrypted: Record<string, string>;
}

/** Merges all sources of configuration in the same way as the Pulumi CLI. */
export function configuration(sources: ConfigurationSources): Configuration {
  const project = sources.project.name;
  let values: ConfigValues = projectDefaults(sources.project);
  for (const file of sources.files) {
    values = { ...values, ...byFullKey(file.config ?? {}, project) };
  }
  const fileValues = values;
  for (const setting of sources.settings) values = setConfigPath(values, setting, project);
  requireDeclared(sources.project, values);

  const result: Record<string, string> = {};
  const secretKeys: string[] = [];
  const hiddenKeys: string[] = [];
  for (const [key, value] of Object.entries(values)) {
    const named = secrets.find((secret) => key === `${project}:${secret.key}`);
    const readable = withPlaceholders(value, named?.placeholder ?? `placeholder for ${key}`);
    result[key] = asText(readable);
    const isOfProvider = key === "datadog:apiKey" || key === "datadog:appKey";
    const isSecret = named !== undefined || isOfProvider;
    const isEncrypted = !isDeepStrictEqual(readable, value);
    if (isSecret || isEncrypted) hiddenKeys.push(key);
    // A plain-text secret in a file is not marked as secret, so the program rejects it, just as in a
    // deployment.
    const hasPlainEntry = named !== undefined && value === fileValues[key] && hasPlainText(value);
    const isSet = isSecret && value !== fileValues[key];
    if ((isEncrypted && !hasPlainEntry) || isSet) secretKeys.push(key);
  }
  const unset = secretsInUse(values, project).filter(
    (secret) => values[`${project}:${secret.key}`] === undefined,
  );
  for (const secret of unset) {
    result[`${project}:${secret.key}`] = secret.placeholder;
    secretKeys.push(`${project}:${secret.key}`);
    hiddenKeys.push(`${project}:${secret.key}`);
  }
  return {
    values: result,
    secretKeys,
    unset,
    secretValues: hiddenKeys.flatMap((key) => [
      ...(result[key] === undefined ? [] : [result[key]]),
      ...textsInside(values[key]),
    ]),
    encrypted: Object.fromEntries(
      Object.entries(values).flatMap(([key, value]) => {
        const [namespace, name = ""] = key.split(":");
        return fingerprints(value, [name]).map(([path, hash]) => [
          `${namespace}:${formatPath(path)}`,
          hash,
        ]);
      }),
    ),
  };
}

/**
 * Returns the defaults for all stacks from `config:` in Pulumi.yaml: plain values, `value:` or
 * `default:`.
 */
function projectDefaults(project: ProjectFile): ConfigValues {
  const defaults: ConfigValues = {};
  for (const [key, declaration] of Object.entries(project.config ?? {})) {
    const value = isDeclaration(declaration)
      ? (declaration["value"] ?? declaration["default"])
      : declaration;
    if (value !== undefined) defaults[fullKey(key, project.name)] = value as ConfigValue;
  }
  return defaults;
}

/** Throws if a stack does not set a key that Pulumi.yaml declares without a default. */
function requireDeclared(project: ProjectFile, values: ConfigValues): void {
  const missing = Object.entries(project.config ?? {})
    .filter(([, declaration]) => isDeclaration(declaration))
    .map(([key]) => fullKey(key, project.name))
    .filter((key) => values[key] === undefined);
  if (missing.length > 0) {
    throw new ExpectedError(
      `Pulumi.yaml requires configuration that is not set: ${missing.join(", ")}`,
    );
  }
}

function isDeclaration(value: unknown): value is Record<string, unknown> {
  return (
    isMap(value) &&
    Object.keys(value).every((key) =>
      ["type", "description", "default", "value", "secret", "items"].includes(key),
    ) &&
    Object.keys(value).length > 0
  );
}

function byFullKey(config: Record<string, unknown>, project: string): ConfigValues {
  if (!isMap(config)) throw new ExpectedError("config: must be a map");
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [fullKey(key, project), value as ConfigValue]),
  );
}

/** Adds the namespace to a key. The default namespace is the project's name. */
export function fullKey(key: string, project: string): string {
  if (!key.includes(":")) return `${project}:${key}`;
  return key.replace(":config:", ":");
}

/** Replaces each `{secure: ...}` with a placeholder, because only the CLI can decrypt it. */
function withPlaceholders(value: ConfigValue, placeholder: string): ConfigValue {
  if (Array.isArray(value)) return value.map((item) => withPlaceholders(item, placeholder));
  if (!isMap(value)) return value;
  if (isEncrypted(value)) return placeholder;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withPlaceholders(item, placeholder)]),
  );
}

function isEncrypted(value: ConfigValue | undefined): value is { secure: string } {
  return isMap(value) && Object.keys(value).length === 1 && typeof value["secure"] === "string";
}

/**
 * Returns a hash for each `{secure: ...}` in a value, with its path. The hash differs if the secret
 * differs or was encrypted again.
 */
function fingerprints(value: ConfigValue, path: Path): [path: Path, hash: string][] {
  if (isEncrypted(value)) {
    return [[path, createHash("sha256").update(value.secure).digest("hex").slice(0, 16)]];
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]: [string, ConfigValue]) =>
    fingerprints(item, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

/** Whether a map contains a string that is not encrypted. */
function hasPlainText(value: ConfigValue): boolean {
  const isPlain = (item: unknown): boolean => typeof item === "string" && item !== "";
  return isMap(value) && !("secure" in value) && Object.values(value).some(isPlain);
}

/**
 * Returns the strings in a map or list. Excludes short strings, which are not secrets and occur
 * everywhere.
 */
function textsInside(value: ConfigValue | undefined): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap((item: ConfigValue) =>
    typeof item === "string" ? (item.length < 8 ? [] : [item]) : textsInside(item),
  );
}

function asText(value: ConfigValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
