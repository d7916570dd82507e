import { createHash } from "node:crypto";
import { type Properties, secret } from "./grpcPlugin";

/** A resource as a provider receives it, without secret marks in its inputs. */
export interface Resource {
  type: string;
  /** Last part of the URN. */
  name: string;
  inputs: Properties;
}

/** Behavior of a fake provider that is specific to one package. */
export interface Double {
  id(resource: Resource): string;
  /** Inputs of a resource that an import reads by its ID. Default: none. */
  imported?(type: string, id: string): Properties;
  /** Outputs in addition to the inputs. In a first preview each leaf is unknown. */
  computed(resource: Resource): Properties;
  /** Paths of inputs whose change replaces the resource. */
  replacementPaths(type: string): string[] | "every property";
  /** Whether a replacement deletes the old resource first. */
  deleteBeforeReplace: boolean;
  functions: Record<string, (args: Properties) => Properties>;
  /** The part of the package schema that a program in another language needs. Default: none. */
  schema?: Properties;
}

const account = "123456789012";
const region = "us-east-1";
const issuer = `https://oidc.eks.${region}.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF`;

const clusterEndpoint = `https://0123456789ABCDEF.gr7.${region}.eks.amazonaws.com`;

const kubernetes: Double = {
  id({ type, name, inputs }) {
    const named = type === "kubernetes:helm.sh/v3:Release" ? inputs : inputs["metadata"];
    const { namespace, name: objectName } = (named ?? {}) as { namespace?: string; name?: string };
    return [namespace, objectName ?? name].filter(Boolean).join("/");
  },
  computed({ type, name, inputs }) {
    if (type === "kubernetes:helm.sh/v3:Release") {
      return {
        resourceNames: {},
        status: {
          appVersion: "1.0.0",
          chart: inputs["chart"],
          name: inputs["name"],
          namespace: inputs["namespace"],
          revision: 1,
          status: "deployed",
          version: inputs["version"],
        },
      };
    }
    return {
      metadata: { name, uid: uuid(type, name), resourceVersion: "1", generation: 1 },
    };
  },
  replacementPaths(type) {
    if (type === "kubernetes:helm.sh/v3:Release") return ["name", "namespace"];
    if (type === "kubernetes:batch/v1:Job") return ["metadata.name", "metadata.namespace", "spec"];
    return ["metadata.name", "metadata.namespace"];
  },
  deleteBeforeReplace: true,
  functions: {},
  schema: {
    types: {
      "kubernetes:meta/v1:ObjectMeta": { type: "object", properties: { name: { type: "string" } } },
    },
    resources: {
      "kubernetes:core/v1:Namespace": {
        properties: { metadata: { $ref: "#/types/kubernetes:meta/v1:ObjectMeta" } },
        inputProperties: { metadata: { $ref: "#/types/kubernetes:meta/v1:ObjectMeta" } },
      },
      "kubernetes:helm.sh/v3:Release": {},
    },
    language: { python: { moduleNameOverrides: { "helm.sh/v3": "helm/v3" } } },
  },
};

const aws: Double = {
  imported(type, id) {
    if (type === "aws:s3/bucket:Bucket") return { bucket: id };
    return type === "aws:iam/role:Role" ? { name: id } : {};
  },
  id({ type, name, inputs }) {
    if (type === "aws:iam/policy:Policy") return awsArn({ type, name, inputs });
    const keys = ["bucket", "name", "clusterName", "role"];
    const inputName = keys.map((key) => inputs[key]).find((value) => typeof value === "string");
    return typeof inputName === "string" ? inputName : `${name}-${hash(type, name)}`;
  },
  computed(resource) {
    const specific = awsComputed[resource.type]?.(resource) ?? {};
    return { arn: awsArn(resource), tagsAll: resource.inputs["tags"] ?? {}, ...specific };
  },
  replacementPaths(type) {
    if (type === "aws:iam/rolePolicyAttachment:RolePolicyAttachment") return ["role", "policyArn"];
    return ["bucket", "clusterName", "name", "namespace", "region", "role", "serviceAccount"];
  },
  deleteBeforeReplace: false,
  functions: {
    "aws:eks/getCluster:getCluster": ({ name }) => ({
      id: name,
      name,
      arn: `arn:aws:eks:${region}:${account}:cluster/${name as string}`,
      endpoint: clusterEndpoint,
      certificateAuthorities: [{ data: "Y2VydGlmaWNhdGU=" }],
      identities: [{ oidcs: [{ issuer }] }],
      status: "ACTIVE",
      version: "1.35",
      region,
    }),
    "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider": ({ url }) => {
      const host = ((url as string | undefined) ?? issuer).replace("https://", "");
      return { arn: `arn:aws:iam::${account}:oidc-provider/${host}`, url: host };
    },
    "aws:index/getCallerIdentity:getCallerIdentity": () => ({
      id: account,
      accountId: account,
      arn: `arn:aws:iam::${account}:user/test`,
      userId: "AIDATEST",
    }),
    "aws:index/getPartition:getPartition": () => ({
      id: "aws",
      partition: "aws",
      dnsSuffix: "amazonaws.com",
    }),
    "aws:index/getRegion:getRegion": () => ({ id: region, name: region, region }),
  },
};

