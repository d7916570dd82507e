import { z } from "zod";
import { limits } from "../../policies/shared/limits";
import { defaultMetricNames } from "../../policies/shared/metricNames";
import { lowestObjectivePercent, sloWindowDays } from "./burnRates";
import { Checked, check, example } from "../shared/problems";
import { formatPath } from "../../policies/shared/path";
import {
  ComponentArgs,
  dnsLabel,
  identitySettings,
  teamName,
  wholeNumber,
} from "../shared/schemas";

const { alertThresholds } = limits;
const percent = z.number().gt(0).max(100);

const aboveZero = z.number().gt(0);

/** Name of a metric; what is not one would break every expression it stands in. */
const metricName = example(
  z.string().regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/, "must be the name of a metric"),
  "http_requests_total",
);
const labelName = example(
  z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, "must be the name of a label"),
  "status",
);
const selectorText = example(
  z
    .string()
    .regex(
      /^([a-zA-Z_][a-zA-Z0-9_]*(=|!=|=~|!~)"[^"\\{}]*"(, ?(?=[a-zA-Z_])|$))*$/,
      'must be matchers like job="kubelet", metrics_path="/metrics/cadvisor"',
    ),
  'job="kubelet"',
);

/** Names of the metrics and labels that the expressions read, where a team's own differ. */
const metricsSchema = z.strictObject({
  httpRequests: metricName.default(defaultMetricNames.httpRequests),
  httpStatusLabel: labelName.default(defaultMetricNames.httpStatusLabel),
  httpDuration: metricName.default(defaultMetricNames.httpDuration),
  grpcRequests: metricName.default(defaultMetricNames.grpcRequests),
  grpcCodeLabel: labelName.default(defaultMetricNames.grpcCodeLabel),
  grpcDuration: metricName.default(defaultMetricNames.grpcDuration),
  dynamodbThrottles: metricName.default(defaultMetricNames.dynamodbThrottles),
  dynamodbDuration: metricName.default(defaultMetricNames.dynamodbDuration),
  redisDuration: metricName.default(defaultMetricNames.redisDuration),
  redisPoolActive: metricName.default(defaultMetricNames.redisPoolActive),
  containerSelector: selectorText.default(""),
  kubeStateSelector: selectorText.default(""),
});

const thresholds = {
  errorRatePercent: percent.default(alertThresholds.errorRatio * 100),
  p99LatencyMs: aboveZero.default(alertThresholds.p99LatencySeconds * 1000),
  memoryPercent: percent.default(alertThresholds.memoryRatio * 100),
  cpuPercent: aboveZero.default(alertThresholds.cpuRatio * 100),
  cpuThrottlingPercent: percent.default(25),
  dynamodbThrottlesPerSecond: aboveZero.default(alertThresholds.throttlesPerSecond),
  dynamodbP99Ms: aboveZero.default(100),
  redisP99Ms: aboveZero.default(50),
  redisPoolPercent: percent.default(90),
  droppedRequestsPerSecond: aboveZero.default(1),
  minimumRequestsPerSecond: z.number().min(0).default(limits.trafficFloorPerSecond.default),
};

/** The second tier: the same alerts, as warnings, at stricter thresholds. */
const warningSchema = z.strictObject({
  errorRatePercent: example(percent, 2).optional(),
  p99LatencyMs: example(aboveZero, 300).optional(),
  memoryPercent: example(percent, 80).optional(),
  dynamodbThrottlesPerSecond: example(aboveZero, 1).optional(),
});

const httpsUrl = z.url({
  protocol: /^https$/,
  error: "must be a URL that starts with https://",
});

/** Where the runbooks are, unless a team keeps its own. */
export const runbookBaseUrl = httpsUrl.default(
  "https://github.com/ticketing/observability/blob/main/docs/runbooks",
);

/** Thresholds of the alerts on services; see `MonitoredServicesArgs.alerts`. */
export const alertSchema = z.strictObject({
  ...thresholds,
  redisPoolMaximum: example(aboveZero, 50).optional(),
  warning: warningSchema.prefault({}),
  metrics: metricsSchema.prefault({}),
  runbookBaseUrl,
  dashboardBaseUrl: example(
    z.url({ protocol: /^https?$/, error: "must be a URL that starts with https:// or http://" }),
    "https://grafana.example.com",
  ).optional(),
});
export type AlertSettings = z.output<typeof alertSchema>;

/** What applies to one service. */
export type Thresholds = Omit<AlertSettings, "metrics" | "runbookBaseUrl" | "dashboardBaseUrl">;

const optional = Object.fromEntries(
  Object.entries(thresholds).map(([key, schema]) => [
    key,
    example(schema.unwrap(), schema.parse(undefined)).optional(),
  ]),
) as { [K in keyof typeof thresholds]: z.ZodOptional<z.ZodNumber> };

/** What one service has of its own; the rest is that of all. */
const serviceAlertSchema = z.strictObject({
  enabled: example(z.boolean(), true).optional(),
  expectsRequests: example(z.boolean(), false).optional(),
  ...optional,
  redisPoolMaximum: example(aboveZero, 50).optional(),
  warning: warningSchema.optional(),
});

/** A percentage below 100, and the objective of a latency SLO. */
const sloPercent = z.number().gt(0).lt(100);

