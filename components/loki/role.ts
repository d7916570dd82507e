import type { Role } from "@pulumi/aws/iam";
import * as pulumi from "@pulumi/pulumi";
import { lokiAccessPolicy } from "./iam";
import { AwsIdentity } from "./enums";
import { S3Settings } from "./settings";
import { lokiName } from "./urls";
import { irsaTrust, podIdentityTrust, roleName } from "../shared/iam";
import { Fill, Inputs } from "../shared/inputs";
import { podIdentity, podRole } from "../shared/podRole";
import { tagsOf } from "../shared/tags";

/** The IAM role for Loki's pods, and the resources that let the pods assume it. */
export interface LokiRole {
  /** The role, if the component creates it. */
  role?: Role;
  /** ARN of the role. */
  roleArn: pulumi.Output<string>;
  /** Annotations that let pods with the service account assume the role. */
  serviceAccountAnnotations: Record<string, pulumi.Input<string>>;
  /**
   * Resources that must exist before the first pod starts, because pods get their credentials at
   * startup.
   */
  dependencies: pulumi.Resource[];
}

/**
 * Registers a role for Loki's pods, unless the settings name an existing role, and lets the pods assume
 * it.
 */
export function lokiRole(
  name: string,
  { settings, fill }: Inputs<S3Settings>,
  opts: pulumi.CustomResourceOptions,
): LokiRole {
  const created = settings.roleArn === undefined ? createRole(name, fill, opts) : undefined;
  const roleArn = created?.role.arn ?? fill((all) => all.roleArn ?? "");
  const role = { ...(created && { role: created.role }), roleArn: pulumi.output(roleArn) };
  const access = created ? [created.access] : [];
  if (settings.awsIdentity === AwsIdentity.Irsa) {
    const serviceAccountAnnotations = { "eks.amazonaws.com/role-arn": roleArn };
    return { ...role, serviceAccountAnnotations, dependencies: access };
  }
  const association = podIdentity(
    name,
    {
      ...fill(({ cluster, namespace }) => ({ clusterName: cluster, namespace })),
      serviceAccount: lokiName,
      roleArn,
      tags: fill(tagsOf),
    },
    opts,
  );
  return { ...role, serviceAccountAnnotations: {}, dependencies: [...access, association] };
}

/** Creates a role that can access the bucket, and that only Loki's service account can assume. */
function createRole(name: string, fill: Fill<S3Settings>, opts: pulumi.CustomResourceOptions) {
  return podRole(
    name,
    fill((all) => ({
      name: roleName("loki", all),
      description: `Loki of the cluster ${all.cluster}: its logs in the bucket ${all.bucket}`,
      assumeRolePolicy: trustPolicy(all),
      tags: tagsOf(all),
    })),
    { name: "loki-bucket", policy: fill(lokiAccessPolicy) },
    opts,
  );
}

function trustPolicy(settings: S3Settings): string {
  const { cluster, namespace, awsIdentity, oidcProviderArn = "", oidcIssuerUrl = "" } = settings;
  const sid = "LokiPodsOfOneCluster";
  const pods = { cluster, namespace, serviceAccount: lokiName };
  return awsIdentity === AwsIdentity.Irsa
    ? irsaTrust(sid, pods, oidcProviderArn, oidcIssuerUrl)
    : podIdentityTrust(sid, pods);
}
