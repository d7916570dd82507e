import type { Role, RolePolicy } from "@pulumi/aws/iam";
import type { PodIdentityAssociation } from "@pulumi/aws/eks";
import * as pulumi from "@pulumi/pulumi";
import { awsSdk } from "./awsSdk";

/** An IAM role for pods. */
export interface PodRoleArgs {
  name: pulumi.Input<string>;
  description: pulumi.Input<string>;
  /** Trust policy, which names the pods that may assume the role. */
  assumeRolePolicy: pulumi.Input<string>;
  tags: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/** Permissions of the pods. */
export interface PodAccess {
  name: string;
  policy: pulumi.Input<string>;
}

/** Registers an IAM role for pods, with its only policy. */
export function podRole(
  name: string,
  args: PodRoleArgs,
  { name: policyName, policy }: PodAccess,
  opts: pulumi.CustomResourceOptions,
): { role: Role; access: RolePolicy } {
  const { iam } = awsSdk();
  const role = new iam.Role(
    `${name}-role`,
    { ...args },
    // A new name would replace the role. Stacks from earlier versions keep the name `<cluster>-loki`.
    { ...opts, ignoreChanges: ["name"] },
  );
  const access = new iam.RolePolicy(
    `${name}-role-policy`,
    { name: policyName, role: role.name, policy },
    opts,
  );
  return { role, access };
}

/** The pods of a service account and their role. */
export interface PodIdentityArgs {
  clusterName: pulumi.Input<string>;
  namespace: pulumi.Input<string>;
  serviceAccount: pulumi.Input<string>;
  roleArn: pulumi.Input<string>;
  tags: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/** Registers an association that makes EKS Pod Identity assign a role to pods that start afterward. */
export function podIdentity(
  name: string,
  args: PodIdentityArgs,
  opts: pulumi.CustomResourceOptions,
): PodIdentityAssociation {
  return new (awsSdk().eks.PodIdentityAssociation)(`${name}-pod-identity`, { ...args }, opts);
}
