import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { Analyzer } from "../../preview/pack/analyzer";
import { noOptions } from "../../preview/engine/record";
import { ConsumerProject, consumerProject, filesBelow } from "../support/consumerProject";
import { projectDirectory } from "../support/stackConfig";

/** Runs a compiled program against mocks and prints what it registered. */
const runner = `
const pulumi = require("@pulumi/pulumi");
const registered = [];
(async () => {
  await pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => {
      registered.push({ type, name, inputs });
      return { id: name + "-id", state: inputs };
    },
    call: ({ token }) => { throw new Error("the program asks for " + token); },
  }, "checkout", "dev");
  const outputs = require(process.argv[2]);
  await pulumi.runtime.disconnect();
  const lokiUrl = outputs.lokiUrl && await new Promise((resolve) => outputs.lokiUrl.apply(resolve));
  console.log(JSON.stringify({ registered, lokiUrl }));
})();
`;

interface Run {
  registered: { type: string; name: string; inputs: Record<string, any> }[];
  lokiUrl?: string;
}

const publicNames = [
  "AwsIdentity",
  "DatadogAgent",
  "DatadogMonitors",
  "DatadogSite",
  "HostnameSource",
  "LogCollector",
  "LokiMode",
  "LokiStack",
  "LokiStorage",
  "MonitoredServices",
  "NodeOs",
  "PrometheusStack",
  "Redaction",
  "ServiceLanguage",
  "SizePreset",
  "SlackAlerting",
  "datadogEnv",
  "datadogExclusion",
  "datadogLabels",
  "openMetricsAnnotations",
];

/** What `--policy-pack node_modules/@ticketing/observability/policies` takes. */
const packFiles = [
  "policies/PulumiPolicy.yaml",
  "policies/bin/index.js",
  "policies/config.schema.json",
  "policies/package.json",
];

