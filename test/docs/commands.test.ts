import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { goldenFolder, readFiles } from "../golden/render";
import { copyProject } from "../support/copyProject";
import { projectDirectory } from "../support/stackConfig";
import { type Command, commandsOf, documentedCommands, translation } from "./commands";
import { deployedObjects } from "./deployedObjects";
import { How, howIsExecuted } from "./executions";
import { objectsIn } from "./kubectl";
import { blocksOf, readPage } from "./markdown";

const commands = documentedCommands();
const executedBy = (how: How): Command[] => {
  const matches = commands.filter((command) => howIsExecuted(command) === how);
  assert.ok(matches.length > 0, `the documentation has no command of kind ${how}`);
  return matches;
};
/** The first of the commands with the same text. */
const distinct = (all: Command[]): Command[] => [
  ...new Map(all.toReversed().map((command) => [command.text, command])).values(),
];
const place = ({ file, line, text }: Command) => `${file}:${line}: ${text}`;
const read = (file: string) => fs.readFileSync(path.join(projectDirectory, file), "utf8");

describe("commands in the documentation", () => {
  it("are all covered by a test", () => {
    const unknown = commands.filter((command) => howIsExecuted(command) === undefined);
    assert.deepEqual(unknown.map(place), [], "add the commands to test/docs/executions.ts");
  });

  it("are the same in the translation of README.md", () => {
    const original = new Set(commandsOf("README.md").map(({ text }) => text));
    const added = commandsOf(translation).filter(({ text }) => !original.has(text));
    assert.deepEqual(added.map(place), []);
  });

  it("are steps of .ci/run, if .ci/run executes them", () => {
    const steps = read(".ci/run").match(/(?<=^\s*(?:if )?step ').*(?=')/gm) ?? [];
    const executed = steps.flatMap((step) => step.split(" && "));
    for (const command of executedBy(How.Ci)) {
      assert.ok(executed.includes(command.text), place(command));
    }
  });

  it("run only existing scripts", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    for (const command of commands) {
      const [, script] = /^npm run ([\w:-]+)/.exec(command.text) ?? [];
      if (script !== undefined) assert.ok(Object.hasOwn(scripts, script), place(command));
    }
  });

  it("name only deployed objects in kubectl commands", () => {
    const deployed = new Set(
      deployedObjects().flatMap(({ kind, metadata: { name, namespace } }) => {
        const kindInNamespace = `${namespace} ${kind.toLowerCase()}`;
        const pods = kind === "StatefulSet" ? [`${namespace} pod/${name}-0`] : [];
        return [kindInNamespace, `${kindInNamespace}/${name}`, ...pods];
      }),
    );
    for (const command of executedBy(How.Kubectl)) {
      for (const object of objectsIn(command.text)) {
        assert.ok(deployed.has(object), `${place(command)}\n  unknown object ${object}`);
      }
    }
  });

  it("read more than the last 10 lines of the pods that a label selects", () => {
    for (const command of executedBy(How.Kubectl)) {
      if (!/^kubectl logs .*-l /.test(command.text)) continue;
      assert.match(command.text, / --tail=/, place(command));
    }
  });

  describe("for the preview", () => {
    let project: string;
    let folder: string;

    before("copy the project without build output to a path with a space", () => {
      folder = fs.mkdtempSync(path.join(os.tmpdir(), "docs-"));
      project = path.join(folder, "a checkout");
      copyProject(project);
    });

    after(() => fs.rmSync(folder, { recursive: true, force: true }));

    /** Runs a command as written, which must succeed; returns what it prints. */
    function run(command: Command): string {
      const { status, stdout, stderr } = spawnSync(command.text, {
        cwd: project,
        encoding: "utf8",
        env: { ...process.env, NO_COLOR: "1" },
        shell: true,
      });
      assert.equal(status, 0, stdout + stderr);
      return stdout;
    }

    /** The excerpt of the output in README.md; lines with an ellipsis stand for others. */
    function assertExcerpt(stdout: string): void {
      const lines = stdout.split("\n");
      const [excerpt] = blocksOf("README.md", "text");
      assert.ok(excerpt);
      let next = 0;
      for (const line of excerpt.text.trimEnd().split("\n")) {
        if (line.trim() === "…") continue;
        const found = lines.indexOf(line, next);
        assert.ok(found >= 0, `the preview does not print this line of the excerpt: ${line}`);
        next = found + 1;
      }
    }

    for (const command of distinct(executedBy(How.Preview))) {
      it(`work as written in ${place(command)}`, () => {
        const stdout = run(command);
        const [, stack = ""] = /--stack (\w+)/.exec(command.text) ?? [];
        assert.match(stdout, new RegExp(`^Preview of ${stack}$`, "m"));
        const [, days] = /retentionDays=(\d+)/.exec(command.text) ?? [];
        if (days !== undefined) assert.match(stdout, new RegExp(`retention +${days} days`));
        if (command.text === "npm run preview -- --stack prod") assertExcerpt(stdout);
        if (!command.text.endsWith(" --out out")) return;
        const out = path.join(project, "out");
        assert.deepEqual([...readFiles(out).keys()], [...readFiles(goldenFolder(stack)).keys()]);
        fs.rmSync(out, { recursive: true });
      });
    }

    for (const command of distinct(executedBy(How.Files))) {
      it(`work as written in ${place(command)}`, () => {
        fs.mkdirSync(path.join(project, "rules"));
        fs.writeFileSync(
          path.join(project, "rules", "shop.yaml"),
          "groups: [{name: shop, rules: [{alert: Down, expr: up == 0, for: 5m}]}]",
        );
        fs.writeFileSync(
          path.join(project, "alertmanager.yaml"),
          `route: {receiver: page, group_by: [alertname]}
receivers: [{name: page, pagerduty_configs: [{routing_key_file: /etc/pagerduty/key}]}]
inhibit_rules:
  - {source_matchers: [severity="critical"], target_matchers: [severity="warning"], equal: [alertname]}
`,
        );
        const stdout = run(command);
        assert.match(stdout, /^Passed: 3 resources, /m);
      });
    }
  });
});

