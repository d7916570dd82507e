import { once } from "node:events";
import { grafanaAdminSecretName } from "../components/prometheus/values";
import { ExpectedError } from "../preview/config/errors";
import { grafanaLogin, partPorts, servicePort, type Part } from "./apis";
import { withCluster } from "./cluster/cluster";
import { clusterOptions, clusterUsage, runCommand } from "./command";
import { settingsWithPrometheus } from "./settings";

const parts = Object.keys(partPorts) as Part[];

const usage = `Usage: npm run open -- ${parts.join("|")} --stack <name> [options]

Forwards a port of the loopback interface to a part of a deployed stack, until you press Ctrl-C.
${clusterUsage}
      --port <number>    Local port (default: a free port)
      --show-password    Print Grafana's password instead of the command that prints it
  -h, --help             Print this help`;

runCommand({
  usage,
  positionals: 1,
  options: {
    ...clusterOptions,
    port: { type: "string" },
    "show-password": { type: "boolean" },
  },
  run: async ({ stack, values, positionals: [name] }) => {
    const part = parts.find((candidate) => candidate === name);
    if (part === undefined) {
      throw new ExpectedError(`specify what to open: ${parts.join(", ")}\n\n${usage}`);
    }
    const port = Number(values.port ?? 0);
    if (!Number.isInteger(port) || port < 0 || port > 65535) {
      throw new ExpectedError(`--port ${values.port} must be a number from 1 to 65535`);
    }
    const settings = settingsWithPrometheus(process.cwd(), stack);
    if (part === "loki" && settings.loki === undefined) {
      throw new ExpectedError(`the stack ${stack} has no Loki`);
    }
    return withCluster(settings, values.context, async (cluster) => {
      const { url } = await cluster.forward(servicePort(settings, part), port);
      process.stdout.write(`${part}: ${url}\n`);
      if (part === "grafana") {
        const { user, password } = await grafanaLogin(cluster, settings);
        const { monitoring } = settings.namespaces;
        const command = `kubectl get secret -n ${monitoring} ${grafanaAdminSecretName} -o jsonpath='{.data.admin-password}' | base64 -d`;
        const shown = values["show-password"] === true ? password : command;
        process.stdout.write(`user: ${user}\npassword: ${shown}\n`);
      }
      process.stdout.write("Press Ctrl-C to stop.\n");
      await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
      return 0;
    });
  },
});
