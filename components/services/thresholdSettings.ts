import { z } from "zod";
import { limits } from "../../policies/shared/limits";
import { alertNames, serviceAlertNames } from "../alerting/alertNames";
import { rulesSettings } from "../alerting/alertSettings";
import { example } from "../shared/problems";
import { alertLinkSettings } from "../shared/schemas";
import { metricsSchema } from "./metricSettings";

const { alertThresholds } = limits;
const percent = z.number().gt(0).max(100);
export const aboveZero = z.number().gt(0);

const thresholds = {
  errorRatePercent: percent
    .default(alertThresholds.errorRatio * 100)
    .describe("Failed requests in percent of all requests, over HTTP or gRPC."),
  p99LatencyMs: aboveZero
    .default(alertThresholds.p99LatencySeconds * 1000)
    .describe("99th percentile of the latency of requests, in milliseconds."),
  memoryPercent: percent
    .default(alertThresholds.memoryRatio * 100)
    .describe("Memory in percent of the container's limit."),
  cpuPercent: aboveZero
    .default(alertThresholds.cpuRatio * 100)
    .describe("CPU in percent of the container's limit."),
  cpuThrottlingPercent: percent
    .default(25)
    .describe("CPU periods in which the kernel throttles a container, in percent."),
  dynamodbThrottlesPerSecond: aboveZero
    .default(alertThresholds.throttlesPerSecond)
    .describe("Requests per second that DynamoDB throttles."),
  dynamodbP99Ms: aboveZero
    .default(100)
    .describe("99th percentile of the latency of calls to DynamoDB, in milliseconds."),
  redisP99Ms: aboveZero
    .default(50)
    .describe("99th percentile of the latency of calls to Redis, in milliseconds."),
  redisPoolPercent: percent
    .default(90)
    .describe("Connections to Redis in use, in percent of `redisPoolMaximum`."),
  droppedRequestsPerSecond: aboveZero
    .default(1)
    .describe("Requests per second one hour ago above which the absence of requests alerts."),
  minimumRequestsPerSecond: z
    .number()
    .min(0)
    .default(limits.trafficFloorPerSecond.default)
    .describe(
      "Requests per second below which latency does not alert, and errors are judged over 30 minutes instead of 5.",
    ),
  jobMaxAgeHours: aboveZero
    .default(25)
    .describe("Hours since the last successful run of a scheduled job."),
  jobMaxMinutes: aboveZero
    .default(60)
    .describe("Maximum number of minutes that a run of a scheduled job may take."),
  certificateDays: aboveZero
    .default(7)
    .describe("Days before the expiry of a probed certificate at which the alert is critical."),
  certificateWarningDays: aboveZero
    .default(21)
    .describe("Days before the expiry of a probed certificate at which the alert is a warning."),
};

const redisPoolMaximum = example(aboveZero, 50).optional().meta({
  description: "Maximum number of connections to Redis that a pod opens.",
  defaultText: "none: no alert on connections",
});

/** Stricter thresholds, at which the same alerts fire earlier with the severity `warning`. */
export const warningSchema = z.strictObject({
  errorRatePercent: warningThreshold("errorRatePercent", 2),
  p99LatencyMs: warningThreshold("p99LatencyMs", 300),
  memoryPercent: warningThreshold("memoryPercent", 80),
  dynamodbThrottlesPerSecond: warningThreshold("dynamodbThrottlesPerSecond", 1),
});

function warningThreshold(name: keyof typeof thresholds, exampleValue: number) {
  const { description = "" } = thresholds[name];
  return example(thresholds[name].unwrap(), exampleValue).optional().describe(description);
}

/** Thresholds, metric names and links for alerts on services; see `ServiceAlertArgs`. */
export const alertSchema = z.strictObject({
  ...thresholds,
  redisPoolMaximum,
  warning: warningSchema
    .prefault({})
    .describe("Thresholds of warnings. Each must be stricter than the threshold that pages."),
  metrics: metricsSchema
    .prefault({})
    .describe("Names of metrics and labels, if your services use other names."),
  rules: rulesSettings([...serviceAlertNames, alertNames.mostServicesFailing])
    .default({})
    .describe(
      "Settings of individual alerts, by name, including alerts on the platform and of the chart.",
    ),
  ...alertLinkSettings,
});
export type AlertSettings = z.output<typeof alertSchema>;

/** Thresholds that apply to one service. */
export type Thresholds = Omit<
  AlertSettings,
  "metrics" | "rules" | "runbookBaseUrl" | "dashboardBaseUrl"
>;

const thresholdOverrides = Object.fromEntries(
  Object.entries(thresholds).map(([key, schema]) => [
    key,
    example(schema.unwrap(), schema.parse(undefined)).optional(),
  ]),
) as { [K in keyof typeof thresholds]: z.ZodOptional<z.ZodNumber> };

/** Overrides of the alert settings for one service. */
export const serviceAlertSchema = z.strictObject({
  enabled: example(z.boolean(), true).optional().meta({
    description: "Whether the service has alerts.",
    defaultText: "true",
  }),
  expectsRequests: example(z.boolean(), false).optional().meta({
    description: "Whether the service serves requests, so missing request metrics cause an alert.",
    defaultText: "true",
  }),
  reason: example(
    z.string().regex(/\p{L}{2}/u, "must be a reason in words"),
    "the nightly batch takes minutes, OPS-7",
  )
    .optional()
    .meta({
      description:
        "Why the alerts of this service are disabled or less strict. The policies accept these settings for this service only if there is a reason.",
      defaultText: "none",
    }),
  ...thresholdOverrides,
  redisPoolMaximum,
  warning: warningSchema.optional(),
  rules: rulesSettings(serviceAlertNames).optional().meta({
    description: "Settings of individual alerts for this service, by name.",
    defaultText: "`monitoring:alerts.rules`",
  }),
});
