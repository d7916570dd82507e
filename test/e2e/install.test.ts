/**
 * The package as other teams install it, from the registry's form and from git: by npm, with every
 * supported Node.js, module system and module resolution, and with the oldest SDKs that it accepts.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { observabilityPolicies } from "../../policies/index";
import {
  type ConsumerProject,
  type ConsumerRun,
  installedProject,
  packPackage,
  runProgram,
} from "../support/consumerProject";
import { projectDirectory } from "../support/stackConfig";

interface Manifest {
  peerDependencies: Record<string, string>;
  peerDependenciesMeta: Record<string, { optional: boolean }>;
  devDependencies: Record<string, string>;
}

const manifest = JSON.parse(
  fs.readFileSync(path.join(projectDirectory, "package.json"), "utf8"),
) as Manifest;
const peers = Object.keys(manifest.peerDependencies);
const pinned = peers.map((name) => `${name}@${manifest.devDependencies[name]}`);
const oldest = peers.map((name) => `${name}@${manifest.peerDependencies[name]?.slice(1)}`);
const compiler = ["typescript", "@types/node"].map(
  (name) => `${name}@${manifest.devDependencies[name]}`,
);

/** Every component, in JavaScript: the text between the imports and the exports of a program. */
const components = `
  const identity = { cluster: "c", environment: "dev" };
  const webhookUrl = ["https://hooks.slack.com/services", "T00000000", "B00000000", "none"].join("/");
  const services = [{ name: "checkout-api", language: "go" }];
  const apiKey = "0123456789abcdef0123456789abcdef";
  new SlackAlerting("slack", { channel: "#alerts", webhookUrl });
  new PrometheusStack("prometheus", identity);
  const logs = new LokiStack("loki", { ...identity, bucket: "logs" });
  new DatadogAgent("datadog", { ...identity, apiKey });
  new DatadogMonitors("monitors", { ...identity, namespace: "n", notify: ["@slack-n"], services });
  new MonitoredServices("services", { namespace: "n", services });
  new GrafanaDashboards("dashboards", { services: [{ namespace: "n", services }] });
`;
const names =
  "DatadogAgent, DatadogMonitors, GrafanaDashboards, LokiStack, MonitoredServices, PrometheusStack, SlackAlerting";
const programs = {
  "all.cjs": `const { ${names} } = require("@ticketing/observability");
    ${components} exports.lokiUrl = logs.url;`,
  "all.mjs": `import { ${names} } from "@ticketing/observability";
    ${components} export const lokiUrl = logs.url;`,
};

const files = [...Object.keys(programs), "bundle.cjs"];

/** Writes the programs, and a bundle in which only the SDKs remain imports. */
async function writePrograms(project: ConsumerProject): Promise<void> {
  for (const [file, text] of Object.entries(programs)) project.write(file, text);
  await build({
    entryPoints: [path.join(project.directory, "all.mjs")],
    outfile: path.join(project.directory, "bundle.cjs"),
    external: ["@pulumi/*"],
    bundle: true,
    format: "cjs",
    platform: "node",
    logLevel: "error",
  });
}

/** A typed program that imports both entry points. */
const typed = `
  import { LokiStack, SlackAlerting, type SlackAlertingArgs } from "@ticketing/observability";
  import { ObservabilityGuard, type ObservabilityGuardArgs } from "@ticketing/observability/policies";
  const args: SlackAlertingArgs = { channel: "#alerts" };
  export const slack = () => new SlackAlerting("slack", args).configSecretName;
  // @ts-expect-error -- a key that does not exist
  export const misspelt = () => new LokiStack("loki", { cluster: "c", environment: "dev", retentionDay: 3 });
  // @ts-expect-error -- not a policy
  export const unknown: ObservabilityGuardArgs = { promRetention: "mandatory" };
  export const guard = () => new ObservabilityGuard({ prometheusRetention: { maxDays: 60 } });
`;

/** The tsconfig.json that `pulumi new` writes for TypeScript. */
const pulumiNew = {
  strict: true,
  outDir: "bin",
  target: "es2020",
  module: "commonjs",
  moduleResolution: "node",
  sourceMap: true,
  experimentalDecorators: true,
  pretty: true,
  noFallthroughCasesInSwitch: true,
  noImplicitReturns: true,
  forceConsistentCasingInFileNames: true,
};

/** Compiler options by the name of the project that uses them. */
const resolutions: Record<string, { module: string; moduleResolution: string }> = {
  "pulumi new": pulumiNew,
  Node16: { module: "node16", moduleResolution: "node16" },
  NodeNext: { module: "nodenext", moduleResolution: "nodenext" },
  Bundler: { module: "esnext", moduleResolution: "bundler" },
};

const typesAndNames = ({ registered }: ConsumerRun) =>
  registered.map(({ type, name }) => `${type} ${name}`).sort();

/** Older SDKs do not send the inputs of components, which no provider gets. */
const deployed = ({ registered }: ConsumerRun) =>
  registered.filter(({ type }) => !type.startsWith("monitoring:index:"));

