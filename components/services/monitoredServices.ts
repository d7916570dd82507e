import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { metricNameAnnotations } from "../../policies/shared/metricNames";
import { serviceExceptionAnnotations } from "../../policies/shared/serviceExceptions";
import { serviceExceptions } from "./policyExceptions";
import { AlertRuleSettings } from "../alerting/alertRuleSettings";
import { ruleNamespaceArgs } from "../alerting/ruleNamespace";
import { ruleObjects } from "../alerting/ruleObjects";
import { ruleGroups } from "../alerting/rules";
import { serviceAlerts } from "./alerts/serviceAlerts";
import { awsSdk } from "../shared/awsSdk";
import { Claim, claim } from "../shared/claims";
import { Inputs, afterChecks, availableAfter, checkInputs } from "../shared/inputs";
import { objectLabels } from "../shared/labels";
import { operatorObject } from "../shared/operatorObject";
import { SecretKeyReference } from "../secrets/secretKeyReference";
import { MetricConvention, ServiceLanguage, WorkloadKind } from "./settings/enums";
import { MonitoredServicesSettings, servicesSettings } from "./settings/settings";
import { monitorKind, monitorSpec, probeSpec } from "./serviceMonitor";
import { hasProbe, isScraped, metricsFor } from "./alerts/thresholdVariants";

/** Service level objective for availability, latency or both. */
export interface ServiceLevelObjective {
  /**
   * Percentage of HTTP or gRPC requests that must succeed: more than 85.12 and less than 100, such as
   * 99.9. Default: no availability objective.
   */
  availabilityPercent?: number;
  /**
   * Latency, in milliseconds, that `latencyPercent` percent of HTTP requests must not exceed. A classic
   * histogram must have a bucket with this bound. Otherwise, LatencyObjectiveUnmeasured fires. Default:
   * no latency objective.
   */
  latencyMs?: number;
  /** Percentage of HTTP requests that must not exceed `latencyMs`. Required with `latencyMs`. */
  latencyPercent?: number;
  /**
   * SLO window in days. Default: 30, or at most 14 if Prometheus retains samples for less than 30 days.
   */
  windowDays?: number;
}

/** Planned maintenance of a service. */
export interface Maintenance {
  /** Start, with its UTC offset, such as `2026-12-24T18:00+09:00`. */
  from: string;
  /** End, with its UTC offset. */
  to: string;
  /** Purpose of the maintenance, and where to find details. */
  reason: string;
}

/** TLS settings of the metrics port. Prometheus always verifies the certificate. */
export interface MetricsHttps {
  /** Name in the service's certificate. Required because Prometheus connects to pod IP addresses. */
  serverName: string;
  /** Certificate authority that signed the certificate. Default: the public certificate authorities. */
  caSecret?: SecretKeyReference;
}

/** Credentials that a service requires for access to its metrics. */
export interface MetricsAuthorization {
  /** Scheme in the `Authorization` header. Default: `Bearer`. */
  type?: string;
  /** The token. */
  secret: SecretKeyReference;
}

/** Limits for one scrape of a target. */
export interface ScrapeLimits {
  /** Maximum number of samples. Default: Prometheus's limit, which depends on its `size`. */
  samples?: number;
  /** Maximum number of labels per series, including target labels. Default: none. */
  labels?: number;
  /** Maximum number of characters in a label value. Default: none. */
  labelValueCharacters?: number;
}

/**
 * A service to scrape and alert on. Its HTTP and gRPC metrics are recognized by name
 * (`alerts.metrics`), so a gRPC service needs no other setting.
 */
