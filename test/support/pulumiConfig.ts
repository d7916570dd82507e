import { parsePath } from "../../preview/config/configPath";
import { RawConfiguration } from "../../stacks/config/parseConfiguration";
import { SecretKey } from "../../components/secrets/secrets";

type Path = (string | number)[];

/**
 * Applies a `pulumi config set` or `pulumi config rm` command as CLI 3.255 does, including its errors
 * and quirks: a new value for a string is stored as a string.
 */
export function runConfigCommand(raw: RawConfiguration, line: string): RawConfiguration {
  const words = shellWords(line);
  const [, , verb] = words;
  const flags = words.filter((word) => word.startsWith("--"));
  const type = words[words.indexOf("--type") + 1];
  const [key = "", value] = words.slice(3 + flags.length + (flags.includes("--type") ? 1 : 0));
  if (!line.startsWith("pulumi config ") || !key.startsWith("monitoring:")) {
    throw new Error(`not a pulumi config command: ${line}`);
  }
  const path = parsePath(key.slice("monitoring:".length));
  const name = String(path[0]);
  if (flags.includes("--secret")) return { ...raw, secrets: [...raw.secrets, name as SecretKey] };
  if (verb === "rm") {
    const secrets = raw.secrets.filter((secret) => secret !== name);
    return { ...raw, secrets, values: removeAt(raw.values, path) as RawConfiguration["values"] };
  }
  if (verb !== "set" || value === undefined) throw new Error(`the value is missing: ${line}`);
  const typed = path.length === 1 ? value : typedValue(value, flags.includes("--type") ? type : "");
  return { ...raw, values: setAt(raw.values, path, typed) as RawConfiguration["values"] };
}

function typedValue(text: string, type: string | undefined): unknown {
  if (type === "float") return Number(text);
  if (type === "string") return text;
  if (text === "true" || text === "false") return text === "true";
  return /^[+-]?\d+$/.test(text) ? Number(text) : text;
}

function setAt(current: unknown, path: Path, value: unknown, depth = 0): unknown {
  const [head, ...rest] = path;
  if (head === undefined) return typeof current === "string" ? String(value) : value;
  const isMap = typeof current === "object" && current !== null;
  if (current !== undefined && !isMap && depth > 1) throw new Error(`expected a map at ${head}`);
  if (typeof head === "number") {
    if (isMap && !Array.isArray(current)) throw new Error(`a map has no index ${head}`);
    const list: unknown[] = Array.isArray(current) ? [...(current as unknown[])] : [];
    if (head > list.length) throw new Error(`index ${head} is out of range`);
    list[head] = setAt(list[head], rest, value, depth + 1);
    return list;
  }
  if (Array.isArray(current)) throw new Error(`a list has no key ${head}`);
  const map: Record<string, unknown> = isMap ? { ...(current as Record<string, unknown>) } : {};
  map[head] = setAt(map[head], rest, value, depth + 1);
  return map;
}

function removeAt(current: unknown, path: Path): unknown {
  const [head, ...rest] = path;
  if (head === undefined || typeof current !== "object" || current === null) return current;
  if (Array.isArray(current)) {
    return (current as unknown[]).flatMap((item, index) =>
      index !== head ? [item] : rest.length === 0 ? [] : [removeAt(item, rest)],
    );
  }
  return Object.fromEntries(
    Object.entries(current).flatMap(([key, item]: [string, unknown]) =>
      key !== head ? [[key, item]] : rest.length === 0 ? [] : [[key, removeAt(item, rest)]],
    ),
  );
}

/** Splits a line into words as a shell does. */
function shellWords(line: string): string[] {
  return [...line.matchAll(/(?:'[^']*'|\\.|[^\s'\\])+/g)].map(([word]) =>
    word.replace(
      /'([^']*)'|\\(.)/g,
      (_all, quoted?: string, escaped?: string) => quoted ?? escaped ?? "",
    ),
  );
}
