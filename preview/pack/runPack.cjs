"use strict";

// Runs the bundle of a policy pack: `node runPack.cjs <directory> <own> <packages>`.
const fs = require("node:fs");
const { runBundle } = require("../bundle/bundle.cjs");

const [directory, own, packages] = process.argv.slice(2);
if (![own, packages].every((file) => fs.existsSync(`${file}.compiled`))) {
  // The preview ends the pack with this signal. An orderly exit keeps the compiled code.
  process.once("SIGTERM", () => process.exit());
}
runBundle({ directory, own, packages });
