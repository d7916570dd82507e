import * as fs from "node:fs";
import { isBuiltin } from "node:module";
import * as path from "node:path";
import * as esbuild from "esbuild";
import { readProjectFile } from "../config/projectFiles";
import {
  type Bundle,
  type BundleKind,
  type Hashes,
  type Manifest,
  cacheFolder,
  hash,
  hashFile,
  isUnchanged,
  manifestFile,
  readManifest,
  writeFile,
} from "./bundle.cjs";

/** Files that affect a bundle without being part of it. */
const ownInputs = [
  __filename,
  path.join(__dirname, "bundle.cjs"),
  require.resolve("esbuild/package.json"),
];

const sharedOptions = {
  bundle: true,
  write: false,
  metafile: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  // An `import()` of a bundled module must return the bundled module.
  supported: { "dynamic-import": false },
  logLevel: "silent",
  // The output is a function expression, like the wrapper in which Node runs each module.
  banner: { js: "(function (exports, require, module, __filename, __dirname) {" },
  footer: { js: "})" },
} as const satisfies esbuild.BuildOptions;

/**
 * Bundles the preview with the program of the project in `directory`, or the policy pack in `directory`.
 */
async function build(kind: BundleKind, directory: string): Promise<Bundle> {
  if (kind === "pack") return await buildEntry(kind, directory, packEntry(directory), []);
  try {
    const program = path.resolve(directory, readProjectFile(directory).main ?? "index.ts");
    const entry = programEntry(`require(${JSON.stringify(program)})`);
    return await buildEntry(kind, directory, entry, [path.join(directory, "Pulumi.yaml")]);
  } catch (error) {
    // The preview reports the error in the format that its arguments select.
    const message = error instanceof Error ? error.message : String(error);
    const fail = `(() => { throw new ExpectedError(${JSON.stringify(message)}); })()`;
    return await buildEntry(kind, directory, programEntry(fail), undefined);
  }
}

function programEntry(program: string): string {
  const preview = path.join(__dirname, "..");
  return `import { main } from ${JSON.stringify(path.join(preview, "main.ts"))};
import { ExpectedError } from ${JSON.stringify(path.join(preview, "config", "errors.ts"))};
main(() => ${program});`;
}

function packEntry(directory: string): string {
  const share = JSON.stringify(path.join(__dirname, "..", "pack", "shareProperties.ts"));
  return `try {
  require(${share}).shareProperties(require("@pulumi/policy/deserialize"));
} catch {
  // The pack uses another SDK version, where each policy reads the properties itself.
}
module.exports = require(${JSON.stringify(path.join(directory, "pack.ts"))});`;
}

/** Builds both files of a bundle. Without `inputs`, the bundle is not recorded for reuse. */
async function buildEntry(
  kind: BundleKind,
  directory: string,
  entry: string,
  inputs: string[] | undefined,
): Promise<Bundle> {
  const entries = new Set<string>();
  const output = await esbuild.build({
    ...sharedOptions,
    absWorkingDir: directory,
    stdin: { contents: entry, resolveDir: directory },
    outfile: path.join(cacheFolder, `${kind}.js`),
    keepNames: kind === "program",
    sourcemap: "external",
    sourcesContent: false,
    plugins: [linkPackages(entries), keepDirectoryNames],
  });
  const linked = withPackages(entries) ?? (await buildPackages([...entries].sort()));
  const { packages } = linked.bundle;
  const bundle = { directory, sources: writeOutput(kind, output.outputFiles), packages };
  if (inputs !== undefined) {
    const files = [...ownInputs, ...inputs, ...inputsOf(output, directory)];
    const manifest: Manifest = { ...linked, bundle, inputs: hashesOf(files) };
    writeFile(manifestFile(kind, directory), JSON.stringify(manifest));
  }
  removeOldFiles();
  return bundle;
}

/**
 * Finds an existing bundle with the required packages, from any directory. It may be an earlier bundle
 * of this directory, or one of another clone that shares its `node_modules`. Linking packages takes
 * seconds.
 */
function withPackages(entries: ReadonlySet<string>): Manifest | undefined {
  return manifests().find((manifest) => hasPackages(manifest, entries) && renew(manifest));
}

/**
 * Updates the timestamp of the packages, so that no other process removes them as outdated. Returns
 * false if a process has already removed them.
 */
function renew({ bundle: { packages } }: Manifest): boolean {
  try {
    fs.utimesSync(packages, new Date(), new Date());
    return true;
  } catch {
    return false;
  }
}

/** Returns all manifests in the cache, in ascending order of the number of packages. */
function manifests(): Manifest[] {
  if (!fs.existsSync(cacheFolder)) return [];
  return fs
    .readdirSync(cacheFolder)
    .filter((name) => name.endsWith(".json"))
    .flatMap((name) => readManifest(path.join(cacheFolder, name)) ?? [])
    .sort((a, b) => a.entries.length - b.entries.length);
}

