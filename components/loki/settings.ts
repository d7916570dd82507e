import { z } from "zod";
import { limits } from "../../policies/shared/limits";
import { charts } from "../shared/charts";
import { Checked, Problem, check, example } from "../shared/problems";
import {
  ComponentArgs,
  chartSettings,
  dnsLabel,
  size,
  storageGb,
  wholeNumber,
  withProtectData,
} from "../shared/schemas";
import { checkRedactions } from "../logs/redactionSettings";
import { collectorFields } from "../logs/settings";
import { runbookBaseUrl } from "../services/settings";
import { LokiMode, LokiStorage, AwsIdentity } from "./options";

/**
 * Days for which the bucket retains replaced and deleted objects, so that an operator can recover
 * from an accidental deletion.
 */
export const deletedVersionDays = 7;

/** S3's rules for the names of general-purpose buckets, and two of Loki's documentation. */
const bucketName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    "must have 3 to 63 of a-z, 0-9, - and ., and start and end with a letter or digit",
  )
  .refine((name) => !name.includes(".."), "must not have two dots in a row")
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
    "must not be chunks, ruler or admin: examples use these names, and they belong to strangers",
  );

const region = z
  .string()
  .regex(/^[a-z]{2}(-[a-z]+)+-\d{1,2}$/, "must be an AWS region, like us-east-1");

const kmsKeyArn = example(
  z
    .string()
    .regex(
      /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/,
      "must be the ARN of a KMS key (not of an alias)",
    ),
  "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
);

const httpUrl = z.url({
  protocol: /^https?$/,
  error: "must be a URL that starts with http:// or https://",
});

const logAlertSchema = z.strictObject({
  namespace: example(dnsLabel, "ticketing"),
  service: example(dnsLabel, "inventory-service"),
  errorsPerMinute: z.number().gt(0).default(10),
  silentMinutes: wholeNumber.min(1).max(1440).default(15),
});
export type LogAlertSettings = z.output<typeof logAlertSchema>;

