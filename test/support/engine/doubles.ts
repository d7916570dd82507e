import { createHash } from "node:crypto";
import { type Properties, secret } from "./grpcPlugin";

/** A resource as a provider sees it, its inputs without the marks of secrets. */
export interface Resource {
  type: string;
  /** The last part of its urn. */
  name: string;
  inputs: Properties;
}

/** What distinguishes the stand-in for one provider from that for another. */
export interface Double {
  id(resource: Resource): string;
  /** Outputs that the inputs do not contain. In a first preview each leaf of them is unknown. */
  computed(resource: Resource): Properties;
  /** Paths of inputs whose change makes a different resource. */
  identity(type: string): string[] | "every property";
  /** Whether old and new cannot exist side by side. */
  deleteBeforeReplace: boolean;
  functions: Record<string, (args: Properties) => Properties>;
}

const account = "123456789012";
const region = "us-east-1";
const issuer = `https://oidc.eks.${region}.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF`;

const clusterEndpoint = `https://0123456789ABCDEF.gr7.${region}.eks.amazonaws.com`;

const kubernetes: Double = {
  id({ type, name, inputs }) {
    const named = type === "kubernetes:helm.sh/v3:Release" ? inputs : inputs["metadata"];
    const { namespace, name: own } = (named ?? {}) as { namespace?: string; name?: string };
    return [namespace, own ?? name].filter(Boolean).join("/");
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
  identity(type) {
    if (type === "kubernetes:helm.sh/v3:Release") return ["name", "namespace"];
    if (type === "kubernetes:batch/v1:Job") return ["metadata.name", "metadata.namespace", "spec"];
    return ["metadata.name", "metadata.namespace"];
  },
  deleteBeforeReplace: true,
  functions: {},
};

const aws: Double = {
  id({ type, name, inputs }) {
    if (type === "aws:iam/policy:Policy") return awsArn({ type, name, inputs });
    const keys = ["bucket", "name", "clusterName", "role"];
    const own = keys.map((key) => inputs[key]).find((value) => typeof value === "string");
    return typeof own === "string" ? own : `${name}-${hash(type, name)}`;
  },
  computed(resource) {
    const more = awsComputed[resource.type]?.(resource) ?? {};
    return { arn: awsArn(resource), tagsAll: resource.inputs["tags"] ?? {}, ...more };
  },
  identity(type) {
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
  const { bucket, name: given } = inputs as { bucket?: string; name?: string };
  const own = bucket ?? given ?? `${name}-${hash(type, name)}`;
  const [, module = "", kind = ""] = type.split(/[:/]/);
  if (module === "s3") return `arn:aws:s3:::${own}`;
  if (module === "iam") return `arn:aws:iam::${account}:${kind.toLowerCase()}/${own}`;
  return `arn:aws:${module}:${region}:${account}:${kind.toLowerCase()}/${own}`;
}

/** What the double of `random` gives out, so that a test can look for it in places it must not be. */
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
  identity: () => "every property",
  deleteBeforeReplace: false,
  functions: {},
};

/** Monitors are numbered; a dashboard has a path on the organisation's site. */
const datadog: Double = {
  id: ({ type, name }) => hash(type, name),
  computed: ({ type, name }) =>
    type === "datadog:index/dashboardJson:DashboardJson"
      ? { url: `/dashboard/${hash(type, name)}` }
      : {},
  identity: (type) => (type === "datadog:index/monitor:Monitor" ? ["type"] : []),
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
