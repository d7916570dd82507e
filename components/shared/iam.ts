import { createHash } from "node:crypto";
import { hasPlaceholder } from "./placeholders";

/** IAM policy document as JSON: deterministic, and known before the first deployment. */
export type PolicyDocument = string;

/** The service account whose pods may assume a role. */
export interface RolePods {
  cluster: string;
  namespace: string;
  serviceAccount: string;
}

export function policyDocument(statements: object[]): PolicyDocument {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}

/** A statement that allows actions on one resource. */
export function allow(Sid: string, Action: string[], resource: string): object {
  return { Sid, Effect: "Allow", Action, Resource: [resource] };
}

/**
 * Lets EKS Pod Identity assume the role for one service account of one cluster. Without the
 * conditions, anyone who may create associations could assign the role to other pods.
 */
export function podIdentityTrust(sid: string, pods: RolePods): PolicyDocument {
  return trust(sid, { Service: "pods.eks.amazonaws.com" }, ["sts:AssumeRole", "sts:TagSession"], {
    "aws:RequestTag/eks-cluster-name": pods.cluster,
    "aws:RequestTag/kubernetes-namespace": pods.namespace,
    "aws:RequestTag/kubernetes-service-account": pods.serviceAccount,
  });
}

/** Lets one service account assume the role through the OIDC provider of its cluster. */
export function irsaTrust(
  sid: string,
  pods: RolePods,
  providerArn: string,
  issuerUrl: string,
): PolicyDocument {
  const issuer = issuerUrl.replace(/^https:\/\//, "");
  return trust(sid, { Federated: providerArn }, ["sts:AssumeRoleWithWebIdentity"], {
    [`${issuer}:aud`]: "sts.amazonaws.com",
    [`${issuer}:sub`]: `system:serviceaccount:${pods.namespace}:${pods.serviceAccount}`,
  });
}

function trust(
  Sid: string,
  Principal: object,
  Action: string[],
  StringEquals: object,
): PolicyDocument {
  return policyDocument([{ Sid, Effect: "Allow", Principal, Action, Condition: { StringEquals } }]);
}

/** The cluster of the pods, and the region that they access. Role names are global to all regions. */
export interface RoleLocation {
  cluster: string;
  namespace: string;
  region: string;
}

/** Name of the role of a workload. IAM allows 64 characters, so a hash replaces the end of a longer name. */
export function roleName(workload: string, { cluster, namespace, region }: RoleLocation): string {
  const name = `${cluster}-${namespace}-${workload}-${region}`;
  if (name.length <= 64 || hasPlaceholder(name)) return name;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 8);
  return `${name.slice(0, 55)}-${hash}`;
}

/** Partition of the ARNs in a region. */
export function partition(region: string): string {
  // While the region is unknown, so is its partition.
  if (hasPlaceholder(region)) return region;
  if (region.startsWith("cn-")) return "aws-cn";
  if (region.startsWith("us-gov-")) return "aws-us-gov";
  return "aws";
}