describe("the package, installed by npm", function () {
  this.timeout(900_000);
  let folder: string;
  let tarball: string;
  let project: ConsumerProject;
  let reference: ConsumerRun;

  before("with the pinned SDKs", async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "packed-"));
    tarball = await packPackage(folder);
    project = await installedProject([tarball, ...pinned, ...compiler]);
    await writePrograms(project);
    reference = await runProgram(project, "all.cjs");
  });
  after(() => {
    project?.remove();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  it("registers every component, from CommonJS, ECMAScript modules and a bundle alike", async () => {
    assert.equal(
      reference.registered.filter(({ type }) => type.startsWith("monitoring:index:")).length,
      names.split(", ").length,
    );
    for (const file of files) assert.deepEqual(await runProgram(project, file), reference, file);
  });

  describe("has types", () => {
    for (const [name, options] of Object.entries(resolutions)) {
      for (const extension of options.module === "esnext" ? ["mts"] : ["cts", "mts"]) {
        // Before node16, TypeScript has one module system for all files.
        const file = options === pulumiNew ? "typed.ts" : `typed.${extension}`;
        if (options === pulumiNew && extension === "mts") continue;
        it(`for ${name} (${file})`, async () => {
          project.write(file, typed);
          const compilerOptions = { ...pulumiNew, ...options, noEmit: true, skipLibCheck: true };
          project.write("tsconfig.json", JSON.stringify({ compilerOptions, files: [file] }));
          await project.run("node", ["node_modules/typescript/bin/tsc", "-p", "."]);
        });
      }
    }

    it("that compile without skipLibCheck, as `pulumi new` leaves it", async () => {
      // @pulumi/policy 1.21 does not: its declarations name exports that they lack.
      const text = typed.split("\n").filter((line) => !/policies|Guard|not a policy/.test(line));
      project.write("typed.ts", text.join("\n"));
      const config = { compilerOptions: { ...pulumiNew, noEmit: true }, files: ["typed.ts"] };
      project.write("tsconfig.json", JSON.stringify(config));
      await project.run("node", ["node_modules/typescript/bin/tsc", "-p", "."]);
    });
  });

  it("registers the same with the oldest SDKs that it accepts, and its policies load", async () => {
    const old = await installedProject([tarball, ...oldest]);
    try {
      for (const name of peers) {
        const { version } = JSON.parse(
          fs.readFileSync(path.join(old.directory, "node_modules", name, "package.json"), "utf8"),
        ) as { version: string };
        // Some versions of @pulumi/policy write a "v" before their version.
        assert.equal(`^${version.replace("v", "")}`, manifest.peerDependencies[name], name);
      }
      old.write("all.cjs", programs["all.cjs"]);
      const run = await runProgram(old, "all.cjs");
      assert.deepEqual(typesAndNames(run), typesAndNames(reference));
      assert.deepEqual(deployed(run), deployed(reference));
      const policies = `require("@ticketing/observability/policies").observabilityPolicies().length`;
      assert.equal(
        (await old.run("node", ["-p", policies])).trim(),
        String(observabilityPolicies().length),
      );
    } finally {
      old.remove();
    }
  });

  it("needs neither @pulumi/aws nor @pulumi/policy for the other components", async () => {
    const required = peers.filter((name) => !manifest.peerDependenciesMeta[name]?.optional);
    const small = await installedProject([
      tarball,
      ...pinned.filter((spec) => required.some((name) => spec.startsWith(`${name}@`))),
    ]);
    try {
      for (const name of peers) {
        const installed = fs.existsSync(path.join(small.directory, "node_modules", name));
        assert.equal(installed, required.includes(name), name);
      }
      const withoutBucket = programs["all.cjs"].replace(
        '"loki", { ...identity, bucket: "logs" }',
        '"loki", { ...identity, storage: "filesystem" }',
      );
      assert.notEqual(withoutBucket, programs["all.cjs"]);
      small.write("all.cjs", withoutBucket);
      const { registered } = await runProgram(small, "all.cjs");
      assert.ok(!registered.some(({ type }) => type.startsWith("aws:")));
    } finally {
      small.remove();
    }
  });

  describe("installed from git", () => {
    let fromGit: ConsumerProject;

    before(async () => {
      const clone = path.join(folder, "clone");
      const source = `file://${projectDirectory}`;
      execFileSync("git", ["clone", "--quiet", "--depth", "1", source, clone]);
      fromGit = await installedProject([`git+${pathToFileURL(clone).href}`, ...pinned]);
      await writePrograms(fromGit);
    });
    after(() => fromGit?.remove());

    it("is complete", () => {
      for (const file of ["dist/policies/index.d.ts", "policies/bin/index.js"]) {
        assert.ok(fs.existsSync(path.join(fromGit.installed, file)), file);
      }
    });

    for (const version of [undefined, "22", "24"]) {
      it(`registers the same on Node.js ${version ?? process.versions.node}, as from the registry`, async () => {
        const other =
          version === undefined ? undefined : await installedProject([`node@${version}`]);
        try {
          const node = other
            ? path.join(other.directory, "node_modules/node/bin/node")
            : process.execPath;
          const printed = await project.run(node, ["--version"]);
          if (version !== undefined) assert.match(printed, new RegExp(`^v${version}\\.`));
          for (const file of files) {
            const run = await runProgram(fromGit, file, node);
            assert.deepEqual(typesAndNames(run), typesAndNames(reference), file);
            assert.deepEqual(await runProgram(project, file, node), reference, file);
          }
        } finally {
          other?.remove();
        }
      });
    }
  });
});
