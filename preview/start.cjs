"use strict";

// `npm run preview`: the preview, bundled with the program of the project in the current folder.
const { prepareBundle, runBundle } = require("./bundle/bundle.cjs");

runBundle(prepareBundle("program", process.cwd()));
