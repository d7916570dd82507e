import { AwsIdentity, usesBucket } from "../../components/loki/enums";
import type { Settings } from "../config/parseConfiguration";
import { ClusterMode } from "../config/schema";

/**
 * Returns a warning if Loki gets its role from EKS Pod Identity, but the cluster may not be an EKS
 * cluster.
 */
export function podIdentityWarning({ cluster, loki }: Settings): string | undefined {
  if (cluster.mode !== ClusterMode.Kubeconfig || loki === undefined) return undefined;
  if (!usesBucket(loki) || loki.awsIdentity !== AwsIdentity.PodIdentity) return undefined;
  return (
    `Loki reaches its bucket with EKS Pod Identity, which exists only on EKS: ${cluster.name} must be the name of the EKS cluster that the kubeconfig connects to. ` +
    `On GKE, AKS, OpenShift and other clusters, set monitoring:loki.storage to filesystem.`
  );
}
