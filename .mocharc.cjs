"use strict";

const os = require("node:os");

module.exports = {
  require: ["ts-node/register", "./test/support/stackTraces.cjs"],
  extension: ["ts"],
  timeout: 180_000,
  // Of `--parallel`. By default, Mocha leaves one core unused, so that two cores run one test at a time.
  jobs: Math.max(2, os.availableParallelism()),
};
