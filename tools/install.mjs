/**
 * npm run tools [-- NAME ...]: installs the tools of the integration and e2e tests into a cache.
 *
 * The cache is $OBSERVABILITY_TOOLS_DIR, or "observability-tools" in the user's cache folder. Tools that
 * already exist in the locked version are kept. Others are built in a temporary folder and then moved
 * into the cache, so an interrupted run never leaves an incomplete tool.
 */
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";

import catalogModule from "./catalog.cjs";
import paths from "./paths.cjs";
import { writeSchemas } from "./schemas.mjs";
import { readZipEntry } from "./zip.mjs";

const { catalog } = catalogModule;
const { goBuild, toolEntry } = paths;

const crdsInModule = "example/prometheus-operator-crd";
const openApiInModule = "api/openapi-spec/swagger.json";

const howToGet = {
  go: "go is not on PATH. Install Go 1.26 or newer (it compiles the tools) and run npm run tools again.",
  npm: "npm is not on PATH. It comes with Node.js.",
  python3: "python3 is not on PATH. Install Python 3.11 or newer and run npm run tools again.",
};

const unfinished = ".unfinished-";
const hourMs = 60 * 60 * 1000;

/** Builds each kind of tool. `into` is an empty folder that becomes the tool's folder. */
const build = {
  go({ name, recipe, lockFolder, version }, into, scratch) {
    const folder =
      recipe.files || recipe.copies ? copyModule(recipe, lockFolder, scratch) : lockFolder;
    const link = [goBuild.link];
    if (recipe.linkVersion) link.push(`-X ${recipe.linkVersion}=v${version}`);
    const flags = [...goBuild.flags, "-ldflags", link.join(" ")];
    if (recipe.tags) flags.push("-tags", recipe.tags);
    const program = recipe.source ?? path.posix.join(recipe.module, recipe.command);
    go(["build", ...flags, "-o", path.join(into, name), program], folder);
  },

  npmZip({ name, recipe, lockFolder }, into, scratch) {
    const platform = `${process.platform}-${process.arch}`;
    if (platform !== recipe.platform) {
      throw new Error(
        `${recipe.module} has ${name} for ${recipe.platform} only, this is ${platform}`,
      );
    }
    for (const file of ["package.json", "package-lock.json"]) {
      cpSync(path.join(lockFolder, file), path.join(scratch, file));
    }
    const quiet = ["--ignore-scripts", "--no-audit", "--no-fund"];
    run("npm", ["ci", "--prefix", scratch, "--legacy-peer-deps", ...quiet], scratch);
    const zip = path.join(scratch, "node_modules", recipe.module, recipe.zip);
    writeFileSync(path.join(into, name), readZipEntry(zip, recipe.entry), { mode: 0o755 });
  },

  crds({ name, recipe, lockFolder }, into) {
    const crds = path.join(downloadModule(recipe.module, lockFolder), crdsInModule);
    copyWritable(crds, path.join(into, name));
  },

  schemas({ name, recipe, lockFolder }, into) {
    const openApi = path.join(downloadModule(recipe.module, lockFolder), openApiInModule);
    const crds = path.join(downloadModule(catalog.crds.module, lockFolder), crdsInModule);
    writeSchemas({ openApi, crds }, path.join(into, name));
  },

  /** Installs into a folder for PYTHONPATH, which can be moved, unlike a virtual environment. */
  python({ name, lockFolder }, into) {
    const locked = ["--require-hashes", "--no-deps", "--only-binary", ":all:"];
    const quiet = ["--quiet", "--disable-pip-version-check", "--no-warn-script-location"];
    const to = ["--target", path.join(into, name), "--requirement", "requirements.txt"];
    run("python3", ["-m", "pip", "install", ...locked, ...quiet, ...to], lockFolder);
  },
};

