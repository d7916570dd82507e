import * as fs from "node:fs";
import * as path from "node:path";
import { lokiPushUrl } from "../../../../components/loki/urls";
import { toolPath } from "../../../../tools/paths.cjs";
import { freePorts } from "../../../support/ports";
import { CollectorEnvironment } from "./collector";
import { Server } from "../../../support/server";

/** Arguments of the tested configurations; tests replace the URL. */
export const alloyArgs = {
  pushUrl: lokiPushUrl("monitoring"),
  cluster: "ticketing-prod",
  environment: "prod",
};

/** Starts Alloy with a configuration of ours; only addresses and paths differ. */
export async function startAlloy(
  configuration: string,
  environment: CollectorEnvironment,
): Promise<Server> {
  const { folder, podLogs, node, kubernetesUrl, pushUrl } = environment;
  const file = path.join(folder, "config.alloy");
  const text = configuration
    .replaceAll("/var/log/pods", podLogs)
    .replace(/^ {2}role = "pod"\n/m, `$&  api_server = "${kubernetesUrl}"\n`)
    .replace(
      /^loki\.source\.kubernetes_events .*\n/m,
      `$&  client {\n    api_server = "${kubernetesUrl}"\n  }\n`,
    )
    .replace(/url = ".*"/, `url = "${pushUrl}"`);
  fs.writeFileSync(file, text);
  const [port] = await freePorts(1);
  return Server.start(
    toolPath("alloy"),
    [
      ...["run", file, `--storage.path=${path.join(folder, "alloy")}`, "--disable-reporting"],
      ...[`--server.http.listen-addr=127.0.0.1:${port}`, "--stability.level=generally-available"],
    ],
    path.join(folder, "alloy.log"),
    { K8S_NODE_NAME: node },
  );
}
