import { type Excerpt, blocksOf, cellsOf, codeIn, pages, proseOf } from "./markdown";

/** A command in a code block, in a workflow or in the text of a page. */
export interface Command extends Excerpt {
  /** Whether the command is in the text, where it may have no arguments. */
  inline: boolean;
}

const programs = /^(npm|npx|node|pulumi|kubectl|aws|helm|logcli|promtool|amtool|go|orchestrion) \S/;

/** A translation of README.md, which repeats its commands. */
export const translation = "README.ko.md";

/** All commands of all pages, in their order. */
export function documentedCommands(): Command[] {
  return pages()
    .filter((file) => file !== "CHANGELOG.md" && file !== translation)
    .flatMap(commandsOf);
}

/** The commands of a page, in their order. */
export function commandsOf(file: string): Command[] {
  return [...inBlocks(file), ...inWorkflows(file), ...inText(file)].sort((a, b) => a.line - b.line);
}

function inBlocks(file: string): Command[] {
  return blocksOf(file, "(?:bash|sh|shell|console)").flatMap(({ line, text }) => {
    const commands: Command[] = [];
    let pending = "";
    text.split("\n").forEach((part, index) => {
      pending += part.replace(/\\$/, "");
      if (part.endsWith("\\")) return;
      const whole = pending.replace(/\s+#.*$/, "").replace(/ +/g, " ");
      pending = "";
      for (const command of whole.split(" && ").filter((part) => part.trim() !== "")) {
        commands.push({ file, line: line + index, text: command.trim(), inline: false });
      }
    });
    return commands;
  });
}

function inWorkflows(file: string): Command[] {
  return blocksOf(file, "yaml").flatMap(({ line, text }) =>
    text.split("\n").flatMap((step, index) => {
      const [, command] = /^\s*- run: (.*)$/.exec(step) ?? [];
      return command === undefined
        ? []
        : [{ file, line: line + index, text: command, inline: false }];
    }),
  );
}

function inText(file: string): Command[] {
  // The first column lists the commands that this project replaces.
  const isFormer = (text: string) => file === "docs/migration.md" && cellsOf(text).length > 0;
  return proseOf(file).flatMap(({ line, text }) =>
    codeIn(isFormer(text) ? cellsOf(text).slice(1).join(" ") : text)
      .filter((code) => programs.test(code))
      .map((code) => ({ file, line, text: code, inline: true })),
  );
}