export interface MonitoredService {
  /** Service name, set as the `service` label on its series, logs and alerts. */
  name: string;
  /**
   * Team that owns the service, set as the `team` label on its alerts for Slack routes. Default: none.
   */
  team?: string;
  /** Programming language. Default: `other`. */
  language?: ServiceLanguage;
  /**
   * Pods behind a Kubernetes Service, pods without one, a CronJob, or only the URL in `probe`. Default:
   * `service`.
   */
  kind?: WorkloadKind;
  /**
   * URL that the blackbox exporter requests from inside the cluster, and that must return a 2xx status.
   * Required for the kind `probe`. Not available for a job. Default: none.
   */
  probe?: string;
  /** Name of the metrics port of the Kubernetes Service or of the pods. Default: `metrics`. */
  port?: string;
  /** Number of the container port that serves metrics, instead of `port`. Default: none. */
  portNumber?: number;
  /** TLS settings of the port. Default: none, and the port serves HTTP. */
  https?: MetricsHttps;
  /** Credentials that the service requires for access to its metrics. Default: none. */
  authorization?: MetricsAuthorization;
  /** Path that serves the metrics. Default: `/metrics`. */
  path?: string;
  /** Labels that select the Kubernetes Service or the pods. Default: `app: <name>`. */
  selector?: Record<string, string>;
  /** Seconds between two scrapes. Default: Prometheus's scrape interval. */
  scrapeIntervalSeconds?: number;
  /**
   * Limits for one scrape. A scrape that exceeds a limit fails as a whole. Default: Prometheus's
   * limits.
   */
  scrapeLimits?: ScrapeLimits;
  /** Service level objective. Default: none. */
  slo?: ServiceLevelObjective;
  /**
   * Planned maintenance. Alerts on the service and its pods notify only afterward, if they are still
   * firing. Default: none.
   */
  maintenance?: Maintenance[];
  /** Names of this service's metrics and labels. Default: the names in `alerts.metrics`. */
  metrics?: ServiceMetrics;
  /** Overrides for the alert settings of this service. Default: none. */
  alerts?: ServiceAlertOverrides;
}

/** Thresholds above which the alerts on services fire. */
export interface AlertThresholds {
  /** Maximum percentage of HTTP or gRPC requests that fail. Default: 5. */
  errorRatePercent?: number;
  /** Maximum 99th percentile request latency, in milliseconds. Default: 500. */
  p99LatencyMs?: number;
  /** Maximum memory usage, as a percentage of the container's limit. Default: 90. */
  memoryPercent?: number;
  /** Maximum CPU usage, as a percentage of the container's limit. Default: 85. */
  cpuPercent?: number;
  /** Maximum percentage of CPU periods in which a container is throttled. Default: 25. */
  cpuThrottlingPercent?: number;
  /** Maximum number of throttled DynamoDB requests per second. Default: 10. */
  dynamodbThrottlesPerSecond?: number;
  /** Maximum 99th percentile latency of DynamoDB calls, in milliseconds. Default: 100. */
  dynamodbP99Ms?: number;
  /** Maximum 99th percentile latency of Redis calls, in milliseconds. Default: 50. */
  redisP99Ms?: number;
  /** Maximum number of Redis connections in use, as a percentage of `redisPoolMaximum`. Default: 90. */
  redisPoolPercent?: number;
  /** Size of the Redis connection pool of each pod. Default: none, which disables the pool alert. */
  redisPoolMaximum?: number;
  /** Requests per second, one hour before traffic stops, above which NoTraffic fires. Default: 1. */
  droppedRequestsPerSecond?: number;
  /**
   * Requests per second below which latency alerts do not fire, and error alerts evaluate 30 minutes
   * instead of 5. Default: 0.2.
   */
  minimumRequestsPerSecond?: number;
  /** Maximum number of hours since the last successful run of a scheduled job. Default: 25. */
  jobMaxAgeHours?: number;
  /** Maximum number of minutes that a run of a scheduled job may take. Default: 60. */
  jobMaxMinutes?: number;
  /**
   * Remaining validity of a probed certificate, in days, below which the alert is critical. Default: 7.
   */
  certificateDays?: number;
  /**
   * Remaining validity of a probed certificate, in days, below which the alert is a warning. Default:
   * 21.
   */
  certificateWarningDays?: number;
  /** Stricter thresholds at which the same alerts fire as warnings. Default: none. */
  warning?: WarningThresholds;
}