describe("the package, installed by another team", function () {
  this.timeout(180_000);
  let project: ConsumerProject;
  const examples = path.join(projectDirectory, "examples", "consumer");
  const write = (file: string, text: string) =>
    fs.writeFileSync(path.join(project.directory, file), text);

  before(async () => {
    project = await consumerProject();
    for (const file of ["index.ts", "logs.ts", "tsconfig.json"]) {
      fs.copyFileSync(path.join(examples, file), path.join(project.directory, file));
    }
    write("run.cjs", runner);
  });
  after(() => project?.remove());

  describe("contains", () => {
    it("the compiled library, its types, the policy pack and what people read, nothing else", () => {
      const strangers = filesBelow(project.installed).filter(
        (file) =>
          !/^dist\/(components|policies)\/[\w/.-]+\.(js|d\.ts|js\.map)$/.test(file) &&
          !packFiles.includes(file) &&
          !["package.json", "README.md", "CHANGELOG.md"].includes(file),
      );
      assert.deepEqual(strangers, []);
      for (const file of ["README.md", "CHANGELOG.md", "dist/components/index.d.ts"]) {
        assert.ok(fs.existsSync(path.join(project.installed, file)), file);
      }
    });

    it("a compiled file for each source, and none of a source that is gone", () => {
      const sources = ["components", "policies"].flatMap((folder) =>
        filesBelow(path.join(projectDirectory, folder))
          .filter((file) => file.endsWith(".ts") && !file.startsWith("bin/"))
          .map((file) => `dist/${folder}/${file.replace(/\.ts$/, ".js")}`),
      );
      const compiled = filesBelow(project.installed).filter(
        (file) => file.endsWith(".js") && !packFiles.includes(file),
      );
      assert.deepEqual(compiled, sources.sort());
    });

    it("no map to a source that is not there", () => {
      for (const file of filesBelow(project.installed).filter((name) => name.endsWith(".map"))) {
        const map = JSON.parse(fs.readFileSync(path.join(project.installed, file), "utf8")) as {
          sources: string[];
          sourcesContent?: (string | null)[];
        };
        map.sources.forEach((source, index) => {
          const there = fs.existsSync(path.join(project.installed, path.dirname(file), source));
          assert.ok(
            there || typeof map.sourcesContent?.[index] === "string",
            `${file} -> ${source}`,
          );
        });
      }
    });

    it("no path of the machine that built it", () => {
      for (const file of filesBelow(project.installed)) {
        const text = fs.readFileSync(path.join(project.installed, file), "utf8");
        assert.ok(!text.includes(projectDirectory), file);
      }
    });
  });

  describe("is imported", () => {
    const print = "console.log(JSON.stringify(Object.keys(library).sort()))";

    it("by CommonJS", async () => {
      const program = `const library = require("@ticketing/observability"); ${print}`;
      assert.deepEqual(JSON.parse(await project.run("node", ["-e", program])), publicNames);
    });

    it("by ECMAScript modules, by name", async () => {
      const program = `import { ${publicNames.join(", ")} } from "@ticketing/observability";
        const library = { ${publicNames.join(", ")} }; ${print}`;
      const printed = await project.run("node", ["--input-type=module", "-e", program]);
      assert.deepEqual(JSON.parse(printed), publicNames);
    });

    it("with the policies beside it", async () => {
      const program = `const library = require("@ticketing/observability/policies"); ${print}`;
      const names = JSON.parse(await project.run("node", ["-e", program])) as string[];
      assert.ok(names.includes("observabilityPolicies"), names.join());
    });

    it("not by paths that may change", async () => {
      const program = 'require("@ticketing/observability/dist/components/charts.js")';
      await assert.rejects(project.run("node", ["-e", program]), /ERR_PACKAGE_PATH_NOT_EXPORTED/);
    });
  });

  it("is a policy pack as it lies there", async () => {
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
      assert.equal(policies.length, 28);
      const own = violations.find(({ policy }) => policy === "prometheus-retention");
      assert.match(own?.message ?? "", /found: 400d\n.*7 to 30 days/);
    } finally {
      analyzer.close();
    }
  });

  describe("with the examples", () => {
    const tsc = path.join(projectDirectory, "node_modules", "typescript", "bin", "tsc");
    before(async () => {
      write(
        "mistakes.ts",
        `import { LokiStack, MonitoredServices, type PrometheusStackArgs } from "@ticketing/observability";
         const identity = { cluster: "c", environment: "dev" };
         // @ts-expect-error -- a key that does not exist
         export const misspelt: PrometheusStackArgs = { ...identity, retentionDay: 3 };
         // @ts-expect-error -- the namespace is required
         new MonitoredServices("services", identity);
         // @ts-expect-error -- no such storage
         new LokiStack("loki", { ...identity, storage: "gcs" });
         export const literal = () => new LokiStack("loki", { ...identity, storage: "filesystem" });
        `,
      );
      const options = JSON.parse(fs.readFileSync(path.join(examples, "tsconfig.json"), "utf8")) as {
        files: string[];
      };
      write(
        "tsconfig.json",
        JSON.stringify({ ...options, files: [...options.files, "mistakes.ts"] }),
      );
      await project.run("node", [tsc, "-p", "."]);
    });

    const runExample = async (name: string) =>
      JSON.parse(await project.run("node", ["run.cjs", `./bin/${name}.js`])) as Run;

    it("compiles strictly, and catches mistakes while they are typed", () => {
      for (const name of ["index", "logs"]) {
        assert.ok(fs.existsSync(path.join(project.directory, "bin", `${name}.js`)));
      }
    });

    it("monitors a service in five lines", async () => {
      const { registered } = await runExample("index");
      assert.deepEqual(registered.map(({ type, name }) => `${type} ${name}`).sort(), [
        "kubernetes:monitoring.coreos.com/v1:PrometheusRule checkout-rules",
        "kubernetes:monitoring.coreos.com/v1:ServiceMonitor checkout-checkout-service",
        "monitoring:index:MonitoredServices checkout",
      ]);
      const monitor = registered.find(({ type }) => type.endsWith(":ServiceMonitor"));
      assert.equal(monitor?.inputs["metadata"].namespace, "checkout");
      assert.deepEqual(monitor?.inputs["spec"].selector, {
        matchLabels: { app: "checkout-service" },
      });
    });

    it("keeps logs on a volume, without AWS", async () => {
      const { registered, lokiUrl } = await runExample("logs");
      assert.ok(!registered.some(({ type }) => type.startsWith("aws:")));
      const release = registered.find(({ name, inputs }) => name === "loki" && inputs["chart"]);
      assert.equal(release?.inputs["values"].loki.limits_config.retention_period, "168h");
      assert.equal(lokiUrl, "http://loki.monitoring.svc.cluster.local:3100");
    });

    it("asks for packages that this version goes with", () => {
      interface Manifest {
        version: string;
        dependencies: Record<string, string>;
        peerDependencies: Record<string, string>;
      }
      const read = (file: string) => JSON.parse(fs.readFileSync(file, "utf8")) as Manifest;
      const { dependencies } = read(path.join(examples, "package.json"));
      const { peerDependencies, version } = read(path.join(projectDirectory, "package.json"));
      assert.deepEqual(dependencies, {
        ...peerDependencies,
        "@ticketing/observability": `^${version}`,
      });
    });
  });
});
