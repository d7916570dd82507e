#!/usr/bin/env node
import { parseArgs } from "node:util";
import { profiles } from "../../policies/engine/description";
import { ExpectedError, UsageError } from "../config/errors";
import { formatReport } from "../output/report";
import { usesColor, write } from "../output/write";
import type { ReportedNote } from "../pack/policyReport";
import { readPolicyConfig } from "../pack/policyConfigFile";
import { environmentRow, hasPassed, judgementOf } from "../pack/judgement";
import { judgeResources } from "./judgeResources";
import { readFiles } from "./readFiles";
import { type Skipped, resourcesIn } from "./resources";

const usage = `Usage: observability-policies <file>... [options]
       npm run policies -- <file>... [options]   in the policies' repository

Checks Kubernetes manifests, Prometheus rule files and Alertmanager configurations with the policy
pack, without Pulumi. A folder means all YAML files in it, and - means standard input.

      --profile <name>         baseline or strict (default: baseline)
      --policy-config <file>   Policy configuration
      --stack <name>           Name of the environment, such as prod or dev (default: files)
      --json                   Print one JSON document
  -h, --help                   Print this help

Exit codes:
  0  no mandatory policy is violated
  1  a mandatory policy is violated
  2  the arguments or the configuration have an error, or the files contain nothing to evaluate`;

type Arguments = ReturnType<typeof parsed>;

/**
 * Evaluates the policies on the files and prints the result. Returns whether all mandatory policies
 * passed.
 */
async function judge({ values, positionals }: Arguments): Promise<boolean> {
  const { stack = "files", profile, json = false } = values;
  const directory = process.cwd();
  const file = values["policy-config"];
  const config = file === undefined ? {} : readPolicyConfig(directory, file);
  const contents = readFiles(positionals, directory).map((text) => resourcesIn(text, stack));
  const resources = contents.flatMap((content) => content.resources);
  const skipped = contents.flatMap((content) => content.skipped).map(noteOf);
  if (resources.length === 0) {
    const reasons = skipped.map(({ message }) => `\n  ${message}`).join("");
    throw new ExpectedError(`the files contain nothing that the policies evaluate${reasons}`);
  }

  const report = await judgeResources(resources, { profile, config });
  const judgement = judgementOf(resources, report);
  const policy = { ...judgement, notEvaluated: [...skipped, ...judgement.notEvaluated] };
  const passed = hasPassed(policy);
  const text = formatReport(
    {
      title: "Policies for files",
      header: [["files", String(contents.length)], ["profile", profile], environmentRow(policy)],
      stack,
      tree: [],
      resources: resources.length,
      facts: [],
      policy,
      warnings: [],
      exposed: [],
      unset: [],
      out: undefined,
    },
    usesColor(process.stdout),
  );
  await write(json ? `${JSON.stringify({ stack, profile, passed, policy }, null, 2)}\n` : text);
  return passed;
}

function noteOf({ path, because }: Skipped): ReportedNote {
  return { urn: undefined, message: `not evaluated: ${path}, because ${because}`, details: {} };
}

function parsed(args: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args,
      strict: true,
      allowPositionals: true,
      options: {
        profile: { type: "string" },
        "policy-config": { type: "string" },
        stack: { type: "string" },
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
    const { profile: profileName = "baseline" } = values;
    const profile = profiles.find((name) => name === profileName);
    if (profile === undefined)
      throw new UsageError(`--profile must be one of ${profiles.join(", ")}`);
    if (positionals.length === 0 && !values.help) throw new UsageError("a file is required");
    return { values: { ...values, profile }, positionals };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

async function run(): Promise<number> {
  const args = process.argv.slice(2);
  try {
    const parsedArgs = parsed(args);
    if (!parsedArgs.values.help) return (await judge(parsedArgs)) ? 0 : 1;
    await write(`${usage}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    if (error instanceof UsageError) process.stderr.write(`\n${usage}\n`);
    if (args.includes("--json"))
      await write(`${JSON.stringify({ error: error.message }, null, 2)}\n`);
    return 2;
  }
}

process.stdout.on("error", () => undefined); // A reader such as head may close the pipe early.
run().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(2);
  },
);
