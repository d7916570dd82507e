"use strict";

/**
 * Usage: report.cjs FILE...
 *
 * Prints the outputs of previews as Markdown, for a comment or a summary. Markdown files (.md) stay as
 * they are, and other output is folded. GitHub rejects comments over 65,536 characters, so long output
 * is truncated at the end of a line. The log of the run contains the whole output.
 */

const fs = require("node:fs");
const path = require("node:path");

/** Character limits for each of the two stacks, with room for the surrounding text. */
const limits = { markdown: 8000, text: 20_000, title: 200 };

for (const file of process.argv.slice(2)) {
  const { name, ext } = path.parse(file);
  process.stdout.write(`${section(name.replace("-", " of "), ext, outputIn(file))}\n\n`);
}

function outputIn(file) {
  return fs.existsSync(file) ? fs.readFileSync(file, "utf8").trimEnd() : "";
}

function section(title, extension, output) {
  if (output === "") return `**${title}**: no output. The log of the run has the error.`;
  if (extension === ".md") return cut(output, limits.markdown);
  // The fence must be longer than any run of backticks in the output, so that no line of the output ends
  // it.
  const runs = output.match(/`+/g) ?? [];
  const fence = "`".repeat(Math.max(4, ...runs.map((run) => run.length + 1)));
  const last = output.slice(output.lastIndexOf("\n") + 1).slice(0, limits.title);
  return [
    `<details><summary>${title}: ${last.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</summary>`,
    cut(output, limits.text, `${fence}text\n`, `\n${fence}`),
    "</details>",
  ].join("\n\n");
}

/**
 * Returns the first lines of an output between two texts, with a note at the end if the output is
 * truncated.
 */
function cut(output, limit, before = "", after = "") {
  if (output.length <= limit) return `${before}${output}${after}`;
  const first = output.slice(0, output.lastIndexOf("\n", limit));
  return `${before}${first}${after}\n\nThe output is cut. The log of the run has all of it.`;
}
