import { type Piece, blocksOf, cellsOf, codeIn, pages, proseOf } from "./markdown";

/** What a page tells its reader to type: in a block, in a workflow, or in a line of text. */
export interface Command extends Piece {
  /** Only a line of text: it may also just name a command, without its arguments. */
  inline: boolean;
}

const programs = /^(npm|npx|node|pulumi|kubectl|aws|helm|logcli|promtool|amtool|go|orchestrion) \S/;

/** Every command of every page, in the order of the pages. */
export function documentedCommands(): Command[] {
  return pages()
    .filter((file) => file !== "CHANGELOG.md")
    .flatMap((file) =>
      [...inBlocks(file), ...inWorkflows(file), ...inText(file)].sort((a, b) => a.line - b.line),
    );
}

function inBlocks(file: string): Command[] {
  return blocksOf(file, "(?:bash|sh|shell|console)").flatMap(({ line, text }) => {
    const commands: Command[] = [];
    let unfinished = "";
    text.split("\n").forEach((part, index) => {
      unfinished += part.replace(/\\$/, "");
      if (part.endsWith("\\")) return;
      const whole = unfinished.replace(/\s+#.*$/, "").replace(/ +/g, " ");
      unfinished = "";
      for (const command of whole.split(" && ").filter((one) => one.trim() !== "")) {
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
  // What stands there is what the reader typed before there was this project.
  const former = (text: string) => file === "docs/migration.md" && cellsOf(text).length > 0;
  return proseOf(file).flatMap(({ line, text }) =>
    codeIn(former(text) ? cellsOf(text).slice(1).join(" ") : text)
      .filter((code) => programs.test(code))
      .map((code) => ({ file, line, text: code, inline: true })),
  );
}
