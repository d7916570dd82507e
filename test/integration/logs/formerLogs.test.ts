import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parse } from "yaml";
import { blocksOf } from "../../docs/markdown";
import { Loki } from "./support/loki";
import { PodIdentityAgent, S3 } from "./support/s3";

const bucket = "ticketing-loki-chunks";
const region = "us-east-1";
const day = 24 * 3600_000;

/** The schemas that docs/migration.md adds, with today as the day of the cut-over. */
function documentedSchemas(): [older: object, newer: object] {
  const [block] = blocksOf("docs/migration.md", "yaml");
  const { "monitoring:loki": settings } = parse(block?.text ?? "") as {
    "monitoring:loki": { values: { loki: { schemaConfig: { configs: [object, object] } } } };
  };
  const [older, newer] = settings.values.loki.schemaConfig.configs;
  return [older, { ...newer, from: new Date().toISOString().slice(0, 10) }];
}

describe("logs that Loki stored with the index of the former guide", () => {
  const [older, newer] = documentedSchemas();
  const query = '{namespace="ticketing", app="order-service"}';
  let folder: string;
  let s3: S3;
  let agent: PodIdentityAgent;
  let loki: Loki | undefined;

  before("store a line of two days ago", async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "former-logs-"));
    s3 = await S3.start(path.join(folder, "s3"), { bucket, region });
    agent = await PodIdentityAgent.start(folder);
    loki = await start("former", [older], { limits_config: { allow_structured_metadata: false } });
    const at = `${BigInt(Date.now() - 2 * day) * 1_000_000n}`;
    const stream = { namespace: "ticketing", app: "order-service" };
    assert.equal(await loki.push(stream, [[at, "a line of Loki 2"]]), 204);
    await loki.restart();
    assert.ok(s3.chunks().length > 0);
  });
  afterEach(async () => {
    await loki?.stop();
    loki = undefined;
  });
  after(async () => {
    await s3?.stop();
    await agent?.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  function start(name: string, configs: object[], overlay: object = {}): Promise<Loki> {
    return Loki.start({
      recorded: "singleBinary",
      folder: path.join(folder, name),
      overlay: { ...s3.lokiOverlay, ...overlay, schema_config: { configs } },
      environment: agent.environment,
    });
  }

  const lines = async () =>
    (await loki?.query(query, Date.now() - 3 * day))?.map(({ line }) => line);

  it("are not found with the schema of the program alone", async () => {
    await loki?.stop();
    loki = await start("alone", [newer]);
    assert.deepEqual(await lines(), []);
  });

  it("are found with both schemas of docs/migration.md, and new lines too", async () => {
    loki = await start("both", [older, newer]);
    const now = `${BigInt(Date.now()) * 1_000_000n}`;
    const stream = { namespace: "ticketing", app: "order-service" };
    assert.equal(await loki.push(stream, [[now, "a line of Loki 3"]]), 204);
    assert.deepEqual(await lines(), ["a line of Loki 2", "a line of Loki 3"]);
  });
});
