/**
 * The components in programs in other languages, on the real engine: the schema of the plugin, and the
 * programs of docs/languages.md.
 */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as library from "../../components";
import { toolPath } from "../../tools/paths.cjs";
import { commandsOf } from "../docs/commands";
import { How, howIsExecuted } from "../docs/executions";
import { blocksOf } from "../docs/markdown";
import { TestStack } from "../support/engine/stack";
import { projectDirectory } from "../support/stackConfig";

const page = "docs/languages.md";
const webhook = ["https://hooks.slack.com/services", "T0PLANTED", "B0PLANTED", "planted"].join("/");

/** The only block of the page in a language. */
function programOf(language: string): string {
  const [block, ...others] = blocksOf(page, language);
  assert.ok(block !== undefined && others.length === 0, language);
  return block.text;
}

/** File with the program, and the retention of Prometheus in its text. */
const programs = {
  yaml: { file: "Pulumi.yaml", retention: /(?<=retentionDays: )30/ },
  python: { file: "__main__.py", retention: /(?<=retention_days=)30/ },
};

/** Resources that each program creates. */
const deployed = [
  "ClusterRole prometheus-grafana-role",
  "ClusterRoleBinding prometheus-grafana-role-binding",
  "Namespace namespace",
  "PrometheusRule prometheus-rules",
  "PrometheusRule services-rules",
  "RandomPassword prometheus-grafana-admin",
  "RandomUuid prometheus-data-location",
  "Release prometheus",
  "Secret prometheus-grafana-admin",
  "Secret slack-config",
  "Secret slack-webhook",
  "ServiceMonitor services-checkout-api",
];

