import { z } from "zod";
import { hasPlaceholder } from "../../shared/placeholders";
import { issue } from "../../shared/problems";
import { checkUniqueNames } from "../../shared/schemas";
import type { Path } from "../../../policies/shared/path";
import { lowestObjectivePercent, sloWindowDays } from "./burnRates";
import { WorkloadKind } from "./enums";
import { warningSchema } from "./thresholdSettings";

type Values = Record<string, unknown>;

/** Default port and path of a service's metrics. */
export const defaultTarget = { port: "metrics", path: "/metrics" } as const;

/** Maximum length of a container port name in Kubernetes. Service port names can have 63 characters. */
const containerPortCharacters = 15;

function numberAt(values: unknown, key: string): number | undefined {
  const value = (values as Values | null | undefined)?.[key];
  return typeof value === "number" ? value : undefined;
}

function mapsIn(services: unknown): Values[] {
  return Array.isArray(services)
    ? (services as unknown[]).map((service) => (service ?? {}) as Values)
    : [];
}

/** Reports objectives that are incomplete, or for which no alert could ever fire. */
export function checkObjectives(settings: unknown, ctx: z.RefinementCtx): void {
  const { services, retentionDays } = (settings ?? {}) as Values;
  if (typeof retentionDays !== "number") return;
  mapsIn(services).forEach(({ slo }, index) => {
    if (typeof slo !== "object" || slo === null) return;
    const report = (key: string, message: string, example: unknown) =>
      issue(ctx, ["services", index, "slo", key], message, { kind: "set", example });
    const windowDays = numberAt(slo, "windowDays");
    if (windowDays !== undefined && windowDays > retentionDays) {
      report(
        "windowDays",
        `must be at most ${retentionDays}, the days that Prometheus retains samples (retentionDays)`,
        sloWindowDays({}, { retentionDays }),
      );
    }
    const { latencyMs, latencyPercent } = slo as Values;
    if (latencyMs !== undefined && latencyPercent === undefined) {
      report("latencyPercent", "is required with latencyMs", 99);
    }
    if (latencyPercent !== undefined && latencyMs === undefined) {
      report("latencyMs", "is required with latencyPercent", 300);
    }
    if (["availabilityPercent", "latencyMs", "latencyPercent"].every((key) => !(key in slo))) {
      report("availabilityPercent", "is required, or latencyMs and latencyPercent", 99.9);
    }
    const lowest = lowestObjectivePercent(windowDays ?? sloWindowDays({}, { retentionDays }));
    for (const key of ["availabilityPercent", "latencyPercent"]) {
      const objective = numberAt(slo, key);
      if (objective === undefined || objective <= 0 || objective >= 100) continue;
      if (objective > lowest) continue;
      report(
        key,
        `must be more than ${lowest.toFixed(2)}, because with a larger error budget the alert could never fire`,
        99,
      );
    }
  });
}

/** Reports duplicate services, and thresholds that contradict each other. */
export function checkServices(settings: unknown, ctx: z.RefinementCtx): void {
  const { services, namespace } = (settings ?? {}) as Values;
  const isKnown = typeof namespace === "string" && !hasPlaceholder(namespace);
  checkUniqueNames(
    ctx,
    ["services"],
    services,
    isKnown ? `the namespace ${namespace}` : "services",
  );
  checkJobs(services, ctx);
  checkProbes(services, ctx);
  checkCertificates(settings, ctx);
  checkPorts(services, ctx);
  checkWarnings(settings, ctx);
}

/** Settings that apply only to services with scrape targets and requests. */
const ofTargets = [
  "slo",
  "port",
  "portNumber",
  "https",
  "authorization",
  "path",
  "selector",
  "scrapeLimits",
  "metrics",
];

/** Thresholds that apply only to scheduled jobs. */
export const jobThresholds = ["jobMaxAgeHours", "jobMaxMinutes"];

/** Reports scheduled jobs with settings that apply only to other services, and vice versa. */
function checkJobs(services: unknown, ctx: z.RefinementCtx): void {
  const keys = [...ofTargets, "scrapeIntervalSeconds", "probe"];
  checkInapplicable(services, WorkloadKind.Job, keys, "a job", ctx);
  const kinds: unknown[] = [undefined, ...Object.values(WorkloadKind)];
  mapsIn(services).forEach(({ kind, alerts }, index) => {
    if (kind === WorkloadKind.Job || !kinds.includes(kind)) return;
    for (const key of jobThresholds.filter((name) => numberAt(alerts, name) !== undefined)) {
      issue(ctx, ["services", index, "alerts", key], "applies only to the kind job", {
        kind: "remove",
      });
    }
  });
}

