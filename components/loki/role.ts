import * as pulumi from "@pulumi/pulumi";
import { awsSdk } from "./awsSdk";
import { LokiBucket, irsaTrust, lokiAccessPolicy, lokiRoleName, podIdentityTrust } from "./iam";
import { AwsIdentity } from "./options";
import { lokiName } from "./urls";

/** OIDC provider of the cluster, which IAM roles for service accounts require. */
export interface OidcProvider {
  arn: pulumi.Input<string> | undefined;
  issuerUrl: pulumi.Input<string> | undefined;
}

export interface LokiRoleArgs extends LokiBucket {
  cluster: string;
  namespace: string;
  awsIdentity: AwsIdentity;
  oidc: OidcProvider;
  tags: Record<string, string>;
}

export interface LokiRole {
  roleArn: pulumi.Output<string>;
  /** Annotations that let the pods of the service account assume the role. */
  serviceAccountAnnotations: Record<string, pulumi.Input<string>>;
  /** Resources that must exist before the first pod starts. */
  dependencies: pulumi.Resource[];
}

/** Registers the role that may access the bucket, and that only Loki's service account may assume. */
export function lokiRole(
  name: string,
  args: LokiRoleArgs,
  opts: pulumi.CustomResourceOptions,
): LokiRole {
  const { eks, iam } = awsSdk();
  const { cluster, namespace, oidc } = args;
  const serviceAccount = { cluster, namespace, serviceAccount: lokiName };
  const usesIrsa = args.awsIdentity === AwsIdentity.Irsa;
  const role = new iam.Role(
    `${name}-role`,
    {
      name: lokiRoleName(cluster),
      description: `Loki of the cluster ${cluster}: its logs in the bucket ${args.bucket}`,
      assumeRolePolicy: usesIrsa
        ? pulumi
            .all([oidc.arn ?? "", oidc.issuerUrl ?? ""])
            .apply(([arn, issuerUrl]) => irsaTrust(arn, issuerUrl, serviceAccount))
        : podIdentityTrust(serviceAccount),
      tags: args.tags,
    },
    opts,
  );
  const access = new iam.RolePolicy(
    `${name}-role-policy`,
    { name: "loki-bucket", role: role.name, policy: lokiAccessPolicy(args) },
    opts,
  );
  if (usesIrsa) {
    return {
      roleArn: role.arn,
      serviceAccountAnnotations: { "eks.amazonaws.com/role-arn": role.arn },
      dependencies: [access],
    };
  }
  const association = new eks.PodIdentityAssociation(
    `${name}-pod-identity`,
    { clusterName: cluster, namespace, serviceAccount: lokiName, roleArn: role.arn },
    opts,
  );
  return {
    roleArn: role.arn,
    serviceAccountAnnotations: {},
    dependencies: [access, association],
  };
}
