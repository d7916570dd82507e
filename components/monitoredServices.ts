import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { ruleGroups } from "./alerting/rules";
import { serviceAlerts } from "./alerting/serviceAlerts";
import { settingsOrThrow } from "./internal/component";
import { objectLabels } from "./internal/labels";
import { servicesSettings } from "./settings/services";
import { serviceMonitorSpec } from "./values/serviceMonitor";

/** Language of a service; its dashboards and runtime metrics differ. */
export const ServiceLanguage = {
  Go: "go",
  Python: "python",
  Java: "java",
  Node: "node",
  Other: "other",
} as const;
export type ServiceLanguage = (typeof ServiceLanguage)[keyof typeof ServiceLanguage];

/** Service level objective of a service. */
export interface ServiceLevelObjective {
  /** Part of the requests that must succeed, in percent, below 100. */
  availabilityPercent?: number;
  /** Latency that `latencyPercent` of the requests must stay under, in milliseconds. */
  latencyMs?: number;
  /** Part of the requests that must stay under `latencyMs`, in percent. */
  latencyPercent?: number;
  /** Period over which the objective is judged, in days. */
  windowDays?: number;
}

export interface MonitoredService {
  /** Name of the service; the label `service` on its series, logs and alerts. */
  name: string;
  /** Default: `other`. */
  language?: ServiceLanguage;
  /** Name of the port of its Kubernetes Service that serves metrics. Default: `metrics`. */
  port?: string;
  /** Path that serves metrics. Default: `/metrics`. */
  path?: string;
  /** Labels of its Kubernetes Service. Default: `app: <name>`. */
  selector?: Record<string, string>;
  /** Seconds between two scrapes. Default: what Prometheus is set to. */
  scrapeIntervalSeconds?: number;
  slo?: ServiceLevelObjective;
}

export interface ServiceAlertArgs {
  /** Failed requests in percent of all. Default: 5. */
  errorRatePercent?: number;
  /** Latency that 99 % of the requests stay under, in milliseconds. Default: 500. */
  p99LatencyMs?: number;
  /** Memory in percent of the container's limit. Default: 90. */
  memoryPercent?: number;
  /** CPU in percent of the container's limit, or else of its request. Default: 85. */
  cpuPercent?: number;
  /** Requests a second that DynamoDB refuses. Default: 10. */
  dynamodbThrottlesPerSecond?: number;
  /** Traffic below which error rate and latency do not alert. Default: 0.2. */
  minimumRequestsPerSecond?: number;
  /** Where the runbooks are; `/<alert name>.md` is appended. */
  runbookBaseUrl?: string;
}

export interface MonitoredServicesArgs {
  /** Name of the cluster. */
  cluster: string;
  /** Environment, such as `prod`. */
  environment: string;
  /** Namespace in which the services run. */
  namespace: string;
  /** The services to scrape; their names are unique. Default: none. */
  services?: MonitoredService[];
  /** Thresholds of the alerts on all of them. */
  alerts?: ServiceAlertArgs;
  /** Labels added to every object. */
  labels?: Record<string, string>;
}

/**
 * Scrapes the services of one namespace and alerts on them: a ServiceMonitor per service and one
 * PrometheusRule for all. Needs the custom resource definitions of the Prometheus operator: in the
 * stack that installs them, give `dependsOn`.
 *
 * Throws one error that lists every problem of its arguments; nothing is registered then.
 */
export class MonitoredServices extends pulumi.ComponentResource {
  static readonly __pulumiType = "monitoring:index:MonitoredServices";

  /** Name of the PrometheusRule in the cluster. */
  readonly ruleName: pulumi.Output<string>;

  constructor(name: string, args: MonitoredServicesArgs, opts?: pulumi.ComponentResourceOptions) {
    const settings = settingsOrThrow("MonitoredServices", name, servicesSettings(args));
    super(MonitoredServices.__pulumiType, name, settings, opts);
    const { namespace, alerts } = settings;
    const labels = objectLabels("services", settings.labels);
    const child = { parent: this };

    for (const service of settings.services) {
      new kubernetes.apiextensions.CustomResource(
        `${name}-${service.name}`,
        {
          apiVersion: "monitoring.coreos.com/v1",
          kind: "ServiceMonitor",
          metadata: { name: service.name, namespace, labels },
          spec: serviceMonitorSpec(service),
        },
        child,
      );
    }
    const ruleName = `${namespace}-services`;
    new kubernetes.apiextensions.CustomResource(
      `${name}-rules`,
      {
        apiVersion: "monitoring.coreos.com/v1",
        kind: "PrometheusRule",
        metadata: { name: ruleName, namespace, labels },
        spec: { groups: ruleGroups(serviceAlerts(namespace, alerts), alerts.runbookBaseUrl) },
      },
      child,
    );

    this.ruleName = pulumi.output(ruleName);
    this.registerOutputs({ ruleName: this.ruleName });
  }
}
