import * as awsEks from "@pulumi/aws/eks";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type * as pulumiEks from "@pulumi/eks";
import { awsCredentials } from "./awsCredentials";
import { createdClusterIsKept } from "./createdCluster";
import { eksKubeconfig, oidcProviderArn } from "./eksKubeconfig";
import { defined } from "../../components/shared/defined";
import { ClusterMode, ClusterSettings } from "../config/schema";

/** The cluster that the stack deploys to. */
export interface Cluster {
  provider: kubernetes.Provider;
  /** Provisioner for EBS volumes. */
  volumeProvisioner: string;
  /** The cluster's OIDC provider in IAM. Only EKS clusters have one. */
  oidcProviderArn?: pulumi.Output<string>;
  oidcIssuerUrl?: pulumi.Output<string>;
}

/**
 * Updates Secrets and ConfigMaps in place. By default, the provider deletes and recreates them. While
 * the Secret with its configuration is missing, the operator configures Alertmanager without receivers.
 */
const inPlace = { enableSecretMutable: true, enableConfigMapMutable: true };

/**
 * Connects to the cluster that the settings name, or creates it. `protectData` also protects a created
 * cluster, because deleting the cluster would delete the data.
 */
export function connectCluster(
  settings: ClusterSettings,
  protectData: boolean,
  tags: Record<string, string>,
): Cluster {
  const opts = { dependsOn: createdClusterIsKept(settings) };
  switch (settings.mode) {
    case ClusterMode.Existing:
      return existingEksCluster(settings, opts);
    case ClusterMode.Create:
      return newEksCluster(settings, { ...opts, protect: protectData }, tags);
    case ClusterMode.Kubeconfig:
      return clusterOfKubeconfig(settings, opts);
  }
}

function existingEksCluster({ name }: ClusterSettings, opts: pulumi.ResourceOptions): Cluster {
  const credentials = awsCredentials();
  const cluster = awsEks.getClusterOutput({ name });
  const issuer = cluster.identities.apply((identities) => identities[0]?.oidcs[0]?.issuer ?? "");
  return {
    provider: new kubernetes.Provider(
      "cluster",
      {
        ...inPlace,
        kubeconfig: pulumi
          .all([cluster.endpoint, cluster.certificateAuthorities, cluster.region])
          .apply(([endpoint, authorities, region]) =>
            eksKubeconfig({
              name,
              endpoint,
              region,
              certificateAuthority: authorities[0]?.data ?? "",
              credentials,
            }),
          ),
      },
      opts,
    ),
    volumeProvisioner: "ebs.csi.aws.com",
    oidcIssuerUrl: issuer,
    oidcProviderArn: pulumi
      .all([cluster.arn, issuer])
      .apply(([clusterArn, issuerUrl]) => oidcProviderArn(clusterArn, issuerUrl)),
  };
}

/**
 * Creates a cluster in EKS Auto Mode, where AWS manages the nodes, the volume driver and the Pod
 * Identity agent. The API is private unless `publicAccessCidrs` lists IP ranges.
 */
function newEksCluster(
  settings: ClusterSettings,
  opts: pulumi.ResourceOptions,
  tags: Record<string, string>,
): Cluster {
  // Loaded lazily, because it is the largest package and the other modes do not need it.
  const eks = require("@pulumi/eks") as typeof pulumiEks;
  const { name, version, vpcId, subnetIds, publicAccessCidrs } = settings;
  const reachable = publicAccessCidrs !== undefined && publicAccessCidrs.length > 0;
  const { profile, roleArn } = awsCredentials();
  const cluster = new eks.Cluster(
    "cluster",
    defined({
      name,
      tags,
      version,
      vpcId,
      privateSubnetIds: subnetIds,
      authenticationMode: "API" as const,
      autoMode: { enabled: true },
      createOidcProvider: true,
      endpointPrivateAccess: true,
      endpointPublicAccess: reachable,
      publicAccessCidrs: reachable ? publicAccessCidrs : undefined,
      enabledClusterLogTypes: ["api", "audit", "authenticator"],
      providerCredentialOpts:
        (profile ?? roleArn) ? defined({ profileName: profile, roleArn }) : undefined,
    }),
    opts,
  );
  return {
    provider: new kubernetes.Provider("cluster", {
      ...inPlace,
      kubeconfig: cluster.kubeconfigJson,
    }),
    volumeProvisioner: "ebs.csi.eks.amazonaws.com",
    oidcIssuerUrl: cluster.oidcIssuer,
    oidcProviderArn: cluster.oidcProviderArn,
  };
}

function clusterOfKubeconfig(
  { kubeconfig, context }: ClusterSettings,
  opts: pulumi.ResourceOptions,
): Cluster {
  return {
    provider: new kubernetes.Provider(
      "cluster",
      { ...inPlace, ...defined({ kubeconfig, context }) },
      opts,
    ),
    volumeProvisioner: "ebs.csi.aws.com",
  };
}
