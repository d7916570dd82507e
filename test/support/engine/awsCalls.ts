import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Properties } from "./grpcPlugin";

/**
 * Environment variable of the fake provider for AWS: the program of the AWS CLI, whose account then has
 * the resources. Without it they exist only in the state.
 */
export const awsProgramVariable = "OBSERVABILITY_AWS_PROGRAM";

/** Service, operation and input of one call of the AWS CLI. */
type AwsCall = [service: string, operation: string, input: object];

interface AwsCalls {
  create: (inputs: Properties) => AwsCall;
  /** Default: not supported, because our stacks retain the bucket with its settings. */
  delete?: (state: Properties) => AwsCall;
  /** Outputs from the answer to `create`. Default: none. */
  outputs?: (answer: Properties) => Properties;
}

/** A setting of a bucket. */
function bucketSetting(operation: string, input: (inputs: Properties) => object): AwsCalls {
  return {
    create: (inputs) => ["s3api", operation, { Bucket: inputs["bucket"], ...input(inputs) }],
  };
}

const calls: Record<string, AwsCalls> = {
  "aws:s3/bucket:Bucket": {
    create: ({ bucket }) => ["s3api", "create-bucket", { Bucket: bucket }],
  },
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": bucketSetting(
    "put-public-access-block",
    ({ bucket: _bucket, region: _region, ...block }) => ({
      PublicAccessBlockConfiguration: pascalCase(block),
    }),
  ),
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls": bucketSetting(
    "put-bucket-ownership-controls",
    ({ rule }) => ({ OwnershipControls: { Rules: [pascalCase(rule)] } }),
  ),
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration":
    bucketSetting("put-bucket-encryption", ({ rules }) => ({
      ServerSideEncryptionConfiguration: { Rules: pascalCase(rules) },
    })),
  "aws:s3/bucketVersioning:BucketVersioning": bucketSetting(
    "put-bucket-versioning",
    ({ versioningConfiguration }) => ({
      VersioningConfiguration: pascalCase(versioningConfiguration),
    }),
  ),
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": bucketSetting(
    "put-bucket-lifecycle-configuration",
    ({ rules }) => ({ LifecycleConfiguration: { Rules: pascalCase(rules) } }),
  ),
  "aws:s3/bucketPolicy:BucketPolicy": bucketSetting("put-bucket-policy", ({ policy }) => ({
    Policy: policy,
  })),
  "aws:iam/role:Role": {
    create: ({ name, description, assumeRolePolicy }) => [
      "iam",
      "create-role",
      { RoleName: name, Description: description, AssumeRolePolicyDocument: assumeRolePolicy },
    ],
    delete: ({ name }) => ["iam", "delete-role", { RoleName: name }],
  },
  "aws:iam/rolePolicy:RolePolicy": {
    create: ({ name, role, policy }) => [
      "iam",
      "put-role-policy",
      { RoleName: role, PolicyName: name, PolicyDocument: policy },
    ],
    delete: ({ name, role }) => ["iam", "delete-role-policy", { RoleName: role, PolicyName: name }],
  },
  "aws:eks/podIdentityAssociation:PodIdentityAssociation": {
    create: ({ region: _region, ...inputs }) => ["eks", "create-pod-identity-association", inputs],
    outputs: ({ association }) => {
      const { associationId } = association as Properties;
      return { associationId };
    },
    delete: ({ clusterName, associationId }) => [
      "eks",
      "delete-pod-identity-association",
      { clusterName, associationId },
    ],
  },
};

/** Creates a resource in the account, and returns its outputs. */
export async function createInAccount(
  program: string,
  type: string,
  inputs: Properties,
): Promise<Properties> {
  const { create, outputs } = callsFor(type);
  const answer = await call(program, create(inputs));
  return outputs?.(answer) ?? {};
}

/** Deletes a resource of a state in the account. */
export async function deleteInAccount(
  program: string,
  type: string,
  state: Properties,
): Promise<void> {
  const { delete: deletion } = callsFor(type);
  if (deletion === undefined) throw new Error(`the fake provider does not delete ${type}`);
  await call(program, deletion(state));
}

function callsFor(type: string): AwsCalls {
  const found = calls[type];
  if (found === undefined) throw new Error(`the fake provider has no calls for ${type}`);
  return found;
}

async function call(program: string, [service, operation, input]: AwsCall): Promise<Properties> {
  const options = ["--cli-input-json", JSON.stringify(input), "--output", "json"];
  const { stdout } = await promisify(execFile)(program, [service, operation, ...options]);
  return stdout === "" ? {} : (JSON.parse(stdout) as Properties);
}

/** Names that the API of S3 writes in capitals. */
const capitals: Record<string, string> = {
  id: "ID",
  sseAlgorithm: "SSEAlgorithm",
  kmsMasterKeyId: "KMSMasterKeyID",
};

function pascalCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pascalCase);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      capitals[key] ?? `${key.charAt(0).toUpperCase()}${key.slice(1)}`,
      pascalCase(inner),
    ]),
  );
}
