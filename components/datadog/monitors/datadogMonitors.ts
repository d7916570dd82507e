import * as pulumi from "@pulumi/pulumi";
import { settingsOrThrow } from "../../shared/settingsOrThrow";
import { DatadogDashboardResource, DatadogMonitorResource } from "./resources";
import { MonitoredService, ServiceAlertArgs } from "../../services/monitoredServices";
import { datadogMonitorsSettings } from "./settings";
import { datadogDashboard } from "./dashboard";
import { datadogMonitors } from "./monitors";

/** Overrides for the monitors of one service. */
export interface DatadogServiceMonitors {
  /**
   * Operation of the spans that represent requests, as in `trace.<operation>.hits`. Default:
   * `fastapi.request` (Python), `servlet.request` (Java), `express.request` (Node.js), otherwise
   * `http.request`.
   */
  operation?: string;
  /** The tag `team`. Default: the `team` of the service, or else the `team` of all monitors. */
  team?: string;
  /** Handles to notify. Default: the handles of all monitors. */
  notify?: string[];
}

/** Arguments of DatadogMonitors. */
export interface DatadogMonitorsArgs {
  /** Name of the cluster. */
  cluster: string;
  /** Environment: the tag `env`. */
  environment: string;
  /** Namespace in which the services run. */
  namespace: string;
  /** Handles to notify: `@slack-<channel>`, `@pagerduty-<service>` or `@<email address>`. */
  notify: string[];
  /** Services, as in MonitoredServices. Monitors ignore their objectives. Default: none. */
  services?: MonitoredService[];
  /** Thresholds, as in MonitoredServices. Default: the default thresholds. */
  alerts?: ServiceAlertArgs;
  /** The tag `team` of every monitor. Default: none. */
  team?: string;
  /** Overrides for single services, by name. Default: none. */
  overrides?: Record<string, DatadogServiceMonitors>;
}

/**
 * Creates a dashboard in Datadog, and monitors for signals that Prometheus also alerts on: error rate,
 * latency, crash loops, memory and CPU of each service, and throttling of DynamoDB. Requires the
 * Datadog provider: pass the option `provider`, or configure `datadog:apiKey` and `datadog:appKey`.
 *
 * If arguments are invalid, the constructor throws one error that lists every problem, and registers
 * nothing.
 */
export class DatadogMonitors extends pulumi.ComponentResource {
  static readonly __pulumiType = "monitoring:index:DatadogMonitors";

  /** Path of the dashboard on the organization's site. */
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
