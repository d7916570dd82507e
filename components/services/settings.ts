import { closest } from "fastest-levenshtein";
import { z } from "zod";
import { limits } from "../../policies/shared/limits";
import {
  MetricKey,
  MetricNames,
  defaultMetricNames,
  metricKeys,
  requestMetricNames,
} from "../../policies/shared/metricNames";
import { alertNames, serviceAlertNames } from "../alerting/alertNames";
import { rulesSettings } from "../alerting/alertSettings";
import { workspaceArn } from "../alerting/workspaceArn";
import { hasPlaceholder } from "../shared/placeholders";
import { proberAddress } from "../shared/prober";
import { formatPath } from "../../policies/shared/path";
import { defined } from "../shared/defined";
import { Checked, Fix, Problem, example, issue } from "../shared/problems";
import {
  ComponentArgs,
  alertLinkSettings,
  checkArgs,
  checkUniqueNames,
  dnsLabel,
  enumWithAliases,
  hasCredentials,
  httpUrl,
  identitySettings,
  input,
  secretKey,
  selectorLabels,
  teamName,
  wholeNumber,
} from "../shared/schemas";
import type { ServiceMetricNames } from "./histograms";
import { MetricConvention, ServiceLanguage, WorkloadKind } from "./options";
import { lowestObjectivePercent, sloWindowDays } from "./burnRates";

const { alertThresholds } = limits;
const percent = z.number().gt(0).max(100);
const aboveZero = z.number().gt(0);

/** Name of a metric. An invalid name would be a syntax error in every expression that uses it. */
const metricName = example(
  z.string().regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/, "must be the name of a metric"),
  "http_requests_total",
);
/** Its series have these suffixes, which the expressions add. */
const histogramName = example(
  metricName.regex(/(?<!_bucket|_sum|_count)$/, "must be without _bucket, _sum or _count"),
  "http_request_duration_seconds",
);
const labelName = example(
  z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, "must be the name of a label"),
  "status",
);
const matchers = example(
  z
    .string()
    .regex(
      /^([a-zA-Z_][a-zA-Z0-9_]*(=|!=|=~|!~)"[^"\\{}]*"(, ?(?=[a-zA-Z_])|$))*$/,
      'must be matchers like job="kubelet", metrics_path="/metrics/cadvisor"',
    ),
  'job="kubelet"',
);

function named(name: z.ZodString, key: MetricKey, description: string) {
  return example(name, defaultMetricNames[key]).optional().meta({ description });
}

/** Names of the metrics and labels of services that alert expressions use. */
const metricNames = {
  httpRequests: named(metricName, "httpRequests", "Counter of HTTP requests."),
  httpStatusLabel: named(
    labelName,
    "httpStatusLabel",
    "Label of that counter with the HTTP status.",
  ),
  httpDuration: named(
    histogramName,
    "httpDuration",
    "Histogram of the HTTP latency, without `_bucket`.",
  ),
  grpcRequests: named(metricName, "grpcRequests", "Counter of gRPC requests."),
  grpcCodeLabel: named(labelName, "grpcCodeLabel", "Label of that counter with the code."),
  grpcDuration: named(
    histogramName,
    "grpcDuration",
    "Histogram of the gRPC latency, without `_bucket`.",
  ),
  dynamodbThrottles: named(
    metricName,
    "dynamodbThrottles",
    "Counter of requests that DynamoDB throttles.",
  ),
  dynamodbDuration: named(
    histogramName,
    "dynamodbDuration",
    "Histogram of the latency of calls to DynamoDB, without `_bucket`.",
  ),
  redisDuration: named(
    histogramName,
    "redisDuration",
    "Histogram of the latency of calls to Redis, without `_bucket`.",
  ),
  redisPoolActive: named(
    metricName,
    "redisPoolActive",
    "Gauge of the connections to Redis in use.",
  ),
} satisfies Record<MetricKey, z.ZodType>;