/** Thresholds above which alerts fire as warnings. Each must be below the critical alert's threshold. */
export interface WarningThresholds {
  /** Percentage of HTTP or gRPC requests that fail. */
  errorRatePercent?: number;
  /** 99th percentile request latency, in milliseconds. */
  p99LatencyMs?: number;
  /** Memory usage, as a percentage of the container's limit. */
  memoryPercent?: number;
  /** Throttled DynamoDB requests per second. */
  dynamodbThrottlesPerSecond?: number;
}

/** Overrides for the alert settings of one service. */
export interface ServiceAlertOverrides extends AlertThresholds {
  /**
   * Settings for individual alerts on this service, keyed by alert name. Default: the settings for all
   * services.
   */
  rules?: Record<string, AlertRuleSettings>;
  /** Whether the service has alerts. Default: true. */
  enabled?: boolean;
  /** Whether the service handles requests, and therefore must have request metrics. Default: true. */
  expectsRequests?: boolean;
  /**
   * Why the service's alerts are disabled or less strict. The policies accept these settings for this
   * service only if a reason is given. Default: none.
   */
  reason?: string;
}

/** Alert settings for all services. */
export interface ServiceAlertArgs extends AlertThresholds {
  /** Names of metrics and labels that differ from the defaults. Default: none. */
  metrics?: AlertMetrics;
  /** Settings for individual alerts, keyed by alert name. Default: none. */
  rules?: Record<string, AlertRuleSettings>;
  /**
   * Base URL of the runbooks; `/<alert name>.md` is appended. Default: none, and alerts have no runbook
   * link.
   */
  runbookBaseUrl?: pulumi.Input<string> | undefined;
  /**
   * URL where users open Grafana, for dashboard links in alerts. Use the value of `grafana.externalUrl`
   * of PrometheusStack. Default: none, and alerts have no dashboard link.
   */
  dashboardBaseUrl?: pulumi.Input<string> | undefined;
}

/** Metrics and labels that a service's alerts use. */
export interface ServiceMetrics {
  /**
   * Naming convention for request metrics and labels. Individual names override it. Default:
   * `prometheus` for all services; for one service, the convention for all services.
   */
  convention?: MetricConvention;
  /** Counter of HTTP requests. Default: `http_requests_total`. */
  httpRequests?: string;
  /** Label of `httpRequests` that contains the status code. Default: `status`. */
  httpStatusLabel?: string;
  /** Histogram of HTTP latency, without `_bucket`. Default: `http_request_duration_seconds`. */
  httpDuration?: string;
  /** Counter of gRPC requests. Default: `grpc_server_handled_total`. */
  grpcRequests?: string;
  /** Label of `grpcRequests` that contains the status code. Default: `grpc_code`. */
  grpcCodeLabel?: string;
  /** Histogram of gRPC latency, without `_bucket`. Default: `grpc_server_handling_seconds`. */
  grpcDuration?: string;
  /** Counter of throttled DynamoDB requests. Default: `dynamodb_throttled_requests_total`. */
  dynamodbThrottles?: string;
  /** Histogram of DynamoDB latency, without `_bucket`. Default: `dynamodb_operation_duration_seconds`. */
  dynamodbDuration?: string;
  /** Histogram of Redis latency, without `_bucket`. Default: `redis_command_duration_seconds`. */
  redisDuration?: string;
  /** Gauge of Redis connections in use. Default: `redis_connection_pool_active_connections`. */
  redisPoolActive?: string;
  /**
   * Whether latency histograms are native: one sample contains all buckets. Requires Prometheus 3.8.
   * Default: false for all services; for one service, the setting for all services.
   */
  nativeHistograms?: boolean;
}

