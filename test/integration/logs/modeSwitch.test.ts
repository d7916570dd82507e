import * as assert from "node:assert/strict";
import { LokiMode } from "../../../components/loki/enums";
import { Cluster } from "./support/cluster";
import { eventually } from "../../support/server";
import { assertStoredOnce } from "./support/queries";
import { Writer } from "./support/writer";

const stream = { namespace: "ticketing", app: "order-service" };
const selector = '{namespace="ticketing", app="order-service"}';

const { SingleBinary, HighAvailability, Distributed } = LokiMode;

describe("a change of loki.mode", () => {
  let cluster: Cluster;

  afterEach(() => cluster?.stop());

  const stored = () => cluster.lines(selector);

  async function writeMore(writer: Writer, lines = 100): Promise<void> {
    const before = writer.lines.length;
    await eventually(`${lines} more are written`, () => writer.lines.length >= before + lines);
  }

  for (const [from, to] of [
    [SingleBinary, HighAvailability],
    [SingleBinary, Distributed],
    [HighAvailability, SingleBinary],
    [HighAvailability, Distributed],
    [Distributed, SingleBinary],
    [Distributed, HighAvailability],
  ] as const) {
    it(`from ${from} to ${to} during writes neither loses nor duplicates lines`, async () => {
      cluster = await Cluster.start(from);
      const writer = cluster.write(stream, 10);
      await writeMore(writer);
      assert.deepEqual(cluster.s3.chunks(), [], "lines are only in memory and write-ahead logs");
      await cluster.switchTo(to);
      await writeMore(writer);
      const written = await writer.stop();
      await assertStoredOnce(stored, written);
      console.log(`      ${written.length} written, ${writer.retried} retries`);
    });
  }

  it("back recovers the lines of a pod that was killed before it wrote them to the bucket", async () => {
    cluster = await Cluster.start(SingleBinary);
    const writer = cluster.write(stream);
    await writeMore(writer);
    const written = await writer.stop();
    await cluster.switchTo(Distributed, "SIGKILL");
    assert.deepEqual(await cluster.lines(selector), []);
    await cluster.switchTo(SingleBinary);
    await assertStoredOnce(stored, written);
    await cluster.switchTo(Distributed);
    await assertStoredOnce(stored, written);
  });
});