export const lokiSchema = z
  .strictObject({
    ...chartSettings(charts.loki, "monitoring"),
    mode: z.enum(LokiMode).default(LokiMode.SingleBinary),
    size: size.default("small"),
    retentionDays: wholeNumber.min(1).default(limits.lokiRetentionDays.default),
    storage: z.enum(LokiStorage).default(LokiStorage.S3),
    bucket: bucketName.default("ticketing-loki-chunks"),
    region: region.default("us-east-1"),
    createBucket: z.boolean().default(true),
    kmsKeyArn: kmsKeyArn.optional(),
    awsIdentity: z.enum(AwsIdentity).default(AwsIdentity.PodIdentity),
    volumeGb: storageGb.default(20),
    storageClassName: z.union([dnsLabel, z.literal("")]).default("gp3"),
    protectData: z.boolean(),
    alertmanagerUrl: example(
      httpUrl,
      "http://prometheus-kube-prometheus-alertmanager.monitoring.svc.cluster.local:9093",
    ).optional(),
    accessLogBucket: example(bucketName, "ticketing-access-logs").optional(),
    logAlerts: z.array(logAlertSchema).default([]),
    logMetricNamespaces: z.array(example(dnsLabel, "ticketing")).default([]),
    remoteWriteUrls: z
      .array(
        example(
          httpUrl,
          "http://prometheus-operated.monitoring.svc.cluster.local:9090/api/v1/write",
        ),
      )
      .default([]),
    runbookBaseUrl,
    dashboardBaseUrl: example(httpUrl, "https://grafana.example.com").optional(),
    ...collectorFields,
  })
  .superRefine(
    (settings, ctx) => {
      const { mode, storage, region, kmsKeyArn } = settings;
      const replicated = mode === LokiMode.HighAvailability || mode === LokiMode.Distributed;
      if (replicated && storage === LokiStorage.Filesystem) {
        ctx.addIssue({
          code: "custom",
          path: ["storage"],
          message: `must be s3 when mode is ${mode}: replicas cannot share a volume`,
          params: { fix: { kind: "set", example: LokiStorage.S3 } },
        });
      }
      const { accessLogBucket, bucket, createBucket, logAlerts, alertmanagerUrl } = settings;
      if (accessLogBucket !== undefined && accessLogBucket === bucket) {
        ctx.addIssue({
          code: "custom",
          path: ["accessLogBucket"],
          message: "must not be the bucket of the logs: each access would be logged, for ever",
          params: { fix: { kind: "do", text: "name another bucket in the same region" } },
        });
      }
      if (accessLogBucket !== undefined && createBucket === false) {
        ctx.addIssue({
          code: "custom",
          path: ["accessLogBucket"],
          message: "needs createBucket: a bucket that exists is left as it is",
          params: {
            fix: { kind: "do", text: "switch access logging on where that bucket is made" },
          },
        });
      }
      if (Array.isArray(logAlerts) && logAlerts.length > 0 && alertmanagerUrl === undefined) {
        ctx.addIssue({
          code: "custom",
          path: ["alertmanagerUrl"],
          message: "is required with logAlerts: nobody would get them",
          params: {
            fix: {
              kind: "set",
              example:
                "http://prometheus-kube-prometheus-alertmanager.monitoring.svc.cluster.local:9093",
            },
          },
        });
      }
      const { logMetricNamespaces, remoteWriteUrls } = settings;
      const recorded = Array.isArray(logMetricNamespaces) && logMetricNamespaces.length > 0;
      if (recorded && Array.isArray(remoteWriteUrls) && remoteWriteUrls.length === 0) {
        ctx.addIssue({
          code: "custom",
          path: ["remoteWriteUrls"],
          message: "is required with logMetricNamespaces: nobody would keep what is recorded",
          params: {
            fix: {
              kind: "do",
              text: "give the URL of each replica of Prometheus, which ends with /api/v1/write",
            },
          },
        });
      }
      const keyRegion = typeof kmsKeyArn === "string" ? kmsKeyArn.split(":")[3] : undefined;
      if (keyRegion !== undefined && keyRegion !== region) {
        ctx.addIssue({
          code: "custom",
          path: ["kmsKeyArn"],
          message: `must be a key in ${region}, the region of the bucket`,
          params: {
            fix: { kind: "do", text: `use a key in ${region}, or set region to ${keyRegion}` },
          },
        });
      }
    },
    { when: () => true },
  )
  .superRefine(checkRedactions, { when: () => true });

/** Settings of Loki and its collector, every default filled in. */
export type LokiSettings = z.output<typeof lokiSchema>;

/**
 * Checks the arguments of LokiStack and fills in their defaults. The two that describe the cluster's
 * OIDC provider may be unknown until it exists: they are no settings, only required with IRSA.
 */
export function lokiSettings(args: ComponentArgs): Checked<LokiSettings> {
  const { oidcProviderArn, oidcIssuerUrl, ...plain } = args as Record<string, unknown>;
  const checked = check(lokiSchema, withProtectData(plain));
  const problems = [
    ...(checked.problems ?? []),
    ...missingForIrsa(plain, { oidcProviderArn, oidcIssuerUrl }),
  ];
  return problems.length > 0 || checked.problems !== undefined ? { problems } : checked;
}

const oidcExamples: Record<string, string> = {
  oidcProviderArn:
    "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE",
  oidcIssuerUrl: "https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE",
};

function missingForIrsa(plain: Record<string, unknown>, oidc: Record<string, unknown>): Problem[] {
  const irsa =
    plain["awsIdentity"] === AwsIdentity.Irsa && plain["storage"] !== LokiStorage.Filesystem;
  if (!irsa) return [];
  return Object.keys(oidc)
    .filter((key) => oidc[key] === undefined)
    .map((key) => ({
      path: [key],
      rule: "is required when awsIdentity is irsa",
      fix: { kind: "set", example: oidcExamples[key] },
    }));
}
