import * as assert from "node:assert/strict";
import { LokiMode } from "../../../components/loki/enums";
import { Cluster } from "./support/cluster";
import { eventually } from "../../support/server";
import { assertDocumentedQueries } from "./support/queries";

const stream = { namespace: "ticketing", app: "order-service" };
const selector = '{namespace="ticketing", app="order-service"}';

describe("three Loki replicas with the rendered configuration of highAvailability", () => {
  let cluster: Cluster;
  let written: string[];

  before(async () => {
    cluster = await Cluster.start(LokiMode.HighAvailability);
  });
  after(() => cluster?.stop());

  it("neither lose nor duplicate lines if one is killed during writes", async () => {
    const writer = cluster.write(stream);
    await eventually("500 lines are written", () => writer.lines.length >= 500);
    await cluster.pod("loki-2").stop("SIGKILL");
    const atTheKill = writer.lines.length;
    await eventually("500 more are written", () => writer.lines.length >= atTheKill + 500);
    written = await writer.stop();
    assert.deepEqual(await cluster.lines(selector), written);
    assert.deepEqual(await cluster.lines(selector, "loki-1"), written);
    console.log(`      ${written.length} written, ${writer.retried} retries, 0 lost, 0 duplicates`);
  });

  it("return all lines from the killed replica after its restart", async () => {
    await cluster.pod("loki-2").restart();
    assert.deepEqual(await cluster.lines(selector, "loki-2"), written);
  });

  it("store each line once in the bucket, although all three received it", async () => {
    assert.deepEqual(cluster.s3.chunks(), []);
    const replicas = cluster.podsOf("all");
    await Promise.all(replicas.map((replica) => replica.stop("SIGTERM")));
    assert.ok(cluster.s3.chunks().length > 0);
    await Promise.all(replicas.map((replica) => replica.restart()));
    for (const name of ["loki-0", "loki-1", "loki-2"]) {
      assert.deepEqual(await cluster.lines(selector, name), written);
    }
  });
});

describe("the components of Loki with the rendered configuration of distributed", () => {
  let cluster: Cluster;

  before(async () => {
    cluster = await Cluster.start(LokiMode.Distributed);
  });
  after(() => cluster?.stop());

  it("return the right lines for the documented queries", async () => {
    const [distributor, queryFrontend] = [
      cluster.pod("distributor"),
      cluster.pod("query-frontend"),
    ];
    await assertDocumentedQueries(distributor, queryFrontend, "stock-service");
  });

  it("neither lose nor duplicate lines if an ingester is killed during writes", async () => {
    const writer = cluster.write(stream);
    await eventually("500 lines are written", () => writer.lines.length >= 500);
    await cluster.pod("ingester-0").stop("SIGKILL");
    const atTheKill = writer.lines.length;
    await eventually("500 more are written", () => writer.lines.length >= atTheKill + 500);
    assert.deepEqual(
      (await cluster.lines(selector)).slice(0, atTheKill),
      writer.lines.slice(0, atTheKill),
    );
    await cluster.pod("ingester-0").restart();
    const written = await writer.stop();
    assert.deepEqual(await cluster.lines(selector), written);
    console.log(`      ${written.length} written, ${writer.retried} retries, 0 lost, 0 duplicates`);
  });

  it("return each line once from the bucket after a restart of all ingesters", async () => {
    const before = await cluster.lines(selector);
    for (const ingester of cluster.podsOf("ingester")) await ingester.restart();
    assert.ok(cluster.s3.chunks().length > 0);
    assert.deepEqual(await cluster.lines(selector), before);
  });
});
