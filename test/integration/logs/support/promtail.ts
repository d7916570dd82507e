import * as fs from "node:fs";
import * as path from "node:path";
import { parse, stringify } from "yaml";
import { Values } from "../../../../policies/shared/mergeValues";
import { toolPath } from "../../../../tools/paths.cjs";
import { recordedFile } from "../recorded/inputs";
import { CollectorEnvironment } from "./collector";
import { freePorts } from "../../../support/ports";
import { Server } from "../../../support/server";

/** Starts Promtail with the configuration that the chart renders from our values. */
export async function startPromtail(environment: CollectorEnvironment): Promise<Server> {
  const file = path.join(environment.folder, "promtail.yaml");
  fs.writeFileSync(file, stringify(await configuration(environment)));
  const log = path.join(environment.folder, "promtail.log");
  return Server.start(toolPath("promtail"), [`-config.file=${file}`], log);
}

/** The rendered configuration; only addresses and paths differ. */
async function configuration(environment: CollectorEnvironment): Promise<Values> {
  const { folder, podLogs, kubernetesUrl, pushUrl } = environment;
  const [http = 0, grpc = 0] = await freePorts(2);
  const recorded = fs.readFileSync(recordedFile("promtail", "yaml"), "utf8");
  const moved = recorded.replaceAll("/var/log/pods", podLogs).replaceAll("/run/promtail", folder);
  const config = parse(moved) as Values;
  config["scrape_configs"][0].kubernetes_sd_configs[0].api_server = kubernetesUrl;
  config["clients"][0].url = pushUrl;
  config["server"] = {
    http_listen_address: "127.0.0.1",
    http_listen_port: http,
    grpc_listen_address: "127.0.0.1",
    grpc_listen_port: grpc,
  };
  return config;
}
