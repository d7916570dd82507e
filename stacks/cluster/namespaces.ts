import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { objectLabels } from "../../components/shared/labels";
import { Settings } from "../config/parseConfiguration";
import { podSecurityLabels } from "./podSecurity";

/**
 * The namespaces of the stack, except those that exist already. Deleting a namespace deletes all that
 * is in it, volumes included, so where data is protected they stay when the stack goes.
 */
export function createNamespaces(
  settings: Settings,
  provider: kubernetes.Provider,
): kubernetes.core.v1.Namespace[] {
  const { monitoring, application, datadog, existing } = settings.namespaces;
  const wanted = [monitoring, application, ...(settings.datadog ? [datadog] : [])];
  return [...new Set(wanted)]
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

/** Whether a DaemonSet that reads the node (node-exporter, a log collector, the Datadog Agent) runs there. */
function hostsNodeAgents(settings: Settings, namespace: string): boolean {
  const { monitoring, datadog } = settings.namespaces;
  return namespace === monitoring || (namespace === datadog && settings.datadog !== undefined);
}
