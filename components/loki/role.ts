import type { Role } from "@pulumi/aws/iam";
import * as pulumi from "@pulumi/pulumi";
import { awsSdk } from "./awsSdk";
import { irsaTrust, lokiAccessPolicy, lokiRoleName, podIdentityTrust } from "./iam";
import { AwsIdentity } from "./options";
import { S3Settings } from "./settings";
import { tagsOf } from "./tags";
import { lokiName } from "./urls";
import { Inputs } from "../shared/inputs";

export interface LokiRole {
  role: Role;
  /** Annotations that let the pods of the service account assume the role. */
  serviceAccountAnnotations: Record<string, pulumi.Input<string>>;
  /** Resources that must exist before the first pod starts. */
  dependencies: pulumi.Resource[];
}

/** Registers the role that may access the bucket, and that only Loki's service account may assume. */
export function lokiRole(
  name: string,
  { settings, fill }: Inputs<S3Settings>,
  opts: pulumi.CustomResourceOptions,
): LokiRole {
  const { eks, iam } = awsSdk();
  const usesIrsa = settings.awsIdentity === AwsIdentity.Irsa;
  const role = new iam.Role(
    `${name}-role`,
    fill((all) => ({
      name: lokiRoleName(all.cluster),
      description: `Loki of the cluster ${all.cluster}: its logs in the bucket ${all.bucket}`,
      assumeRolePolicy: trustPolicy(all),
      tags: tagsOf(all),
    })),
    opts,
  );
  const access = new iam.RolePolicy(
    `${name}-role-policy`,
    { name: "loki-bucket", role: role.name, policy: fill(lokiAccessPolicy) },
    opts,
  );
  if (usesIrsa) {
    return {
      role,
      serviceAccountAnnotations: { "eks.amazonaws.com/role-arn": role.arn },
      dependencies: [access],
    };
  }
  const association = new eks.PodIdentityAssociation(
    `${name}-pod-identity`,
    {
      ...fill(({ cluster, namespace }) => ({ clusterName: cluster, namespace })),
      serviceAccount: lokiName,
      roleArn: role.arn,
      tags: fill(tagsOf),
    },
    opts,
  );
  return { role, serviceAccountAnnotations: {}, dependencies: [access, association] };
}

function trustPolicy(settings: S3Settings): string {
  const { cluster, namespace, awsIdentity, oidcProviderArn = "", oidcIssuerUrl = "" } = settings;
  const serviceAccount = { cluster, namespace, serviceAccount: lokiName };
  return awsIdentity === AwsIdentity.Irsa
    ? irsaTrust(oidcProviderArn, oidcIssuerUrl, serviceAccount)
    : podIdentityTrust(serviceAccount);
}