try {
  const names = process.argv.slice(2);
  installAll((names.length > 0 ? names : Object.keys(catalog)).map(toolEntry));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

function installAll(entries) {
  /** @type {Map<string, string[]>} names of tools by error message */
  const failures = new Map();
  for (const entry of entries) {
    process.stdout.write(`${label(entry)}: `);
    try {
      console.log(install(entry));
    } catch (error) {
      console.log("failed");
      failures.set(error.message, [...(failures.get(error.message) ?? []), entry.name]);
    }
  }
  for (const [message, failed] of failures) console.error(`\n${failed.join(", ")}: ${message}`);
  if (failures.size > 0) process.exitCode = 1;
}

function label({ name, recipe, version }) {
  return recipe.kind === "npmZip" ? `${name} of ${recipe.module} ${version}` : `${name} ${version}`;
}

function install(entry) {
  if (existsSync(entry.file)) return "cached";
  const started = Date.now();
  const toolFolder = path.dirname(entry.folder);
  mkdirSync(toolFolder, { recursive: true });
  removeLeftovers(toolFolder);
  const temporary = mkdtempSync(path.join(toolFolder, unfinished));
  const into = path.join(temporary, "into");
  const scratch = path.join(temporary, "scratch");
  try {
    mkdirSync(into);
    mkdirSync(scratch);
    build[entry.recipe.kind](entry, into, scratch);
    publish(into, entry);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return `built in ${Math.round((Date.now() - started) / 1000)} s`;
}

/** Moves a finished tool into the cache, unless another process was faster. */
function publish(folder, entry) {
  try {
    renameSync(folder, entry.folder);
  } catch (error) {
    if (!existsSync(entry.file)) throw error;
  }
}

/** Removes the folders of interrupted runs. Recent folders may belong to a run in progress. */
function removeLeftovers(toolFolder) {
  for (const name of readdirSync(toolFolder)) {
    const folder = path.join(toolFolder, name);
    if (name.startsWith(unfinished) && Date.now() - statSync(folder).mtimeMs > hourMs) {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** Returns a module's read-only folder, with the version and checksum from `go.mod` and `go.sum`. */
function downloadModule(module, lockFolder) {
  return downloaded(module, lockFolder).Dir;
}

function downloaded(module, lockFolder) {
  return JSON.parse(go(["mod", "download", "-json", module], lockFolder));
}

function copyModule(recipe, lockFolder, scratch) {
  const { module, files = {}, copies = {}, withoutLines, replaced = [] } = recipe;
  const copy = path.join(scratch, "module");
  copyWritable(downloadModule(module, lockFolder), copy);
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(copy, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  for (const [name, original] of Object.entries(copies)) {
    cpSync(path.join(copy, original), path.join(copy, name));
  }
  if (withoutLines) removeLines(path.join(copy, withoutLines.file), withoutLines.matching);
  for (const other of replaced) {
    const { Version, Sum, GoModSum } = downloaded(other, lockFolder);
    go(["mod", "edit", "-replace", `${other}=${other}@${Version}`], copy);
    const sums = `${other} ${Version} ${Sum}\n${other} ${Version}/go.mod ${GoModSum}\n`;
    appendFileSync(path.join(copy, "go.sum"), sums);
  }
  return copy;
}

function removeLines(file, matching) {
  const lines = readFileSync(file, "utf8").split("\n");
  const kept = lines.filter((line) => !new RegExp(matching).test(line));
  if (kept.length === lines.length) throw new Error(`${file} has no line that matches ${matching}`);
  writeFileSync(file, kept.join("\n"));
}

/** Copies a folder from the read-only module cache, and makes the copy writable. */
function copyWritable(from, to) {
  cpSync(from, to, { recursive: true });
  chmodSync(to, 0o755);
  for (const entry of readdirSync(to, { recursive: true, withFileTypes: true })) {
    chmodSync(path.join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644);
  }
}

function go(args, cwd) {
  return run("go", args, cwd, goBuild.environment);
}

/** Runs a command and returns its standard output. If it fails, throws an error with its output. */
function run(command, args, cwd, environment) {
  const env = { ...process.env, ...environment };
  const options = { cwd, env, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 };
  const { error, status, signal, stdout, stderr } = spawnSync(command, args, options);
  if (error?.code === "ENOENT") throw new Error(howToGet[command]);
  if (error) throw error;
  if (status !== 0) {
    const output = [stdout, stderr].join("\n").trim().split("\n").slice(-20).join("\n");
    throw new Error(
      `${command} ${args[0]} ended with ${signal ?? `exit code ${status}`}\n${output}`,
    );
  }
  return stdout;
}
