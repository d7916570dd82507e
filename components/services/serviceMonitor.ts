import { podVersion } from "../logs/podLabels";
import { defined } from "../shared/defined";
import { httpModule } from "../shared/prober";
import { probeLabel } from "./alerts/probeAlerts";
import { WorkloadKind } from "./settings/enums";
import { MonitoredServicesSettings, ServiceSettings } from "./settings/settings";
import { metricsFor } from "./alerts/thresholdVariants";

/** Returns the kind of the object that configures Prometheus to scrape a service. */
export function monitorKind({ kind }: Pick<ServiceSettings, "kind">) {
  return kind === WorkloadKind.Pods ? "PodMonitor" : "ServiceMonitor";
}

/**
 * Number of buckets above which Prometheus merges neighboring buckets of a native histogram. A native
 * histogram counts as one sample, so the sample limit does not bound its size. OpenTelemetry uses the
 * same limit.
 */
const nativeHistogramBuckets = 160;

/** Returns the spec of the object that makes Prometheus scrape a service. */
export function monitorSpec(
  service: ServiceSettings,
  settings: Pick<MonitoredServicesSettings, "alerts">,
): Record<string, unknown> {
  const { https, authorization, scrapeLimits } = service;
  const ofPods = monitorKind(service) === "PodMonitor";
  const numberField = ofPods ? "portNumber" : "targetPort";
  const endpoint = {
    ...(service.portNumber === undefined
      ? { port: service.port }
      : { [numberField]: service.portNumber }),
    path: service.path,
    ...interval(service),
    ...defined({
      scheme: https && "https",
      tlsConfig: https && {
        serverName: https.serverName,
        ...defined({ ca: https.caSecret && { secret: https.caSecret } }),
      },
      authorization: authorization && {
        type: authorization.type,
        credentials: authorization.secret,
      },
    }),
    // Keeps the configured name as `service`, even if the Kubernetes Service has a different name.
    // PodMonitor targets do not get a `service` label by default.
    relabelings: [{ targetLabel: "service", replacement: service.name }, podVersion],
  };
  return {
    selector: { matchLabels: service.selector ?? { app: service.name } },
    [ofPods ? "podMetricsEndpoints" : "endpoints"]: [endpoint],
    ...(metricsFor(settings, service).nativeHistograms && {
      scrapeNativeHistograms: true,
      nativeHistogramBucketLimit: nativeHistogramBuckets,
    }),
    ...defined({
      sampleLimit: scrapeLimits?.samples,
      labelLimit: scrapeLimits?.labels,
      labelValueLengthLimit: scrapeLimits?.labelValueCharacters,
    }),
  };
}

/**
 * Returns the spec of the Probe that makes Prometheus request a service's URL through the blackbox
 * exporter.
 */
export function probeSpec(service: ServiceSettings, prober: string): Record<string, unknown> {
  return {
    ...interval(service),
    prober: { url: prober },
    module: httpModule,
    targets: {
      // The operator adds the Probe's namespace as the label `namespace`.
      staticConfig: { static: [service.probe], labels: { [probeLabel]: service.name } },
    },
  };
}

function interval({ scrapeIntervalSeconds }: ServiceSettings): { interval?: string } {
  return scrapeIntervalSeconds === undefined ? {} : { interval: `${scrapeIntervalSeconds}s` };
}
