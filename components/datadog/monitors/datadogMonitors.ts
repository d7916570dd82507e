import * as pulumi from "@pulumi/pulumi";
import { settingsOrThrow } from "../../shared/component";
import { DatadogDashboardResource, DatadogMonitorResource } from "./resources";
import { MonitoredService, ServiceAlertArgs } from "../../services/monitoredServices";
import { datadogMonitorsSettings } from "./settings";
import { datadogDashboard } from "./dashboard";
import { datadogMonitors } from "./monitors";

/** What the monitors of one service have of its own. */
export interface DatadogServiceMonitors {
  /**
   * Operation in whose spans its requests are: the middle of `trace.<operation>.hits`. Default: by
   * language, `http.request` for Go, `fastapi.request`, `servlet.request`, `express.request`.
   */
  operation?: string;
  /** The tag `team`. Default: the `team` of the service, or else that of all. */
  team?: string;
  /** Who is told. Default: whoever is told of all. */
  notify?: string[];
}

export interface DatadogMonitorsArgs {
  /** Name of the cluster. */
  cluster: string;
  /** Environment; the tag `env`. */
  environment: string;
  /** Namespace in which the services run. */
  namespace: string;
  /** Handles that are told: `@slack-<channel>`, `@pagerduty-<service>`, an address of a person. */
  notify: string[];
  /** The services, as MonitoredServices takes them. Default: none. */
  services?: MonitoredService[];
  /** Thresholds, as MonitoredServices takes them. */
  alerts?: ServiceAlertArgs;
  /** The tag `team` of every monitor. Default: none. */
  team?: string;
  /** What one service has of its own, by its name. Default: nothing. */
  overrides?: Record<string, DatadogServiceMonitors>;
  /** Days that Prometheus keeps its samples; an objective is checked against it. Default: 15. */
  retentionDays?: number;
  /** Labels of the services' objects in Kubernetes; monitors have none. */
  labels?: Record<string, string>;
}

/**
 * Monitors in Datadog for the signals that Prometheus alerts on as well: error rate, latency, crash
 * loops, memory and CPU of each service, and throttling of DynamoDB; and one dashboard. Needs
 * Datadog's provider: as the option `provider`, or configured by `datadog:apiKey` and `datadog:appKey`.
 *
 * Throws one error that lists every problem of its arguments; nothing is registered then.
 */
export class DatadogMonitors extends pulumi.ComponentResource {
  static readonly __pulumiType = "monitoring:index:DatadogMonitors";

  /** Path of the dashboard on the organisation's site. */
  readonly dashboardPath: pulumi.Output<string>;

  constructor(name: string, args: DatadogMonitorsArgs, opts?: pulumi.ComponentResourceOptions) {
    const settings = settingsOrThrow("DatadogMonitors", name, datadogMonitorsSettings(args));
    super(DatadogMonitors.__pulumiType, name, settings, opts);
    const child = { parent: this };

    for (const [monitor, inputs] of Object.entries(datadogMonitors(settings))) {
      new DatadogMonitorResource(`${name}-${monitor}`, inputs, child);
    }
    const dashboard = new DatadogDashboardResource(
      `${name}-dashboard`,
      datadogDashboard(settings),
      child,
    );

    this.dashboardPath = dashboard.url;
    this.registerOutputs({ dashboardPath: this.dashboardPath });
  }
}
