import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { build } from "esbuild";
import ts from "typescript";
import { Analyzer } from "../../preview/pack/analyzer";
import { noOptions } from "../../preview/engine/recordedResource";
import { ConsumerProject, consumerProject, runProgram } from "../support/consumerProject";
import { filesBelow } from "../support/filesBelow";
import { projectDirectory } from "../support/stackConfig";
import { linksOf } from "../docs/markdown";

const publicNames = [
  "AwsIdentity",
  "DatadogAgent",
  "DatadogMonitors",
  "DatadogSite",
  "GrafanaDashboards",
  "HostnameSource",
  "KeptMetrics",
  "LogCollector",
  "LokiMode",
  "LokiStack",
  "LokiStorage",
  "LongTermKind",
  "MetricConvention",
  "MonitoredServices",
  "NodeOs",
  "PrometheusStack",
  "ReceiverKind",
  "Redaction",
  "ServiceLanguage",
  "SizePreset",
  "SlackAlerting",
  "SsoProvider",
  "WorkloadKind",
  "datadogEnv",
  "datadogExclusion",
  "datadogLabels",
  "openMetricsAnnotations",
];

/** Files that `--policy-pack node_modules/@ticketing/observability/policies` needs. */
const packFiles = [
  "policies/bin/files.js",
  "policies/PulumiPolicy.yaml",
  "policies/bin/index.js",
  "policies/config.schema.json",
  "policies/main.cjs",
  "policies/package.json",
];

const printKeys = "console.log(JSON.stringify(Object.keys(library).sort()))";

function readJson<T>(file: string): T {
  return JSON.parse(fs.readFileSync(file, "utf8")) as T;
}

