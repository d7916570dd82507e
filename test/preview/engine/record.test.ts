import * as assert from "node:assert/strict";
import * as aws from "@pulumi/aws";
import * as s3 from "@pulumi/aws/s3";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type Recording, UNKNOWN, recordProgram, isSecret, isUnknown } from "../../support/mocks";

class Stack extends pulumi.ComponentResource {
  constructor(name: string, opts?: pulumi.ComponentResourceOptions) {
    super("monitoring:index:Stack", name, { retentionDays: 15 }, opts);
    const bucket = new s3.Bucket("logs", { bucket: "logs" }, { parent: this, protect: true });
    new kubernetes.core.v1.Secret(
      "credentials",
      { metadata: { name: "credentials" }, stringData: { key: pulumi.secret("hunter2") } },
      { parent: this, dependsOn: bucket, aliases: [{ name: "old" }] },
    );
    this.registerOutputs({ bucketArn: bucket.arn });
  }
}

function named({ resources }: Recording, name: string) {
  const found = resources.find((resource) => resource.name === name);
  assert.ok(found, `${name} is registered`);
  return found;
}

describe("recording a program", () => {
  it("sets the URN and the parent of each resource as the engine does", async () => {
    const recording = await recordProgram(() => {
      new Stack("main");
    });
    const component = "urn:pulumi:test::monitoring::monitoring:index:Stack::main";
    assert.equal(named(recording, "main").urn, component);
    assert.equal(named(recording, "main").parent, undefined);
    assert.equal(named(recording, "main").custom, false);
    assert.equal(
      named(recording, "logs").urn,
      "urn:pulumi:test::monitoring::monitoring:index:Stack$aws:s3/bucket:Bucket::logs",
    );
    assert.equal(named(recording, "logs").parent, component);
  });

  it("records the warnings of the program without printing them", async () => {
    const { warn } = console;
    const { warnings } = await recordProgram(() => {
      void pulumi.log.warn("the volume is too small");
    });
    assert.deepEqual(warnings, ["the volume is too small"]);
    assert.equal(console.warn, warn);
  });

  it("records the options", async () => {
    const recording = await recordProgram(() => {
      const provider = new kubernetes.Provider("cluster", { kubeconfig: "{}" });
      new Stack("main", { providers: [provider] });
    });
    const { options } = named(recording, "credentials");
    assert.deepEqual(options.dependencies, [named(recording, "logs").urn]);
    assert.deepEqual(options.provider, named(recording, "cluster").urn);
    assert.equal(options.aliases[0]?.name, "old");
    assert.equal(options.protect, false);
    assert.equal(named(recording, "logs").options.protect, true);
  });

  it("distinguishes plain from secret inputs", async () => {
    const recording = await recordProgram(() => {
      new Stack("main");
    });
    const secret = named(recording, "credentials");
    assert.deepEqual(secret.inputs["stringData"], { key: "hunter2" });
    assert.equal(isSecret(secret, "stringData", "key"), true);
    assert.equal(isSecret(secret, "metadata", "name"), false);
    assert.equal(secret.redactedInputs["stringData"], "[secret]");
  });

  it("leaves computed values unknown, as in a first preview", async () => {
    let ran = false;
    const recording = await recordProgram(() => {
      const bucket = new s3.Bucket("logs", { bucket: "logs" });
      bucket.arn.apply(() => (ran = true));
      new s3.BucketPolicy("policy", { bucket: bucket.bucket, policy: bucket.arn });
      return { arn: bucket.arn, id: bucket.id, name: bucket.bucket };
    });
    const policy = named(recording, "policy");
    assert.deepEqual(policy.inputs, { bucket: "logs", policy: UNKNOWN });
    assert.equal(isUnknown(policy, "policy"), true);
    assert.equal(isUnknown(policy, "bucket"), false);
    assert.deepEqual(recording.outputs, { arn: UNKNOWN, id: UNKNOWN, name: "logs" });
    assert.equal(ran, false);
  });

  it("returns IDs and the computed values of the test after a deployment", async () => {
    const { outputs } = await recordProgram(
      () => {
        const bucket = new s3.Bucket("logs", {});
        return { id: bucket.id, arn: bucket.arn };
      },
      { preview: false, computed: ({ name }) => ({ arn: `arn:aws:s3:::${name}` }) },
    );
    assert.deepEqual(outputs, { id: "logs-id", arn: "arn:aws:s3:::logs" });
  });

  it("records the outputs that components register", async () => {
    const recording = await recordProgram(
      () => {
        new Stack("main");
      },
      { preview: false, computed: () => ({ arn: "arn:aws:s3:::logs" }) },
    );
    assert.deepEqual(named(recording, "main").outputs, { bucketArn: "arn:aws:s3:::logs" });
  });

  it("passes the configuration to the program, with secrets as secrets", async () => {
    const { stack, outputs } = await recordProgram(
      () => {
        const config = new pulumi.Config("monitoring");
        return { plain: config.require("a"), secret: config.requireSecret("b") };
      },
      { config: { a: "1", b: "hunter2" }, secretConfig: ["b"] },
    );
    assert.deepEqual(outputs, { plain: "1", secret: "hunter2" });
    assert.deepEqual(stack.redactedOutputs, { plain: "1", secret: "[secret]" });
  });

  it("returns the results that the test sets for functions, and no others", async () => {
    const program = () => ({ account: aws.getCallerIdentityOutput().accountId });
    const { outputs } = await recordProgram(program, {
      call: { "aws:index/getCallerIdentity:getCallerIdentity": () => ({ accountId: "1" }) },
    });
    assert.deepEqual(outputs, { account: "1" });
    await assert.rejects(
      recordProgram(program),
      /the test has no result for aws:index\/getCallerIdentity:getCallerIdentity/,
    );
  });

  it("rejects with the error that the program throws", async () => {
    await assert.rejects(
      recordProgram(() => {
        throw new pulumi.RunError("wrong");
      }),
      /^RunError: wrong$|^Error: wrong$/,
    );
  });

  it("rejects two resources with the same name, as the engine does", async () => {
    await assert.rejects(
      recordProgram(() => {
        new s3.Bucket("logs", {});
        new s3.Bucket("logs", {});
      }),
      /Duplicate resource URN/,
    );
  });
});
