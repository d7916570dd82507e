"use strict";

// Compiles the policy pack into `bin/index.js`, which the npm package contains instead of the sources.
const fs = require("node:fs");
const path = require("node:path");
const { buildSync } = require("esbuild");

const { outputFiles } = buildSync({
  absWorkingDir: __dirname,
  entryPoints: ["pack.ts"],
  outfile: "bin/index.js",
  bundle: true,
  platform: "node",
  target: "node20",
  packages: "external",
  sourcemap: true,
  write: false,
});
for (const { path: file, contents } of outputFiles) {
  // Write to a temporary file and rename it, so a pack that starts at the same time never reads a
  // partial file.
  const temporary = `${file}.${process.pid}`;
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(temporary, contents);
  fs.renameSync(temporary, file);
}
