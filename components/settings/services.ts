import { z } from "zod";
import { limits } from "../../policies/limits";
import { Checked, check, example } from "../internal/problems";
import { ComponentArgs, dnsLabel, identitySettings } from "./common";

const { alertThresholds } = limits;
const percent = z.number().gt(0).max(100);

/** Thresholds of the alerts on services; see `MonitoredServicesArgs.alerts`. */
export const alertSchema = z.strictObject({
  errorRatePercent: percent.default(alertThresholds.errorRatio * 100),
  p99LatencyMs: z
    .number()
    .gt(0)
    .default(alertThresholds.p99LatencySeconds * 1000),
  memoryPercent: percent.default(alertThresholds.memoryRatio * 100),
  cpuPercent: z
    .number()
    .gt(0)
    .default(alertThresholds.cpuRatio * 100),
  dynamodbThrottlesPerSecond: z.number().gt(0).default(alertThresholds.throttlesPerSecond),
  minimumRequestsPerSecond: z.number().min(0).default(limits.trafficFloorPerSecond.default),
  runbookBaseUrl: z
    .url({ protocol: /^https$/, error: "must be a URL that starts with https://" })
    .default("https://github.com/ticketing/observability/blob/main/docs/runbooks"),
});
export type AlertSettings = z.output<typeof alertSchema>;

/** A percentage below 100, and the objective of a latency SLO. */
const sloPercent = z.number().gt(0).lt(100);

export const serviceSchema = z.strictObject({
  name: example(dnsLabel, "inventory-service"),
  language: example(z.enum(["go", "python", "java", "node", "other"]), "go").default("other"),
  port: example(z.string().min(1).max(15), "metrics").default("metrics"),
  path: z.string().startsWith("/", "must start with /").default("/metrics"),
  selector: example(z.record(z.string(), z.string()), { app: "inventory-service" }).optional(),
  scrapeIntervalSeconds: example(z.int().min(1).max(3600), 30).optional(),
  slo: z
    .strictObject({
      availabilityPercent: example(sloPercent, 99.9).optional(),
      latencyMs: example(z.number().gt(0), 300).optional(),
      latencyPercent: example(sloPercent, 99).optional(),
      windowDays: example(z.int().min(1).max(90), 14).optional(),
    })
    .optional(),
});
export type ServiceSettings = z.output<typeof serviceSchema>;

export const servicesSchema = z
  .strictObject({
    ...identitySettings,
    namespace: example(dnsLabel, "ticketing"),
    services: z.array(serviceSchema).default([]),
    alerts: alertSchema.prefault({}),
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
  );
export type MonitoredServicesSettings = z.output<typeof servicesSchema>;

/** Checks the arguments of MonitoredServices and fills in their defaults. */
export function servicesSettings(args: ComponentArgs): Checked<MonitoredServicesSettings> {
  return check(servicesSchema, args);
}