/** Reports probes without a URL, or with settings that apply only to services with targets. */
function checkProbes(services: unknown, ctx: z.RefinementCtx): void {
  checkInapplicable(services, WorkloadKind.Probe, ofTargets, "a probe", ctx);
  mapsIn(services).forEach(({ kind, probe }, index) => {
    if (kind !== WorkloadKind.Probe || probe !== undefined) return;
    issue(ctx, ["services", index, "probe"], "is required for the kind probe", {
      kind: "set",
      example: "https://shop.example.com/health",
    });
  });
}

function checkInapplicable(
  services: unknown,
  kind: WorkloadKind,
  keys: string[],
  kindName: string,
  ctx: z.RefinementCtx,
): void {
  mapsIn(services).forEach((service, index) => {
    if (service["kind"] !== kind) return;
    for (const key of keys) {
      const { [key]: value } = service;
      if (value === undefined || value === (defaultTarget as Values)[key]) continue;
      issue(ctx, ["services", index, key], `does not apply to ${kindName}, which is not scraped`, {
        kind: "remove",
      });
    }
  });
}

/** Reports certificate thresholds at which the warning would not fire before the critical alert. */
function checkCertificates(settings: unknown, ctx: z.RefinementCtx): void {
  const { services, alerts } = (settings ?? {}) as Values;
  const common = (alerts ?? {}) as Values;
  const compare = (path: Path, days: Values) => {
    const critical = numberAt(days, "certificateDays");
    const warning = numberAt(days, "certificateWarningDays");
    if (critical === undefined || warning === undefined || warning > critical) return;
    issue(
      ctx,
      [...path, "certificateWarningDays"],
      `must be more than alerts.certificateDays (${critical})`,
      { kind: "set", example: critical * 3 },
    );
  };
  compare(["alerts"], common);
  mapsIn(services).forEach(({ alerts: overrides }, index) => {
    if (typeof overrides !== "object" || overrides === null) return;
    if (!("certificateDays" in overrides || "certificateWarningDays" in overrides)) return;
    compare(["services", index, "alerts"], { ...common, ...overrides });
  });
}

/**
 * Reports services with both a port name and a port number, and port names that are invalid for
 * containers.
 */
function checkPorts(services: unknown, ctx: z.RefinementCtx): void {
  mapsIn(services).forEach(({ kind, port, portNumber }, index) => {
    const isLong = typeof port === "string" && port.length > containerPortCharacters;
    if (kind === WorkloadKind.Pods && isLong) {
      const rule = `must have at most ${containerPortCharacters} characters, the limit for the name of a container port`;
      issue(ctx, ["services", index, "port"], rule);
    }
    if (portNumber === undefined || port === defaultTarget.port) return;
    issue(ctx, ["services", index, "port"], "conflicts with portNumber", { kind: "remove" });
  });
}

/**
 * Reports warning thresholds that are not stricter than the critical thresholds, including overrides
 * for individual services.
 */
function checkWarnings(settings: unknown, ctx: z.RefinementCtx): void {
  const { services, alerts } = (settings ?? {}) as Values;
  const common = (alerts ?? {}) as Values;
  const compare = (path: Path, overrides: unknown, critical: Values) => {
    const warning = (overrides as Values | null | undefined)?.["warning"];
    for (const key of Object.keys(warningSchema.shape)) {
      const warningThreshold = numberAt(warning, key);
      const threshold = numberAt(critical, key);
      if (warningThreshold === undefined || threshold === undefined) continue;
      if (warningThreshold < threshold) continue;
      issue(ctx, [...path, "warning", key], `must be less than alerts.${key} (${threshold})`, {
        kind: "set",
        example: Number((threshold * 0.8).toPrecision(6)),
      });
    }
  };
  compare(["alerts"], common, common);
  mapsIn(services).forEach(({ alerts: overrides }, index) => {
    if (typeof overrides !== "object" || overrides === null) return;
    compare(["services", index, "alerts"], overrides, { ...common, ...overrides });
  });
}
