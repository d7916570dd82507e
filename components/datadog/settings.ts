import { z } from "zod";
import { charts } from "../charts/charts";
import { Checked, example, issue, check } from "../shared/problems";
import { checkRedactions, redactionSettings } from "../logs/redactionSettings";
import { placementSettings } from "../shared/placement";
import {
  ComponentArgs,
  chartSettings,
  dnsLabel,
  flag,
  input,
  replicas,
  size,
} from "../shared/schemas";
import { secretSettings } from "../secrets/secretSettings";
import { withoutSecrets } from "../secrets/secrets";
import { DatadogSite, NodeOs, HostnameSource } from "./enums";

/** Name of the Secret with the keys, unless `existingSecret` names another. */
export const datadogSecretName = "datadog-secret";

/** Name of the Helm release. The chart also uses it as the name of the DaemonSet. */
export const datadogReleaseName = "datadog-agent";

const namespaces = (namespace: string) => z.array(input(example(dnsLabel, namespace))).default([]);

export const datadogSchema = z
  .strictObject({
    ...chartSettings(charts.datadog, "datadog"),
    ...placementSettings,
    site: z
      .enum(DatadogSite)
      .default(DatadogSite.Us1)
      .describe("Datadog site of the organization."),
    apm: flag(true, "Whether agents collect traces, on port 8126 of each node and on a socket."),
    profiling: flag(true, "Whether injected tracing libraries profile their service."),
    logs: flag(true, "Whether agents collect the logs of all containers."),
    processes: flag(true, "Whether agents collect the list of processes, without arguments."),
    customMetrics: flag(
      true,
      "Whether agents accept DogStatsD metrics, on UDP port 8125 of each node.",
    ),
    scrapePrometheusAnnotations: flag(
      false,
      "Whether agents scrape every pod with the annotation `prometheus.io/scrape`. Datadog bills each series as a custom metric.",
    ),
    instrumentedNamespaces: namespaces("checkout").meta({
      description: "Namespaces whose workloads get an injected tracing library.",
      defaultText: "the services' namespace if it is not `namespaces.datadog`, otherwise none",
    }),
    excludedNamespaces: input(
      namespaces("kube-system").describe(
        "Namespaces whose container metrics and logs the Agent does not collect.",
      ),
    ),
    excludedLogNamespaces: input(
      namespaces("shop").describe(
        "Namespaces whose logs the Agent does not collect, for example because Loki stores them.",
      ),
    ),
    excludedMetricNamespaces: input(
      namespaces("monitoring").describe(
        "Namespaces whose container metrics the Agent does not collect.",
      ),
    ),
    nodeOs: z.enum(NodeOs, { error: fargateError }).default(NodeOs.AmazonLinux).meta({
      description: "Operating system of the nodes.",
      defaultText: "`amazonLinux`, or `bottlerocket` with `cluster.mode: create`",
    }),
    hostnameSource: z.enum(HostnameSource).default(HostnameSource.InstanceMetadata).meta({
      description:
        "Where an agent reads the instance ID of its node. Use `nodeFile` if pods cannot reach the instance metadata service.",
      defaultText: "`instanceMetadata`, or `nodeFile` with `cluster.mode: create`",
    }),
    ...redactionSettings,
    size,
    clusterAgentReplicas: replicas.describe("Number of Cluster Agent replicas."),
    existingSecret: input(
      example(dnsLabel, datadogSecretName)
        .optional()
        .describe("Existing Secret that contains the key `api-key`, instead of the secrets above."),
    ),
    ...secretSettings("datadog"),
    keyRevision: input(
      example(
        z.string().regex(/^[\w.:-]+$/, "must consist of letters, digits, and . : _ -"),
        "2026-09",
      )
        .optional()
        .describe("Any text. Change it whenever you change a key, to restart the agents."),
    ),
  })
  .superRefine(checkKeys, { when: () => true })
  .superRefine(checkInstrumentation, { when: () => true })
  .superRefine(checkRedactions, { when: () => true })
  .meta({ furtherKeys: ["values"] });

/** Settings of the Datadog Agent, with every default filled in. */
export type DatadogSettings = z.output<typeof datadogSchema>;

/** Checks the DatadogAgent arguments and fills in defaults. */
export function datadogSettings(args: ComponentArgs): Checked<DatadogSettings> {
  return check(datadogSchema, withoutSecrets("datadog", args));
}

function checkKeys(settings: Record<string, unknown>, ctx: z.RefinementCtx): void {
  const { apiKey, appKey, existingSecret } = settings;
  if (existingSecret === undefined && !apiKey) {
    const rule = "is required, unless existingSecret names a Secret that contains the keys";
    const text = 'set apiKey to a Pulumi secret, or existingSecret: "datadog-secret"';
    issue(ctx, ["apiKey"], rule, { kind: "do", text });
  }
  if (existingSecret !== undefined && (apiKey || appKey)) {
    const rule =
      "must not be set together with apiKey or appKey, because the Secret already contains the keys";
    const text = "remove existingSecret, or apiKey and appKey";
    issue(ctx, ["existingSecret"], rule, { kind: "do", text });
  }
}

function checkInstrumentation(settings: Record<string, unknown>, ctx: z.RefinementCtx): void {
  const { instrumentedNamespaces, namespace, apm } = settings;
  if (!Array.isArray(instrumentedNamespaces) || instrumentedNamespaces.length === 0) return;
  if (apm === false) {
    const text = "set apm: true, or remove instrumentedNamespaces";
    const rule = "requires apm, because agents otherwise accept no traces";
    issue(ctx, ["instrumentedNamespaces"], rule, { kind: "do", text });
  }
  instrumentedNamespaces.forEach((instrumented, index) => {
    if (instrumented !== namespace && instrumented !== "kube-system") return;
    issue(
      ctx,
      ["instrumentedNamespaces", index],
      "is never instrumented, because the Cluster Agent skips kube-system and its own namespace",
      {
        kind: "do",
        text: "remove it and trace its workloads with datadogEnv, or install the agent in another namespace",
      },
    );
  });
}

/** Returns the name of the Secret that holds the keys. */
export function secretNameOf(settings: DatadogSettings): string {
  return settings.existingSecret ?? datadogSecretName;
}

/** Returns an error for Fargate, which is not an operating system, although users look for it here. */
function fargateError({ input }: { input?: unknown }): string | undefined {
  return typeof input === "string" && /fargate/i.test(input)
    ? "must be amazonLinux or bottlerocket: Fargate has no nodes for an agent, so its pods need the agent as a sidecar (docs/datadog.md, On EKS)"
    : undefined;
}