/**
 * Whether a bundle contains the given packages in the installed versions, and was built by this version
 * of the builder.
 */
function hasPackages(
  { inputs, packageInputs, entries }: Manifest,
  required: ReadonlySet<string>,
): boolean {
  const exported = new Set(entries);
  // In another clone, the files that build a bundle have different paths.
  const contents = new Set(Object.values(inputs));
  return (
    [...required].every((entry) => exported.has(entry)) &&
    ownInputs.every((file) => contents.has(hashFile(file))) &&
    isUnchanged(packageInputs)
  );
}

/** Bundles packages as one module, which exports a function to load each of them. */
async function buildPackages(
  entries: string[],
): Promise<Pick<Manifest, "packageInputs" | "entries"> & { bundle: Pick<Bundle, "packages"> }> {
  const built = await esbuild.build({
    ...sharedOptions,
    stdin: {
      contents: `module.exports = {${entries
        .map((entry) => JSON.stringify(entry))
        .map((entry) => `${entry}: () => require(${entry}),`)
        .join("\n")}};`,
      resolveDir: "/",
    },
    outfile: path.join(cacheFolder, "packages.js"),
    absWorkingDir: "/",
    minifyWhitespace: true,
    minifySyntax: true,
    plugins: [deferModules, keepDirectoryNames, omitPromiseTraces],
  });
  const manifests = new Set(inputsOf(built, "/").flatMap((file) => packageFile(file) ?? []));
  return {
    bundle: { packages: writeOutput("packages", built.outputFiles) },
    packageInputs: hashesOf([...manifests]),
    entries,
  };
}

function hashesOf(files: string[]): Hashes {
  return Object.fromEntries(files.map((file) => [file, hashFile(file)]));
}

function inputsOf({ metafile }: { metafile: esbuild.Metafile }, directory: string): string[] {
  return Object.keys(metafile.inputs)
    .filter((file) => !file.startsWith("<") && !file.includes(":"))
    .map((file) => path.resolve(directory, file));
}

/** Returns the `package.json` of the package that a file belongs to. It contains the version. */
function packageFile(file: string): string | undefined {
  const root = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(file)?.[0];
  return root === undefined ? undefined : path.join(root, "package.json");
}

/** Names the output after its content, so that no process ever reads a mixture of two builds. */
function writeOutput(name: string, outputs: esbuild.OutputFile[]): string {
  const code = outputs.find((output) => output.path.endsWith(".js"));
  if (code === undefined) throw new Error("esbuild wrote nothing");
  const file = path.join(cacheFolder, `${name}-${hash(code.contents)}.js`);
  const map = outputs.find((output) => output.path.endsWith(".map"));
  if (map !== undefined) writeFile(`${file}.map`, map.contents);
  writeFile(file, code.contents);
  return file;
}

/** Removes the bundles of directories that no longer exist, and bundles that were replaced. */
function removeOldFiles(): void {
  // Files that are still being written have a different extension.
  const files = fs
    .readdirSync(cacheFolder)
    .filter((file) => /\.(js|json|map|compiled)$/.test(file))
    .map((file) => path.join(cacheFolder, file));
  const used: string[] = [];
  for (const file of files.filter((name) => name.endsWith(".json"))) {
    const { bundle } = JSON.parse(fs.readFileSync(file, "utf8")) as Manifest;
    if (fs.existsSync(bundle.directory)) used.push(file, bundle.sources, bundle.packages);
  }
  for (const file of files) {
    // Another process may be about to read a file that was just replaced.
    const { mtimeMs } = fs.statSync(file, { throwIfNoEntry: false }) ?? { mtimeMs: Infinity };
    const isOld = Date.now() - mtimeMs > 3_600_000;
    if (isOld && !used.some((name) => file.startsWith(name))) fs.rmSync(file, { force: true });
  }
}

/** Excludes packages from the bundle of the sources, and collects them in `packages`. */
function linkPackages(packages: Set<string>): esbuild.Plugin {
  return {
    name: "link packages",
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, async ({ path: id, kind, resolveDir, pluginData }) => {
        if (pluginData === build || isBuiltin(id) || path.isAbsolute(id)) return undefined;
        const resolve = (kind: esbuild.ImportKind) =>
          build.resolve(id, { resolveDir, kind, pluginData: build });
        // A package that exists as CommonJS and ESM must load in only one form. Compiled programs use
        // `require`.
        let resolved = await resolve("require-call");
        if (resolved.errors.length > 0) resolved = await resolve(kind);
        if (resolved.errors.length > 0 || packageFile(resolved.path) === undefined)
          return undefined;
        packages.add(resolved.path);
        return { path: resolved.path, external: true };
      });
    },
  };
}

/**
 * Modules that a package loads at startup although a preview rarely uses them, each with the package
 * that loads it. The modules of `@pulumi/pulumi` belong to the Automation API and to function
 * serialization.
 */
