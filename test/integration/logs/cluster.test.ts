import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { Values, mergeValues } from "../../../policies/shared/mergeValues";
import { Loki, LokiPorts, lokiPorts } from "./support/loki";
import { freePorts } from "../../support/ports";
import { eventually } from "./support/processes";
import { assertDocumentedQueries } from "./support/queries";
import { PodIdentityAgent, S3 } from "./support/s3";
import { Writer } from "./support/writer";

const bucket = "ticketing-loki-chunks";
const region = "us-east-1";

/** Several Loki processes with a common bucket and common rings. */
class Cluster {
  private readonly writers: Writer[] = [];

  private constructor(
    private readonly folder: string,
    private readonly s3: S3,
    private readonly agent: PodIdentityAgent,
    readonly members: Loki[],
  ) {}

  /** Starts one process per target; `overlay` receives their ports in the same order. */
  static async start(
    recorded: string,
    targets: string[],
    overlay: (ports: LokiPorts[]) => Values,
  ): Promise<Cluster> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), `${recorded}-`));
    const s3 = await S3.start(folder, { bucket, region });
    const agent = await PodIdentityAgent.start(folder);
    const freed = await freePorts(3 * targets.length);
    const ports = targets.map((_, index) => lokiPorts(freed.slice(3 * index)));
    const cluster = new Cluster(folder, s3, agent, []);
    const starting = targets.map((target, index) =>
      Loki.start({
        recorded,
        target,
        folder: path.join(folder, `${target}-${index}`),
        overlay: mergeValues(s3.lokiOverlay, overlay(ports)),
        environment: agent.environment,
        ports: ports[index],
        members: ports,
      }),
    );
    const started = await Promise.allSettled(starting);
    for (const result of started) {
      if (result.status === "fulfilled") cluster.members.push(result.value);
    }
    const failed = started.find((result) => result.status === "rejected");
    if (failed) {
      await cluster.stop();
      throw failed.reason;
    }
    return cluster;
  }

  chunks(): string[] {
    return this.s3.chunks();
  }

  /** Writes lines until the caller stops the writer or the cluster. */
  write(stream: Record<string, string>, through: Loki[]): Writer {
    const writer = new Writer(stream, through);
    this.writers.push(writer);
    return writer;
  }

  async stop(): Promise<void> {
    await Promise.all(this.writers.map((writer) => writer.stop()));
    await Promise.all(this.members.map((member) => member.stop("SIGKILL")));
    await this.s3.stop();
    this.agent.stop();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

async function linesOf(loki: Loki | undefined, logql: string): Promise<string[]> {
  assert.ok(loki);
  return (await loki.query(logql)).map(({ line }) => line);
}

describe("three Loki replicas with the rendered configuration of highAvailability", () => {
  const selector = '{namespace="ticketing", app="order-service"}';
  const stream = { namespace: "ticketing", app: "order-service" };
  let cluster: Cluster;
  let written: string[];

  before(async () => {
    cluster = await Cluster.start("highAvailability", ["all", "all", "all"], ([first]) => ({
      common: { compactor_grpc_address: `127.0.0.1:${first?.grpc}` },
    }));
  });
  after(() => cluster?.stop());

  it("neither lose nor duplicate lines if one is killed during writes", async () => {
    const [first, second, third] = cluster.members;
    const writer = cluster.write(stream, cluster.members);
    await eventually("500 lines are written", () => writer.lines.length >= 500);
    await third?.stop("SIGKILL");
    const atTheKill = writer.lines.length;
    await eventually("500 more are written", () => writer.lines.length >= atTheKill + 500);
    written = await writer.stop();
    assert.deepEqual(await linesOf(first, selector), written);
    assert.deepEqual(await linesOf(second, selector), written);
    console.log(`      ${written.length} written, ${writer.retried} retries, 0 lost, 0 duplicates`);
  });

  it("return all lines from the killed replica after its restart", async () => {
    const [, , third] = cluster.members;
    await third?.restart();
    assert.deepEqual(await linesOf(third, selector), written);
  });

  it("store each line once in the bucket, although all three received it", async () => {
    assert.deepEqual(cluster.chunks(), []);
    await Promise.all(cluster.members.map((member) => member.stop("SIGTERM")));
    assert.ok(cluster.chunks().length > 0);
    await Promise.all(cluster.members.map((member) => member.restart()));
    for (const member of cluster.members) {
      assert.deepEqual(await linesOf(member, selector), written);
    }
  });
});

describe("the components of Loki with the rendered configuration of distributed", () => {
  const targets = [
    "distributor",
    "query-frontend",
    "ingester",
    "ingester",
    "ingester",
    "querier",
    "query-scheduler",
    "index-gateway",
    "compactor",
    "ruler",
  ];
  const stream = { namespace: "ticketing", app: "inventory-service" };
  const selector = '{namespace="ticketing", app="inventory-service"}';
  let cluster: Cluster;

  function part(target: string): Loki | undefined {
    return cluster.members[targets.indexOf(target)];
  }

  before(async () => {
    cluster = await Cluster.start("distributed", targets, (ports) => {
      const address = (target: string) => `127.0.0.1:${ports[targets.indexOf(target)]?.grpc}`;
      const scheduler = { scheduler_address: address("query-scheduler") };
      const gateway = { index_gateway_client: { server_address: address("index-gateway") } };
      // There is no cache at this address: Loki is slower, but returns the same results.
      const cache = { memcached_client: { addresses: "dns+127.0.0.1:9" } };
      return {
        common: { compactor_grpc_address: address("compactor") },
        frontend: scheduler,
        frontend_worker: scheduler,
        storage_config: { boltdb_shipper: gateway, tsdb_shipper: gateway },
        chunk_store_config: { chunk_cache_config: cache },
        query_range: { results_cache: { cache } },
      };
    });
  });
  after(() => cluster?.stop());

  it("return the right lines for the documented queries", async () => {
    const [distributor, queryFrontend] = [part("distributor"), part("query-frontend")];
    assert.ok(distributor && queryFrontend);
    await assertDocumentedQueries(distributor, queryFrontend, "stock-service");
  });

  it("neither lose nor duplicate lines if an ingester is killed during writes", async () => {
    const distributor = part("distributor");
    assert.ok(distributor);
    const writer = cluster.write(stream, [distributor]);
    await eventually("500 lines are written", () => writer.lines.length >= 500);
    await part("ingester")?.stop("SIGKILL");
    const atTheKill = writer.lines.length;
    await eventually("500 more are written", () => writer.lines.length >= atTheKill + 500);
    assert.deepEqual(
      (await linesOf(part("query-frontend"), selector)).slice(0, atTheKill),
      writer.lines.slice(0, atTheKill),
    );
    await part("ingester")?.restart();
    const written = await writer.stop();
    assert.deepEqual(await linesOf(part("query-frontend"), selector), written);
    console.log(`      ${written.length} written, ${writer.retried} retries, 0 lost, 0 duplicates`);
  });

  it("return each line once from the bucket after a restart of all ingesters", async () => {
    const before = await linesOf(part("query-frontend"), selector);
    const ingesters = cluster.members.filter((_, index) => targets[index] === "ingester");
    for (const ingester of ingesters) await ingester.restart();
    assert.ok(cluster.chunks().length > 0);
    assert.deepEqual(await linesOf(part("query-frontend"), selector), before);
  });
});
