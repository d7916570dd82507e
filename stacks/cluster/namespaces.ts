import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { objectLabels } from "../../components/shared/labels";
import { Settings } from "../config/parseConfiguration";
import { podSecurityLabels } from "./podSecurity";

/**
 * Creates the namespaces of the stack that do not exist yet. Deleting a namespace also deletes its
 * volumes, so that a stack with protected data keeps its namespaces when it is destroyed.
 */
export function createNamespaces(
  settings: Settings,
  provider: kubernetes.Provider,
): kubernetes.core.v1.Namespace[] {
  const { monitoring, application, datadog, existing } = settings.namespaces;
  const namespaces = [monitoring, application, ...(settings.datadog ? [datadog] : [])];
  return [...new Set(namespaces)]
    .filter((namespace) => !existing.includes(namespace))
    .map(
      (namespace) =>
        new kubernetes.core.v1.Namespace(
          namespace,
          {
            metadata: {
              name: namespace,
              labels: {
                ...objectLabels("namespace", settings.labels),
                ...podSecurityLabels(hostsNodeAgents(settings, namespace)),
              },
            },
          },
          { provider, retainOnDelete: settings.protectData } satisfies pulumi.CustomResourceOptions,
        ),
    );
}

/** Whether a DaemonSet that reads its node (node-exporter, log collector, Datadog Agent) runs there. */
function hostsNodeAgents(settings: Settings, namespace: string): boolean {
  const { monitoring, datadog } = settings.namespaces;
  return namespace === monitoring || (namespace === datadog && settings.datadog !== undefined);
}
