"use strict";

// Implements `npm run preview`: bundles the preview with the program of the project in the current
// folder, and runs it.
const path = require("node:path");
const { prepareBundle, runBundle } = require("./bundle/bundle.cjs");
const { spawnEarly } = require("./pack/spawnPack.cjs");

// The policy pack takes longest to load, so start it first.
spawnEarly(path.join(process.cwd(), "policies"));
runBundle(prepareBundle("program", process.cwd()));