const convention = z.enum(MetricConvention);
const nativeHistograms = z.boolean();
const nativeHistogramsText =
  "Whether the histograms of latency are native: all buckets are one sample. Requires Prometheus 3.8.";

/** Names that all services use: those of a convention, and those that are set one by one. */
const metricsSchema = z
  .strictObject({
    convention: convention
      .default(MetricConvention.Prometheus)
      .describe(
        "Names of the metrics and labels of requests: those of the client libraries of Prometheus, which are the defaults below, or of OpenTelemetry.",
      ),
    ...(Object.fromEntries(
      metricKeys.map((key) => {
        const defaultText = `\`${defaultMetricNames[key]}\``;
        return [key, metricNames[key].meta({ ...metricNames[key].meta(), defaultText })];
      }),
    ) as typeof metricNames),
    nativeHistograms: nativeHistograms.default(false).describe(nativeHistogramsText),
    containerSelector: matchers
      .default("")
      .describe('Additional matchers of the metrics of containers, such as `job="kubelet"`.'),
    kubeStateSelector: matchers
      .default("")
      .describe("Additional matchers of the metrics of kube-state-metrics."),
  })
  .transform(
    ({ convention, nativeHistograms, containerSelector, kubeStateSelector, ...names }) => ({
      ...defaultMetricNames,
      ...namesOf(convention, names),
      nativeHistograms,
      containerSelector,
      kubeStateSelector,
    }),
  );

/** Metrics of one service. Names of metrics on pods are the same for all services. */
const serviceMetricsSchema = z
  .strictObject({
    convention: example(convention, MetricConvention.OpenTelemetry).optional().meta({
      description: "Names of the metrics and labels of requests.",
      defaultText: "`monitoring:alerts.metrics.convention`",
    }),
    ...metricNames,
    nativeHistograms: example(nativeHistograms, true).optional().meta({
      description: nativeHistogramsText,
      defaultText: "`monitoring:alerts.metrics.nativeHistograms`",
    }),
  })
  .transform(({ convention, nativeHistograms, ...names }): Partial<ServiceMetricNames> => ({
    ...namesOf(convention, names),
    ...defined({ nativeHistograms }),
  }));

