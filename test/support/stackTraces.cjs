"use strict";

/**
 * Leaves the stack traces unmapped that the Pulumi SDK records for each promise of each resource. No
 * test reads them, and mapping them to the sources would take most of the time of the tests.
 */
const { sep } = require("node:path");

const recordsPromises = ["@pulumi", "pulumi", "runtime", "debuggable.js"].join(sep);
const mapped = Error.prepareStackTrace;

Error.prepareStackTrace = (error, frames) =>
  frames[0]?.getFileName()?.endsWith(recordsPromises)
    ? [error, ...frames].join("\n    at ")
    : mapped(error, frames);
