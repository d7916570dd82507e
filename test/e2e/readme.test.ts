/** Runs the commands of README.md and docs/ in their order, with the real engine. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as os from "node:os";
import * as path from "node:path";
import { toolPath } from "../../tools/paths.cjs";
import { type Command, documentedCommands } from "../docs/commands";
import { How, howIsExecuted } from "../docs/executions";
import { TestStack } from "../support/engine/stack";
import { projectDirectory, secrets } from "../support/stackConfig";

/** Pages in the order of use; the commands of the last one destroy the stack. */
const order = [
  "docs/getting-started.md",
  "README.md",
  "docs/datadog.md",
  "docs/migration.md",
  "docs/upgrading.md",
  "docs/runbooks/",
];
const last = "docs/configuration.md";

/** Tools on the PATH. */
const tools = ["pulumi", "kubectl", "helm", "amtool"] as const;

/** Commands that ask for confirmation, and therefore need `--yes`. */
const confirmed = /^pulumi (up|destroy|stack rm|state unprotect)/;

/** Values for the placeholders in commands. */
const placeholders: Record<string, string> = {
  "<cluster>": "ticketing-staging",
  " daemonset/…": "",
};

/** Commands that fail according to the text, with their error. */
const failures: { file: string; inline: true; text: string; error: RegExp }[] = [
  {
    file: "docs/configuration.md",
    inline: true,
    text: "pulumi destroy",
    error: /cannot be deleted\s+because it is protected/,
  },
];

const commands = documentedCommands();
const place = ({ file, line, text }: Command) => `${file}:${line}: ${text}`;
const executedBy = (how: How, file = "") =>
  commands.filter((command) => command.file.startsWith(file) && howIsExecuted(command) === how);

describe("the commands of README.md and docs/", () => {
  let machine: TestStack;
  /** Output of each command, by its text. */
  const printed = new Map<string, string>();
  /** Commands that changed settings or stacks so far, and their state at the last deployment. */
  let changes = "";
  let deployed = "";

  before("create a machine with the CLI, its plugins and another stack", async () => {
    machine = await TestStack.create({ project: projectDirectory, stack: "other" });
  });

  after(() => machine.dispose());

  /** Runs a command line in a shell of the machine. */
  function runInShell(text: string, input = ""): { status: number | null; text: string } {
    const { status, stdout, stderr } = spawnSync(text, {
      cwd: path.join(machine.folder, "project"),
      encoding: "utf8",
      input,
      shell: true,
      maxBuffer: 64 * 1024 * 1024,
      env: {
        PATH: [
          ...tools.map((tool) => path.dirname(toolPath(tool))),
          path.dirname(process.execPath),
          process.env["PATH"],
        ].join(path.delimiter),
        HOME: machine.folder,
        TMPDIR: os.tmpdir(),
        NO_COLOR: "1",
        USER: "operator",
        // An address without a cluster.
        KUBECONFIG: path.join(machine.folder, "no-kubeconfig"),
        KUBERNETES_MASTER: "http://127.0.0.1:9",
        PULUMI_HOME: path.join(machine.folder, "home"),
        PULUMI_BACKEND_URL: `file://${path.join(machine.folder, "backend")}`,
        PULUMI_CONFIG_PASSPHRASE: "a passphrase for tests",
        PULUMI_SKIP_UPDATE_CHECK: "true",
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        HTTP_PROXY: "http://127.0.0.1:9",
        HTTPS_PROXY: "http://127.0.0.1:9",
        NO_PROXY: "127.0.0.1,localhost",
      },
    });
    return { status, text: stdout + stderr };
  }

  function run(command: Command): void {
    const text = withoutPlaceholders(command.text);
    // The text repeats a deployment without any changes since the last one.
    if (text.startsWith("pulumi up") && deployed === changes + text) return;
    const [, secret] = /--secret (\S+)$/.exec(text) ?? [];
    const answer = secret === undefined ? "" : secrets.prod[secret];
    assert.notEqual(answer, undefined, `${place(command)}: the test has no value for the secret`);
    const result = runInShell(confirmed.test(text) ? `${text} --yes` : text, answer);
    const failure = failures.find(
      ({ file, inline, text }) =>
        file === command.file && inline === command.inline && text === command.text,
    );
    if (failure === undefined) {
      assert.equal(result.status, 0, `${place(command)}\n${result.text}`);
    } else {
      assert.notEqual(result.status, 0, `${place(command)} did not fail`);
      assert.match(result.text, failure.error);
    }
    printed.set(command.text, result.text);
    if (/^pulumi (config|stack init|destroy|state)/.test(text)) changes += `${text}\n`;
    if (text.startsWith("pulumi up")) deployed = changes + text;
  }

  for (const file of [...order, last]) {
    describe(`in ${file}`, () => {
      before("select the stack of the page", () => {
        if (file === "README.md" || file === "docs/getting-started.md") return;
        const { status, text } = runInShell("pulumi stack select prod");
        assert.equal(status, 0, text);
        changes += `${file}\n`;
      });
      for (const command of executedBy(How.Engine, file)) {
        it(`${command.line}: ${command.text}`, () => run(command));
      }
    });
  }

  describe("that ran", () => {
    it("print the output that the README describes", () => {
      const access = printed.get("pulumi stack output access") ?? "";
      const forwards = new Set(
        commands
          .map(({ text }) => text)
          .filter((text) => text.startsWith("kubectl port-forward -n monitoring"))
          // A stack has the blackbox exporter only if a service has a probe.
          .filter((text) => !text.includes("blackbox-exporter")),
      );
      assert.equal(forwards.size, 4);
      for (const text of forwards) assert.ok(access.includes(text), access);
      const password = printed.get("pulumi stack output grafanaAdminPassword --show-secrets") ?? "";
      assert.match(password, /^\S{8,}\n$/);
    });

    it("show a secret only with --show-secrets", () => {
      const outputs = [...printed].filter(([text]) => !text.includes("--show-secrets"));
      for (const [text, output] of outputs) {
        for (const secret of Object.values(secrets.prod)) assert.ok(!output.includes(secret), text);
      }
    });
  });

  for (const command of executedBy(How.Mention)) {
    it(`exist: ${place(command)}`, () => {
      const { status, text } = runInShell(`${withoutPlaceholders(command.text)} --help`);
      assert.equal(status, 0, text);
    });
  }

  for (const command of commands.filter(({ text }) => text.includes(" -- amtool "))) {
    it(`have valid arguments for amtool: ${command.file}:${command.line}`, () => {
      const [, inside = ""] = command.text.split(" -- ");
      const result = runInShell(inside.replace("localhost:9093", "127.0.0.1:9"));
      assert.match(result.text, /connection refused/);
    });
  }
});

function withoutPlaceholders(text: string): string {
  return Object.entries(placeholders).reduce(
    (result, [placeholder, name]) => result.replaceAll(placeholder, name),
    text,
  );
}
