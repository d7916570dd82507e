import { closest } from "fastest-levenshtein";
import { z } from "zod";
import type { Path } from "../../../policies/shared/path";
import { limits } from "../../../policies/limits/limits";
import { workspaceArn } from "../../alerting/workspaceArn";
import { proberAddress } from "../../shared/prober";
import { Checked, Fix, Problem, example, check } from "../../shared/problems";
import {
  ComponentArgs,
  dnsLabel,
  enumWithAliases,
  hasCredentials,
  hostAndPort,
  httpUrl,
  identitySettings,
  input,
  secretKey,
  selectorLabels,
  teamName,
  wholeNumber,
} from "../../shared/schemas";
import { serviceMetricsSchema } from "./metricSettings";
import { ServiceLanguage, WorkloadKind } from "./enums";
import { checkObjectives, checkServices, defaultTarget } from "./serviceChecks";
import { aboveZero, alertSchema, serviceAlertSchema } from "./thresholdSettings";

/** Objective in percent. It must be below 100, because 100 leaves no error budget. */
const sloPercent = z.number().gt(0).lt(100);

const sloSchema = z.strictObject({
  availabilityPercent: example(sloPercent, 99.9)
    .optional()
    .describe("Percentage of requests that must succeed."),
  latencyMs: example(aboveZero, 300)
    .optional()
    .describe(
      "Latency in milliseconds for `latencyPercent`. A classic histogram must have a bucket with this bound.",
    ),
  latencyPercent: example(sloPercent, 99)
    .optional()
    .describe("Percentage of HTTP requests that must be faster than `latencyMs`."),
  windowDays: example(wholeNumber.min(1).max(90), 14).optional().meta({
    description:
      "Number of days over which the objective is evaluated, at most Prometheus's retention.",
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
    from: instant.describe("Start, with its UTC offset."),
    to: instant.describe("End, with its UTC offset."),
    reason: example(
      z.string().regex(/^[^{}]*\p{L}{2}[^{}]*$/u, "must be a reason in words, without braces"),
      "upgrade of the database, OPS-7",
    ).describe("Purpose of the maintenance, and where to find details."),
  })
  .refine(({ from, to }) => !(Date.parse(from) >= Date.parse(to)), {
    path: ["to"],
    message: "must be after the start",
  });

/** A port number, given as a number or as text. Users sometimes enter it as the port name. */
const portNumber = wholeNumber.min(1).max(65535);
function numberedPort(port: unknown): Fix | undefined {
  const { success, data } = portNumber.safeParse(typeof port === "string" ? Number(port) : port);
  return success ? { kind: "rename", to: "portNumber", value: data } : undefined;
}

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
      "Certificate authority that signed the service's certificate, in a Secret in the service's namespace.",
    defaultText: "the public certificate authorities",
  }),
  serverName: example(z.string().min(1), "inventory-service.ticketing.svc").describe(
    "Name in the service's certificate. Required because Prometheus connects to pod IP addresses.",
  ),
});

const scrapeLimitsSchema = z.strictObject({
  samples: example(wholeNumber.min(1).max(limits.samplesPerScrape.max), 5_000).optional().meta({
    description: "Maximum number of samples in one scrape of a pod.",
    defaultText: "Prometheus's limit, which depends on `prometheus.size`",
  }),
  labels: example(wholeNumber.min(1), 30).optional().meta({
    description: "Maximum number of labels per series, including target labels such as `pod`.",
    defaultText: "none",
  }),
  labelValueCharacters: example(wholeNumber.min(1), 200).optional().meta({
    description: "Maximum length of a label value.",
    defaultText: "none",
  }),
});

const authorizationSchema = z.strictObject({
  type: example(z.string().regex(/^\w+$/, "must be one word").default("Bearer"), "Bearer").describe(
    "Scheme in the `Authorization` header.",
  ),
  secret: secretKey("metrics-token", "token").describe(
    "Token, in a Secret in the service's namespace.",
  ),
});

