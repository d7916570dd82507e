import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { stringify } from "yaml";
import { RuleGroup } from "../../components/alerting/rules";
import { Scenario } from "./scenarios";

const { toolPath } = require("../../tools/paths.cjs") as { toolPath: (name: string) => string };

/** Result of a run of promtool; `failed` names the failing scenarios. */
export interface Outcome {
  passed: boolean;
  failed: string[];
  output: string;
}

/** Runs scenarios against rules; each scenario starts with an empty database. */
export async function testRules(
  groups: RuleGroup[],
  scenarios: Scenario[],
  evaluationSeconds = 30,
): Promise<Outcome> {
  return inFolder(async (folder) => {
    fs.writeFileSync(path.join(folder, "rules.yaml"), asYaml({ groups }));
    const tests = {
      rule_files: ["rules.yaml"],
      evaluation_interval: `${evaluationSeconds}s`,
      // Otherwise, promtool evaluates groups in any order, which can delay an alert by one step.
      group_eval_order: groups.map(({ name }) => name),
      tests: scenarios,
    };
    fs.writeFileSync(path.join(folder, "test.yaml"), asYaml(tests));
    const { passed, output } = await promtool(["test", "rules", "test.yaml"], folder);
    const named = [...output.matchAll(/^ *name: (.*),$/gm)].map(([, name = ""]) => name);
    return { passed, output, failed: [...new Set(named)] };
  });
}

/** Runs a file of scenarios, which refers to the rules as `rules.yaml`. */
export async function testFile(groups: RuleGroup[], file: string): Promise<Outcome> {
  return inFolder(async (folder) => {
    fs.writeFileSync(path.join(folder, "rules.yaml"), asYaml({ groups }));
    fs.copyFileSync(file, path.join(folder, "test.yaml"));
    return { ...(await promtool(["test", "rules", "test.yaml"], folder)), failed: [] };
  });
}

/** Checks the syntax of the rules with promtool. */
export async function checkRules(groups: RuleGroup[]): Promise<Outcome> {
  return inFolder(async (folder) => {
    fs.writeFileSync(path.join(folder, "rules.yaml"), asYaml({ groups }));
    return { ...(await promtool(["check", "rules", "rules.yaml"], folder)), failed: [] };
  });
}

function asYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}

async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "rules-"));
  try {
    return await use(folder);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function promtool(args: string[], cwd: string): Promise<{ passed: boolean; output: string }> {
  const tool = toolPath("promtool");
  return new Promise((resolve) => {
    execFile(tool, args, { cwd, maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
      resolve({ passed: error === null, output: stdout + stderr });
    });
  });
}