const deferred: [module: string, importer: string][] = [
  ["./automation", "@pulumi/pulumi"],
  ["typescript", "@pulumi/pulumi"],
  ["@npmcli/arborist", "@pulumi/pulumi"],
  ["normalize-package-data", "@pulumi/pulumi"],
  ["../locales/index.cjs", "zod"],
  // Only functions for node groups and for the creator of a cluster use it. The bundle would be twice as
  // large with it.
  ["@pulumi/aws", "@pulumi/eks"],
  // Builders for version 2 of Grafana's dashboards, with all of its types.
  ...["visualizationV2Builder", "visualizationBuilder", "queryV2Builder", "queryBuilder"].map(
    (name): [string, string] => [`./${name}.gen`, "@grafana/grafana-foundation-sdk"],
  ),
];

/** Delays the loading of each deferred module until the program uses it. */
const deferModules: esbuild.Plugin = {
  name: "defer modules",
  setup(build) {
    const namespace = "deferred";
    const names = deferred.map(([name]) => name.replaceAll(".", "\\."));
    build.onResolve({ filter: new RegExp(`^(${names.join("|")})$`) }, async (args) => {
      const { path: id, importer, kind, resolveDir, pluginData } = args;
      const isDeferred = deferred.some(
        ([name, by]) =>
          name === id && importer.replaceAll("\\", "/").includes(`/node_modules/${by}/`),
      );
      if (pluginData === build || !isDeferred) return undefined;
      const resolved = await build.resolve(id, { resolveDir, kind, pluginData: build });
      if (resolved.errors.length > 0) return undefined;
      // Outside the bundle, `@pulumi/aws` loads a second copy of the SDK, which shares the state of the
      // first one. The other packages do not import the SDK, and the unused builders are never read.
      return {
        path: resolved.path,
        namespace,
        pluginData: { external: !id.startsWith(".") || id.endsWith(".gen") },
      };
    });
    build.onResolve({ filter: /.*/, namespace }, ({ path, pluginData }) => ({
      path,
      external: (pluginData as { external: boolean }).external,
    }));
    build.onLoad({ filter: /.*/, namespace }, ({ path: file, pluginData }) => ({
      pluginData: pluginData as unknown,
      resolveDir: path.dirname(file),
      contents: `let loaded;
const load = () => (loaded ??= require(${JSON.stringify(file)}));
module.exports = new Proxy(function () {}, {
  // Compiled imports copy the properties of a CommonJS module, but not those of an ES module.
  get: (_, key) => (key === "__esModule" ? true : key === "default" ? load() : load()[key]),
  has: (_, key) => key in load(),
  apply: (_, self, args) => Reflect.apply(load(), self, args),
  construct: (_, args) => Reflect.construct(load(), args),
});`,
    }));
    build.onResolve({ filter: /\.node$/ }, ({ path: id, resolveDir }) => ({
      path: path.resolve(resolveDir, id),
      external: true,
    }));
  },
};

/**
 * Removes stack traces from promises. The SDK formats one for each promise, to report promises that
 * never resolve. A preview reports them itself, and the traces take 7% of its CPU time.
 */
const omitPromiseTraces: esbuild.Plugin = {
  name: "omit promise traces",
  setup(build) {
    const filter = /@pulumi[\\/]pulumi[\\/]runtime[\\/]debuggable\.js$/;
    build.onLoad({ filter }, ({ path: file }) => ({
      contents: fs.readFileSync(file, "utf8").replace("new Error().stack", "undefined"),
    }));
  },
};

/** Sets `__dirname` and `__filename` in each module to the location of its source. */
const keepDirectoryNames: esbuild.Plugin = {
  name: "keep directory names",
  setup(build) {
    build.onLoad({ filter: /\.[cm]?[jt]sx?$/ }, ({ path: file }) => {
      const source = fs.readFileSync(file, "utf8");
      if (!/\b__(dirname|filename)\b/.test(source)) return undefined;
      if (/\b(const|let|var)\s+__(dirname|filename)\b/.test(source)) return undefined;
      const names = { __dirname: path.dirname(file), __filename: file };
      const declarations = Object.entries(names).map(
        ([name, value]) => `var ${name} = ${JSON.stringify(value)};`,
      );
      return {
        // Declarations go on the first line, so that line numbers stay the same.
        contents: `${declarations.join("")}${source.replace(/^#!/, "//")}`,
        loader: /\.[cm]?tsx?$/.test(file) ? "ts" : "js",
      };
    });
  },
};

const [kind, directory] = process.argv.slice(2) as [BundleKind, string];
build(kind, path.resolve(directory)).then(
  (bundle) => process.stdout.write(JSON.stringify(bundle)),
  (error: unknown) => {
    // esbuild's message contains the file, the line and the mistake.
    process.stderr.write(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  },
);
