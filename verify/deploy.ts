import { spawn } from "node:child_process";
import { constants } from "node:os";
import { ExpectedError } from "../preview/config/errors";
import { policyConfigPath } from "../preview/pack/policyConfigFile";
import { runCommand } from "./command";
import { missingPulumi } from "./pulumi/pulumiCli";
import { stackSettings } from "./settings";

/** Pulumi CLI operations, and whether each accepts a policy pack. */
const operations: Record<string, { policies: boolean }> = {
  up: { policies: true },
  preview: { policies: true },
  refresh: { policies: false },
  destroy: { policies: false },
};

const usage = `Usage: npm run deploy -- --stack <name> [${Object.keys(operations).join("|")}] [options] [-- <arguments>]

Runs the Pulumi CLI for a stack, always with the policies and their configuration for the stack's
preset. Without --policy-pack, \`pulumi up\` skips all policies. The default is up.

  -s, --stack <name>     Stack, configured in Pulumi.<name>.yaml
  -y, --yes              Do not ask for confirmation
  -h, --help             Print this help
  -- <arguments>         Arguments for the Pulumi CLI, such as --diff

Exits with the exit code of the Pulumi CLI, or with 2 if the arguments or the configuration have an error.`;

runCommand({
  usage,
  options: { yes: { type: "boolean", short: "y" } },
  positionals: Infinity,
  run: async ({ stack, values, positionals }) => {
    // Without an operation, all arguments belong to the Pulumi CLI.
    const named = positionals[0]?.startsWith("-") ? ["up", ...positionals] : positionals;
    const [operation = "up", ...extra] = named;
    const { policies } = operations[operation] ?? {};
    if (policies === undefined) {
      throw new ExpectedError(`unknown operation ${operation}\n\n${usage}`);
    }
    const args = [operation, "--stack", stack];
    if (policies) {
      const { preset } = stackSettings(process.cwd(), stack);
      args.push("--policy-pack", "policies", "--policy-pack-config", policyConfigPath(preset));
    }
    if (values.yes === true && operation !== "preview") args.push("--yes");
    const code = await runPulumi([...args, ...extra]);
    if (code !== 0 && operation !== "preview") {
      process.stderr.write(
        `\npulumi ${operation} failed. Correct the errors above, and run it again.\n` +
          `  next: npm run rescue -- --stack ${stack}, if it was interrupted or Helm says that a name is in use\n`,
      );
    }
    return code;
  },
});

/** Runs the CLI in this terminal, and returns its exit code. */
function runPulumi(args: string[]): Promise<number> {
  // The terminal also sends Ctrl-C to the CLI, which cancels the update. This process must wait for it.
  process.on("SIGINT", () => undefined);
  return new Promise((resolve, reject) => {
    const child = spawn("pulumi", args, { stdio: "inherit" });
    child.on("error", () => reject(new ExpectedError(missingPulumi)));
    child.on("close", (code, signal) =>
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    );
  });
}
