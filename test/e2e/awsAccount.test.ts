import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { Loki } from "../integration/logs/support/loki";
import { eventually } from "../support/server";
import { type Credentials, PodIdentityAgent, lokiStorage } from "../integration/logs/support/s3";
import { AwsAccount } from "../support/awsAccount";
import { awsProgramVariable } from "../support/engine/awsCalls";
import { TestStack } from "../support/engine/stack";
import { projectDirectory } from "../support/stackConfig";

/** Names in the stack prod. */
const bucket = "ticketing-loki-chunks";
const cluster = "ticketing-prod";

const hour = 3600_000;

/** An access policy without one action. */
function without(policy: string, action: string): string {
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

const trusting = (principal: object) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: principal, Action: "sts:AssumeRole" }],
  });

describe("prod in an emulated AWS account that enforces IAM", () => {
  let folder: string;
  let account: AwsAccount;
  let stack: TestStack;
  let role: string;
  let policy: string;
  let agent: PodIdentityAgent;
  let loki: Loki | undefined;
  let starts = 0;

  before("create a cluster and deploy prod", async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "loki-role-"));
    account = await AwsAccount.start(folder);
    const trust = trusting({ Service: "eks.amazonaws.com" });
    const created = await account.run<{ Role: { Arn: string } }>(
      ...["iam", "create-role", "--role-name", "cluster", "--assume-role-policy-document", trust],
    );
    await account.run(
      ...["eks", "create-cluster", "--name", cluster, "--role-arn", created?.Role.Arn ?? ""],
      ...["--resources-vpc-config", "subnetIds=subnet-1,subnet-2"],
    );
    stack = await TestStack.create({
      project: projectDirectory,
      stack: "prod",
      secrets: {
        "monitoring:datadogApiKey": "0123456789abcdef0123456789abcdef",
        "monitoring:heartbeatUrl": "https://heartbeat.example.com/prod",
        "monitoring:slackWebhookUrl": "https://hooks.slack.com/services/T0/B0/main",
      },
      environment: { [awsProgramVariable]: path.join(account.programs, "aws") },
    });
    const { exitCode, text } = await stack.up();
    assert.equal(exitCode, 0, text);
    const { associations } = await podIdentity();
    const id = [
      "--cluster-name",
      cluster,
      "--association-id",
      associations[0]?.associationId ?? "",
    ];
    const described = await account.run<{ association: { roleArn: string } }>(
      ...["eks", "describe-pod-identity-association", ...id],
    );
    role = described?.association.roleArn.split("/").at(-1) ?? "";
    policy = await policyOf(role);
    agent = await PodIdentityAgent.start(folder, await startSession());
  });

  afterEach(async () => {
    await loki?.stop("SIGKILL");
    loki = undefined;
  });

  after(async () => {
    await agent?.stop();
    stack?.dispose();
    await account?.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  async function podIdentity() {
    const list = ["list-pod-identity-associations", "--cluster-name", cluster];
    const answer = await account.run<{ associations: { associationId: string }[] }>("eks", ...list);
    return answer ?? { associations: [] };
  }

  async function policyOf(name: string): Promise<string> {
    const found = await account.run<{ PolicyDocument: object }>(
      ...["iam", "get-role-policy", "--role-name", name, "--policy-name", "loki-bucket"],
    );
    return JSON.stringify(found?.PolicyDocument);
  }

  /** Credentials of a session, as EKS Pod Identity gives them to Loki. */
  async function startSession(): Promise<Credentials> {
    // Only a service of AWS assumes the role; iamEvaluated.test.ts evaluates the trust policy of the stack.
    const trust = ["--policy-document", trusting({ AWS: "*" })];
    await account.run("iam", "update-assume-role-policy", "--role-name", role, ...trust);
    const session = await account.run<{ Credentials: Credentials & { SessionToken: string } }>(
      ...["sts", "assume-role", "--role-arn", `arn:aws:iam::${AwsAccount.id}:role/${role}`],
      ...["--role-session-name", "loki-0"],
    );
    assert.ok(session);
    const { AccessKeyId, SecretAccessKey, SessionToken } = session.Credentials;
    return { AccessKeyId, SecretAccessKey, Token: SessionToken };
  }

  async function setPolicy(document: string): Promise<void> {
    const name = ["--role-name", role, "--policy-name", "loki-bucket"];
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

  async function settingOfBucket(operation: string): Promise<unknown> {
    return account.run("s3api", operation, "--bucket", bucket);
  }

  it("has a private, encrypted and versioned bucket that deletes replaced objects", async () => {
    assert.deepEqual(await settingOfBucket("get-public-access-block"), {
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
    assert.deepEqual(await settingOfBucket("get-bucket-encryption"), {
      ServerSideEncryptionConfiguration: {
        Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }],
      },
    });
    assert.deepEqual(await settingOfBucket("get-bucket-versioning"), { Status: "Enabled" });
    assert.deepEqual(await settingOfBucket("get-bucket-ownership-controls"), {
      OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] },
    });
    const { Rules } = (await settingOfBucket("get-bucket-lifecycle-configuration")) as {
      Rules: object[];
    };
    assert.deepEqual(Rules, [
      {
        ID: "expire-replaced-and-deleted-objects",
        Status: "Enabled",
        Filter: {},
        NoncurrentVersionExpiration: { NoncurrentDays: 7 },
        Expiration: { ExpiredObjectDeleteMarker: true },
      },
      {
        ID: "abort-incomplete-uploads",
        Status: "Enabled",
        Filter: {},
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
      },
    ]);
  });

  it("refuses requests to the bucket without TLS", async () => {
    await assert.rejects(start(), /AccessDenied|explicit deny/);
  });

  describe("with the role that Loki gets", () => {
    before("store lines", async () => {
      // The emulator has no TLS, which this policy requires.
      await account.run("s3api", "delete-bucket-policy", "--bucket", bucket);
      await write("stored");
    });

    beforeEach(() => setPolicy(policy));

    it("stores lines in the bucket and reads them back", async () => {
      assert.equal((await chunks()).length, 1);
      assert.equal(await linesOf("stored", await start()), 100);
    });

    it("cannot store lines without s3:PutObject", async () => {
      const before = await chunks();
      const running = await start();
      await setPolicy(without(policy, "s3:PutObject"));
      assert.equal(await running.push({ app: "lost" }, [[`${Date.now()}000000`, "line"]]), 204);
      await running.post("/flush");
      await eventually("it cannot write a chunk", () => denied(running, "s3:PutObject"));
      assert.deepEqual(await chunks(), before);
    });

    it("cannot read stored lines without s3:GetObject", async () => {
      await setPolicy(without(policy, "s3:GetObject"));
      await assert.rejects(async () => linesOf("stored", await start()), /AccessDenied|403/);
    });

    it("finds none of the stored lines without s3:ListBucket", async () => {
      await setPolicy(without(policy, "s3:ListBucket"));
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
      await setPolicy(without(policy, "s3:DeleteObject"));
      await assert.rejects(start(retention), /not authorized to perform: s3:DeleteObject/);
      await setPolicy(policy);
      const running = await start(retention);
      await setPolicy(without(policy, "s3:DeleteObject"));
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

  describe("after pulumi destroy", () => {
    before(async () => {
      const { exitCode, text } = await stack.destroy({ args: ["--exclude-protected"] });
      assert.equal(exitCode, 0, text);
    });

    it("has no role for Loki", async () => {
      assert.deepEqual((await podIdentity()).associations, []);
      await assert.rejects(policyOf(role), /NoSuchEntity/);
    });

    it("retains the bucket with its lines", async () => {
      assert.ok((await chunks()).length > 0);
      assert.deepEqual(await settingOfBucket("get-bucket-versioning"), { Status: "Enabled" });
    });
  });
});

function denied(loki: Loki, action: string): boolean {
  return loki.log().includes(`not authorized to perform: ${action}`);
}
