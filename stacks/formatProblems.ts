import { Fix, Problem, formatPath, formatValue } from "../components/internal/problems";
import { secretKeys } from "./config";

const namespace = "monitoring";

/** One text for all problems of a stack's configuration, each with the command that fixes it. */
export function formatConfigurationProblems(stack: string, problems: Problem[]): string {
  const count = `${problems.length} problem${problems.length === 1 ? "" : "s"}`;
  const lines = problems.map((problem) => {
    const [first, ...more] = fixLines(problem);
    return [
      `  ${namespace}:${formatPath(problem.path)}${formatValue(problem)} ${problem.rule}`,
      `    fix: ${first}`,
      ...more.map((line) => `         ${line}`),
    ].join("\n");
  });
  return `${count} in the configuration of stack ${stack}; nothing was deployed\n${lines.join("\n")}`;
}

function fixLines({ path, fix }: Problem): string[] {
  const key = String(path[0]);
  if (path.length === 1 && (secretKeys as readonly string[]).includes(key) && fix.kind === "do") {
    return [`pulumi config set --secret ${namespace}:${key}`];
  }
  return commands(path, fix);
}

function commands(path: (string | number)[], fix: Fix): string[] {
  switch (fix.kind) {
    case "set":
      return setCommands(path, fix.example);
    case "remove":
      return [`pulumi config rm --path '${namespace}:${formatPath(path)}'`];
    case "rename":
      return [`rename it to ${fix.to} (${namespace}:${formatPath([...path.slice(0, -1), fix.to])})`];
    case "do":
      return [fix.text];
  }
}

/** The CLI sets one leaf at a time, so a map or a list takes a command for each of its leaves. */
function setCommands(path: (string | number)[], value: unknown): string[] {
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => setCommands([...path, index], item));
  }
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([key, item]) => setCommands([...path, key], item));
  }
  const text = String(value);
  const quoted = /^[\w./:@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
  return [`pulumi config set --path '${namespace}:${formatPath(path)}' ${quoted}`];
}
