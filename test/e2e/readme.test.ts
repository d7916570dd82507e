/**
 * What README.md and docs/ tell an operator to type, typed: in the order in which it stands there,
 * with the real engine, and with kubectl as far as it gets without a cluster.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as os from "node:os";
import * as path from "node:path";
import { toolPath } from "../../tools/paths.cjs";
import { type Command, documentedCommands } from "../docs/commands";
import { How, howIsExecuted } from "../docs/executions";
import { TestStack } from "../support/engine/stack";
import { projectDirectory, secrets } from "../support/stackConfig";

/** Pages in the order in which somebody needs them; the last one takes the stack down. */
const order = ["README.md", "docs/datadog.md", "docs/migration.md", "docs/runbooks/"];
const last = "docs/configuration.md";

/** What the shell of that machine finds. */
const tools = ["pulumi", "kubectl", "helm", "amtool"] as const;

/** What the engine asks before it acts is answered in advance: nobody is there to ask. */
const asking = /^pulumi (up|destroy|state unprotect)/;

/** Names that the reader chooses. */
const placeholders: Record<string, string> = {
  "<cluster>": "ticketing-staging",
  "<service>": "inventory-service",
  "--replicas=N": "--replicas=3",
  " daemonset/…": "",
};

/** Commands that the text says are refused, and with what. */
const refusals: { file: string; inline: true; text: string; because: RegExp }[] = [
  {
    file: "docs/configuration.md",
    inline: true,
    text: "pulumi destroy",
    because: /cannot be deleted\s+because it is protected/,
  },
];

const commands = documentedCommands();
const place = ({ file, line, text }: Command) => `${file}:${line}: ${text}`;
const executedBy = (how: How, file = "") =>
  commands.filter((command) => command.file.startsWith(file) && howIsExecuted(command) === how);

describe("the commands of README.md and docs/", () => {
  let machine: TestStack;
  /** What each command printed, by its text. */
  const printed = new Map<string, string>();
  /** What was done to settings and stacks, and the deployment it was last followed by. */
  let changes = "";
  let deployed = "";

  before("a machine with the CLI and its plugins, and a stack of somebody else", async () => {
    machine = await TestStack.create({ project: projectDirectory, stack: "other" });
  });

  after(() => machine.dispose());

  /** The command line, as a shell of that machine runs it. */
  function type(text: string, input = ""): { status: number | null; text: string } {
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
        // A cluster that never answers.
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
    // The same deployment of the same settings, mentioned again.
    if (text.startsWith("pulumi up") && deployed === changes + text) return;
    const [, secret] = /--secret (\S+)$/.exec(text) ?? [];
    const answer = secret === undefined ? "" : secrets.prod[secret];
    assert.notEqual(answer, undefined, `${place(command)}: no test knows an answer`);
    const result = type(asking.test(text) ? `${text} --yes` : text, answer);
    const refusal = refusals.find(
      ({ file, inline, text }) =>
        file === command.file && inline === command.inline && text === command.text,
    );
    if (refusal === undefined) {
      assert.equal(result.status, 0, `${place(command)}\n${result.text}`);
    } else {
      assert.notEqual(result.status, 0, `${place(command)} is not refused`);
      assert.match(result.text, refusal.because);
    }
    printed.set(command.text, result.text);
    if (/^pulumi (config|stack init|destroy|state)/.test(text)) changes += `${text}\n`;
    if (text.startsWith("pulumi up")) deployed = changes + text;
  }

  for (const file of [...order, last]) {
    describe(`of ${file}`, () => {
      before("the stack that the page is about is selected", () => {
        if (file === "README.md") return;
        const { status, text } = type("pulumi stack select prod");
        assert.equal(status, 0, text);
        changes += `${file}\n`;
      });
      for (const command of executedBy(How.Engine, file)) {
        it(`${command.line}: ${command.text}`, () => run(command));
      }
    });
  }

  describe("that were run", () => {
    it("print what the README says they print", () => {
      const access = printed.get("pulumi stack output access") ?? "";
      const forwards = new Set(
        commands
          .map(({ text }) => text)
          .filter((text) => text.startsWith("kubectl port-forward -n monitoring")),
      );
      assert.equal(forwards.size, 3);
      for (const text of forwards) assert.ok(access.includes(text), access);
      const password = printed.get("pulumi stack output grafanaAdminPassword --show-secrets") ?? "";
      assert.match(password, /^\S{8,}\n$/);
    });

    it("show a secret only where they ask for it", () => {
      const shown = [...printed].filter(([text]) => !text.includes("--show-secrets"));
      for (const [text, output] of shown) {
        for (const secret of Object.values(secrets.prod)) assert.ok(!output.includes(secret), text);
      }
    });
  });

  for (const command of executedBy(How.Mention)) {
    it(`exist: ${place(command)}`, () => {
      const { status, text } = type(`${withoutPlaceholders(command.text)} --help`);
      assert.equal(status, 0, text);
    });
  }

  for (const command of executedBy(How.Kubectl)) {
    it(`are understood by kubectl: ${place(command)}`, () => {
      refusedByNobodyButTheCluster(type(withoutPlaceholders(command.text)));
    });
  }

  it("are refused by kubectl when an option is misspelt", () => {
    const result = type("kubectl logs -n monitoring statefulset/loki --tial=50");
    assert.throws(() => refusedByNobodyButTheCluster(result), /unknown flag/);
  });

  for (const command of commands.filter(({ text }) => text.includes(" -- amtool "))) {
    it(`are understood by amtool: ${command.file}:${command.line}`, () => {
      const [, inside = ""] = command.text.split(" -- ");
      const result = type(inside.replace("localhost:9093", "127.0.0.1:9"));
      assert.match(result.text, /connection refused/);
    });
  }
});

/** What can be read was read once kubectl tries to reach the cluster, which is not there. */
function refusedByNobodyButTheCluster({ text }: { text: string }): void {
  assert.match(text, /connection( to the server 127\.0\.0\.1:9 was)? refused/);
  assert.doesNotMatch(text, /unknown|invalid/);
}

function withoutPlaceholders(text: string): string {
  return Object.entries(placeholders).reduce(
    (result, [placeholder, name]) => result.replaceAll(placeholder, name),
    text,
  );
}
