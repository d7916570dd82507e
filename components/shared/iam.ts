import { createHash } from "node:crypto";
import { hasPlaceholder } from "./placeholders";

/** IAM policy document as JSON. It is deterministic, and known before the first deployment. */
export type PolicyDocument = string;

/** Service account whose pods may assume a role. */
export interface RolePods {
  cluster: string;
  namespace: string;
  serviceAccount: string;
}

export function policyDocument(statements: object[]): PolicyDocument {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}

/** Returns a statement that allows actions on one resource. */
export function allow(Sid: string, Action: string[], resource: string): object {
  return { Sid, Effect: "Allow", Action, Resource: [resource] };
}

/**
 * Lets EKS Pod Identity assume the role for one service account in one cluster. Without the conditions,
 * anyone with permission to create associations could assign the role to other pods.
 */
export function podIdentityTrust(sid: string, pods: RolePods): PolicyDocument {
  return trust(sid, { Service: "pods.eks.amazonaws.com" }, ["sts:AssumeRole", "sts:TagSession"], {
    "aws:RequestTag/eks-cluster-name": pods.cluster,
    "aws:RequestTag/kubernetes-namespace": pods.namespace,
    "aws:RequestTag/kubernetes-service-account": pods.serviceAccount,
  });
}

/** Lets one service account assume the role through its cluster's OIDC provider. */
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

/** The pods' cluster, and the region that they access. Role names must be unique across all regions. */
export interface RoleLocation {
  cluster: string;
  namespace: string;
  region: string;
}

/**
 * Returns the name of a workload's role. IAM allows 64 characters, so a hash replaces the end of a
 * longer name.
 */
export function roleName(workload: string, { cluster, namespace, region }: RoleLocation): string {
  const name = `${cluster}-${namespace}-${workload}-${region}`;
  if (name.length <= 64 || hasPlaceholder(name)) return name;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 8);
  return `${name.slice(0, 55)}-${hash}`;
}

/** Returns the partition of the ARNs in a region. */
export function partition(region: string): string {
  // If the region is unknown, its partition is unknown.
  if (hasPlaceholder(region)) return region;
  if (region.startsWith("cn-")) return "aws-cn";
  if (region.startsWith("us-gov-")) return "aws-us-gov";
  return "aws";
}
