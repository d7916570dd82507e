import { isSecretKey } from "../../components/secrets/secrets";
import { HIDDEN } from "../../components/shared/hideSecrets";
import { Problem, formatValue } from "../../components/shared/problems";
import { type Path, formatPath } from "../../policies/shared/path";

const defaultNamespace = "monitoring";

/** Formats all problems with a stack's configuration as one text, with the commands that fix them. */
export function formatConfigurationProblems(stack: string, problems: Problem[]): string {
  const count = `${problems.length} problem${problems.length === 1 ? "" : "s"}`;
  const text = problems.map(formatConfigurationProblem).join("\n").replace(/^/gm, "  ");
  return `${count} in the configuration of stack ${stack}; nothing was deployed\n${text}`;
}

/** Formats a problem with a configuration key, with the commands that fix it. */
export function formatConfigurationProblem(problem: Problem): string {
  const [first, ...more] = commands(problem);
  return [
    `${problem.namespace ?? defaultNamespace}:${formatPath(problem.path)}${formatValue(problem)} ${problem.rule}`,
    `  fix: ${first}`,
    ...more.map((line) => `       ${line}`),
  ].join("\n");
}

function commands({ path, value, fix, namespace }: Problem): string[] {
  if (namespace !== undefined)
    return [`pulumi config set --secret ${namespace}:${formatPath(path)}`];
  switch (fix.kind) {
    case "set":
      return replacement(path, value, fix.example);
    case "remove":
      return [remove(path)];
    case "rename": {
      const renamed = [...path.slice(0, -1), fix.to];
      const { value: replaced = value } = fix;
      return [
        remove(path),
        ...set(renamed, JSON.stringify(replaced)?.includes(HIDDEN) ? "" : replaced),
      ];
    }
    case "do":
      if (isSecret(path)) return set(path, "");
      // If the key is set, removing it is another fix.
      return value === undefined ? [fix.text] : [fix.text, `or: ${remove(path)}`];
  }
}

/**
 * Returns commands that replace a value. The CLI keeps the type of a string that it replaces, and
 * cannot set a key inside a scalar.
 */
function replacement(path: Path, value: unknown, example: unknown): string[] {
  const inPlace =
    value === undefined ||
    typeof example === "string" ||
    (!isContainer(example) && typeof value !== "string");
  if (inPlace) return set(path, example);
  // Removing a list item shifts the items after it, so a second command would set the wrong item.
  return typeof path.at(-1) === "number" ? [remove(path)] : [remove(path), ...set(path, example)];
}

/**
 * Returns commands that set a value. The CLI sets one leaf at a time, so a map or list needs one
 * command for each leaf.
 */
function set(path: Path, value: unknown): string[] {
  if (isSecret(path))
    return [`pulumi config set --secret ${path.length > 1 ? "--path " : ""}${key(path)}`];
  if (isContainer(value)) {
    const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
    return entries.flatMap(([name, item]) => set([...path, name], item));
  }
  const text = String(value);
  return [
    `pulumi config set --path${typeFlag(path, value)} ${key(path)} ${quoted(text)}`.trimEnd(),
  ];
}

function remove(path: Path): string {
  return `pulumi config rm --path ${key(path)}`;
}

/**
 * Returns the type flag for a value. The CLI recognizes whole numbers and booleans, but not fractions.
 */
function typeFlag(path: Path, value: unknown): string {
  if (typeof value === "number" && !Number.isInteger(value)) return " --type float";
  const typed = path.length > 1 && typeof value === "string";
  return typed && /^(true|false|[+-]?\d+)$/.test(value) ? " --type string" : "";
}

function isSecret(path: Path): boolean {
  return isSecretKey(path[0]);
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function key(path: Path): string {
  return quoted(`${defaultNamespace}:${formatPath(path)}`);
}

/** Quotes a text for the shell, if necessary. */
function quoted(text: string): string {
  return /^[\w./:@%+-]*$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