describe("the installed package", function () {
  this.timeout(180_000);
  let project: ConsumerProject;
  const examples = path.join(projectDirectory, "examples");
  const names = ["everything", "logs", "policies", "services", "slack"];

  before(async () => {
    project = await consumerProject();
    for (const name of names) {
      project.write(`${name}.ts`, fs.readFileSync(path.join(examples, name, "index.ts"), "utf8"));
    }
  });
  after(() => project?.remove());

  describe("contains", () => {
    it("only the compiled library, its types, the policy pack and the documentation", () => {
      const documents = ["README.md", "README.ko.md", "CHANGELOG.md", "LICENSE"];
      const unexpected = filesBelow(project.installed).filter(
        (file) =>
          !/^dist\/(components|policies)\/[\w/.-]+\.(js|d\.ts|js\.map|json)$/.test(file) &&
          !/^docs\/((runbooks|api)\/)?[\w-]+\.md$/.test(file) &&
          !/^docs\/images\/[\w-]+\.svg$/.test(file) &&
          !/^examples\/[\w/-]+\.\w+$/.test(file) &&
          ![...packFiles, ...documents, "package.json"].includes(file),
      );
      assert.deepEqual(unexpected, []);
      for (const file of [...documents, "dist/components/index.d.ts"]) {
        assert.ok(fs.existsSync(path.join(project.installed, file)), file);
      }
    });

    it("every page, runbook and dashboard that its pages link to", () => {
      const packaged = filesBelow(project.installed).filter((file) => file.endsWith(".md"));
      assert.ok(packaged.includes("README.md") && packaged.length > 20, packaged.join());
      for (const page of packaged) {
        for (const { line, target } of linksOf(page)) {
          const file = path.join(project.installed, path.dirname(page), target);
          assert.ok(fs.existsSync(file), `${page}:${line} links to ${target}`);
        }
      }
    });

    it("the license that it names", () => {
      const { license } = readJson<{ license: string }>(
        path.join(project.installed, "package.json"),
      );
      assert.equal(license, "Apache-2.0");
      const text = fs.readFileSync(path.join(project.installed, "LICENSE"), "utf8");
      assert.match(text, /Apache License\s+Version 2\.0/);
    });

    it("exactly one compiled file per source file", () => {
      const sources = ["components", "policies"].flatMap((folder) =>
        filesBelow(path.join(projectDirectory, folder))
          // The pack itself is compiled into policies/bin.
          .filter((file) => file.endsWith(".ts") && file !== "pack.ts")
          .map((file) => `dist/${folder}/${file.replace(/\.ts$/, ".js")}`),
      );
      const compiled = filesBelow(project.installed).filter(
        (file) => file.endsWith(".js") && file.startsWith("dist/"),
      );
      assert.deepEqual(compiled, sources.sort());
    });

    it("only source maps with available sources", () => {
      for (const file of filesBelow(project.installed).filter((name) => name.endsWith(".map"))) {
        const map = JSON.parse(fs.readFileSync(path.join(project.installed, file), "utf8")) as {
          sources: string[];
          sourcesContent?: (string | null)[];
        };
        map.sources.forEach((source, index) => {
          const exists = fs.existsSync(path.join(project.installed, path.dirname(file), source));
          assert.ok(
            exists || typeof map.sourcesContent?.[index] === "string",
            `${file} -> ${source}`,
          );
        });
      }
    });

    it("one version, in every manifest of the project", () => {
      const versions = [".", "policies", "plugin"].map(
        (part) =>
          readJson<{ version: string }>(path.join(projectDirectory, part, "package.json")).version,
      );
      assert.equal(new Set(versions).size, 1, versions.join());
    });

    it("no path of the build machine", () => {
      for (const file of filesBelow(project.installed)) {
        const text = fs.readFileSync(path.join(project.installed, file), "utf8");
        assert.ok(!text.includes(projectDirectory), file);
      }
    });
  });

  describe("can be imported", () => {
    it("with CommonJS", async () => {
      const program = `const library = require("@ticketing/observability"); ${printKeys}`;
      assert.deepEqual(JSON.parse(await project.run("node", ["-e", program])), publicNames);
    });

    it("with ECMAScript modules, by name", async () => {
      const program = `import { ${publicNames.join(", ")} } from "@ticketing/observability";
        const library = { ${publicNames.join(", ")} }; ${printKeys}`;
      const printed = await project.run("node", ["--input-type=module", "-e", program]);
      assert.deepEqual(JSON.parse(printed), publicNames);
    });

    it("without the packages that only some components need", () => {
      for (const name of ["@pulumi/aws", "@pulumi/policy"]) {
        assert.ok(!fs.existsSync(path.join(project.directory, "node_modules", name)), name);
      }
    });

    it("with an error that names the missing package if a bucket is created", async () => {
      project.write(
        "bucket.cjs",
        `const { LokiStack } = require("@ticketing/observability");
         new LokiStack("loki", { cluster: "c", environment: "dev", bucket: "logs" });`,
      );
      await assert.rejects(
        runProgram(project, "bucket.cjs"),
        /storage s3 of LokiStack .*require the package @pulumi\/aws.*\n +fix: npm install @pulumi\/aws/,
      );
    });

    it("with types in every module resolution mode of TypeScript", () => {
      const { Node10, Node16, NodeNext, Bundler } = ts.ModuleResolutionKind;
      const { CommonJS, ESNext } = ts.ModuleKind;
      for (const moduleResolution of [Node10, Node16, NodeNext, Bundler]) {
        for (const mode of [CommonJS, ESNext] as const) {
          for (const [entry, types] of [
            ["", "dist/components/index.d.ts"],
            ["/dashboards", "dist/components/dashboards/index.d.ts"],
            ["/policies", "dist/policies/index.d.ts"],
          ]) {
            const { resolvedModule } = ts.resolveModuleName(
              `@ticketing/observability${entry}`,
              path.join(project.directory, "index.ts"),
              { moduleResolution },
              ts.sys,
              undefined,
              undefined,
              mode,
            );
            const resolved = resolvedModule?.resolvedFileName ?? "";
            const where = `${ts.ModuleResolutionKind[moduleResolution]}, ${ts.ModuleKind[mode]}`;
            assert.equal(path.relative(project.installed, resolved), types, where);
          }
        }
      }
    });

    it("with types that refer to no package but the Pulumi SDKs", () => {
      // Without skipLibCheck, which `pulumi new` does not set, the types of zod do not compile.
      for (const entry of ["components", "components/dashboards", "policies"]) {
        const files = [path.join(project.installed, "dist", entry, "index.d.ts")];
        for (const file of files) {
          const { importedFiles } = ts.preProcessFile(fs.readFileSync(file, "utf8"));
          for (const { fileName } of importedFiles) {
            const imported = path.resolve(path.dirname(file), `${fileName}.d.ts`);
            if (!fileName.startsWith(".")) assert.match(fileName, /^@pulumi\//, file);
            else if (!files.includes(imported)) files.push(imported);
          }
        }
      }
    });

    it("for the dashboards alone, without Kubernetes", async () => {
      const program = `const { buildDashboards } = require("@ticketing/observability/dashboards");
        const services = [{ namespace: "shop", services: [{ name: "cart" }] }];
        console.log(JSON.stringify(buildDashboards({ services }).map(({ uid, json }) => [uid, JSON.parse(json).uid])));`;
      const built = JSON.parse(await project.run("node", ["-e", program])) as [string, string][];
      assert.ok(built.length > 5);
      for (const [uid, inModel] of built) assert.equal(uid, inModel);
    });

    it("but not through internal paths", async () => {
      const program = 'require("@ticketing/observability/dist/components/charts.js")';
      await assert.rejects(project.run("node", ["-e", program]), /ERR_PACKAGE_PATH_NOT_EXPORTED/);
    });
  });

  describe("with @pulumi/policy installed", () => {
    before(() => project.link("@pulumi/policy"));

    it("is imported from its own entry point", async () => {
      const program = `const library = require("@ticketing/observability/policies"); ${printKeys}`;
      const names = JSON.parse(await project.run("node", ["-e", program])) as string[];
      assert.ok(names.includes("observabilityPolicies"), names.join());
    });

    it("has a policy pack for --policy-pack", async () => {
      const analyzer = Analyzer.start(path.join(project.installed, "policies"));
      const release = {
        type: "kubernetes:helm.sh/v3:Release",
        name: "prometheus",
        urn: "urn:pulumi:dev::checkout::kubernetes:helm.sh/v3:Release::prometheus",
        parent: undefined,
        custom: true,
        properties: {
          chart: "kube-prometheus-stack",
          values: { prometheus: { prometheusSpec: { retention: "400d" } } },
        },
        registeredOutputs: undefined,
        options: noOptions(),
      };
      try {
        const { policies, violations } = await analyzer.analyze([release], {
          project: "checkout",
          stack: "dev",
          config: { "prometheus-retention": { maxDays: 30 } },
        });
        assert.equal(policies.length, 35);
        const violation = violations.find(({ policy }) => policy === "prometheus-retention");
        assert.match(violation?.message ?? "", /found: 400d\n.*7 to 30 days/);
      } finally {
        analyzer.close();
      }
    });
  });

  describe("in the examples", () => {
    const tsc = path.join(projectDirectory, "node_modules", "typescript", "bin", "tsc");
    before(async () => {
      project.write(
        "mistakes.ts",
        `import { LokiStack, MonitoredServices, type PrometheusStackArgs } from "@ticketing/observability";
         const identity = { cluster: "c", environment: "dev" };
         // @ts-expect-error -- a key that does not exist
         export const misspelled: PrometheusStackArgs = { ...identity, retentionDay: 3 };
         // @ts-expect-error -- the namespace is required
         new MonitoredServices("services", {});
         // @ts-expect-error -- no such storage
         new LokiStack("loki", { ...identity, storage: "gcs" });
         export const literal = () => new LokiStack("loki", { ...identity, storage: "filesystem" });
        `,
      );
      const options = readJson<object>(path.join(examples, "services", "tsconfig.json"));
      const files = [...names, "mistakes"].map((name) => `${name}.ts`);
      project.write("tsconfig.json", JSON.stringify({ ...options, files }));
      await project.run("node", [tsc, "-p", "."]);
    });

    it("compile in strict mode and reject wrong arguments at compile time", () => {
      for (const name of names) {
        assert.ok(fs.existsSync(path.join(project.directory, "bin", `${name}.js`)));
      }
    });

    it("compile with exactOptionalPropertyTypes if an optional setting is not set", async () => {
      const config = readJson<object>(path.join(examples, "services", "tsconfig.json"));
      const { compilerOptions } = config as { compilerOptions: object };
      project.write(
        "exact.ts",
        `import * as pulumi from "@pulumi/pulumi";
        import { LokiStack, PrometheusStack, SlackAlerting } from "@ticketing/observability";
        const config = new pulumi.Config();
        const identity = { cluster: config.require("c"), environment: config.require("e") };
        const [namespace, url] = [config.get("namespace"), config.getSecret("url")];
        new SlackAlerting("slack", { channel: "#a", webhookUrl: url, heartbeatUrl: url, namespace });
        new PrometheusStack("prometheus", {
          ...identity,
          namespace,
          labels: config.getObject<Record<string, string>>("labels"),
          alertmanager: { externalUrl: url },
          values: config.getObject<object>("values"),
        });
        new LokiStack("loki", { ...identity, bucket: config.get("bucket"), roleArn: url });`,
      );
      project.write(
        "tsconfig.exact.json",
        JSON.stringify({
          compilerOptions: { ...compilerOptions, exactOptionalPropertyTypes: true, noEmit: true },
          files: ["exact.ts"],
        }),
      );
      await project.run("node", [tsc, "-p", "tsconfig.exact.json"]);
    });

    it("runs as an ECMAScript module and bundled by esbuild", async () => {
      const program = `import { SlackAlerting } from "@ticketing/observability";
        new SlackAlerting("slack", {
          channel: "#alerts",
          webhookUrl: ["https://hooks.slack.com/services", "T0", "B0", "none"].join("/"),
        });`;
      project.write("slack.mjs", program);
      const bundle = { format: "cjs", platform: "node", bundle: true, logLevel: "error" } as const;
      await build({
        ...bundle,
        entryPoints: [path.join(project.directory, "slack.mjs")],
        external: ["@pulumi/*"],
        outfile: path.join(project.directory, "bin/slack.cjs"),
      });
      const bundled = await runProgram(project, "bin/slack.cjs");
      assert.deepEqual(bundled, await runProgram(project, "slack.mjs"));
      assert.ok(bundled.registered.some(({ type }) => type === "kubernetes:core/v1:Secret"));
    });

    it("requires the packages that match this version", () => {
      interface Manifest {
        version: string;
        dependencies: Record<string, string>;
        peerDependencies: Record<string, string>;
        peerDependenciesMeta: Record<string, object>;
      }
      const { version, peerDependencies, peerDependenciesMeta } = readJson<Manifest>(
        path.join(projectDirectory, "package.json"),
      );
      const ranges: Record<string, string> = {
        ...peerDependencies,
        "@ticketing/observability": `^${version}`,
      };
      const required = Object.keys(peerDependencies).filter(
        (peer) => !(peer in peerDependenciesMeta),
      );
      for (const name of names) {
        const { dependencies } = readJson<Manifest>(path.join(examples, name, "package.json"));
        for (const [dependency, range] of Object.entries(dependencies)) {
          assert.equal(range, ranges[dependency], `${name}: ${dependency}`);
        }
        assert.deepEqual(
          required.filter((peer) => !(peer in dependencies)),
          [],
          name,
        );
      }
    });
  });
});
