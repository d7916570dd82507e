"use strict";

/** Paths of the tools in the cache, which `npm run tools` fills. Tests use `toolPath`. */

const { spawnSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const { catalog } = require("./catalog.cjs");

/** Build options for all Go programs. They are part of the cache key, so a change rebuilds the tools. */
const goBuild = {
  flags: ["-trimpath", "-buildvcs=false"],
  link: "-s -w",
  environment: { CGO_ENABLED: "0", GOWORK: "off" },
};

/**
 * For each kind of tool, the files that are part of the cache key in addition to its recipe, and the
 * function that reads the version from the first of them.
 */
const kinds = {
  go: { locks: ["go.mod", "go.sum"], version: goVersion },
  npmZip: { locks: ["package-lock.json"], version: npmVersion },
  crds: { locks: ["go.mod", "go.sum"], version: goVersion },
  schemas: { locks: ["go.mod", "go.sum", "../../schemas.mjs"], version: goVersion },
  python: { locks: ["requirements.txt"], version: pipVersion },
};

/**
 * Returns the absolute path of a tool. If the tool is missing, throws an error with the command to run.
 */
function toolPath(name) {
  const file = toolEntry(name).file;
  if (!fs.existsSync(file)) throw new Error(`${name} is not built: run npm run tools`);
  return file;
}

/** Returns the value of the kubeconform option `-schema-location` for the `schemas` in the cache. */
function schemaLocation() {
  return path.join(toolPath("schemas"), "{{.ResourceKind}}{{.KindSuffix}}.json");
}

/** Returns the recipe, version and path of a tool, regardless of whether it is built. */
function toolEntry(name) {
  if (!Object.hasOwn(catalog, name)) {
    const known = Object.keys(catalog).join(", ");
    throw new Error(`Unknown tool "${name}". Known tools: ${known}`);
  }
  const recipe = catalog[name];
  const lockFolder = path.join(__dirname, recipe.lock);
  const kind = kinds[recipe.kind];
  const files = [...kind.locks, ...(recipe.source ? [recipe.source] : [])];
  const locks = files.map((file) => fs.readFileSync(path.join(lockFolder, file), "utf8"));
  const version = kind.version(recipe, locks[0]);
  const inputs = [recipe, goBuild, process.platform, process.arch, ...locks];
  if (recipe.kind === "python") inputs.push(pythonVersion());
  const hash = createHash("sha256").update(JSON.stringify(inputs)).digest("hex").slice(0, 12);
  const folder = path.join(cacheFolder(), name, `${version}-${hash}`);
  return { name, recipe, lockFolder, version, folder, file: path.join(folder, name) };
}

/** Returns the absolute path of the cache. */
function cacheFolder() {
  const named = process.env.OBSERVABILITY_TOOLS_DIR;
  if (named) return path.resolve(named);
  const caches = process.env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache");
  return path.join(caches, "observability-tools");
}

function goVersion(recipe, goMod) {
  for (const line of goMod.split("\n")) {
    const [module, version] = line
      .replace(/^require /, "")
      .trim()
      .split(" ");
    if (module === recipe.module && version) return version.replace(/^v/, "");
  }
  throw new Error(`tools/${recipe.lock}/go.mod does not require ${recipe.module}`);
}

function npmVersion(recipe, packageLock) {
  const installed = JSON.parse(packageLock).packages[`node_modules/${recipe.module}`];
  if (installed) return installed.version;
  throw new Error(`tools/${recipe.lock}/package-lock.json does not name ${recipe.module}`);
}

function pipVersion(recipe, requirements) {
  for (const line of requirements.split("\n")) {
    const [name, version] = line.split(" ")[0].split("==");
    if (name === recipe.module && version) return version;
  }
  throw new Error(`tools/${recipe.lock}/requirements.txt does not name ${recipe.module}`);
}

/**
 * Returns the minor version of Python, which compiled packages depend on; `none` if Python is missing.
 */
function pythonVersion() {
  const program = "import sys; print(*sys.version_info[:2], sep='.')";
  return spawnSync("python3", ["-c", program], { encoding: "utf8" }).stdout?.trim() ?? "none";
}

module.exports = { cacheFolder, goBuild, schemaLocation, toolEntry, toolPath };
