import { z } from "zod";
import { limits } from "../../../policies/limits/limits";
import { monitoredServicesAlertNames, serviceAlertNames } from "../../alerting/alertNames";
import { rulesSettings } from "../../alerting/alertSettings";
import { example } from "../../shared/problems";
import { alertLinkSettings } from "../../shared/schemas";
import { metricsSchema } from "./metricSettings";

const { alertThresholds } = limits;
const percent = z.number().gt(0).max(100);
export const aboveZero = z.number().gt(0);

const thresholds = {
  errorRatePercent: percent
    .default(alertThresholds.errorRatio * 100)
    .describe("Percentage of HTTP or gRPC requests that fail."),
  p99LatencyMs: aboveZero
    .default(alertThresholds.p99LatencySeconds * 1000)
    .describe("99th percentile request latency, in milliseconds."),
  memoryPercent: percent
    .default(alertThresholds.memoryRatio * 100)
    .describe("Memory usage, as a percentage of the container's limit."),
  cpuPercent: aboveZero
    .default(alertThresholds.cpuRatio * 100)
    .describe("CPU usage, as a percentage of the container's limit."),
  cpuThrottlingPercent: percent
    .default(25)
    .describe("Percentage of CPU periods in which the kernel throttles a container."),
  dynamodbThrottlesPerSecond: aboveZero
    .default(alertThresholds.throttlesPerSecond)
    .describe("Throttled DynamoDB requests per second."),
  dynamodbP99Ms: aboveZero
    .default(100)
    .describe("99th percentile latency of DynamoDB calls, in milliseconds."),
  redisP99Ms: aboveZero
    .default(50)
    .describe("99th percentile latency of Redis calls, in milliseconds."),
  redisPoolPercent: percent
    .default(90)
    .describe("Redis connections in use, as a percentage of `redisPoolMaximum`."),
  droppedRequestsPerSecond: aboveZero
    .default(1)
    .describe("Requests per second, one hour before traffic stops, above which NoTraffic fires."),
  minimumRequestsPerSecond: z
    .number()
    .min(0)
    .default(limits.trafficFloorPerSecond.default)
    .describe(
      "Requests per second below which latency alerts do not fire, and error alerts evaluate 30 minutes instead of 5.",
    ),
  jobMaxAgeHours: aboveZero
    .default(25)
    .describe("Maximum number of hours since the last successful run of a scheduled job."),
  jobMaxMinutes: aboveZero
    .default(60)
    .describe("Maximum number of minutes that a run of a scheduled job may take."),
  certificateDays: aboveZero
    .default(7)
    .describe(
      "Remaining validity of a probed certificate, in days, below which the alert is critical.",
    ),
  certificateWarningDays: aboveZero
    .default(21)
    .describe(
      "Remaining validity of a probed certificate, in days, below which the alert is a warning.",
    ),
};

const redisPoolMaximum = example(aboveZero, 50).optional().meta({
  description: "Maximum number of Redis connections that a pod opens.",
  defaultText: "none, which disables the pool alert",
});

/** Stricter thresholds at which the same alerts fire earlier, with the severity `warning`. */
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

/** Thresholds, metric names and links for alerts on services. See `ServiceAlertArgs`. */
export const alertSchema = z.strictObject({
  ...thresholds,
  redisPoolMaximum,
  warning: warningSchema
    .prefault({})
    .describe("Thresholds for warnings. Each must be stricter than the threshold that pages."),
  metrics: metricsSchema
    .prefault({})
    .describe("Names of metrics and labels, if your services use different names."),
  rules: rulesSettings(monitoredServicesAlertNames)
    .default({})
    .describe(
      "Settings for individual alerts, keyed by alert name. Platform and chart alerts are included.",
    ),
  ...alertLinkSettings,
});
export type AlertSettings = z.output<typeof alertSchema>;

/** Thresholds that apply to a single service. */
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

/** Overrides for the alert settings of one service. */
export const serviceAlertSchema = z.strictObject({
  enabled: example(z.boolean(), true).optional().meta({
    description: "Whether the service has alerts.",
    defaultText: "true",
  }),
  expectsRequests: example(z.boolean(), false).optional().meta({
    description:
      "Whether the service handles requests. If so, missing request metrics cause an alert.",
    defaultText: "true",
  }),
  reason: example(
    z.string().regex(/\p{L}{2}/u, "must be a reason in words"),
    "the nightly batch takes minutes, OPS-7",
  )
    .optional()
    .meta({
      description:
        "Why the service's alerts are disabled or less strict. The policies accept these settings for this service only if a reason is given.",
      defaultText: "none",
    }),
  ...thresholdOverrides,
  redisPoolMaximum,
  warning: warningSchema.optional(),
  rules: rulesSettings(serviceAlertNames).optional().meta({
    description: "Settings for individual alerts on this service, keyed by alert name.",
    defaultText: "`monitoring:alerts.rules`",
  }),
});
