"use strict";

// `npm run preview`: the preview, bundled with the program of the project in the current folder.
const path = require("node:path");
const { prepareBundle, runBundle } = require("./bundle/bundle.cjs");
const { spawnEarly } = require("./pack/spawnPack.cjs");

// The pack takes longest to load, so it starts first.
spawnEarly(path.join(process.cwd(), "policies"));
runBundle(prepareBundle("program", process.cwd()));