/** Names of the metrics and labels that alerts use, for all services. */
export interface AlertMetrics extends ServiceMetrics {
  /** Additional matchers for container metrics, such as `job="kubelet"`. Default: none. */
  containerSelector?: string;
  /** Additional matchers for metrics from kube-state-metrics. Default: none. */
  kubeStateSelector?: string;
}

/** Arguments of MonitoredServices. */
export interface MonitoredServicesArgs {
  /** Namespace that the services run in. */
  namespace: pulumi.Input<string>;
  /**
   * Services to scrape. Their names must be unique. They determine which resources exist, so they must
   * be known when the program runs. Default: none.
   */
  services?: MonitoredService[];
  /** Alert settings for all services. Default: the default thresholds. */
  alerts?: ServiceAlertArgs;
  /**
   * Number of days that Prometheus retains samples, which limits the window of an objective. Use the
   * value of `retentionDays` of PrometheusStack. Default: 15.
   */
  retentionDays?: number;
  /**
   * Address (`host:port`) of the blackbox exporter for `probe`. Use `proberAddress` of PrometheusStack
   * with `blackboxExporter`. Default: `prometheus-blackbox-exporter.monitoring.svc.cluster.local:9115`.
   */
  prober?: pulumi.Input<string> | undefined;
  /**
   * Labels to add to the monitors, probes and rules so that an existing Prometheus selects them, such
   * as `{release: "kube-prometheus-stack"}`. Default: none, because PrometheusStack selects all of
   * them.
   */
  selectorLabels?: pulumi.Input<Record<string, pulumi.Input<string>>> | undefined;
  /**
   * ARN of an Amazon Managed Service for Prometheus workspace that contains one cluster's samples. Its
   * ruler evaluates the rules, which are then deployed as a rule group namespace in the workspace
   * instead of a PrometheusRule. Requires `@pulumi/aws`. Default: none.
   */
  ampWorkspaceArn?: pulumi.Input<string> | undefined;
  /** Labels to add to every object, and tags to add to the AWS resources. Default: none. */
  labels?: pulumi.Input<Record<string, pulumi.Input<string>>> | undefined;
}

/** Returns claims on objects that only one MonitoredServices may own. */
function servicesClaims(name: string, settings: MonitoredServicesSettings): Claim[] {
  const { namespace, services } = settings;
  return [
    {
      what: `the PrometheusRule ${ruleName(name, settings)} in the namespace ${namespace}`,
      path: [],
      fix: "rename one of the components",
    },
    ...services.flatMap((service, index) => {
      const identity = `${service.name} in the namespace ${namespace}`;
      const path = ["services", index, "name"];
      const monitor = {
        what: `the ${monitorKind(service)} ${identity}`,
        path,
        fix: `remove the service ${service.name} from one of them`,
      };
      const probe = {
        what: `the Probe ${identity}`,
        path,
        fix: `remove the probe of ${service.name} from one of them`,
      };
      return [...(isScraped(service) ? [monitor] : []), ...(hasProbe(service) ? [probe] : [])];
    }),
  ];
}

/**
 * Registers the rules of the services: PrometheusRules or, with `ampWorkspaceArn`, rule group
 * namespaces.
 */
