import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { metricNameAnnotations } from "../../policies/shared/metricNames";
import { ruleObjects } from "../alerting/ruleObjects";
import { ruleGroups } from "../alerting/rules";
import { serviceAlerts } from "./serviceAlerts";
import { settingsOrThrow } from "../shared/component";
import { objectLabels } from "../shared/labels";
import { servicesSettings } from "./settings";
import { serviceMonitorSpec } from "./serviceMonitor";

/** Language of a service; its dashboards and runtime metrics differ. */
export const ServiceLanguage = {
  Go: "go",
  Python: "python",
  Java: "java",
  Node: "node",
  Other: "other",
} as const;
export type ServiceLanguage = (typeof ServiceLanguage)[keyof typeof ServiceLanguage];

/** Service level objective of a service: availability, latency or both. */
export interface ServiceLevelObjective {
  /** Part of the requests that must succeed, in percent, below 100. */
  availabilityPercent?: number;
  /**
   * Latency that `latencyPercent` of the HTTP requests must stay under, in milliseconds; the service's
   * histogram needs a bucket that ends there, or LatencyObjectiveUnmeasured warns.
   */
  latencyMs?: number;
  /** Part of the requests that must stay under `latencyMs`, in percent. */
  latencyPercent?: number;
  /** Days over which it is judged. Default: 30, or 14 where Prometheus keeps its samples for less. */
  windowDays?: number;
}

export interface MonitoredService {
  /** Name of the service; the label `service` on its series, logs and alerts. */
  name: string;
  /** Who owns it; the label `team` of its alerts, which `SlackAlerting.routes` go by. Default: none. */
  team?: string;
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
  /** Thresholds of its own; what is left out is that of all services. */
  alerts?: ServiceAlertOverrides;
}

/** Thresholds of one alert or of one service. */
export interface AlertThresholds {
  /** Failed requests in percent of all, over HTTP or gRPC. Default: 5. */
  errorRatePercent?: number;
  /** Latency that 99 % of the requests stay under, in milliseconds. Default: 500. */
  p99LatencyMs?: number;
  /** Memory in percent of the container's limit. Default: 90. */
  memoryPercent?: number;
  /** CPU in percent of the container's limit, or else of its request. Default: 85. */
  cpuPercent?: number;
  /** CPU periods in which a container was held back by its limit, in percent. Default: 25. */
  cpuThrottlingPercent?: number;
  /** Requests a second that DynamoDB refuses. Default: 10. */
  dynamodbThrottlesPerSecond?: number;
  /** Time that 99 % of the calls to DynamoDB stay under, in milliseconds. Default: 100. */
  dynamodbP99Ms?: number;
  /** Time that 99 % of the calls to Redis stay under, in milliseconds. Default: 50. */
  redisP99Ms?: number;
  /** Connections to Redis in use, in percent of `redisPoolMaximum`. Default: 90. */
  redisPoolPercent?: number;
  /** Connections to Redis that a pod may open. Default: none, and no alert on them. */
  redisPoolMaximum?: number;
  /** Requests a second of an hour ago whose absence alerts, until some come again. Default: 1. */
  droppedRequestsPerSecond?: number;
  /** Traffic a second below which error rate and latency do not alert. Default: 0.2. */
  minimumRequestsPerSecond?: number;
  /** Stricter thresholds at which the same alerts warn. Default: no warnings. */
  warning?: WarningThresholds;
}

/** Thresholds of warnings; each must be below the threshold that pages. */
export interface WarningThresholds {
  /** Failed requests in percent of all. */
  errorRatePercent?: number;
  /** Latency that 99 % of the requests stay under, in milliseconds. */
  p99LatencyMs?: number;
  /** Memory in percent of the container's limit. */
  memoryPercent?: number;
  /** Requests a second that DynamoDB refuses. */
  dynamodbThrottlesPerSecond?: number;
}

export interface ServiceAlertOverrides extends AlertThresholds {
  /** False switches off every alert on the service. Default: true. */
  enabled?: boolean;
  /** False for a service that answers no requests, whose request metrics nobody misses. Default: true. */
  expectsRequests?: boolean;
}

export interface ServiceAlertArgs extends AlertThresholds {
  /** Names of metrics and labels. Default: those of the services' own instrumentation. */
  metrics?: AlertMetrics;
  /** Where the runbooks are; `/<alert name>.md` is appended. */
  runbookBaseUrl?: string;
  /** URL of Grafana, for the link to the dashboard. Default: none, and no link. */
  dashboardBaseUrl?: string;
}

/** Names of the metrics and labels that the alerts read. */
export interface AlertMetrics {
  /** Counter of HTTP requests. Default: `http_requests_total`. */
  httpRequests?: string;
  /** Its label with the status. Default: `status`. */
  httpStatusLabel?: string;
  /** Histogram of HTTP latency, without `_bucket`. Default: `http_request_duration_seconds`. */
  httpDuration?: string;
  /** Counter of gRPC requests. Default: `grpc_server_handled_total`. */
  grpcRequests?: string;
  /** Its label with the code. Default: `grpc_code`. */
  grpcCodeLabel?: string;
  /** Histogram of gRPC latency, without `_bucket`. Default: `grpc_server_handling_seconds`. */
  grpcDuration?: string;
  /** Counter of refused requests. Default: `dynamodb_throttled_requests_total`. */
  dynamodbThrottles?: string;
  /** Histogram, without `_bucket`. Default: `dynamodb_operation_duration_seconds`. */
  dynamodbDuration?: string;
  /** Histogram, without `_bucket`. Default: `redis_command_duration_seconds`. */
  redisDuration?: string;
  /** Gauge of connections in use. Default: `redis_connection_pool_active_connections`. */
  redisPoolActive?: string;
  /** Further matchers of the containers' metrics, such as `job="kubelet"`. Default: none. */
  containerSelector?: string;
  /** Further matchers of the metrics of kube-state-metrics. Default: none. */
  kubeStateSelector?: string;
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
  /** Days that Prometheus keeps its samples, which no objective can exceed. Default: 15. */
  retentionDays?: number;
  /** Labels added to every object. */
  labels?: Record<string, string>;
}

/**
 * Scrapes the services of one namespace and alerts on them: a ServiceMonitor per service and one
 * PrometheusRule for all (more only when that would grow too large). Needs the custom resource definitions of the Prometheus operator: in the
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
    const { namespace } = settings;
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
    const groups = ruleGroups(serviceAlerts(settings), settings.alerts);
    // The policies recognize the base signals by the names of their metrics.
    const annotations = metricNameAnnotations(settings.alerts.metrics);
    const metadata = {
      namespace,
      labels,
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
    };
    for (const object of ruleObjects(groups)) {
      const suffix = object.number === 1 ? "" : `-${object.number}`;
      new kubernetes.apiextensions.CustomResource(
        `${name}-rules${suffix}`,
        {
          apiVersion: "monitoring.coreos.com/v1",
          kind: "PrometheusRule",
          metadata: { name: `${ruleName}${suffix}`, ...metadata },
          spec: { groups: object.groups },
        },
        child,
      );
    }

    this.ruleName = pulumi.output(ruleName);
    this.registerOutputs({ ruleName: this.ruleName });
  }
}
