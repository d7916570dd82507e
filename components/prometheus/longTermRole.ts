import * as pulumi from "@pulumi/pulumi";
import { workspaceAccessPolicy, workspaceRoleName } from "./longTerm";
import { LongTermKind } from "./enums";
import { PrometheusSettings } from "./settings";
import { serviceNames } from "./urls";
import { podIdentityTrust } from "../shared/iam";
import { Inputs } from "../shared/inputs";
import { podIdentity, podRole } from "../shared/podRole";
import { tagsOf } from "../shared/tags";

/**
 * Registers the role that Prometheus uses to write to an Amazon Managed Service for Prometheus
 * workspace. Returns the resources that must exist before Prometheus's pods start.
 */
export function longTermRole(
  name: string,
  { settings, fill }: Inputs<PrometheusSettings>,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  if (settings.longTerm?.kind !== LongTermKind.Amp) return [];
  const workspaceUrl = ({ longTerm }: PrometheusSettings) => longTerm?.url ?? "";
  const { role, access } = podRole(
    name,
    fill((all) => ({
      name: workspaceRoleName(all, workspaceUrl(all)),
      description: `Prometheus of the cluster ${all.cluster}: its samples in a workspace`,
      assumeRolePolicy: podIdentityTrust("PrometheusPodsOfOneCluster", {
        ...all,
        serviceAccount: serviceNames(all).prometheus,
      }),
      tags: tagsOf(all),
    })),
    {
      name: "amp-workspace",
      policy: fill((all) => workspaceAccessPolicy(workspaceUrl(all))),
    },
    opts,
  );
  const association = podIdentity(
    name,
    {
      ...fill((all) => ({
        clusterName: all.cluster,
        namespace: all.namespace,
        serviceAccount: serviceNames(all).prometheus,
        tags: tagsOf(all),
      })),
      roleArn: role.arn,
    },
    opts,
  );
  return [access, association];
}
