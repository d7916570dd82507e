import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { checkInputs } from "../../../components/shared/inputs";
import { lokiStorage } from "../../../components/loki/storage";
import { lokiSettings } from "../../../components/loki/settings";
import { bucketTlsOnlyPolicy, lokiAccessPolicy } from "../../../components/loki/iam";
import { irsaTrust, podIdentityTrust } from "../../../components/shared/iam";
import {
  RecordProgramOptions,
  RecordedResource,
  recordProgram,
  isUnknown,
  unknownPaths,
} from "../../support/mocks";

const identity = {
  cluster: "ticketing-prod",
  environment: "prod",
  bucket: "ticketing-loki-chunks",
  region: "us-east-1",
};
const store = { bucket: "ticketing-loki-chunks", region: "us-east-1" };
const pods = { cluster: "ticketing-prod", namespace: "monitoring", serviceAccount: "loki" };

interface Registered {
  resources: RecordedResource[];
  outputs: Record<string, unknown>;
  /** Types without their package, in the order of registration. */
  types: string[];
  single: (type: string) => RecordedResource;
}

async function registered(
  args: object = {},
  options: RecordProgramOptions = {},
): Promise<Registered> {
  const { resources, outputs } = await recordProgram(() => {
    const inputs = checkInputs("LokiStack", "loki", { ...identity, ...args }, lokiSettings);
    const storage = lokiStorage("loki", inputs, {});
    const { bucketName, roleArn, serviceAccountAnnotations, dependencies } = storage;
    return {
      bucketName,
      roleArn,
      serviceAccountAnnotations,
      dependencies: pulumi.all(dependencies.map(({ urn }) => urn)),
    };
  }, options);
  const typeOf = (resource: RecordedResource): string => resource.type.split(":").at(-1) ?? "";
  return {
    resources,
    outputs,
    types: resources.map(typeOf),
    single: (type) => {
      const [resource, ...others] = resources.filter((resource) => typeOf(resource) === type);
      assert.ok(resource !== undefined && others.length === 0, `one ${type}`);
      return resource;
    },
  };
}

const bucketTypes = [
  "Bucket",
  "BucketPublicAccessBlock",
  "BucketOwnershipControls",
  "BucketServerSideEncryptionConfiguration",
  "BucketVersioning",
  "BucketLifecycleConfiguration",
  "BucketPolicy",
];

