import { z } from "zod";
import { limits } from "../../policies/limits/limits";
import { platformAlertNames } from "../alerting/alertNames";
import { rulesSettings } from "../alerting/alertSettings";
import chartAlerts from "../../policies/shared/kubePrometheusStackAlerts.json";
import { charts } from "../charts/charts";
import { defined } from "../shared/defined";
import { anchoredPattern } from "../../policies/shared/matcher";
import { communityDashboards } from "./communityDashboards";
import { ingressSchema, ingressUrl } from "./grafanaIngress";
import { ssoSchema } from "./grafanaSso";
import { longTermSchema, longTermSource, queryUrlOf } from "./longTerm";
import { KeptMetrics } from "./enums";
import { Checked, Problem, example, issue, valueAt, check } from "../shared/problems";
import { isUnresolved } from "../shared/placeholders";
import { placementSettings } from "../shared/placement";
import {
  ComponentArgs,
  alertLinkSettings,
  chartSettings,
  checkProtection,
  deleteDataOnDestroy,
  dnsLabel,
  flag,
  httpUrl,
  input,
  onMaps,
  protectData,
  replicas,
  secretKey,
  size,
  storageClassName,
  storageGb,
  wholeNumber,
} from "../shared/schemas";

/** Lists the dashboards that do not require a revision, for the end of an error's rule. */
export const reviewedRevisions = `only ${Object.keys(communityDashboards).join(", ")} have a reviewed revision`;

const communityDashboard = z
  .strictObject({
    id: example(wholeNumber.min(1), 7249).describe("ID of the dashboard on grafana.com."),
    revision: example(wholeNumber.min(1), 1).optional().meta({
      description: "Revision of the dashboard.",
      defaultText: "the reviewed revision for 7249, 6417 and 10826, otherwise required",
    }),
  })
  .superRefine((dashboard, ctx) => {
    if (dashboard.revision !== undefined || dashboard.id in communityDashboards) return;
    const fix = { kind: "set", example: 1 } as const;
    issue(ctx, ["revision"], `is required: ${reviewedRevisions}`, fix);
  })
  .transform(({ id, revision }) => ({
    id,
    revision: revision ?? communityDashboards[id]?.revision ?? 1,
  }));

const alertmanagerSchema = z.strictObject({
  replicas: replicas.describe(
    "Number of Alertmanager replicas. Several replicas form a cluster, spread over nodes.",
  ),
  storageGb: storageGb
    .default(5)
    .describe("Size of each replica's volume in GiB, for silences and the notification log."),
  configSecretName: input(
    example(dnsLabel, "alertmanager-config").optional().meta({
      description:
        "Secret with your own `alertmanager.yaml`, in Prometheus's namespace. Not available with `slack`, which sets it.",
      defaultText: "the chart's configuration, which sends no notifications",
    }),
  ),
  mountedSecretNames: input(
    z
      .array(input(example(dnsLabel, "alertmanager-slack")))
      .default([])
      .describe(
        "Secrets that the configuration reads, mounted at `/etc/alertmanager/secrets/<name>/`.",
      ),
  ),
  externalUrl: input(
    example(httpUrl, "https://alertmanager.example.com")
      .optional()
      .describe("URL where users open Alertmanager. Links in notifications start with it."),
  ),
});

/** Chart alerts, except alerts that this library replaces under the same name. */
export const alertsOfChart = chartAlerts
  .flatMap(({ alerts }) => alerts)
  .filter((name) => !platformAlertNames.some((platform) => platform === name));

/** Reports data sources that would replace each other or a data source of this library. */
function checkDataSources(sources: Record<string, unknown>[], ctx: z.RefinementCtx): void {
  const takenNames = new Set<unknown>(["Prometheus", "Alertmanager", "Loki", longTermSource.name]);
  const takenUids = new Set<unknown>(["prometheus", "alertmanager", "loki", longTermSource.uid]);
  sources.forEach(({ name, uid }, index) => {
    for (const [key, value, values] of [
      ["name", name, takenNames],
      ["uid", uid, takenUids],
    ] as const) {
      if (value === undefined) continue;
      if (values.has(value)) {
        const fix = { kind: "do", text: `choose another ${key}` } as const;
        issue(ctx, [index, key], `must not be the ${key} of another data source`, fix);
      }
      values.add(value);
    }
  });
}

