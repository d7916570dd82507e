import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { lokiAccessPolicy } from "../../../components/loki/iam";
import { AwsAccount } from "../../support/awsAccount";
import { Loki } from "./support/loki";
import { eventually } from "./support/processes";
import { type Credentials, PodIdentityAgent, lokiStorage } from "./support/s3";

const bucket = "ticketing-loki-chunks";
const role = "loki";
const hour = 3600_000;
const policy = lokiAccessPolicy({ bucket, region: "us-east-1" });

/** The policy of the role without one action. */
function without(action: string): string {
  const { Statement, ...document } = JSON.parse(policy) as { Statement: { Action: string[] }[] };
  const reduced = Statement.map((statement) => ({
    ...statement,
    Action: statement.Action.filter((each) => each !== action),
  }));
  return JSON.stringify({
    ...document,
    Statement: reduced.filter(({ Action }) => Action.length > 0),
  });
}

describe("Loki with the role of the stack, in an account that enforces it", () => {
  let folder: string;
  let account: AwsAccount;
  let agent: PodIdentityAgent;
  let loki: Loki | undefined;
  let starts = 0;

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "loki-role-"));
    account = await AwsAccount.start(folder);
    await account.run("s3api", "create-bucket", "--bucket", bucket);
    agent = await PodIdentityAgent.start(folder, await startSession());
  });

  afterEach(async () => {
    await loki?.stop("SIGKILL");
    loki = undefined;
    await setPolicy(policy);
  });

  after(async () => {
    agent?.stop();
    await account?.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  /** Creates the role, and returns the credentials of a session. */
  async function startSession(): Promise<Credentials> {
    // A service of AWS assumes the real role, whose trust policy iamEvaluated.test.ts evaluates.
    const trust = {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { AWS: "*" }, Action: "sts:AssumeRole" }],
    };
    const document = ["--assume-role-policy-document", JSON.stringify(trust)];
    const created = await account.run<{ Role: { Arn: string } }>(
      ...["iam", "create-role", "--role-name", role, ...document],
    );
    await setPolicy(policy);
    const session = await account.run<{ Credentials: Credentials & { SessionToken: string } }>(
      ...["sts", "assume-role", "--role-arn", created?.Role.Arn ?? ""],
      ...["--role-session-name", "loki-0"],
    );
    assert.ok(session);
    const { AccessKeyId, SecretAccessKey, SessionToken } = session.Credentials;
    return { AccessKeyId, SecretAccessKey, Token: SessionToken };
  }

  async function setPolicy(document: string): Promise<void> {
    const name = ["--role-name", role, "--policy-name", "access"];
    await account.run("iam", "put-role-policy", ...name, "--policy-document", document);
  }

  /** Keys of the chunks in the bucket. */
  async function chunks(): Promise<string[]> {
    const list = await account.run<{ Contents: { Key: string }[] }>(
      ...["s3api", "list-objects-v2", "--bucket", bucket, "--prefix", "fake/"],
    );
    return (list?.Contents ?? []).map(({ Key }) => Key);
  }

  /** Starts Loki with an empty volume, so that it has only what is in the bucket. */
  async function start(overlay: object = {}): Promise<Loki> {
    loki = await Loki.start({
      recorded: "singleBinary",
      folder: path.join(folder, `loki-${(starts += 1)}`),
      overlay: { ...lokiStorage(account.endpoint), ...overlay },
      environment: agent.environment,
    });
    return loki;
  }

  /** Writes 100 lines of an age, and stops Loki, which then writes them to the bucket. */
  async function write(app: string, ageHours = 0, overlay: object = {}): Promise<void> {
    const running = await start(overlay);
    const at = BigInt(Date.now() - ageHours * hour) * 1_000_000n;
    const values = Array.from({ length: 100 }, (_, index): [string, string] => [
      String(at + BigInt(index)),
      `${app} ${index}`,
    ]);
    assert.equal(await running.push({ namespace: "ticketing", app }, values), 204);
    await running.stop();
  }

  async function linesOf(app: string, running: Loki): Promise<number> {
    const from = Date.now() - 100 * hour;
    return (await running.query(`{namespace="ticketing", app="${app}"}`, from)).length;
  }

  it("stores lines in the bucket and reads them back", async () => {
    await write("stored");
    assert.equal((await chunks()).length, 1);
    assert.equal(await linesOf("stored", await start()), 100);
  });

  it("cannot store lines without s3:PutObject", async () => {
    const before = await chunks();
    const running = await start();
    await setPolicy(without("s3:PutObject"));
    assert.equal(await running.push({ app: "lost" }, [[`${Date.now()}000000`, "line"]]), 204);
    await running.post("/flush");
    await eventually("it cannot write a chunk", () => denied(running, "s3:PutObject"));
    assert.deepEqual(await chunks(), before);
  });

  it("cannot read stored lines without s3:GetObject", async () => {
    await setPolicy(without("s3:GetObject"));
    await assert.rejects(async () => linesOf("stored", await start()), /AccessDenied|403/);
  });

  it("finds none of the stored lines without s3:ListBucket", async () => {
    await setPolicy(without("s3:ListBucket"));
    const running = await start();
    const lines = await linesOf("stored", running);
    assert.ok(denied(running, "s3:ListBucket"));
    assert.equal(lines, 0);
  });

  it("cannot delete old lines without s3:DeleteObject", async () => {
    // The shortest supported retention, without delays.
    const retention = {
      limits_config: { retention_period: "24h" },
      compactor: { compaction_interval: "2s", retention_delete_delay: "1s" },
    };
    await write("old", 72);
    const stored = await chunks();
    await setPolicy(without("s3:DeleteObject"));
    await assert.rejects(start(retention), /not authorized to perform: s3:DeleteObject/);
    await setPolicy(policy);
    const running = await start(retention);
    await setPolicy(without("s3:DeleteObject"));
    await eventually("it cannot delete", () => denied(running, "s3:DeleteObject"), 240);
    assert.deepEqual(await chunks(), stored);
    await setPolicy(policy);
    await eventually(
      "the old chunk is deleted",
      async () => (await chunks()).length < stored.length,
      240,
    );
    assert.equal(await linesOf("stored", running), 100);
  });
});

function denied(loki: Loki, action: string): boolean {
  return loki.log().includes(`not authorized to perform: ${action}`);
}
