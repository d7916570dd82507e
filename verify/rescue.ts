import { withCluster } from "./cluster/cluster";
import { clusterOptions, clusterUsage, runCommand } from "./command";
import { stuckReleases } from "./rescue/helmReleases";
import { pendingInstallations, readState, stateObstacles } from "./rescue/pulumiState";
import { stackSettings } from "./settings";
import { confirmed } from "./terminal";

const usage = `Usage: npm run rescue -- --stack <name> [options]

Finds what a killed update left behind and what blocks every further \`pulumi up\`: the stack's lock,
pending operations in its state, and Helm releases whose last operation never finished or is not in the
state. Prints what it will do, and does it after you confirm. First make sure that no update of the stack
is running.
${clusterUsage}
  -y, --yes              Do not ask for confirmation
  -h, --help             Print this help

Exit codes:
  0  nothing is left to repair
  1  something is left, because you did not confirm
  2  the arguments or the configuration have an error, or a repair failed`;

runCommand({
  usage,
  options: { ...clusterOptions, yes: { type: "boolean", short: "y" } },
  run: async ({ stack, values }) => {
    const settings = stackSettings(process.cwd(), stack);
    return withCluster(settings, values.context, async ({ kubernetes, context, server }) => {
      process.stdout.write(`Rescue ${stack} in ${context} (${server})\n\n`);
      const state = await readState(stack);
      // The lock must be released first, because it would block the import of the state.
      const obstacles = [
        ...(await stateObstacles(stack, state)),
        ...(await stuckReleases(kubernetes, settings, pendingInstallations(state))),
      ];
      for (const { what, repair } of obstacles) {
        process.stdout.write(`${what}.\n  repair: ${repair}.\n`);
      }
      if (obstacles.length === 0) {
        process.stdout.write("Nothing is left to repair.\n");
        return 0;
      }
      if (values.yes !== true && !(await confirmed("Repair?"))) {
        process.stdout.write("\nNothing was changed.\n");
        return 1;
      }
      for (const obstacle of obstacles) await obstacle.run();
      process.stdout.write(
        `\nRepaired.\n  next: run the interrupted command again, such as npm run deploy -- --stack ${stack}\n`,
      );
      return 0;
    });
  },
});