const grafanaSchema = z.strictObject({
  communityDashboards: z
    .array(communityDashboard)
    .prefault(Object.keys(communityDashboards).map((id) => ({ id: Number(id) })))
    .describe(
      "Dashboards from grafana.com: `{id, revision}`, or just the ID in a stack configuration.",
    ),
  dashboardsFolder: example(z.string().min(1), "dashboards")
    .optional()
    .describe(
      "Folder with your own dashboards as JSON files. Subfolders become folders in Grafana.",
    ),
  dataSources: z
    .array(
      z.looseObject({
        name: z.string().min(1).describe("Name of the data source."),
        type: z.string().min(1).describe("Plugin type of the data source."),
        url: input(z.string().optional().describe("Address of the data source.")),
        secrets: z
          .record(
            z.string().regex(/^\w+$/, "must be a field name"),
            secretKey("tempo-credentials", "password"),
          )
          .optional()
          .describe(
            "Fields of `secureJsonData` whose values are in existing Secrets in Grafana's namespace, such as `basicAuthPassword`.",
          ),
      }),
    )
    .default([])
    .superRefine(checkDataSources)
    .describe(
      "Data sources in addition to Prometheus, Alertmanager and Loki, in Grafana's provisioning format.",
    ),
  ingress: ingressSchema
    .optional()
    .describe("Ingress or route through which users reach Grafana over TLS."),
  storageGb: example(storageGb, 10).optional().meta({
    description:
      "Size of Grafana's volume in GiB, for changes that users make in Grafana. During an update, the old pod then stops before the new pod starts.",
    defaultText: "none, and Grafana is stateless",
  }),
  sso: ssoSchema
    .optional()
    .describe("Single sign-on through an identity provider. Requires `ingress` or `externalUrl`."),
  externalUrl: input(
    example(httpUrl, "https://grafana.example.com").optional().meta({
      description: "URL where users open Grafana. Links in alerts and messages start with it.",
      defaultText: "the host of `grafana.ingress`, otherwise none",
    }),
  ),
});

const metricsSchema = z
  .strictObject({
    keep: z
      .enum(KeptMetrics)
      .default(KeptMetrics.All)
      .describe(
        "`used` keeps only those metrics of the chart's targets that a rule or dashboard reads.",
      ),
    also: z
      .array(
        example(
          z
            .string()
            .min(1)
            .refine(
              (pattern) => anchoredPattern(pattern) !== undefined && !pattern.includes("{{"),
              "must be a metric name or a Prometheus regular expression",
            ),
          "node_hwmon_.+",
        ),
      )
      .default([])
      .describe(
        "Additional metrics to keep, as names or regular expressions. Requires `keep: used`.",
      ),
  })
  .superRefine(({ keep, also }, ctx) => {
    if (keep === KeptMetrics.Used || !Array.isArray(also) || also.length === 0) return;
    const fix = { kind: "set", example: KeptMetrics.Used } as const;
    issue(
      ctx,
      ["keep"],
      "must be used if also is set, because otherwise every metric is kept",
      fix,
    );
  }, onMaps);