describe("the components in other languages", () => {
  let project: string;
  const stacks: TestStack[] = [];

  before("create a project with this repository as a submodule, and install it", () => {
    project = fs.mkdtempSync(path.join(os.tmpdir(), "observability-languages-"));
    const source = `file://${projectDirectory}`;
    execFileSync("git", ["clone", "--quiet", "--depth", "1", source, "observability"], {
      cwd: project,
    });
    const [install, ...others] = commandsOf(page).filter(({ text }) => text.startsWith("npm "));
    assert.ok(install !== undefined && others.length === 0);
    const [command = "", ...args] = install.text.split(" ");
    execFileSync(command, args, { cwd: project, stdio: "pipe" });
  });
  after(() => {
    for (const stack of stacks) stack.dispose();
    fs.rmSync(project, { recursive: true, force: true });
  });

  async function stackOf(language: string): Promise<TestStack> {
    fs.writeFileSync(path.join(project, "Pulumi.yaml"), `name: checkout\nruntime: ${language}\n`);
    const secrets = { "checkout:slackWebhookUrl": webhook };
    const stack = await TestStack.create({ project, stack: "dev", secrets });
    stacks.push(stack);
    return stack;
  }

  describe("as a schema", () => {
    let schema: any;

    before("get the schema from the plugin", async () => {
      const stack = await stackOf("yaml");
      const { text } = await stack.must("package", "get-schema", "./observability/plugin");
      schema = JSON.parse(text);
    });

    it("are all there, by their type tokens", () => {
      const tokens = Object.values(library).flatMap((exported) =>
        "__pulumiType" in exported ? [exported.__pulumiType] : [],
      );
      assert.equal(tokens.length, 7);
      assert.deepEqual(Object.keys(schema.resources).sort(), tokens.sort());
      assert.equal(schema.name, "monitoring");
    });

    it("have arguments, outputs and enumerations", () => {
      const { inputProperties, properties } = schema.resources["monitoring:index:LokiStack"];
      assert.equal(inputProperties.retentionDays.type, "number");
      assert.equal(properties.url.type, "string");
      const modes = schema.types["monitoring:index:LokiMode"].enum.map(({ value }: any) => value);
      assert.ok(modes.includes("distributed"));
    });
  });

  for (const [language, { file, retention }] of Object.entries(programs)) {
    describe(`in ${language}`, () => {
      const program = programOf(language);
      let stack: TestStack;

      /** Writes a file of the project. */
      const write = (name: string, text: string) =>
        fs.writeFileSync(path.join(stack.folder, "project", name), text);

      before("create the project", async () => {
        stack = await stackOf(language);
        // The program in YAML names the plugin itself.
        if (language === "yaml") return;
        for (const command of commandsOf(page)) {
          if (howIsExecuted(command) !== How.Languages) continue;
          if (!command.text.startsWith("pulumi ")) continue;
          await stack.must(...command.text.split(" ").slice(1));
        }
      });

      it("deploy in the order of their outputs, and then stay unchanged", async () => {
        write(file, program);
        const up = await stack.up();
        assert.equal(up.exitCode, 0, up.text);
        assert.doesNotMatch(up.text, /warning:/);
        const order = up.calls
          .filter(({ operation, preview }) => operation === "create" && !preview)
          .map(({ type, name }) => `${type.split(":").at(-1)} ${name}`);
        assert.deepEqual([...order].sort(), deployed);
        const positions = [
          "Namespace namespace",
          "Secret slack-config",
          "Release prometheus",
          "ServiceMonitor services-checkout-api",
        ].map((resource) => order.indexOf(resource));
        assert.deepEqual(
          positions,
          [...positions].sort((a, b) => a - b),
          order.join("\n"),
        );

        const release = (await stack.resources()).find(({ type }) => type.endsWith("v3:Release"));
        assert.match(JSON.stringify(release?.inputs), /"configSecret":"alertmanager-config"/);
        assert.deepEqual(await stack.outputs({ secrets: false }), {
          grafanaUrl: "http://prometheus-grafana.monitoring.svc.cluster.local",
          grafanaAdminPassword: "[secret]",
        });
        for (const { file, text } of stack.files()) assert.ok(!text.includes(webhook), file);

        const again = await stack.update({ args: ["--expect-no-changes"] });
        assert.equal(again.exitCode, 0, again.text);
      });

      it("fail with the message of the component", async () => {
        write(file, program.replace(retention, "0"));
        const { exitCode, text } = await stack.preview();
        assert.notEqual(exitCode, 0, text);
        assert.match(text, /PrometheusStack "prometheus": 1 problem in its arguments/);
        assert.match(text, /retentionDays = 0 must be at least 1/);
        assert.doesNotMatch(text, /^\s+at /m);
      });

      if (language === "python") {
        it("have types that mypy checks", () => {
          const mistakes: [string, string][] = [
            ["retention_days=30", "retention_day=30"],
            ['channel="#checkout-alerts"', 'channel=["#checkout-alerts"]'],
            ['"name": "checkout-api"', '"nam": "checkout-api"'],
            ["ServiceLanguage.GO", "ServiceLanguage.COBOL"],
          ];
          write(file, program);
          write(
            "mistakes.py",
            mistakes.reduce((text, [a, b]) => text.replace(a, b), program),
          );
          // The generator adds this file, which has errors, to the SDK of every package.
          const exceptions = "[mypy-pulumi_monitoring._utilities]\nignore_errors = True\n";
          write("mypy.ini", `[mypy]\n${exceptions}`);
          const sdk = "site-packages";
          const modules = [file, "mistakes.py", `${sdk}/pulumi_monitoring`];
          const { stdout, stderr } = spawnSync("python3", ["-m", "mypy", ...modules], {
            cwd: path.join(stack.folder, "project"),
            env: {
              ...process.env,
              PYTHONPATH: [toolPath("pulumiPython"), sdk].join(path.delimiter),
            },
            encoding: "utf8",
          });
          const errors = stdout.split("\n").filter((line) => line.includes(": error: "));
          const expected = [
            /No overload variant of "SlackAlerting"/,
            /Unexpected keyword argument "retention_day"/,
            /List item 0 has incompatible type/,
            /has no attribute "COBOL"/,
          ];
          for (const error of errors) assert.match(error, /^mistakes\.py:/, stdout + stderr);
          for (const error of expected) {
            assert.ok(
              errors.some((line) => error.test(line)),
              `${error}\n${stdout}${stderr}`,
            );
          }
        });
      }
    });
  }
});
