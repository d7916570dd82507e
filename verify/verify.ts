import { usesColor, write } from "../preview/output/write";
import { checksOf } from "./checks/checks";
import { notDeployed } from "./checks/releases";
import { type Result, runChecks } from "./checks/check";
import { clusterApis } from "./apis";
import { withCluster } from "./cluster/cluster";
import { clusterOptions, clusterUsage, runCommand } from "./command";
import { formatResult, formatSummary, summaryOf } from "./report";
import { settingsWithPrometheus } from "./settings";

const usage = `Usage: npm run verify -- --stack <name> [options]

Checks a deployed stack in its cluster. The settings come from the stack's file, so neither the Pulumi
CLI nor a login is needed; the kubeconfig provides access. The command writes only one log line.
${clusterUsage}
      --test-alert       Send a test alert, and wait for its notification in Slack
      --json             Print one JSON document
  -h, --help             Print this help

Exit codes:
  0  no check failed
  1  a check failed, or could not run
  2  the arguments or the configuration have an error, or the cluster cannot be reached`;

runCommand({
  usage,
  options: {
    ...clusterOptions,
    "test-alert": { type: "boolean" },
    json: { type: "boolean" },
  },
  run: async ({ stack, values }) => {
    const settings = settingsWithPrometheus(process.cwd(), stack);
    const out = values.json === true ? process.stderr : process.stdout;
    const color = usesColor(out);
    const print = (result: Result) => void out.write(`${formatResult(result, color)}\n`);
    return withCluster(settings, values.context, async (cluster) => {
      const { context, server } = cluster;
      out.write(`Verify ${stack} in ${context} (${server})\n\n`);
      const checks = checksOf(settings, { testAlert: values["test-alert"] ?? false });
      const missing = await notDeployed(cluster.kubernetes, settings, stack);
      if (missing !== undefined) print(missing);
      const results =
        missing === undefined
          ? await runChecks(checks, clusterApis(cluster, settings), settings, print)
          : [missing];
      // No check can run without the deployment.
      const notRun = missing === undefined ? 0 : checks.length;
      out.write(`\n${formatSummary(results, notRun)}\n`);
      const summary = { ...summaryOf(results), notRun };
      if (values.json === true) {
        const document = { stack, context, server, passed: summary.fail === 0, summary, results };
        await write(`${JSON.stringify(document, null, 2)}\n`);
      }
      return summary.fail === 0 ? 0 : 1;
    });
  },
});