export const serviceSchema = z.strictObject({
  name: example(dnsLabel, "inventory-service"),
  team: teamName.optional(),
  language: example(z.enum(["go", "python", "java", "node", "other"]), "go").default("other"),
  port: example(z.string().min(1).max(15), "metrics").default("metrics"),
  path: z.string().startsWith("/", "must start with /").default("/metrics"),
  selector: example(z.record(z.string(), z.string()), { app: "inventory-service" }).optional(),
  scrapeIntervalSeconds: example(wholeNumber.min(1).max(3600), 30).optional(),
  slo: z
    .strictObject({
      availabilityPercent: example(sloPercent, 99.9).optional(),
      latencyMs: example(z.number().gt(0), 300).optional(),
      latencyPercent: example(sloPercent, 99).optional(),
      windowDays: example(wholeNumber.min(1).max(90), 14).optional(),
    })
    .optional(),
  alerts: serviceAlertSchema.optional(),
});
export type ServiceSettings = z.output<typeof serviceSchema>;

export const servicesSchema = z
  .strictObject({
    ...identitySettings,
    namespace: example(dnsLabel, "ticketing"),
    services: z.array(serviceSchema).default([]),
    alerts: alertSchema.prefault({}),
    retentionDays: wholeNumber.min(1).default(limits.prometheusRetentionDays.default),
  })
  .superRefine(
    ({ services }, ctx) => {
      if (!Array.isArray(services)) return;
      const firstIndex = new Map<string, number>();
      services.forEach((service: { name?: unknown } | undefined, index) => {
        const name = service?.name;
        if (typeof name !== "string") return;
        const first = firstIndex.get(name);
        if (first === undefined) {
          firstIndex.set(name, index);
          return;
        }
        ctx.addIssue({
          code: "custom",
          path: ["services", index, "name"],
          message: `is already the name of services[${first}]`,
          params: { fix: { kind: "set", example: `${name.slice(0, 58)}-${index + 1}` } },
        });
      });
    },
    { when: () => true },
  )
  .superRefine(checkObjectives, { when: () => true })
  .superRefine(checkTiers, { when: () => true });
export type MonitoredServicesSettings = z.output<typeof servicesSchema>;

/** Checks the arguments of MonitoredServices and fills in their defaults. */
export function servicesSettings(args: ComponentArgs): Checked<MonitoredServicesSettings> {
  return check(servicesSchema, args);
}

type Path = (string | number)[];
type Found = Record<string, unknown>;

function numberAt(found: unknown, key: string): number | undefined {
  const value = (found as Found | null | undefined)?.[key];
  return typeof value === "number" ? value : undefined;
}

function listed(services: unknown): Found[] {
  return Array.isArray(services)
    ? (services as unknown[]).map((each) => (each ?? {}) as Found)
    : [];
}

/** An objective that nothing could ever be said about is a mistake. */
function checkObjectives(settings: unknown, ctx: z.RefinementCtx): void {
  const { services, retentionDays } = (settings ?? {}) as Found;
  if (typeof retentionDays !== "number") return;
  listed(services).forEach(({ slo }, index) => {
    if (typeof slo !== "object" || slo === null) return;
    const path: Path = ["services", index, "slo"];
    const wrong = (key: string, message: string, value: unknown) =>
      ctx.addIssue({
        code: "custom",
        path: [...path, key],
        message,
        params: { fix: { kind: "set", example: value } },
      });
    const windowDays = numberAt(slo, "windowDays");
    if (windowDays !== undefined && windowDays > retentionDays) {
      wrong(
        "windowDays",
        `must be at most ${retentionDays}, the days that Prometheus keeps its samples (prometheus.retentionDays)`,
        sloWindowDays({}, { retentionDays }),
      );
    }
    const given = slo as Found;
    if (given["latencyMs"] !== undefined && given["latencyPercent"] === undefined) {
      wrong("latencyPercent", "is required with latencyMs", 99);
    }
    if (given["latencyPercent"] !== undefined && given["latencyMs"] === undefined) {
      wrong("latencyMs", "is required with latencyPercent", 300);
    }
    if (["availabilityPercent", "latencyMs", "latencyPercent"].every((key) => !(key in given))) {
      wrong("availabilityPercent", "is required, or latencyMs and latencyPercent", 99.9);
    }
    const lowest = lowestObjectivePercent(windowDays ?? sloWindowDays({}, { retentionDays }));
    for (const key of ["availabilityPercent", "latencyPercent"]) {
      const objective = numberAt(slo, key);
      if (objective === undefined || objective <= 0 || objective >= 100) continue;
      if (objective > lowest) continue;
      wrong(
        key,
        `must be more than ${lowest.toFixed(2)}: with so large an error budget its alert could never fire`,
        99,
      );
    }
  });
}

/** A warning that comes no earlier than the page it should precede is a mistake. */
function checkTiers(settings: unknown, ctx: z.RefinementCtx): void {
  const { services, alerts } = (settings ?? {}) as Found;
  const common = (alerts ?? {}) as Found;
  const check = (path: Path, own: unknown, critical: Found) => {
    const warning = (own as Found | null | undefined)?.["warning"];
    for (const key of Object.keys(warningSchema.shape)) {
      const warns = numberAt(warning, key);
      const pages = numberAt(critical, key);
      if (warns === undefined || pages === undefined || warns < pages) continue;
      ctx.addIssue({
        code: "custom",
        path: [...path, "warning", key],
        message: `must be less than ${formatPath([...path, key])} (${pages})`,
        params: { fix: { kind: "set", example: Number((pages * 0.8).toPrecision(6)) } },
      });
    }
  };
  check(["alerts"], common, common);
  listed(services).forEach(({ alerts: own }, index) => {
    if (typeof own !== "object" || own === null) return;
    const merged = { ...common, ...own };
    check(["services", index, "alerts"], own, merged);
  });
}