const awsComputed: Record<string, (resource: Resource) => Properties> = {
  "aws:eks/cluster:Cluster": () => ({
    endpoint: clusterEndpoint,
    certificateAuthorities: [{ data: "Y2VydGlmaWNhdGU=" }],
    identities: [{ oidcs: [{ issuer }] }],
  }),
  "aws:eks/podIdentityAssociation:PodIdentityAssociation": ({ type, name }) => ({
    associationId: `a-${hash(type, name)}`,
  }),
  "aws:s3/bucket:Bucket": (resource) => {
    const bucket = aws.id(resource);
    return {
      bucket,
      bucketDomainName: `${bucket}.s3.amazonaws.com`,
      bucketRegionalDomainName: `${bucket}.s3.${region}.amazonaws.com`,
      hostedZoneId: "Z3AQBSTGFYJSTF",
      region,
    };
  },
  "aws:iam/role:Role": (resource) => ({
    name: aws.id(resource),
    uniqueId: `AROA${hash(resource.type, resource.name).toUpperCase()}`,
  }),
};

function awsArn({ type, name, inputs }: Resource): string {
  const { bucket, name: inputName } = inputs as { bucket?: string; name?: string };
  const physicalName = bucket ?? inputName ?? `${name}-${hash(type, name)}`;
  const [, module = "", kind = ""] = type.split(/[:/]/);
  if (module === "s3") return `arn:aws:s3:::${physicalName}`;
  if (module === "iam") return `arn:aws:iam::${account}:${kind.toLowerCase()}/${physicalName}`;
  return `arn:aws:${module}:${region}:${account}:${kind.toLowerCase()}/${physicalName}`;
}

/** Password that the fake `random` provider generates; tests search for it where it must not appear. */
export function generatedPassword(name: string): string {
  return `generated-${hash("password", name)}`;
}

const random: Double = {
  id: ({ type, name }) => (type.endsWith(":RandomPassword") ? "none" : hash(type, name)),
  computed({ type, name }) {
    const result = type.endsWith(":RandomPassword")
      ? secret(generatedPassword(name))
      : hash(type, name);
    return { result };
  },
  replacementPaths: () => "every property",
  deleteBeforeReplace: false,
  functions: {},
};

/** A dashboard has a URL path as an additional output. */
const datadog: Double = {
  id: ({ type, name }) => hash(type, name),
  computed: ({ type, name }) =>
    type === "datadog:index/dashboardJson:DashboardJson"
      ? { url: `/dashboard/${hash(type, name)}` }
      : {},
  replacementPaths: (type) => (type === "datadog:index/monitor:Monitor" ? ["type"] : []),
  deleteBeforeReplace: false,
  functions: {},
};

export const doubles: Record<string, Double> = { aws, datadog, kubernetes, random };

function hash(...parts: string[]): string {
  return createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 12);
}

function uuid(...parts: string[]): string {
  const digits = createHash("sha256").update(parts.join("\0")).digest("hex");
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-8${digits.slice(17, 20)}-${digits.slice(20, 32)}`;
}