function ruleResources(
  name: string,
  { settings, fill }: Inputs<MonitoredServicesSettings>,
  metadata: kubernetes.types.input.meta.v1.ObjectMeta,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const groupsOf = (all: MonitoredServicesSettings) =>
    ruleGroups(serviceAlerts(all, objectName(name)), all.alerts);
  const groups = groupsOf(settings);
  const objectsOf = (all: MonitoredServicesSettings) =>
    all === settings ? ruleObjects(groups) : ruleObjects(groupsOf(all), groups);
  const suffixOf = (index: number) => (index === 0 ? "" : `-${index + 1}`);
  // Policies recognize the base signals by metric name, so an annotation lists overridden names.
  const annotations = {
    ...metricNameAnnotations([
      settings.alerts.metrics,
      ...settings.services.map((service) => metricsFor(settings, service)),
    ]),
    ...serviceExceptionAnnotations(serviceExceptions(settings)),
  };
  if (settings.ampWorkspaceArn !== undefined) {
    const { RuleGroupNamespace } = awsSdk().amp;
    return fill((all) =>
      objectsOf(all).map((object, index) =>
        ruleNamespaceArgs({
          workspaceArn: all.ampWorkspaceArn ?? "",
          name: `${ruleName(name, all)}${suffixOf(index)}`,
          namespace: all.namespace,
          groups: object,
          declarations: annotations,
          tags: all.labels,
        }),
      ),
    ).map((args, index) => new RuleGroupNamespace(`${name}-rules${suffixOf(index)}`, args, opts));
  }
  const hasAnnotations = Object.keys(annotations).length > 0;
  return [...fill(objectsOf).entries()].map(([index, object]) =>
    operatorObject(
      `${name}-rules${suffixOf(index)}`,
      "PrometheusRule",
      {
        name: fill((all) => `${ruleName(name, all)}${suffixOf(index)}`),
        ...metadata,
        ...(hasAnnotations && { annotations }),
      },
      { groups: object },
      opts,
    ),
  );
}

/**
 * Returns the name of the first PrometheusRule or rule group namespace. The component's name
 * distinguishes the rules of several components in the same namespace.
 */
function ruleName(name: string, { namespace }: MonitoredServicesSettings): string {
  return `${namespace}-${objectName(name)}`;
}

/**
 * Scrapes the services in a namespace and alerts on them. Creates a ServiceMonitor or PodMonitor per
 * service, a Probe per URL, and a PrometheusRule `<namespace>-<name>` for all services, or several if
 * one would exceed the Kubernetes size limit. With `ampWorkspaceArn`, creates rule group namespaces
 * instead of PrometheusRules. Requires the CRDs of the Prometheus operator. If the same program creates
 * the CRDs, pass PrometheusStack as `dependsOn`.
 *
 * If arguments are invalid, the constructor throws one error that lists every problem, and registers
 * nothing.
 */
export class MonitoredServices extends pulumi.ComponentResource {
  static readonly __pulumiType = "monitoring:index:MonitoredServices";

  /**
   * Name of the first PrometheusRule in the cluster, or of the first rule group namespace in the
   * workspace.
   */
  readonly ruleName: pulumi.Output<string>;

  constructor(name: string, args: MonitoredServicesArgs, opts?: pulumi.ComponentResourceOptions) {
    const inputs = checkInputs("MonitoredServices", name, args, servicesSettings);
    const { settings, fill } = inputs;
    const claimed = claim("MonitoredServices", name, inputs, opts, (all) =>
      servicesClaims(name, all),
    );
    super(
      MonitoredServices.__pulumiType,
      name,
      fill((all) => all),
      afterChecks(opts, claimed),
    );
    const metadata = fill((all) => ({
      namespace: all.namespace,
      labels: { ...objectLabels("services", all.labels), ...all.selectorLabels },
    }));
    const child = { parent: this };

    for (const service of settings.services.filter(isScraped)) {
      operatorObject(
        `${name}-${service.name}`,
        monitorKind(service),
        { name: service.name, ...metadata },
        monitorSpec(service, settings),
        child,
      );
    }
    for (const service of settings.services.filter(hasProbe)) {
      operatorObject(
        `${name}-${service.name}-probe`,
        "Probe",
        { name: service.name, ...metadata },
        fill((all) => probeSpec(service, all.prober)),
        child,
      );
    }
    const rules = ruleResources(name, inputs, metadata, child);

    this.ruleName = availableAfter(
      rules,
      fill((all) => ruleName(name, all)),
    );
    this.registerOutputs({ ruleName: this.ruleName });
  }
}

/** Converts a component's name to a valid Kubernetes object name. */
function objectName(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}
