import { z } from "zod";
import { limits } from "../../policies/limits/limits";
import { logAlertNames } from "../alerting/alertNames";
import { rulesSettings } from "../alerting/alertSettings";
import { charts } from "../charts/charts";
import { hasPlaceholder } from "../shared/placeholders";
import { Checked, example, issue, check } from "../shared/problems";
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
  httpsUrl,
  input,
  protectData,
  size,
  storageClassName,
  storageGb,
  teamName,
  wholeNumber,
} from "../shared/schemas";
import { checkRedactions } from "../logs/redactionSettings";
import { checkEvents, collectorFields } from "../logs/settings";
import { LokiMode, LokiStorage, AwsIdentity, usesBucket } from "./enums";

/**
 * Number of days that the bucket retains replaced and deleted objects. During this time, an operator
 * can recover from an accidental deletion.
 */
export const deletedVersionDays = 7;

/**
 * Enforces S3's rules for general-purpose buckets, and rejects the example names from Loki's
 * documentation.
 */
const bucketName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    "must have 3 to 63 characters from a-z, 0-9, - and ., and start and end with a letter or digit",
  )
  .refine((name) => !name.includes(".."), "must not contain two consecutive dots")
  .refine((name) => !/^\d+\.\d+\.\d+\.\d+$/.test(name), "must not look like an IP address")
  .refine(
    (name) => !/^(xn--|sthree-|amzn-s3-demo-)/.test(name),
    "must not start with xn--, sthree- or amzn-s3-demo-, which S3 reserves",
  )
  .refine(
    (name) => !/(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/.test(name),
    "must not end with -s3alias, --ol-s3, .mrap, --x-s3 or --table-s3, which S3 reserves",
  )
  .refine(
    (name) => !["chunks", "ruler", "admin"].includes(name),
    "must not be chunks, ruler or admin: examples use these names, and other AWS accounts own them",
  );

const region = z
  .string()
  .regex(/^[a-z]{2}(-[a-z]+)+-\d{1,2}$/, "must be an AWS region, like us-east-1");

const roleArn = z
  .string()
  .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/, "must be the ARN of an IAM role");

const kmsKeyArn = example(
  z
    .string()
    .regex(
      /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/,
      "must be the ARN of a KMS key (not of an alias)",
    ),
  "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
);

export const oidcExamples = {
  oidcProviderArn:
    "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE",
  oidcIssuerUrl: "https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE",
};
const oidcProviderArn = example(
  z
    .string()
    .regex(
      /^arn:aws[a-z-]*:iam::\d{12}:oidc-provider\/[\w./-]+$/,
      "must be the ARN of an OIDC provider in IAM",
    ),
  oidcExamples.oidcProviderArn,
);
const oidcIssuerUrl = example(httpsUrl, oidcExamples.oidcIssuerUrl);

const alertmanagerUrlExample =
  "http://prometheus-kube-prometheus-alertmanager.monitoring.svc.cluster.local:9093";

const logAlertSchema = z.strictObject({
  namespace: input(example(dnsLabel, "shop").describe("Namespace of the service.")),
  service: input(
    example(dnsLabel, "inventory-service").describe("Value of the log lines' `service` label."),
  ),
  errorsPerMinute: z
    .number()
    .gt(0)
    .default(10)
    .describe("Errors per minute, over 5 minutes, above which HighLogErrorRate fires."),
  silentMinutes: wholeNumber
    .min(1)
    .max(1440)
    .default(15)
    .describe("Minutes without log lines after which NoLogs fires."),
  team: teamName
    .optional()
    .describe(
      "Team that owns the service, set as the `team` label on both alerts for `slack.routes`.",
    ),
});
export type LogAlertSettings = z.output<typeof logAlertSchema>;