function namesOf(
  convention: MetricConvention | undefined,
  names: { [K in MetricKey]?: string | undefined },
): Partial<MetricNames> {
  return { ...(convention && requestMetricNames[convention]), ...defined(names) };
}

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
  jobMaxMinutes: aboveZero.default(60).describe("Minutes that a run of a scheduled job takes."),
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
const warningSchema = z.strictObject({
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
      "Settings of single alerts, by name, also of those of the platform and of the chart.",
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
const serviceAlertSchema = z.strictObject({
  enabled: example(z.boolean(), true).optional().meta({
    description: "Whether the service has alerts.",
    defaultText: "true",
  }),
  expectsRequests: example(z.boolean(), false).optional().meta({
    description: "Whether the service answers requests, so that missing request metrics alert.",
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
    description: "Settings of single alerts for this service, by name.",
    defaultText: "`monitoring:alerts.rules`",
  }),
});

/** An objective in percent. It is below 100, because 100 leaves no error budget. */
const sloPercent = z.number().gt(0).lt(100);

const sloSchema = z.strictObject({
  availabilityPercent: example(sloPercent, 99.9)
    .optional()
    .describe("Share of the requests that must succeed, in percent."),
  latencyMs: example(aboveZero, 300)
    .optional()
    .describe(
      "Latency in milliseconds for `latencyPercent`. A classic histogram needs a bucket with this bound.",
    ),
  latencyPercent: example(sloPercent, 99)
    .optional()
    .describe("Share of the HTTP requests that must be faster than `latencyMs`, in percent."),
  windowDays: example(wholeNumber.min(1).max(90), 14).optional().meta({
    description: "Days over which the objective is evaluated, at most the retention of Prometheus.",
    defaultText: "30, or at most 14 if Prometheus retains samples for less than 30 days",
  }),
});

const instant = example(
  z
    .string()
    .refine(
      (text) => /T.*(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text)),
      "must be a time with its offset from UTC, like 2026-12-24T18:00+09:00",
    ),
  "2026-12-24T18:00+09:00",
);

const maintenanceSchema = z
  .strictObject({
    from: instant.describe("Start, with its offset from UTC."),
    to: instant.describe("End, with its offset from UTC."),
    reason: example(
      z.string().regex(/^[^{}]*\p{L}{2}[^{}]*$/u, "must be a reason in words, without braces"),
      "upgrade of the database, OPS-7",
    ).describe("What is done, and where to read about it."),
  })
  .refine(({ from, to }) => !(Date.parse(from) >= Date.parse(to)), {
    path: ["to"],
    message: "must be after the start",
  });

/** Where the metrics of a service are by default. */
const defaultTarget: Values = { port: "metrics", path: "/metrics" };

/** The number of a port, also as text, with which people fill in the name of the port. */
const portNumber = wholeNumber.min(1).max(65535);
function numberedPort(port: unknown): Fix | undefined {
  const { success, data } = portNumber.safeParse(typeof port === "string" ? Number(port) : port);
  return success ? { kind: "rename", to: "portNumber", value: data } : undefined;
}

/** Kubernetes limits the name of a port of a Service to 63 characters, and of a container to these. */
const containerPortCharacters = 15;

const languageAliases = {
  golang: ServiceLanguage.Go,
  py: ServiceLanguage.Python,
  kotlin: ServiceLanguage.Java,
  js: ServiceLanguage.Node,
  javascript: ServiceLanguage.Node,
  typescript: ServiceLanguage.Node,
  nodejs: ServiceLanguage.Node,
};

const kindAliases = {
  cron: WorkloadKind.Job,
  cronjob: WorkloadKind.Job,
  batch: WorkloadKind.Job,
  worker: WorkloadKind.Pods,
  consumer: WorkloadKind.Pods,
  daemonset: WorkloadKind.Pods,
};

const httpsSchema = z.strictObject({
  caSecret: secretKey("metrics-ca", "ca.crt").optional().meta({
    description:
      "Certificate authority that signed the certificate of the service, in a Secret of its namespace.",
    defaultText: "the public certificate authorities",
  }),
  serverName: example(z.string().min(1), "inventory-service.ticketing.svc").describe(
    "Name in the certificate of the service. Prometheus connects to the IP addresses of its pods.",
  ),
});

const scrapeLimitsSchema = z.strictObject({
  samples: example(wholeNumber.min(1).max(limits.samplesPerScrape.max), 5_000).optional().meta({
    description: "Maximum number of samples of one scrape of a pod.",
    defaultText: "the limit of Prometheus, by `prometheus.size`",
  }),
  labels: example(wholeNumber.min(1), 30).optional().meta({
    description:
      "Maximum number of labels of a series, including those of the target, such as `pod`.",
    defaultText: "none",
  }),
  labelValueCharacters: example(wholeNumber.min(1), 200).optional().meta({
    description: "Maximum length of the value of a label.",
    defaultText: "none",
  }),
});

const authorizationSchema = z.strictObject({
  type: example(z.string().regex(/^\w+$/, "must be one word").default("Bearer"), "Bearer").describe(
    "Scheme of the header `Authorization`.",
  ),
  secret: secretKey("metrics-token", "token").describe(
    "Token, in a Secret of the namespace of the service.",
  ),
});

export const serviceSchema = z
  .strictObject({
    name: example(dnsLabel, "inventory-service").describe(
      "Name of the service: the label `service` of its series, logs and alerts.",
    ),
    team: teamName
      .optional()
      .describe("Team that owns the service: the label `team` of its alerts, for `slack.routes`."),
    language: example(enumWithAliases(ServiceLanguage, languageAliases), ServiceLanguage.Go)
      .default(ServiceLanguage.Other)
      .describe("Programming language of the service."),
    kind: enumWithAliases(WorkloadKind, kindAliases)
      .default(WorkloadKind.Service)
      .describe(
        "Pods behind a Kubernetes Service, pods without one, such as workers, a CronJob of this name, which is not scraped, or `probe`, which has only the URL in `probe`.",
      ),
    probe: example(
      httpUrl.refine((url) => !hasCredentials(url), "must not contain credentials"),
      "https://shop.example.com/health",
    )
      .optional()
      .meta({
        description:
          "URL that the blackbox exporter requests from inside the cluster, and that answers with a status of 2xx.",
        defaultText: "none, required for the kind `probe`",
      }),
    port: example(
      z.string().min(1).max(63).regex(/\D/, "must be the name of a port, not its number"),
      "metrics",
    )
      .meta({ fixFor: numberedPort })
      .default("metrics")
      .describe("Name of the port of the Kubernetes Service or of the pods that serves metrics."),
    portNumber: example(portNumber, 8443).optional().meta({
      description: "Number of the port of the container that serves metrics, instead of `port`.",
      defaultText: "none",
    }),
    https: example(httpsSchema, { serverName: "inventory-service.ticketing.svc" }).optional().meta({
      description: "TLS of the port. Prometheus always verifies the certificate.",
      defaultText: "none: HTTP",
    }),
    authorization: authorizationSchema.optional().meta({
      description: "Credentials that the service requires for its metrics.",
      defaultText: "none",
    }),
    path: z
      .string()
      .startsWith("/", "must start with /")
      .default("/metrics")
      .describe("Path that serves metrics."),
    selector: example(z.record(z.string(), z.string()), { app: "inventory-service" })
      .optional()
      .meta({
        description: "Labels of the Kubernetes Service or of the pods.",
        defaultText: "`app: <name>`",
      }),
    scrapeIntervalSeconds: example(wholeNumber.min(1).max(3600), 30).optional().meta({
      description: "Seconds between two scrapes of the service.",
      defaultText: "`prometheus.scrapeIntervalSeconds`",
    }),
    scrapeLimits: scrapeLimitsSchema.optional().meta({
      description:
        "Limits of what one scrape of the service may cost. A scrape that exceeds one fails as a whole.",
      defaultText: "those of Prometheus",
    }),
    slo: sloSchema.optional().describe("Service level objective: availability, latency or both."),
    maintenance: z
      .array(maintenanceSchema)
      .default([])
      .describe(
        "Planned maintenance: alerts on the service and its pods notify only afterwards, if they still fire.",
      ),
    metrics: serviceMetricsSchema.optional().meta({
      description:
        "Names of the metrics and labels of this service, such as those of another vendor.",
      defaultText: "`monitoring:alerts.metrics`",
    }),
    alerts: serviceAlertSchema.optional().meta({
      description:
        "Overrides of `monitoring:alerts` for this service: any threshold, and `warning`.",
      defaultText: "`monitoring:alerts`",
    }),
  })
  .meta({
    fixFor: (item) =>
      typeof item === "string"
        ? { kind: "do", text: `write the item as "- name: ${item}"` }
        : undefined,
  });
export type ServiceSettings = z.output<typeof serviceSchema>;

/** Address of the blackbox exporter of a PrometheusStack with the default names. */
const defaultProber = proberAddress({ releaseName: "prometheus", namespace: "monitoring" });

/** Settings of every component that alerts on services. */
export const serviceFields = {
  namespace: input(example(dnsLabel, "shop")),
  services: z.array(serviceSchema).default([]),
  alerts: alertSchema.prefault({}),
};
/** The output type of {@link serviceFields}. */
export type ServiceFields = z.output<z.ZodObject<typeof serviceFields>>;

export const servicesSchema = z
  .strictObject({
    ...serviceFields,
    labels: identitySettings.labels,
    retentionDays: wholeNumber.min(1).default(limits.prometheusRetentionDays.default),
    selectorLabels: input(selectorLabels.optional()),
    ampWorkspaceArn: input(workspaceArn.optional()),
    prober: input(
      example(
        z.string().regex(/^[\w.-]+:\d+$/, "must be a host and a port, like exporter:9115"),
        defaultProber,
      ).default(defaultProber),
    ),
  })
  .superRefine(checkServices, { when: () => true })
  .superRefine(checkObjectives, { when: () => true });
export type MonitoredServicesSettings = z.output<typeof servicesSchema>;

/** Checks the arguments of MonitoredServices and fills in their defaults. */
export function servicesSettings(args: ComponentArgs): Checked<MonitoredServicesSettings> {
  return checkArgs(servicesSchema, args);
}

/** Returns a problem if no service has this name. */
export function unknownService(
  services: { name: string }[],
  name: string,
  { path, value, fixWith }: { path: Path; value: unknown; fixWith: (closest: string) => Fix },
): Problem[] {
  const names = services.map((service) => service.name);
  if (names.includes(name)) return [];
  return [
    {
      path,
      value,
      code: "invalid",
      rule: `is not a service (services: ${names.join(", ") || "none"})`,
      fix:
        names.length > 0
          ? fixWith(closest(name, names))
          : { kind: "do", text: "add the service to services" },
    },
  ];
}

type Path = (string | number)[];
type Values = Record<string, unknown>;

function numberAt(values: unknown, key: string): number | undefined {
  const value = (values as Values | null | undefined)?.[key];
  return typeof value === "number" ? value : undefined;
}

function mapsIn(services: unknown): Values[] {
  return Array.isArray(services)
    ? (services as unknown[]).map((service) => (service ?? {}) as Values)
    : [];
}

/** Reports objectives that are incomplete or on which no alert could ever fire. */
function checkObjectives(settings: unknown, ctx: z.RefinementCtx): void {
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
        `must be more than ${lowest.toFixed(2)}: with a larger error budget the alert could never fire`,
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

/** Settings that apply only to services with targets and requests. */
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

/** Reports settings of scheduled jobs that apply only to other services, and the reverse. */
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

/** Reports probes without a URL, and settings that apply only to services with targets. */
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
      if (value === undefined || value === defaultTarget[key]) continue;
      issue(ctx, ["services", index, key], `does not apply to ${kindName}, which is not scraped`, {
        kind: "remove",
      });
    }
  });
}

