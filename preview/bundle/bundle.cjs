"use strict";

/**
 * Runs the preview and the policy pack from bundles. A bundle is a single file, without TypeScript and
 * with every module linked, which loads several times faster than the hundreds of files it replaces.
 * This file is plain JavaScript, because it runs before anything can compile TypeScript.
 */
const { spawnSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const { createRequire } = require("node:module");
const path = require("node:path");
const v8 = require("node:v8");
const vm = require("node:vm");

const cacheFolder = path.join(__dirname, "..", "..", "node_modules", ".cache", "preview");

/** Returns the bundle of an entry. Builds it first if one of its inputs has changed. */
function prepareBundle(kind, directory) {
  const manifest = readManifest(manifestFile(kind, directory));
  const isCurrent = manifest && isUnchanged(manifest.inputs) && isUnchanged(manifest.packageInputs);
  return isCurrent ? manifest.bundle : build(kind, directory);
}

/** Returns the path of the manifest that describes an entry's bundle in the cache. */
function manifestFile(kind, directory) {
  return path.join(cacheFolder, `${kind}-${hash(path.resolve(directory))}.json`);
}

/** Reads a bundle's manifest from the cache; undefined if the files of the bundle do not exist. */
function readManifest(file) {
  try {
    const manifest = JSON.parse(fs.readFileSync(file, "utf8"));
    const { sources, packages } = manifest.bundle;
    return [sources, packages].every((file) => fs.existsSync(file)) ? manifest : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the content of every file still matches its hash. */
function isUnchanged(hashes) {
  return Object.entries(hashes).every(([file, content]) => hashFile(file) === content);
}

/**
 * Builds a bundle in a separate process, so the compiler adds no memory or module hooks to the preview.
 */
function build(kind, directory) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--require", require.resolve("tsx/cjs"), path.join(__dirname, "build.ts"), kind, directory],
    { encoding: "utf8", env: { ...process.env, NODE_OPTIONS: "" } },
  );
  if (status !== 0) throw new Error(stderr.trim() || "esbuild could not be started");
  return JSON.parse(stdout);
}

/**
 * Runs a bundle and returns its exports. Packages from `node_modules` are in a separate bundle, so that
 * each package exists only once in the process.
 */
function runBundle({ directory, sources, packages }) {
  optimizeLater();
  const nodeRequire = createRequire(path.join(directory, "index.js"));
  const modules = runFile(packages, nodeRequire);
  const require = (id) => {
    // The bundle lists modules by resolved path, but an ID computed at run time may not be resolved yet.
    const load = modules[id] ?? modules[nodeRequire.resolve(id)];
    return load === undefined ? nodeRequire(id) : load();
  };
  return runFile(sources, Object.assign(require, nodeRequire));
}

/**
 * Delays V8's optimization of functions that run often. In a process that lives for one second,
 * optimizing costs more than it saves, so functions must first run 15 times as long as by default. Only
 * Node.js 20 has this flag.
 */
function optimizeLater() {
  if (process.versions.node.startsWith("20.")) v8.setFlagsFromString("--interrupt-budget=1000000");
}

/** Scripts whose compiled code is cached when the process exits, by cache file. */
const scripts = new Map();

process.once("exit", () => {
  // At exit, V8 has also compiled the functions that were called.
  for (const [file, script] of scripts) writeFile(file, script.createCachedData());
});

/** Runs a file with its V8 code cache, or creates the cache for later processes. */
function runFile(file, require) {
  const compiled = `${file}.compiled`;
  const cachedData = fs.existsSync(compiled) ? fs.readFileSync(compiled) : undefined;
  // esbuild writes ASCII. Reading it as Latin-1 halves the memory of the source.
  const source = fs.readFileSync(file, "latin1");
  const script = new vm.Script(source, { filename: file, cachedData });
  if (cachedData === undefined || script.cachedDataRejected) scripts.set(compiled, script);
  const module = { exports: {} };
  script.runInThisContext()(module.exports, require, module, file, path.dirname(file));
  return module.exports;
}

/** Writes a file atomically. */
function writeFile(file, content) {
  const temporary = `${file}.${process.pid}`;
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(temporary, content);
  fs.renameSync(temporary, file);
}

function hashFile(file) {
  return fs.existsSync(file) ? hash(fs.readFileSync(file)) : "";
}

function hash(content) {
  return createHash("sha256").update(content).digest("hex").slice(0, 16);
}

module.exports = {
  cacheFolder,
  hash,
  hashFile,
  isUnchanged,
  manifestFile,
  prepareBundle,
  readManifest,
  runBundle,
  writeFile,
};