export const lokiSchema = z
  .strictObject({
    ...chartSettings(charts.loki, "monitoring"),
    ...placementSettings,
    mode: z
      .enum(LokiMode)
      .default(LokiMode.SingleBinary)
      .describe(
        "One replica, three replicas on three nodes, or separate components ([when to change it](logs.md#when-to-move-to-another-mode)).",
      ),
    size,
    retentionDays: wholeNumber
      .min(1)
      .default(limits.lokiRetentionDays.default)
      .describe("Number of days that Loki retains logs."),
    storage: z
      .enum(LokiStorage)
      .default(LokiStorage.S3)
      .describe(
        "Where Loki stores chunks and the index: in an S3 bucket, or without AWS on the volume of a single replica.",
      ),
    bucket: input(
      example(bucketName, "acme-loki-chunks").optional().meta({
        description: "Name of the bucket, which must be globally unique.",
        defaultText: "required with `s3` storage",
      }),
    ),
    region: input(
      region.optional().meta({ description: "Region of the bucket.", defaultText: "`aws:region`" }),
    ),
    createBucket: flag(
      true,
      "Whether the stack creates the bucket. With `false`, it uses an existing bucket without changing it.",
    ),
    kmsKeyArn: input(
      kmsKeyArn.optional().meta({
        description: "KMS key that encrypts the bucket.",
        defaultText: "S3-managed keys",
      }),
    ),
    awsIdentity: z
      .enum(AwsIdentity)
      .default(AwsIdentity.PodIdentity)
      .describe(
        "How Loki's pods assume their IAM role: EKS Pod Identity, or IAM roles for service accounts.",
      ),
    volumeGb: storageGb
      .default(20)
      .describe(
        "Size of each replica's volume in GiB. It holds the write-ahead log and the index or, with `filesystem` storage, all logs.",
      ),
    storageClassName: input(storageClassName.default("gp3")),
    protectData: protectData.describe(
      "Whether Pulumi refuses to delete or replace the bucket. With `false`, Pulumi may stop managing the bucket, but retains it with its logs.",
    ),
    deleteDataOnDestroy: deleteDataOnDestroy.describe(
      "Whether `pulumi destroy` deletes the volumes, and the bucket with its logs. Requires `protectData: false` and a bucket that the stack creates.",
    ),
    roleArn: input(
      example(roleArn, "arn:aws:iam::123456789012:role/loki").optional().meta({
        description: "Existing IAM role for Loki's pods, which must have access to the bucket.",
        defaultText: "a role that the stack creates",
      }),
    ),
    oidcProviderArn: input(oidcProviderArn.optional()),
    oidcIssuerUrl: input(oidcIssuerUrl.optional()),
    alertmanagerUrl: input(example(httpUrl, alertmanagerUrlExample).optional()),
    accessLogBucket: input(
      example(bucketName, "acme-access-logs")
        .optional()
        .describe("Existing bucket, in the same region, that receives S3 access logs."),
    ),
    alertRules: rulesSettings(logAlertNames).default({}),
    logAlerts: z
      .array(logAlertSchema)
      .default([])
      .describe(
        "Services to alert on based on their logs ([alerts on logs](logs.md#alerts-on-logs)).",
      ),
    logMetricNamespaces: z
      .array(input(example(dnsLabel, "shop")))
      .default([])
      .describe(
        "Namespaces for which Loki records each service's log lines and errors per second in Prometheus ([log metrics](logs.md#log-metrics)).",
      ),
    remoteWriteUrls: input(
      z
        .array(
          input(
            example(
              httpUrl,
              "http://prometheus-operated.monitoring.svc.cluster.local:9090/api/v1/write",
            ),
          ),
        )
        .default([]),
    ),
    ...alertLinkSettings,
    ...collectorFields,
  })
  .superRefine(checkStorage, { when: () => true })
  .superRefine(checkProtection, { when: () => true })
  .superRefine(checkIrsa, { when: () => true })
  .superRefine(checkRules, { when: () => true })
  .superRefine(checkRedactions, { when: () => true })
  .superRefine(checkEvents, { when: () => true })
  .meta({ furtherKeys: ["values", "collectorValues"] });

/** Settings of Loki and its collector, with every default filled in. */
export type LokiSettings = z.output<typeof lokiSchema>;

/** Settings of Loki with S3 storage. The check requires a bucket, and the component adds the region. */
export type S3Settings = LokiSettings & { bucket: string; region: string };

/** Checks the LokiStack arguments and fills in defaults. */
export function lokiSettings(args: ComponentArgs): Checked<LokiSettings> {
  if (usesIrsa(args as Unchecked)) return check(lokiSchema, args);
  // Without IRSA, these arguments have no effect, so no resource should wait for them.
  const { oidcProviderArn: _arn, oidcIssuerUrl: _issuerUrl, ...others } = args as Unchecked;
  return check(lokiSchema, others);
}

