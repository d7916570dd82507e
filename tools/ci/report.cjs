"use strict";

/**
 * report.cjs FILE...: prints the outputs of previews as Markdown, for a comment or a summary. Markdown
 * (.md) stays as it is, other output is folded. GitHub rejects comments over 65,536 characters, so a long
 * output is cut between two lines; the whole output is in the log of the run.
 */

const fs = require("node:fs");
const path = require("node:path");

/** Characters for each of the two stacks, with room for the text around them. */
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
  // No line of the output ends a fence that is longer than each run of backticks in it.
  const runs = output.match(/`+/g) ?? [];
  const fence = "`".repeat(Math.max(4, ...runs.map((run) => run.length + 1)));
  const last = output.slice(output.lastIndexOf("\n") + 1).slice(0, limits.title);
  return [
    `<details><summary>${title}: ${last.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</summary>`,
    cut(output, limits.text, `${fence}text\n`, `\n${fence}`),
    "</details>",
  ].join("\n\n");
}

/** The first lines of an output between two texts, and a note below if it has more. */
function cut(output, limit, before = "", after = "") {
  if (output.length <= limit) return `${before}${output}${after}`;
  const first = output.slice(0, output.lastIndexOf("\n", limit));
  return `${before}${first}${after}\n\nThe output is cut. The log of the run has all of it.`;
}
