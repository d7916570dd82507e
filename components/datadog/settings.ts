import { z } from "zod";
import { charts } from "../shared/charts";
import { Checked, check, example } from "../shared/problems";
import { checkRedactions, redactionSettings } from "../logs/redactionSettings";
import {
  ComponentArgs,
  chartSettings,
  dnsLabel,
  secretSettings,
  size,
  wholeNumber,
} from "../shared/schemas";
import { withoutSecrets } from "../shared/secrets";
import { DatadogSite, NodeOs, HostnameSource } from "./options";

/** Name of the Secret that is made when the keys are given. */
export const datadogSecretName = "datadog-secret";

export const datadogSchema = z
  .strictObject({
    ...chartSettings(charts.datadog, "ticketing"),
    site: z.enum(DatadogSite).default(DatadogSite.Us1),
    apm: z.boolean().default(true),
    profiling: z.boolean().default(true),
    logs: z.boolean().default(true),
    processes: z.boolean().default(true),
    customMetrics: z.boolean().default(true),
    scrapePrometheusAnnotations: z.boolean().default(false),
    instrumentedNamespaces: z.array(example(dnsLabel, "checkout")).default([]),
    excludedNamespaces: z.array(example(dnsLabel, "kube-system")).default([]),
    excludedLogNamespaces: z.array(example(dnsLabel, "ticketing")).default([]),
    excludedMetricNamespaces: z.array(example(dnsLabel, "monitoring")).default([]),
    nodeOs: z.enum(NodeOs, { error: notOnFargate }).default(NodeOs.AmazonLinux),
    hostnameSource: z.enum(HostnameSource).default(HostnameSource.InstanceMetadata),
    ...redactionSettings,
    size: size.default("small"),
    clusterAgentReplicas: wholeNumber.min(1).max(10).default(1),
    existingSecret: example(dnsLabel, datadogSecretName).optional(),
    ...secretSettings("datadog"),
    keyRevision: example(
      z.string().regex(/^[\w.:-]+$/, "must consist of letters, digits, and . : _ -"),
      "2026-09",
    ).optional(),
  })
  .superRefine(
    (settings, ctx) => {
      const { apiKey, appKey, existingSecret, instrumentedNamespaces, namespace, apm } = settings;
      if (existingSecret === undefined && !apiKey) {
        ctx.addIssue({
          code: "custom",
          path: ["apiKey"],
          message: "is required, unless existingSecret names a Secret that holds the keys",
          params: {
            fix: {
              kind: "do",
              text: 'give apiKey as a Pulumi secret, or existingSecret: "datadog-secret"',
            },
          },
        });
      }
      if (existingSecret !== undefined && (apiKey || appKey)) {
        ctx.addIssue({
          code: "custom",
          path: ["existingSecret"],
          message: "holds the keys already: apiKey and appKey must not be given as well",
          params: { fix: { kind: "do", text: "remove existingSecret, or apiKey and appKey" } },
        });
      }
      if (!Array.isArray(instrumentedNamespaces) || instrumentedNamespaces.length === 0) return;
      if (apm === false) {
        ctx.addIssue({
          code: "custom",
          path: ["instrumentedNamespaces"],
          message: "needs apm: without it no agent takes the traces",
          params: { fix: { kind: "do", text: "set apm: true, or remove instrumentedNamespaces" } },
        });
      }
      instrumentedNamespaces.forEach((instrumented, index) => {
        if (instrumented !== namespace && instrumented !== "kube-system") return;
        ctx.addIssue({
          code: "custom",
          path: ["instrumentedNamespaces", index],
          message:
            "is never instrumented: the Cluster Agent leaves out kube-system and its own namespace",
          params: {
            fix: {
              kind: "do",
              text: "remove it and trace its workloads with datadogEnv, or install the agent in another namespace",
            },
          },
        });
      });
    },
    { when: () => true },
  )
  .superRefine(checkRedactions, { when: () => true });

/** Settings of the Datadog Agent, every default filled in. */
export type DatadogSettings = z.output<typeof datadogSchema>;

/**
 * Checks the arguments of DatadogAgent and fills in their defaults. Neither the settings nor a
 * problem shows a key.
 */
export function datadogSettings(args: ComponentArgs): Checked<DatadogSettings> {
  return check(datadogSchema, withoutSecrets("datadog", args));
}

/** The Secret that holds the keys. */
export function secretNameOf(settings: DatadogSettings): string {
  return settings.existingSecret ?? datadogSecretName;
}

/** Not an operating system, yet what somebody looks for here. */
function notOnFargate({ input }: { input?: unknown }): string | undefined {
  return typeof input === "string" && /fargate/i.test(input)
    ? "must be amazonLinux or bottlerocket: Fargate has no nodes that an agent could run on, its pods need it as a sidecar (docs/datadog.md, On EKS)"
    : undefined;
}