/** Settings whose fields may already have failed other checks. */
type Unchecked = Record<string, unknown>;

function checkStorage(settings: Unchecked, ctx: z.RefinementCtx): void {
  const { mode, region, kmsKeyArn, accessLogBucket, bucket, createBucket } = settings;
  const isReplicated = mode === LokiMode.HighAvailability || mode === LokiMode.Distributed;
  if (isReplicated && !usesBucket(settings)) {
    const rule = `must be s3 when mode is ${String(mode)}: replicas cannot share a volume`;
    issue(ctx, ["storage"], rule, { kind: "set", example: LokiStorage.S3 });
  }
  if (bucket === undefined && usesBucket(settings)) {
    const fix = { kind: "set", example: "acme-loki-chunks" } as const;
    issue(
      ctx,
      ["bucket"],
      `is required, unless storage is ${LokiStorage.Filesystem}`,
      fix,
      "required",
    );
  }
  if (accessLogBucket !== undefined && accessLogBucket === bucket) {
    const rule = "must not be the log bucket, because each access log would cause another access";
    const text = "name another bucket in the same region";
    issue(ctx, ["accessLogBucket"], rule, { kind: "do", text });
  }
  if (accessLogBucket !== undefined && createBucket === false) {
    const rule = "requires createBucket, because the stack does not change an existing bucket";
    const text = "enable access logging where the bucket is created";
    issue(ctx, ["accessLogBucket"], rule, { kind: "do", text });
  }
  for (const [key, ownsBucket] of [
    ["createBucket", createBucket !== false],
    ["storage", usesBucket(settings)],
  ] as const) {
    if (ownsBucket || settings["deleteDataOnDestroy"] !== true) continue;
    issue(
      ctx,
      [key],
      "is not supported with deleteDataOnDestroy, which would delete the bucket that the stack created earlier, with its logs",
      {
        kind: "do",
        text: `set deleteDataOnDestroy: false and run pulumi up, which retains the bucket; then set ${key}`,
      },
    );
  }
  const keyRegion = typeof kmsKeyArn === "string" ? kmsKeyArn.split(":")[3] : undefined;
  const isKnown = typeof region === "string" && !hasPlaceholder(region);
  if (keyRegion !== undefined && isKnown && keyRegion !== region) {
    issue(ctx, ["kmsKeyArn"], `must be a key in ${region}, the region of the bucket`, {
      kind: "do",
      text: `use a key in ${region}, or set region to ${keyRegion}`,
    });
  }
}

/** Reports alerting rules without an Alertmanager, and recording rules without a remote-write URL. */
function checkRules(settings: Unchecked, ctx: z.RefinementCtx): void {
  const { logAlerts, alertmanagerUrl, logMetricNamespaces, remoteWriteUrls } = settings;
  if (hasItems(logAlerts) && alertmanagerUrl === undefined) {
    issue(ctx, ["alertmanagerUrl"], "is required with logAlerts, to deliver the alerts", {
      kind: "set",
      example: alertmanagerUrlExample,
    });
  }
  const isEmpty = Array.isArray(remoteWriteUrls) && remoteWriteUrls.length === 0;
  if (hasItems(logMetricNamespaces) && isEmpty) {
    const rule = "is required with logMetricNamespaces, to store the recorded series";
    const text = "list the URL of each Prometheus replica, which ends with /api/v1/write";
    issue(ctx, ["remoteWriteUrls"], rule, { kind: "do", text }, "required");
  }
}

function hasItems(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

/** Whether the component creates a role that pods assume through the cluster's OIDC provider. */
function usesIrsa(settings: Unchecked): boolean {
  const { awsIdentity, roleArn: existing } = settings;
  return usesBucket(settings) && existing === undefined && awsIdentity === AwsIdentity.Irsa;
}

function checkIrsa(settings: Unchecked, ctx: z.RefinementCtx): void {
  if (!usesIrsa(settings)) return;
  for (const key of ["oidcProviderArn", "oidcIssuerUrl"]) {
    if (settings[key] === undefined) issue(ctx, [key], "is required when awsIdentity is irsa");
  }
}
