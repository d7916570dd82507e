"use strict";

// Entry point of `--policy-pack policies`. In the repository, it compiles the sources at each start, so
// Pulumi never judges a stack by outdated policies. The npm package has no sources.
const fs = require("node:fs");
const path = require("node:path");

if (fs.existsSync(path.join(__dirname, "pack.ts"))) require("./build.cjs");
module.exports = require("./bin/index.js");
