"use strict";

// Entry point of `--policy-pack policies`. In the repository, it compiles the sources at each start, so
// Pulumi never evaluates a stack with outdated policies. The npm package contains only compiled
// policies.
const fs = require("node:fs");
const path = require("node:path");

if (fs.existsSync(path.join(__dirname, "pack.ts"))) require("./build.cjs");
module.exports = require("./bin/index.js");