/** Reports certificates whose warning would not fire before the critical alert. */
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
      `must be more than ${formatPath([...path, "certificateDays"])} (${critical})`,
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

/** Reports services with a name and a number of their port, and names that containers cannot have. */
function checkPorts(services: unknown, ctx: z.RefinementCtx): void {
  mapsIn(services).forEach(({ kind, port, portNumber }, index) => {
    const isLong = typeof port === "string" && port.length > containerPortCharacters;
    if (kind === WorkloadKind.Pods && isLong) {
      const rule = `must have at most ${containerPortCharacters} characters, as the name of a container port`;
      issue(ctx, ["services", index, "port"], rule);
    }
    if (portNumber === undefined || port === defaultTarget["port"]) return;
    issue(ctx, ["services", index, "port"], "contradicts portNumber", { kind: "remove" });
  });
}

/** Reports warning thresholds that are not stricter than the critical thresholds. */
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
      issue(
        ctx,
        [...path, "warning", key],
        `must be less than ${formatPath([...path, key])} (${threshold})`,
        { kind: "set", example: Number((threshold * 0.8).toPrecision(6)) },
      );
    }
  };
  compare(["alerts"], common, common);
  mapsIn(services).forEach(({ alerts: overrides }, index) => {
    if (typeof overrides !== "object" || overrides === null) return;
    compare(["services", index, "alerts"], overrides, { ...common, ...overrides });
  });
}