export const serviceSchema = z
  .strictObject({
    name: example(dnsLabel, "inventory-service").describe(
      "Service name, set as the `service` label on its series, logs and alerts.",
    ),
    team: teamName
      .optional()
      .describe(
        "Team that owns the service, set as the `team` label on its alerts for `slack.routes`.",
      ),
    language: example(enumWithAliases(ServiceLanguage, languageAliases), ServiceLanguage.Go)
      .default(ServiceLanguage.Other)
      .describe("Programming language of the service."),
    kind: enumWithAliases(WorkloadKind, kindAliases)
      .default(WorkloadKind.Service)
      .describe(
        "Kind of workload: pods behind a Kubernetes Service, pods without one (such as workers), a CronJob with the service's name (not scraped), or only the URL in `probe`.",
      ),
    probe: example(
      httpUrl.refine((url) => !hasCredentials(url), "must not contain credentials"),
      "https://shop.example.com/health",
    )
      .optional()
      .meta({
        description:
          "URL that the blackbox exporter requests from inside the cluster, and that must return a 2xx status.",
        defaultText: "none, required for the kind `probe`",
      }),
    port: example(
      z.string().min(1).max(63).regex(/\D/, "must be the name of a port, not its number"),
      defaultTarget.port,
    )
      .meta({ fixFor: numberedPort })
      .default(defaultTarget.port)
      .describe("Name of the metrics port of the Kubernetes Service or of the pods."),
    portNumber: example(portNumber, 8443).optional().meta({
      description: "Number of the container port that serves metrics, instead of `port`.",
      defaultText: "none",
    }),
    https: example(httpsSchema, { serverName: "inventory-service.ticketing.svc" }).optional().meta({
      description: "TLS settings of the port. Prometheus always verifies the certificate.",
      defaultText: "none, and the port serves HTTP",
    }),
    authorization: authorizationSchema.optional().meta({
      description: "Credentials that the service requires for access to its metrics.",
      defaultText: "none",
    }),
    path: z
      .string()
      .startsWith("/", "must start with /")
      .default(defaultTarget.path)
      .describe("Path that serves metrics."),
    selector: example(z.record(z.string(), z.string()), { app: "inventory-service" })
      .optional()
      .meta({
        description: "Labels that select the Kubernetes Service or the pods.",
        defaultText: "`app: <name>`",
      }),
    scrapeIntervalSeconds: example(wholeNumber.min(1).max(3600), 30).optional().meta({
      description: "Seconds between two scrapes of the service.",
      defaultText: "`prometheus.scrapeIntervalSeconds`",
    }),
    scrapeLimits: scrapeLimitsSchema.optional().meta({
      description:
        "Limits for one scrape of the service. A scrape that exceeds a limit fails as a whole.",
      defaultText: "Prometheus's limits",
    }),
    slo: sloSchema.optional().describe("Service level objective: availability, latency or both."),
    maintenance: z
      .array(maintenanceSchema)
      .default([])
      .describe(
        "Planned maintenance. Alerts on the service and its pods notify only afterward, if they are still firing.",
      ),
    metrics: serviceMetricsSchema.optional().meta({
      description:
        "Names of this service's metrics and labels, for example for a third-party image.",
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

/** Default address of a PrometheusStack's blackbox exporter. */
const defaultProber = proberAddress({ releaseName: "prometheus", namespace: "monitoring" });

/** Settings shared by all components that alert on services. */
export const serviceFields = {
  namespace: input(example(dnsLabel, "shop")),
  services: z.array(serviceSchema).default([]),
  alerts: alertSchema.prefault({}),
};

export const servicesSchema = z
  .strictObject({
    ...serviceFields,
    labels: identitySettings.labels,
    retentionDays: wholeNumber.min(1).default(limits.prometheusRetentionDays.default),
    selectorLabels: input(selectorLabels.optional()),
    ampWorkspaceArn: input(workspaceArn.optional()),
    prober: input(hostAndPort(defaultProber).default(defaultProber)),
  })
  .superRefine(checkServices, { when: () => true })
  .superRefine(checkObjectives, { when: () => true });
export type MonitoredServicesSettings = z.output<typeof servicesSchema>;

/** Checks the MonitoredServices arguments and fills in defaults. */
export function servicesSettings(args: ComponentArgs): Checked<MonitoredServicesSettings> {
  return check(servicesSchema, args);
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