describe("lokiStorage", () => {
  it("registers a bucket, a role and the association of both with Loki's pods", async () => {
    const { types, outputs } = await registered();
    assert.deepEqual(
      [...types].sort(),
      [...bucketTypes, "Role", "RolePolicy", "PodIdentityAssociation"].sort(),
    );
    assert.equal(outputs["bucketName"], "ticketing-loki-chunks");
  });

  it("registers no AWS resources without S3", async () => {
    const { types, outputs } = await registered({ storage: "filesystem" });
    assert.deepEqual(types, []);
    assert.equal(outputs["bucketName"], "");
    assert.equal(outputs["roleArn"], "");
  });

  it("does not change an existing bucket", async () => {
    const { types, outputs } = await registered({ createBucket: false, bucket: "central-logs" });
    assert.deepEqual([...types].sort(), ["PodIdentityAssociation", "Role", "RolePolicy"]);
    assert.equal(outputs["bucketName"], "central-logs");
  });

  it("has no unknown input in a first preview, except the ARN of the role", async () => {
    const { resources } = await registered();
    const unknown = resources.filter((resource) => unknownPaths(resource).length > 0);
    assert.deepEqual(
      unknown.map((resource) => [resource.name, unknownPaths(resource)]),
      [["loki-pod-identity", [["roleArn"]]]],
    );
  });

  describe("the bucket", () => {
    it("has the configured name and region, with all its parts", async () => {
      const { resources } = await registered({ bucket: "central-logs", region: "eu-central-1" });
      const parts = resources.filter(({ type }) => type.startsWith("aws:s3/"));
      assert.equal(parts.length, bucketTypes.length);
      for (const part of parts) {
        assert.equal(part.inputs["bucket"], "central-logs", part.name);
        assert.equal(part.inputs["region"], "eu-central-1", part.name);
      }
    });

    it("cannot be made public", async () => {
      const { single } = await registered();
      const { blockPublicAcls, blockPublicPolicy, ignorePublicAcls, restrictPublicBuckets } =
        single("BucketPublicAccessBlock").inputs;
      assert.deepEqual(
        [blockPublicAcls, blockPublicPolicy, ignorePublicAcls, restrictPublicBuckets],
        [true, true, true, true],
      );
      assert.deepEqual(single("BucketOwnershipControls").inputs["rule"], {
        objectOwnership: "BucketOwnerEnforced",
      });
    });

    it("is encrypted by S3, or with the configured key", async () => {
      const rules = async (args: object): Promise<unknown> =>
        (await registered(args)).single("BucketServerSideEncryptionConfiguration").inputs[
          "rules"
        ] as unknown;
      assert.deepEqual(await rules({}), [
        { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } },
      ]);
      const kmsKeyArn = "arn:aws:kms:us-east-1:123456789012:key/1234abcd";
      assert.deepEqual(await rules({ kmsKeyArn }), [
        {
          applyServerSideEncryptionByDefault: {
            sseAlgorithm: "aws:kms",
            kmsMasterKeyId: kmsKeyArn,
          },
          bucketKeyEnabled: true,
        },
      ]);
    });

    it("accepts only requests over TLS", async () => {
      const { single } = await registered();
      assert.equal(single("BucketPolicy").inputs["policy"], bucketTlsOnlyPolicy(store));
    });

    it("retains replaced and deleted objects for a week, and never expires a current one", async () => {
      const { single } = await registered();
      assert.deepEqual(single("BucketVersioning").inputs["versioningConfiguration"], {
        status: "Enabled",
      });
      const rules = single("BucketLifecycleConfiguration").inputs["rules"] as {
        status: string;
        noncurrentVersionExpiration?: object;
        abortIncompleteMultipartUpload?: object;
        expiration?: object;
      }[];
      assert.ok(rules.every(({ status }) => status === "Enabled"));
      assert.deepEqual(
        rules.map((rule) => rule.noncurrentVersionExpiration),
        [{ noncurrentDays: 7 }, undefined],
      );
      assert.deepEqual(
        rules.map((rule) => rule.abortIncompleteMultipartUpload),
        [undefined, { daysAfterInitiation: 7 }],
      );
      assert.deepEqual(
        rules.flatMap(({ expiration }) => expiration ?? []),
        [{ expiredObjectDeleteMarker: true }],
        "markers of deleted objects go, objects do not",
      );
    });

    it("gets its policy and its lifecycle after the resources that they require", async () => {
      const { single } = await registered();
      const waitsFor = (type: string, other: string): boolean =>
        single(type).options.dependencies.includes(single(other).urn);
      assert.ok(waitsFor("BucketPolicy", "BucketPublicAccessBlock"));
      assert.ok(waitsFor("BucketLifecycleConfiguration", "BucketVersioning"));
    });

    it("outlives the stack if data is protected, with everything that makes it private", async () => {
      const { resources } = await registered({ environment: "prod" });
      for (const part of resources.filter(({ type }) => type.startsWith("aws:s3/"))) {
        assert.equal(part.options.protect, true, part.name);
        assert.equal(part.options.retainOnDelete, true, part.name);
      }
    });

    it("is retained with its logs if data is not protected, in every environment", async () => {
      for (const environment of ["dev", "prod", "production"]) {
        const { single, resources } = await registered({ environment, protectData: false });
        for (const part of resources.filter(({ type }) => type.startsWith("aws:s3/"))) {
          assert.equal(part.options.protect, false, part.name);
          assert.equal(part.options.retainOnDelete, true, part.name);
        }
        assert.equal(single("Bucket").inputs["forceDestroy"], false);
      }
    });

    describe("whose logs may be deleted", () => {
      const data = { protectData: false, deleteDataOnDestroy: true };

      it("is deleted with its logs when the stack is destroyed", async () => {
        const { single, resources } = await registered(data);
        for (const part of resources.filter(({ type }) => type.startsWith("aws:s3/"))) {
          assert.equal(part.options.protect, false, part.name);
          assert.equal(part.options.retainOnDelete, false, part.name);
        }
        assert.equal(single("Bucket").inputs["forceDestroy"], true);
      });
    });

    it("is never replaced: an error explains how to change its name or region", async () => {
      const deployed = { bucket: "old-logs", region: "eu-west-1" };
      await assert.rejects(
        registered(
          { bucket: "new-logs", region: "eu-central-1" },
          {
            preview: false,
            // The engine ignores the changes, so that the outputs stay as they are deployed.
            computed: ({ type }) => (type.endsWith(":Bucket") ? deployed : {}),
          },
        ),
        (error: Error) => {
          assert.match(error.message, /LokiStack "loki": 2 problems/);
          assert.match(error.message, /bucket = "new-logs" must stay "old-logs"/);
          assert.match(error.message, /region = "eu-central-1" must stay "eu-west-1"/);
          assert.match(
            error.message,
            /fix: run pulumi up .* with createBucket: false, which retains the bucket/,
          );
          return true;
        },
      );
      const { single } = await registered();
      assert.deepEqual(single("Bucket").options.ignoreChanges, ["bucket", "region"]);
    });

    it("has tags with the cluster and the environment", async () => {
      const { single } = await registered({ labels: { team: "sre" } });
      const tags = { cluster: "ticketing-prod", env: "prod", team: "sre" };
      assert.deepEqual(single("Bucket").inputs["tags"], tags);
      assert.deepEqual(single("Role").inputs["tags"], tags);
      assert.deepEqual(single("PodIdentityAssociation").inputs["tags"], tags);
    });

    it("has a label in place of the tag with the same key, whose case IAM ignores", async () => {
      const { single } = await registered({ labels: { Env: "production" } });
      const tags = { cluster: "ticketing-prod", Env: "production" };
      assert.deepEqual(single("Role").inputs["tags"], tags);
    });
  });

  describe("the role", () => {
    it("is named after the cluster, the namespace and the region, and may use exactly the bucket", async () => {
      const { single } = await registered();
      assert.equal(single("Role").inputs["name"], "ticketing-prod-monitoring-loki-us-east-1");
      assert.equal(single("RolePolicy").inputs["role"], "ticketing-prod-monitoring-loki-us-east-1");
      assert.equal(single("RolePolicy").inputs["policy"], lokiAccessPolicy(store));
    });

    it("changes only after the bucket, whose change may be refused", async () => {
      const { single } = await registered();
      const { urn } = single("Bucket");
      for (const type of ["Role", "RolePolicy"]) {
        assert.ok(single(type).options.dependencies.includes(urn), type);
      }
    });

    it("keeps its name when the scheme of names or the arguments change", async () => {
      const { single } = await registered();
      assert.deepEqual(single("Role").options.ignoreChanges, ["name"]);
    });

    it("can exist already, for either identity", async () => {
      const roleArn = "arn:aws:iam::123456789012:role/team/loki";
      const { types, single, outputs } = await registered({ roleArn });
      assert.ok(!types.includes("Role") && !types.includes("RolePolicy"));
      assert.equal(single("PodIdentityAssociation").inputs["roleArn"], roleArn);
      assert.equal(outputs["roleArn"], roleArn);
      const irsa = await registered({ roleArn, awsIdentity: "irsa" });
      assert.ok(!irsa.types.includes("PodIdentityAssociation"));
      assert.deepEqual(irsa.outputs["serviceAccountAnnotations"], {
        "eks.amazonaws.com/role-arn": roleArn,
      });
    });

    it("is assigned to the service account by EKS Pod Identity", async () => {
      const { single, outputs } = await registered();
      assert.equal(
        single("Role").inputs["assumeRolePolicy"],
        podIdentityTrust("LokiPodsOfOneCluster", pods),
      );
      const { clusterName, namespace, serviceAccount } = single("PodIdentityAssociation").inputs;
      assert.deepEqual({ cluster: clusterName as unknown, namespace, serviceAccount }, pods);
      assert.deepEqual(outputs["serviceAccountAnnotations"], {});
    });

    it("is assigned to the service account by IRSA, if configured", async () => {
      const arn = "arn:aws:iam::123456789012:oidc-provider/oidc.example.com/id/E";
      const issuerUrl = "https://oidc.example.com/id/E";
      const roleArn = "arn:aws:iam::123456789012:role/ticketing-prod-loki";
      const { single, types, outputs } = await registered(
        {
          awsIdentity: "irsa",
          oidcProviderArn: pulumi.output(arn),
          oidcIssuerUrl: pulumi.output(issuerUrl),
        },
        {
          preview: false,
          computed: ({ type }) => (type.endsWith(":Role") ? { arn: roleArn } : {}),
        },
      );
      assert.ok(!types.includes("PodIdentityAssociation"));
      assert.equal(
        single("Role").inputs["assumeRolePolicy"],
        irsaTrust("LokiPodsOfOneCluster", pods, arn, issuerUrl),
      );
      assert.equal(outputs["roleArn"], roleArn);
      assert.deepEqual(outputs["serviceAccountAnnotations"], {
        "eks.amazonaws.com/role-arn": roleArn,
      });
    });

    it("waits for an OIDC provider that does not exist yet", async () => {
      const { single } = await registered({
        awsIdentity: "irsa",
        oidcProviderArn: pulumi.output(pulumi.unknown),
        oidcIssuerUrl: "https://oidc.example.com/id/E",
      });
      assert.ok(isUnknown(single("Role"), "assumeRolePolicy"));
    });
  });

  it("lists everything that must exist before a pod of Loki starts", async () => {
    const { resources, outputs } = await registered(
      {},
      {
        preview: false,
        computed: ({ type }) => (type.endsWith(":Role") ? { arn: "arn:aws:iam::1:role/x" } : {}),
      },
    );
    const needed = resources.filter(({ type }) => !type.endsWith(":Role")).map(({ urn }) => urn);
    assert.deepEqual([...(outputs["dependencies"] as string[])].sort(), needed.sort());
  });

  it("logs accesses to another bucket only if it is configured", async () => {
    const { single } = await registered({ accessLogBucket: "access-logs" });
    const { inputs, options } = single("BucketLogging");
    const { bucket, targetBucket, targetPrefix } = inputs;
    assert.deepEqual(
      [bucket, targetBucket, targetPrefix],
      ["ticketing-loki-chunks", "access-logs", "ticketing-loki-chunks/"],
    );
    assert.ok(!options.protect && !options.retainOnDelete, "the setting can be removed");
    assert.ok((await registered()).types.every((type) => !type.includes("BucketLogging")));
  });
});
