import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { LokiMode } from "../../../../components/loki/enums";
import { Values, mergeValues } from "../../../../policies/shared/mergeValues";
import { freePorts } from "../../../support/ports";
import { Loki, LokiPorts, lokiPorts } from "./loki";
import { PodIdentityAgent, S3 } from "./s3";
import { Writer } from "./writer";

/** A pod of Loki: its name, which its volume keeps in another mode, and the component that it runs. */
interface Pod {
  name: string;
  target: string;
}

const monolithic = (replicas: number): Pod[] =>
  Array.from({ length: replicas }, (_, index) => ({ name: `loki-${index}`, target: "all" }));

const components = [
  ...["distributor", "query-frontend", "ingester-0", "ingester-1", "ingester-2", "querier"],
  ...["query-scheduler", "index-gateway", "compactor", "ruler"],
];

const layouts: Record<LokiMode, Pod[]> = {
  [LokiMode.SingleBinary]: monolithic(1),
  [LokiMode.HighAvailability]: monolithic(3),
  [LokiMode.Distributed]: components.map((name) => ({ name, target: name.replace(/-\d$/, "") })),
};

/** The pods of Loki in one mode, as processes with a common bucket and common rings. */
export class Cluster {
  private readonly members = new Map<string, Loki>();
  private readonly ports = new Map<string, LokiPorts>();
  private readonly writers: Writer[] = [];
  /** Where collectors push, as the endpoints of the Service. */
  private readonly endpoints: Loki[] = [];

  private constructor(
    private mode: LokiMode,
    private readonly folder: string,
    readonly s3: S3,
    private readonly agent: PodIdentityAgent,
  ) {}

  static async start(mode: LokiMode): Promise<Cluster> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "loki-cluster-"));
    const s3 = await S3.start(folder, { bucket: "ticketing-loki-chunks", region: "us-east-1" });
    const cluster = new Cluster(mode, folder, s3, await PodIdentityAgent.start(folder));
    try {
      await cluster.startPods(layouts[mode]);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    cluster.route();
    return cluster;
  }

  /** The pod with this name. */
  pod(name: string): Loki {
    const member = this.members.get(name);
    if (member === undefined) throw new Error(`${this.mode} has no pod ${name}`);
    return member;
  }

  /** All pods that run a component. */
  podsOf(target: string): Loki[] {
    return layouts[this.mode]
      .filter((pod) => pod.target === target)
      .map(({ name }) => this.pod(name));
  }

  /** Lines of a query result, oldest first. Default of `from`: the pod that answers queries. */
  async lines(
    logql: string,
    from = this.mode === LokiMode.Distributed ? "query-frontend" : "loki-0",
  ): Promise<string[]> {
    return (await this.pod(from).query(logql)).map(({ line }) => line);
  }

  /** Writes lines until the caller stops the writer or the cluster. */
  write(stream: Record<string, string>, pauseMs = 0): Writer {
    const writer = new Writer(stream, this.endpoints, pauseMs);
    this.writers.push(writer);
    return writer;
  }

  /**
   * Changes the mode as Helm and Kubernetes do: pods with new names start, pods of both modes restart
   * with their volume, and the others stop with `signal`. Their volumes remain.
   */
  async switchTo(mode: LokiMode, signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const former = layouts[this.mode];
    const names = (pods: Pod[]) => new Set(pods.map(({ name }) => name));
    const [before, after] = [names(former), names(layouts[mode])];
    this.mode = mode;
    await this.startPods(layouts[mode].filter(({ name }) => !before.has(name)));
    this.route();
    await Promise.all(
      [...before].filter((name) => !after.has(name)).map((name) => this.remove(name, signal)),
    );
    for (const pod of layouts[mode].filter(({ name }) => before.has(name))) {
      await this.remove(pod.name, signal);
      await this.startPods([pod]);
      this.route();
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.writers.map((writer) => writer.stop()));
    await Promise.all([...this.members.values()].map((member) => member.stop("SIGKILL")));
    await this.s3.stop();
    await this.agent.stop();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  private async remove(name: string, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    await this.pod(name).stop(signal);
    this.members.delete(name);
  }

  /** Sends writes to the running pods of the mode that accept them. */
  private route(): void {
    const accepting = layouts[this.mode]
      .filter(({ target }) => target === "all" || target === "distributor")
      .flatMap(({ name }) => this.members.get(name) ?? []);
    this.endpoints.splice(0, Infinity, ...accepting);
  }

  private async startPods(pods: Pod[]): Promise<void> {
    const free = await freePorts(3 * pods.length);
    pods.forEach(({ name }, index) => {
      if (!this.ports.has(name)) this.ports.set(name, lokiPorts(free.slice(3 * index)));
    });
    const started = await Promise.allSettled(
      pods.map(async (pod) => this.members.set(pod.name, await this.run(pod))),
    );
    const failed = started.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
  }

  private run({ name, target }: Pod): Promise<Loki> {
    const addresses =
      this.mode === LokiMode.Distributed
        ? this.addressesOfComponents()
        : { common: { compactor_grpc_address: this.grpcAddress("loki-0") } };
    // How often queries notice what another pod added to the index, by default every five minutes.
    const overlay = { storage_config: { tsdb_shipper: { resync_interval: "5s" } } };
    return Loki.start({
      recorded: this.mode,
      target,
      folder: path.join(this.folder, name),
      overlay: mergeValues(mergeValues(this.s3.lokiOverlay, overlay), addresses),
      environment: this.agent.environment,
      ports: this.ports.get(name),
      members: [...this.ports.values()],
    });
  }

  private grpcAddress(name: string): string {
    return `127.0.0.1:${this.ports.get(name)?.grpc}`;
  }

  private addressesOfComponents(): Values {
    const scheduler = { scheduler_address: this.grpcAddress("query-scheduler") };
    const gateway = { index_gateway_client: { server_address: this.grpcAddress("index-gateway") } };
    // There is no cache at this address: Loki is slower, but returns the same results.
    const cache = { memcached_client: { addresses: "dns+127.0.0.1:9" } };
    return {
      common: { compactor_grpc_address: this.grpcAddress("compactor") },
      frontend: scheduler,
      frontend_worker: scheduler,
      storage_config: { boltdb_shipper: gateway, tsdb_shipper: gateway },
      chunk_store_config: { chunk_cache_config: cache },
      query_range: { results_cache: { cache } },
    };
  }
}
