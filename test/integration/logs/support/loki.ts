import * as fs from "node:fs";
import * as path from "node:path";
import { parse, stringify } from "yaml";
import { Values, mergeValues } from "../../../../policies/shared/mergeValues";
import { toolPath } from "../../../../tools/paths.cjs";
import { recordedFile } from "../recorded/inputs";
import { freePorts } from "../../../support/ports";
import { Server, eventually } from "../../../support/server";

export interface LokiOptions {
  /** Name of the recorded configuration. */
  recorded: string;
  /** Folder in place of its volume. */
  folder: string;
  /** Changes to the configuration, such as the address of S3 or shorter durations. */
  overlay?: Values;
  environment?: Record<string, string>;
  /** Component of Loki to run. Default: all. */
  target?: string;
  /** Ports, if other processes need to know them. Default: free ports. */
  ports?: LokiPorts;
  /** Ports of all members of its rings. Default: only its own. */
  members?: LokiPorts[];
}

export interface LokiPorts {
  http: number;
  grpc: number;
  gossip: number;
}

/** A line of a query result, with its labels and structured metadata. */
export interface Entry {
  /** Nanoseconds since 1970. */
  timestamp: string;
  line: string;
  labels: Record<string, string>;
}

/** A local Loki with a configuration that the chart rendered from our values. */
export class Loki {
  private constructor(
    private server: Server,
    private readonly configFile: string,
    private readonly options: LokiOptions,
    readonly url: string,
  ) {}

  static async start(options: LokiOptions): Promise<Loki> {
    fs.mkdirSync(options.folder, { recursive: true });
    const ports = options.ports ?? lokiPorts(await freePorts(3));
    const recorded = fs.readFileSync(recordedFile(options.recorded, "yaml"), "utf8");
    // Replaces the paths of the pod with paths in the test folder.
    const moved = recorded
      .replaceAll("/var/loki", path.join(options.folder, "volume"))
      .replaceAll("/rules", path.join(options.folder, "rules"))
      .replaceAll("/etc/loki/runtime-config", options.folder);
    const config = mergeValues(
      mergeValues(parse(moved) as Values, loopback(ports, options.members ?? [ports])),
      options.overlay,
    );
    const configFile = path.join(options.folder, "config.yaml");
    fs.mkdirSync(path.join(options.folder, "rules", "fake"), { recursive: true });
    fs.writeFileSync(configFile, stringify(config));
    fs.writeFileSync(path.join(options.folder, "runtime-config.yaml"), "{}\n");
    const url = `http://127.0.0.1:${ports.http}`;
    const loki = new Loki(Loki.run(configFile, options), configFile, options, url);
    await loki.ready();
    return loki;
  }

  private static run(configFile: string, options: LokiOptions): Server {
    const { folder, environment, target = "all" } = options;
    const args = [`-config.file=${configFile}`, `-target=${target}`];
    return Server.start(toolPath("loki"), args, path.join(folder, "loki.log"), {
      // Without credentials Loki would query the metadata of this machine.
      AWS_EC2_METADATA_DISABLED: "true",
      ...environment,
    });
  }

  /** Restarts Loki with its volume, as Kubernetes does. */
  async restart(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    await this.server.stop(signal);
    this.server = Loki.run(this.configFile, this.options);
    await this.ready();
  }

  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    await this.server.stop(signal);
  }

  log(): string {
    return this.server.log();
  }

  private get(pathname: string): Promise<Response> {
    return fetch(`${this.url}${pathname}`, { signal: AbortSignal.timeout(5000) });
  }

  private async ready(): Promise<void> {
    try {
      const ready = async () => (await this.get("/ready")).status === 200;
      await eventually("Loki is ready", () => !this.server.running || ready());
      if (!this.server.running) throw new Error("Loki exited");
    } catch (error) {
      const errors = this.log()
        .split("\n")
        .filter((line) => /level=(error|warn)/.test(line));
      throw new Error(`${String(error)}\n${errors.slice(-10).join("\n")}`);
    }
  }

  /** Pushes lines of one stream; returns the HTTP status. */
  async push(labels: Record<string, string>, values: [string, string, object?][]): Promise<number> {
    const response = await fetch(`${this.url}/loki/api/v1/push`, {
      method: "POST",
      signal: AbortSignal.timeout(30_000),
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ streams: [{ stream: labels, values }] }),
    });
    await response.text();
    return response.status;
  }

  /** Lines of a query result, oldest first. */
  async query(logql: string, from = Date.now() - 3600_000, to = Date.now() + 60_000) {
    const parameters = new URLSearchParams({
      query: logql,
      start: `${from}000000`,
      end: `${to}000000`,
      limit: "5000",
      direction: "forward",
    });
    const response = await fetch(`${this.url}/loki/api/v1/query_range?${parameters.toString()}`, {
      signal: AbortSignal.timeout(30_000),
    });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    const { data } = (await response.json()) as {
      data: { result: { stream: Record<string, string>; values: [string, string][] }[] };
    };
    return data.result
      .flatMap(({ stream, values }) =>
        values.map(([timestamp, line]): Entry => ({ timestamp, line, labels: stream })),
      )
      .sort((a, b) => (BigInt(a.timestamp) < BigInt(b.timestamp) ? -1 : 1));
  }

  async post(pathname: string): Promise<void> {
    const response = await fetch(`${this.url}${pathname}`, { method: "POST" });
    if (!response.ok) throw new Error(`${pathname}: ${response.status} ${await response.text()}`);
  }
}

/** Assigns the first three ports of a list. */
export function lokiPorts([http = 0, grpc = 0, gossip = 0]: number[]): LokiPorts {
  return { http, grpc, gossip };
}

/** Settings that differ from a pod: addresses, names, and no minimum ready duration. */
function loopback({ http, grpc, gossip }: LokiPorts, members: LokiPorts[]): Values {
  return {
    server: {
      http_listen_address: "127.0.0.1",
      http_listen_port: http,
      grpc_listen_address: "127.0.0.1",
      grpc_listen_port: grpc,
    },
    common: {
      // Memberlist is the default without this section, but not within it.
      ring: {
        instance_id: `loki-${grpc}`,
        instance_addr: "127.0.0.1",
        kvstore: { store: "memberlist" },
      },
      compactor_grpc_address: `127.0.0.1:${grpc}`,
    },
    frontend: { address: "127.0.0.1" },
    memberlist: {
      bind_addr: ["127.0.0.1"],
      bind_port: gossip,
      advertise_addr: "127.0.0.1",
      advertise_port: gossip,
      join_members: members.map((member) => `127.0.0.1:${member.gossip}`),
    },
    ingester: { lifecycler: { min_ready_duration: "0s" } },
  };
}
