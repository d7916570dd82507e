import * as pulumi from "@pulumi/pulumi";
import { RawConfiguration, Settings, parseConfiguration } from "./parseConfiguration";
import { formatConfigurationProblems } from "./formatProblems";
import { SecretKey, isSecretKey, secrets as allSecrets } from "../../components/shared/secrets";
import { defined } from "../../components/shared/defined";
import { isMap } from "../../policies/shared/isMap";
import type { PlaintextSecret } from "./context";

/** The secrets of the configuration. A secret that is not set is undefined. */
export type Secrets = Partial<Record<SecretKey, pulumi.Output<string>>> & {
  /** Keys that the Datadog provider is configured with, by their names in its configuration. */
  datadogProvider?: Record<string, pulumi.Output<string>>;
};

/**
 * Reads and checks the configuration of the current stack.
 *
 * Throws one error that lists every problem with the command that fixes it.
 */
export function loadSettings(): { settings: Settings; secrets: Secrets } {
  const raw = rawConfiguration(pulumi.runtime.allConfig(), isConfigSecret);
  const checked = parseConfiguration(raw);
  if (checked.problems !== undefined) {
    throw new pulumi.RunError(formatConfigurationProblems(pulumi.getStack(), checked.problems));
  }
  const config = new pulumi.Config("monitoring");
  const secrets = Object.fromEntries(raw.secrets.map((key) => [key, config.requireSecret(key)]));
  const provider = new pulumi.Config("datadog");
  const datadogProvider = Object.fromEntries(
    (raw.datadogProviderKeys ?? []).map((key) => [key, provider.requireSecret(key)]),
  );
  return {
    settings: checked.settings,
    secrets: raw.datadogProviderKeys ? { ...secrets, datadogProvider } : secrets,
  };
}

/** Whether a value is a secret. `isConfigSecret` exists in the SDK, but not in the SDK's types. */
function isConfigSecret(fullKey: string): boolean {
  const { isConfigSecret: isSecret } = pulumi.runtime as {
    isConfigSecret?: (key: string) => boolean;
  };
  return isSecret?.(fullKey) ?? true;
}

/** Splits the engine's flat map of strings into plain values and the names of the secrets. */
export function rawConfiguration(
  all: Record<string, string>,
  isSecret: (fullKey: string) => boolean = () => true,
): RawConfiguration {
  const prefix = "monitoring:";
  const entries = Object.entries(all)
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, text]) => [key.slice(prefix.length), text] as const);
  const datadogProviderKeys = ["apiKey", "appKey"].filter((key) => `datadog:${key}` in all);
  const setSecrets = allSecrets.map(({ key }) => key).filter((key) => `${prefix}${key}` in all);
  const plaintextSecrets = [
    ...entries
      .filter(([key]) => isSecretKey(key) && !isSecret(`${prefix}${key}`))
      .flatMap(([key, text]) => plaintextPaths(key, parsed(text))),
    ...datadogProviderKeys
      .filter((key) => !isSecret(`datadog:${key}`))
      .map((key) => ({ namespace: "datadog" as const, path: [key] })),
  ];
  const secretMaps = entries.flatMap(([name, text]) =>
    allSecrets.some(({ key, mapBy }) => mapBy && key === name)
      ? [[name, keysOf(parsed(text))] as const]
      : [],
  );
  return defined({
    values: Object.fromEntries(
      entries.filter(([name]) => !isSecretKey(name)).map(([name, text]) => [name, parsed(text)]),
    ),
    secrets: setSecrets,
    ...(plaintextSecrets.length > 0 && { plaintextSecrets }),
    ...(secretMaps.length > 0 && { secretMaps: Object.fromEntries(secretMaps) }),
    datadogProviderKeys: datadogProviderKeys.length > 0 ? datadogProviderKeys : undefined,
    region: all["aws:region"],
  });
}

/** The paths of a secret in plain text, or of those in a map of secrets, which a preview completes. */
function plaintextPaths(key: string, value: unknown): PlaintextSecret[] {
  if (!isMap(value)) return [{ path: [key] }];
  const placeholder = allSecrets.find((secret) => secret.key === key)?.placeholder;
  return Object.entries(value)
    .filter(([, secret]) => secret !== placeholder)
    .map(([name]) => ({ path: [key, name] }));
}

/** Whether each key of a map of secrets is set; `true` for other values. Keys are not secret. */
function keysOf(secrets: unknown): Record<string, boolean> | true {
  if (typeof secrets !== "object" || secrets === null || Array.isArray(secrets)) return true;
  return Object.fromEntries(Object.entries(secrets).map(([key, secret]) => [key, Boolean(secret)]));
}

/** The engine passes lists and maps as JSON, everything else as plain strings. */
function parsed(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
