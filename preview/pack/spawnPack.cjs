"use strict";

/**
 * Starts the process of a policy pack. This file is plain JavaScript, because `start.cjs` calls it
 * before loading the preview's bundle: the pack takes as long to load as the preview and the program
 * together.
 */
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

/** Processes that were started early and have not been claimed, by pack directory. */
const early = new Map();

/** Starts the pack in a directory early. A later `spawnPack` call returns this process. */
function spawnEarly(directory) {
  early.set(directory, start(directory));
}

/** Returns the process of the pack in a directory. */
function spawnPack(directory) {
  const child = early.get(directory) ?? start(directory);
  early.delete(directory);
  return child;
}

function start(directory) {
  const child = spawn(process.execPath, packArguments(directory), {
    cwd: directory,
    stdio: ["ignore", "pipe", "pipe"],
    env: packEnvironment(),
  });
  const kill = () => child.kill();
  process.once("exit", kill);
  child.once("exit", () => process.removeListener("exit", kill));
  return child;
}

/**
 * Returns the arguments for a pack. A TypeScript pack runs as a bundle, a JavaScript pack without one.
 */
function packArguments(directory) {
  const isSource = fs.existsSync(path.join(directory, "pack.ts"));
  return isSource ? [path.join(__dirname, "runPack.cjs"), directory] : [directory];
}

function packEnvironment() {
  // Options for this process, such as a TypeScript loader, would slow the pack down.
  const { NODE_OPTIONS: _options, ...environment } = process.env;
  return environment;
}

module.exports = { spawnEarly, spawnPack };
