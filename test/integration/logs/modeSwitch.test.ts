import * as assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { LokiMode } from "../../../components/loki/options";
import { Cluster } from "./support/cluster";
import { eventually } from "./support/processes";
import { Writer } from "./support/writer";

const stream = { namespace: "ticketing", app: "order-service" };
const selector = '{namespace="ticketing", app="order-service"}';

const { SingleBinary, HighAvailability, Distributed } = LokiMode;

describe("a change of loki.mode", () => {
  let cluster: Cluster;

  afterEach(() => cluster?.stop());

  /**
   * Waits until a query returns exactly these lines. For some time after the change, queries can lack
   * lines that are in the bucket, because they do not know the newest files of the index.
   */
  async function assertStoredOnce(written: string[]): Promise<void> {
    await eventually(
      "a query returns exactly the written lines",
      async () => {
        const lines = await cluster.lines(selector);
        if (isDeepStrictEqual(lines, written)) return true;
        const missing = written.filter((line) => !lines.includes(line)).length;
        throw new Error(`${lines.length} lines, ${missing} of ${written.length} are missing`);
      },
      90,
    );
  }

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
      await assertStoredOnce(written);
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
    await assertStoredOnce(written);
    await cluster.switchTo(Distributed);
    await assertStoredOnce(written);
  });
});
