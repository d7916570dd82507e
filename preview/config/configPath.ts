import { ExpectedError } from "./errors";

/** A value of the configuration as YAML or JSON knows it. */
export type ConfigValue =
  null | boolean | number | string | ConfigValue[] | { [key: string]: ConfigValue };

/** Configuration by full key: `monitoring:prometheus`. */
export type ConfigValues = Record<string, ConfigValue>;

/** A path or a value that `pulumi config set --path` would refuse. */
export class ConfigPathError extends ExpectedError {}

/**
 * Sets one value the way `pulumi config set --path` does: `prometheus.retentionDays=400`,
 * `services[0].name=inventory-service`, `labels["app.kubernetes.io/name"]=x`, `aws:region=eu-west-1`.
 * Inside of a map or a list, `true`, `false` and whole numbers are typed; a value that starts with
 * `[` or `{` is JSON. Returns fresh values.
 */
export function setConfigPath(
  values: ConfigValues,
  setting: string,
  project: string,
): ConfigValues {
  const { path: fullPath, text } = splitSetting(setting);
  const { namespace, path } = splitNamespace(fullPath, project);
  const [name, ...rest] = parsePath(path);
  if (typeof name !== "string" || name === "") {
    throw new ConfigPathError(`${setting}: the path must start with a name`);
  }
  const key = `${namespace}:${name}`;
  const value = rest.length === 0 ? wholeValue(text) : typedValue(text);
  return { ...values, [key]: setAt(values[key] ?? null, [name], rest, value) };
}

/** Splits at the first `=` outside of quotes and brackets. */
function splitSetting(setting: string): { path: string; text: string } {
  let quoted = false;
  for (let index = 0; index < setting.length; index++) {
    const character = setting[index];
    if (character === "\\" && quoted) index++;
    else if (character === '"') quoted = !quoted;
    else if (character === "=" && !quoted) {
      return { path: setting.slice(0, index), text: setting.slice(index + 1) };
    }
  }
  throw new ConfigPathError(`${setting}: expected key=value`);
}

function splitNamespace(path: string, project: string): { namespace: string; path: string } {
  const namespaced = /^([\w.-]+):(.*)$/s.exec(path);
  const [, namespace, rest] = namespaced ?? [];
  if (namespace === undefined || rest === undefined) return { namespace: project, path };
  return { namespace, path: rest.replace(/^config:/, "") };
}

/** The elements of a property path: names, and indices of lists. */
export function parsePath(path: string): (string | number)[] {
  const elements: (string | number)[] = [];
  let rest = path;
  if (rest.startsWith(".")) throw new ConfigPathError(`${path}: a path starts with a name`);
  while (rest !== "") {
    const dot = rest.startsWith(".") ? 1 : 0;
    const element =
      /^\.?\["((?:\\"|[^"])*)"\]/.exec(rest) ??
      /^\.?\[(\d+)\]/.exec(rest) ??
      /^\.?([^.[\]"]+)/.exec(rest);
    const [matched, found] = element ?? [];
    if (matched === undefined || found === undefined || (elements.length === 0 && dot === 1)) {
      throw new ConfigPathError(`${path}: cannot be read from ${JSON.stringify(rest)} on`);
    }
    if (elements.length > 0 && dot === 0 && matched[0] !== "[") {
      throw new ConfigPathError(`${path}: a name after ] needs a dot before it`);
    }
    const bracketed = matched.includes("[");
    const isQuoted = matched.includes('["');
    elements.push(bracketed && !isQuoted ? Number(found) : found.replaceAll('\\"', '"'));
    rest = rest.slice(matched.length);
  }
  return elements;
}

function setAt(
  current: ConfigValue,
  prefix: (string | number)[],
  path: (string | number)[],
  value: ConfigValue,
): ConfigValue {
  const [head, ...rest] = path;
  if (head === undefined) return value;
  const inside = [...prefix, head];
  let container = current;
  // A scalar directly under the key gives way; deeper down it is more likely a mistake.
  if (!isContainer(container)) {
    if (container !== null && prefix.length > 1) {
      throw new ConfigPathError(
        `${formatPath(prefix)}: expected a ${typeof head === "number" ? "list" : "map"}`,
      );
    }
    container = typeof head === "number" ? [] : {};
  }
  if (Array.isArray(container)) {
    if (typeof head !== "number") {
      throw new ConfigPathError(`${formatPath(inside)}: a list is indexed by a number`);
    }
    if (head > container.length) {
      throw new ConfigPathError(
        `${formatPath(inside)}: index out of range, the list has ${container.length} item(s)`,
      );
    }
    const list = [...container];
    list[head] = setAt(list[head] ?? null, inside, rest, value);
    return list;
  }
  if (typeof head !== "string") {
    throw new ConfigPathError(`${formatPath(inside)}: a map has names, not indices`);
  }
  const map = container as { [key: string]: ConfigValue };
  return { ...map, [head]: setAt(map[head] ?? null, inside, rest, value) };
}

function isContainer(value: ConfigValue): boolean {
  return typeof value === "object" && value !== null;
}

/** Directly under a key everything is text, which the program parses by itself. */
function wholeValue(text: string): ConfigValue {
  return parsedJson(text) ?? text;
}

function typedValue(text: string): ConfigValue {
  if (text === "true") return true;
  if (text === "false") return false;
  // A leading zero is kept, so that "0123" stays what it is.
  if (/^[+-]?\d+$/.test(text) && !(text.length > 1 && text.startsWith("0"))) return Number(text);
  return parsedJson(text) ?? text;
}

function parsedJson(text: string): ConfigValue | undefined {
  if (!/^[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as ConfigValue;
  } catch (error) {
    throw new ConfigPathError(
      `${text}: starts like JSON but is none (${error instanceof Error ? error.message : ""})`,
    );
  }
}

function formatPath(path: (string | number)[]): string {
  return path
    .map((element, index) =>
      typeof element === "number" ? `[${element}]` : index === 0 ? element : `.${element}`,
    )
    .join("");
}
