import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { objectLabels } from "../../components/shared/labels";
import { Settings } from "../config/parseConfiguration";
import { podSecurityLabels } from "./podSecurity";

/**
 * Creates the stack's namespaces, except the namespaces in `existing` and the namespace of an existing
 * Prometheus. Deleting a namespace also deletes its volumes, so when a namespace is removed from the
 * stack, Pulumi retains it.
 */
export function createNamespaces(
  settings: Settings,
  provider: kubernetes.Provider,
): kubernetes.core.v1.Namespace[] {
  const { monitoring, application, datadog, existing } = settings.namespaces;
  const { prometheus, existingPrometheus, loki } = settings;
  const namespaces = [
    ...(prometheus || loki ? [monitoring] : []),
    application,
    ...(settings.datadog ? [datadog] : []),
  ];
  return [...new Set(namespaces)]
    .filter((name) => !existing.includes(name) && name !== existingPrometheus?.namespace)
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
          { provider, retainOnDelete: true } satisfies pulumi.CustomResourceOptions,
        ),
    );
}

/** Whether node-exporter, the log collector or the Datadog Agent runs in the namespace. */
function hostsNodeAgents(settings: Settings, namespace: string): boolean {
  const { monitoring, datadog } = settings.namespaces;
  return namespace === monitoring || (namespace === datadog && settings.datadog !== undefined);
}
