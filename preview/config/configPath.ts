import { ExpectedError } from "./errors";

/** A configuration value from YAML or JSON. */
export type ConfigValue =
  null | boolean | number | string | ConfigValue[] | { [key: string]: ConfigValue };

/** Configuration values by full key, such as `monitoring:prometheus`. */
export type ConfigValues = Record<string, ConfigValue>;

/**
 * Sets a value like `pulumi config set --path`: `prometheus.retentionDays=400`,
 * `services[0].name=inventory-service`, `labels["app.kubernetes.io/name"]=x`, `aws:region=eu-west-1`.
 * Inside a map or list, `true`, `false` and whole numbers are not strings. A JSON list or map is parsed
 * at any level, whereas the CLI parses it only directly under a key. Any other value is text, such as
 * the template `{{ .Status }}`. Returns a copy of the values.
 */
export function setConfigPath(
  values: ConfigValues,
  setting: string,
  project: string,
): ConfigValues {
  const { path: fullPath, text } = splitSetting(setting);
  const [, namespace = project, path = ""] =
    /^(?:([\w.-]+):(?:config:)?)?(.*)$/s.exec(fullPath) ?? [];
  const [name, ...rest] = parsePath(path);
  if (typeof name !== "string" || name === "") {
    throw new ExpectedError(`${setting}: the path must start with a name`);
  }
  const key = `${namespace}:${name}`;
  const value = rest.length === 0 ? (parsedJson(text) ?? text) : typedValue(text);
  return { ...values, [key]: setAt(values[key] ?? null, [name], rest, value) };
}

/** Splits a setting at the first `=` outside quotes. */
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
  throw new ExpectedError(`${setting}: expected key=value`);
}

/** Parses a property path into names and list indices. */
export function parsePath(path: string): (string | number)[] {
  const elements: (string | number)[] = [];
  let rest = path;
  if (rest.startsWith(".")) throw new ExpectedError(`${path}: a path must start with a name`);
  while (rest !== "") {
    const dot = rest.startsWith(".") ? 1 : 0;
    const element =
      /^\.?\["((?:\\"|[^"])*)"\]/.exec(rest) ??
      /^\.?\[(\d+)\]/.exec(rest) ??
      /^\.?([^.[\]"]+)/.exec(rest);
    const [matched, content] = element ?? [];
    if (matched === undefined || content === undefined || (elements.length === 0 && dot === 1)) {
      throw new ExpectedError(`${path}: invalid path at ${JSON.stringify(rest)}`);
    }
    if (elements.length > 0 && dot === 0 && matched[0] !== "[") {
      throw new ExpectedError(`${path}: a name after ] must start with a dot`);
    }
    const bracketed = matched.includes("[");
    const isQuoted = matched.includes('["');
    elements.push(bracketed && !isQuoted ? Number(content) : content.replaceAll('\\"', '"'));
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
  // The CLI replaces a scalar directly under the key. At a deeper level, that is probably a mistake.
  if (!isContainer(container)) {
    if (container !== null && prefix.length > 1) {
      throw new ExpectedError(
        `${formatPath(prefix)}: expected a ${typeof head === "number" ? "list" : "map"}`,
      );
    }
    container = typeof head === "number" ? [] : {};
  }
  if (Array.isArray(container)) {
    if (typeof head !== "number") {
      throw new ExpectedError(`${formatPath(inside)}: a list requires a number as its index`);
    }
    if (head > container.length) {
      throw new ExpectedError(
        `${formatPath(inside)}: index out of range, the list has ${container.length} item(s)`,
      );
    }
    const list = [...container];
    list[head] = setAt(list[head] ?? null, inside, rest, value);
    return list;
  }
  if (typeof head !== "string") {
    throw new ExpectedError(`${formatPath(inside)}: a map requires a name as its key`);
  }
  const map = container as { [key: string]: ConfigValue };
  return { ...map, [head]: setAt(map[head] ?? null, inside, rest, value) };
}

function isContainer(value: ConfigValue): boolean {
  return typeof value === "object" && value !== null;
}

/** Parses a value inside a map or list. Directly under a key, the program parses the text itself. */
function typedValue(text: string): ConfigValue {
  if (text === "true") return true;
  if (text === "false") return false;
  // Numbers with a leading zero, such as account IDs, stay text.
  if (/^[+-]?\d+$/.test(text) && !(text.length > 1 && text.startsWith("0"))) return Number(text);
  return parsedJson(text) ?? text;
}

function parsedJson(text: string): ConfigValue | undefined {
  if (!/^[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as ConfigValue;
  } catch {
    return undefined;
  }
}

function formatPath(path: (string | number)[]): string {
  return path
    .map((element, index) =>
      typeof element === "number" ? `[${element}]` : index === 0 ? element : `.${element}`,
    )
    .join("");
}
