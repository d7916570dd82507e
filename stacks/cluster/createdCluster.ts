import * as pulumi from "@pulumi/pulumi";
import { rememberSettings } from "../../components/shared/dataLocation";
import { defined } from "../../components/shared/defined";
import { runError } from "../../components/shared/runError";
import { ClusterMode, ClusterSettings } from "../config/schema";

/**
 * Returns a resource for `dependsOn`, or fails if the update would delete or replace the cluster that
 * the stack created, along with all of its volumes.
 */
export function createdClusterIsKept(settings: ClusterSettings): pulumi.Output<pulumi.Resource> {
  const planned = createdCluster(settings);
  const memory = rememberSettings("cluster", planned, true);
  return memory.keepers.apply((deployed = {}) => {
    const isKept = ["name", "vpcId"].every((key) => deployed[key] === planned[key]);
    if (!isKept) throw runError(changedCluster(settings, deployed));
    return memory;
  });
}

/**
 * Returns the settings that determine which cluster the stack creates, or none if it creates no
 * cluster.
 */
function createdCluster({ mode, name, vpcId }: ClusterSettings): Record<string, string> {
  return mode === ClusterMode.Create ? defined({ name, vpcId }) : {};
}

function changedCluster({ mode, name, vpcId }: ClusterSettings, deployed: Record<string, string>) {
  const wasCreated = deployed["name"] !== undefined;
  const effect = wasCreated
    ? `delete the cluster ${deployed["name"]}, which the stack created, with its data`
    : "move the stack from an existing cluster to a new one";
  const restored = wasCreated
    ? `restore the value ${JSON.stringify({ mode: ClusterMode.Create, ...deployed })}`
    : "restore the mode";
  return (
    `monitoring:cluster = ${JSON.stringify(defined({ mode, name, vpcId }))} would ${effect}\n` +
    `  fix: ${restored}; for another cluster, create another stack, or run pulumi destroy first`
  );
}