describe("documented stacks", () => {
  /** Previews a stack with this configuration file and these settings; returns what it prints. */
  const preview = (configuration: string, ...settings: string[]): string => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "docs-"));
    try {
      const file = path.join(folder, "stack.yaml");
      fs.writeFileSync(file, configuration);
      const flags = settings.flatMap((setting) => ["--config", setting]);
      const { status, stdout, stderr } = spawnSync(
        "npm",
        ["run", "-s", "preview", "--", "--stack", "new", "--config-file", file, ...flags],
        { cwd: projectDirectory, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } },
      );
      assert.equal(status, 0, stdout + stderr);
      return stdout;
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  };

  /** The settings of the commands of a page, as the preview accepts them. */
  const settingsIn = (page: string, pattern: RegExp): string[] =>
    commands
      .filter(({ file, text }) => file === page && pattern.test(text))
      .map(({ text }) =>
        text.replace(/^pulumi config set (?:--path )?'?([^' ]+)'? (\S+)$/, "$1=$2"),
      );

  it("violate no mandatory policy on a laptop", () => {
    const file = "docs/getting-started.md";
    const text = preview("config: {}", ...settingsIn(file, /^pulumi config set /));
    assert.match(text, /^ +cluster +laptop$/m);
    assert.match(text, /checkout/);
    const page = readPage(file);
    const namespace = /Kubernetes Service in the namespace `(\S+)`/.exec(page)?.[1];
    assert.ok(namespace);
    assert.match(text, new RegExp(`core/v1:Namespace +${namespace}\\b`));
  });

  it("violate no mandatory policy in an added environment", () => {
    const settings = settingsIn(
      "README.md",
      /^pulumi config set .* staging$|environment dev$|cluster\.name <cluster>$/,
    );
    assert.equal(settings.length, 3);
    const text = preview(
      "config: {}",
      ...settings.map((setting) => setting.replace("<cluster>", "c")),
    );
    assert.match(text, /^ +environment +staging$/m);
  });
});
