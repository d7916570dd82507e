import { PlaintextSecret, RawConfiguration } from "./context";
import { isSecretKey, secrets as allSecrets } from "../../components/secrets/secrets";
import { defined } from "../../components/shared/defined";
import { isMap } from "../../policies/shared/isMap";

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

/**
 * Returns the path of a plain-text secret, or the paths of the plain-text entries in a map of secrets.
 * Skips placeholders, which a preview adds to a map.
 */
function plaintextPaths(key: string, value: unknown): PlaintextSecret[] {
  if (!isMap(value)) return [{ path: [key] }];
  const placeholder = allSecrets.find((secret) => secret.key === key)?.placeholder;
  return Object.entries(value)
    .filter(([, secret]) => secret !== placeholder)
    .map(([name]) => ({ path: [key, name] }));
}

/**
 * Returns whether each key in a map of secrets is set, or `true` for other values. Keys are not secret.
 */
function keysOf(secrets: unknown): Record<string, boolean> | true {
  if (!isMap(secrets)) return true;
  return Object.fromEntries(Object.entries(secrets).map(([key, secret]) => [key, Boolean(secret)]));
}

/** Parses a value. The engine passes lists and maps as JSON, and everything else as plain strings. */
function parsed(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
