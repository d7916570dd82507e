import { z } from "zod";
import { limits } from "../../policies/shared/limits";
import { charts } from "../shared/charts";
import { Checked, check, example } from "../shared/problems";
import {
  ComponentArgs,
  chartSettings,
  dnsLabel,
  size,
  storageGb,
  wholeNumber,
  withProtectData,
} from "../shared/schemas";
import { runbookBaseUrl } from "../services/settings";

/**
 * Revisions of the community dashboards that were reviewed; the chart's own default is revision 1
 * of anything, silently. Other dashboards need their revision given.
 */
export const communityDashboardRevisions: Record<number, number> = {
  7249: 1, // Kubernetes Cluster
  6417: 1, // Kubernetes Pods
  10826: 1, // Go Metrics
};

const url = z.url({
  protocol: /^https?$/,
  error: "must be a URL that starts with https:// or http://",
});

const communityDashboard = z
  .strictObject({
    id: example(wholeNumber.min(1), 7249),
    revision: example(wholeNumber.min(1), 1).optional(),
  })
  .superRefine((dashboard, ctx) => {
    if (dashboard.revision !== undefined || dashboard.id in communityDashboardRevisions) return;
    ctx.addIssue({
      code: "custom",
      path: ["revision"],
      message: `is required: only ${Object.keys(communityDashboardRevisions).join(", ")} have a reviewed revision`,
      params: { fix: { kind: "set", example: 1 } },
    });
  })
  .transform(({ id, revision }) => ({
    id,
    revision: revision ?? communityDashboardRevisions[id] ?? 1,
  }));

export const prometheusSchema = z
  .strictObject({
    ...chartSettings(charts.kubePrometheusStack, "monitoring"),
    retentionDays: wholeNumber.min(1).default(limits.prometheusRetentionDays.default),
    scrapeIntervalSeconds: wholeNumber
      .min(1)
      .max(3600)
      .default(limits.scrapeIntervalSeconds.default),
    storageGb: storageGb.default(50),
    storageClassName: z.union([dnsLabel, z.literal("")]).default("gp3"),
    replicas: wholeNumber.min(1).max(10).default(1),
    size: size.default("small"),
    protectData: z.boolean(),
    remoteWriteReceiver: z.boolean().default(false),
    traceUrl: example(
      url.refine((text) => text.includes("{traceId}"), "must have {traceId} where the id belongs"),
      "https://app.datadoghq.com/apm/trace/{traceId}",
    ).optional(),
    lokiUrl: example(url, "http://loki.monitoring.svc.cluster.local:3100").optional(),
    alertmanager: z
      .strictObject({
        replicas: wholeNumber.min(1).max(10).default(1),
        storageGb: storageGb.default(5),
        configSecretName: example(dnsLabel, "alertmanager-config").optional(),
        mountedSecretNames: z.array(example(dnsLabel, "alertmanager-slack")).default([]),
        externalUrl: example(url, "https://alertmanager.example.com").optional(),
      })
      .prefault({}),
    grafana: z
      .strictObject({
        communityDashboards: z
          .array(communityDashboard)
          .prefault(Object.keys(communityDashboardRevisions).map((id) => ({ id: Number(id) }))),
        dashboardsFolder: example(z.string().min(1), "dashboards").optional(),
        externalUrl: example(url, "https://grafana.example.com").optional(),
      })
      .prefault({}),
    externalUrl: example(url, "https://prometheus.example.com").optional(),
    runbookBaseUrl,
  })
  .superRefine(
    (settings, ctx) => {
      const { alertmanager } = settings;
      if (
        alertmanager?.configSecretName === undefined &&
        Array.isArray(alertmanager?.mountedSecretNames) &&
        alertmanager.mountedSecretNames.length > 0
      ) {
        ctx.addIssue({
          code: "custom",
          path: ["alertmanager", "configSecretName"],
          message: "is required when secrets are mounted: without it nothing reads them",
          params: { fix: { kind: "set", example: "alertmanager-config" } },
        });
      }
    },
    { when: () => true },
  );

/** Settings of the Prometheus stack, every default filled in. */
export type PrometheusSettings = z.output<typeof prometheusSchema>;

/** Checks the arguments of PrometheusStack and fills in their defaults. */
export function prometheusSettings(args: ComponentArgs): Checked<PrometheusSettings> {
  return check(prometheusSchema, withProtectData(args));
}