export const prometheusSchema = z
  .strictObject({
    ...chartSettings(charts.kubePrometheusStack, "monitoring"),
    ...placementSettings,
    releaseName: input(
      dnsLabel
        .max(26)
        .default("prometheus")
        .describe(
          "Name of the Helm release, unique in the cluster. The names of its objects start with it.",
        ),
    ),
    clusterMonitoring: flag(
      true,
      "Whether to install the parts that a cluster needs only once: the Prometheus operator with its CRDs, node-exporter, kube-state-metrics, and the rules and dashboards for the cluster.",
    ),
    retentionDays: wholeNumber
      .min(1)
      .default(limits.prometheusRetentionDays.default)
      .describe("Number of days that Prometheus retains samples."),
    scrapeIntervalSeconds: wholeNumber
      .min(1)
      .max(3600)
      .default(limits.scrapeIntervalSeconds.default)
      .describe("Seconds between two scrapes of a target, and between two evaluations of a rule."),
    storageGb: storageGb
      .default(50)
      .describe(
        `Size of each replica's volume in GiB. Samples fill at most ${limits.retentionSizeRatio * 100}% of it.`,
      ),
    storageClassName: input(storageClassName.default("gp3")),
    replicas: replicas.describe(
      "Number of Prometheus replicas, spread over nodes. Each replica scrapes all targets.",
    ),
    size,
    protectData: protectData.describe(
      "Whether the samples and silences must be kept. If so, the namespace and `releaseName` cannot change, and the disks of deleted volumes are retained.",
    ),
    deleteDataOnDestroy: deleteDataOnDestroy.describe(
      "Whether Kubernetes deletes the volumes with their StatefulSets, which the operator also replaces when `storageGb` or the StorageClass changes. Requires `protectData: false`.",
    ),
    metrics: metricsSchema
      .optional()
      .describe("Which metrics of the chart's targets Prometheus stores."),
    longTerm: longTermSchema
      .optional()
      .describe("Store that Prometheus also sends its samples to ([long-term storage](scale.md))."),
    remoteWriteReceiver: z.boolean().default(false),
    blackboxExporter: z.boolean().default(false),
    traceUrl: input(
      example(
        httpUrl.refine(
          (text) => text.includes("{traceId}"),
          "must contain {traceId} in place of the trace ID",
        ),
        "https://app.datadoghq.com/apm/trace/{traceId}",
      ).optional(),
    ),
    lokiUrl: input(example(httpUrl, "http://loki.monitoring.svc.cluster.local:3100").optional()),
    alertmanager: alertmanagerSchema.prefault({}),
    grafana: grafanaSchema.prefault({}),
    externalUrl: input(
      example(httpUrl, "https://prometheus.example.com")
        .optional()
        .describe("URL where users open Prometheus. Links in alerts start with it."),
    ),
    alertRules: rulesSettings([...platformAlertNames, ...alertsOfChart]).default({}),
    runbookBaseUrl: alertLinkSettings.runbookBaseUrl,
  })
  .superRefine(
    ({ alertmanager }, ctx) => {
      const { configSecretName, mountedSecretNames } = alertmanager ?? {};
      if (configSecretName !== undefined || !Array.isArray(mountedSecretNames)) return;
      if (mountedSecretNames.length === 0) return;
      const rule = "is required if secrets are mounted, because nothing else reads them";
      const fix = { kind: "set", example: "alertmanager-config" } as const;
      issue(ctx, ["alertmanager", "configSecretName"], rule, fix);
    },
    { when: () => true },
  )
  .superRefine(
    ({ grafana }, ctx) => {
      const { sso, ingress, externalUrl } = grafana ?? {};
      if (sso === undefined || ingress !== undefined || externalUrl !== undefined) return;
      const rule =
        "is required with sso, because the identity provider redirects users to this URL";
      issue(ctx, ["grafana", "externalUrl"], rule);
    },
    { when: () => true },
  )
  .superRefine(checkProtection, { when: () => true })
  .meta({ furtherKeys: ["values"] });

/** Settings of the Prometheus stack, with every default filled in. */
export type PrometheusSettings = z.output<typeof prometheusSchema>;

/**
 * Reports a data source list in the caller's values that would drop the configured data sources,
 * because Helm does not merge lists.
 */
export function droppedDataSources(args: ComponentArgs): Problem[] {
  const path = ["values", "grafana", "additionalDataSources"];
  const list = valueAt(args, path);
  const lokiUrl = valueAt(args, ["lokiUrl"]);
  const longTerm = longTermSchema.safeParse(valueAt(args, ["longTerm"])).data;
  const sources = valueAt(args, ["grafana", "dataSources"]);
  if (!Array.isArray(list) || list.some(isUnresolved)) return [];
  const names = (value: unknown) =>
    Array.isArray(value) ? value.map((source) => valueAt(source, ["name"])) : [];
  const listedNames = names(list);
  // The caller may configure Loki differently.
  const expected = [
    ...(lokiUrl === undefined ? [] : ["Loki"]),
    ...(longTerm && queryUrlOf(longTerm) !== undefined ? [longTermSource.name] : []),
    ...names(sources),
  ];
  const dropped = expected.filter((name) => !listedNames.includes(name));
  if (dropped.length === 0) return [];
  return [
    {
      path,
      code: "invalid",
      rule: `would drop the data sources ${dropped.join(", ")}, because a list in the chart values replaces the default list`,
      fix: { kind: "do", text: "move these data sources to grafana.dataSources" },
    },
  ];
}

/** Reports a remote-write list in the caller's values that would replace the configured remote write. */
export function replacedRemoteWrite(args: ComponentArgs): Problem[] {
  const path = ["values", "prometheus", "prometheusSpec", "remoteWrite"];
  if (valueAt(args, ["longTerm"]) === undefined || valueAt(args, path) === undefined) return [];
  return [
    {
      path,
      code: "invalid",
      rule: "would replace the remote write of longTerm, because a list in the chart values replaces the default list",
      fix: { kind: "do", text: "move the list to prometheusSpec.additionalRemoteWrite" },
    },
  ];
}

/** Checks the PrometheusStack arguments and fills in defaults. */
export function prometheusSettings(args: ComponentArgs): Checked<PrometheusSettings> {
  const checked = check(prometheusSchema, args);
  if (checked.settings === undefined) return checked;
  const { grafana } = checked.settings;
  const externalUrl = grafana.externalUrl ?? ingressUrl(grafana.ingress);
  return {
    settings: { ...checked.settings, grafana: { ...grafana, ...defined({ externalUrl }) } },
  };
}
