"use strict";

// Runs the bundle of the policy pack in a directory: `node runPack.cjs <directory>`.
const fs = require("node:fs");
const { prepareBundle, runBundle } = require("../bundle/bundle.cjs");

const bundle = prepareBundleOrExit(process.argv[2]);
if (![bundle.sources, bundle.packages].every((file) => fs.existsSync(`${file}.compiled`))) {
  // The preview stops the pack with this signal. A clean exit caches the compiled code.
  process.once("SIGTERM", () => process.exit());
}
runBundle(bundle);

function prepareBundleOrExit(directory) {
  try {
    return prepareBundle("pack", directory);
  } catch (error) {
    // The message contains the file, the line and the mistake. A stack trace would only distract from
    // it.
    process.stderr.write(error.message);
    process.exit(1);
  }
}
