import * as pulumi from "@pulumi/pulumi";
import { checkInputs } from "../../shared/inputs";
import { DatadogDashboardResource, DatadogMonitorResource } from "./resources";
import { MonitoredService, ServiceAlertArgs } from "../../services/monitoredServices";
import { datadogMonitorsSettings } from "./settings";
import { datadogDashboard } from "./dashboard";
import { datadogMonitors } from "./monitors";

/** Overrides for the monitors of one service. */
export interface DatadogServiceMonitors {
  /**
   * Operation of the service's request spans, as in `trace.<operation>.hits`. Default:
   * `fastapi.request` (Python), `servlet.request` (Java), `express.request` (Node.js), otherwise
   * `http.request`.
   */
  operation?: string;
  /** The `team` tag. Default: the service's `team`, or else the `team` of all monitors. */
  team?: pulumi.Input<string> | undefined;
  /** Handles to notify. Default: the handles of all monitors. */
  notify?: pulumi.Input<string>[];
}

/** Arguments of DatadogMonitors. */
export interface DatadogMonitorsArgs {
  /** Name of the cluster. */
  cluster: pulumi.Input<string>;
  /** Environment name, as in the `env` tag. */
  environment: pulumi.Input<string>;
  /** Namespace that the services run in. */
  namespace: pulumi.Input<string>;
  /** Handles to notify: `@slack-<channel>`, `@pagerduty-<service>` or `@<email address>`. */
  notify: pulumi.Input<string>[];
  /**
   * The `services` of MonitoredServices. Monitors ignore their objectives. The services determine which
   * monitors exist, so they must be known when the program runs. Default: none.
   */
  services?: MonitoredService[];
  /** The `alerts` of MonitoredServices. Default: the default thresholds. */
  alerts?: ServiceAlertArgs;
  /** The `team` tag of every monitor. Default: none. */
  team?: pulumi.Input<string> | undefined;
  /**
   * Per-service overrides, keyed by service name. They must be known when the program runs. Default:
   * none.
   */
  overrides?: Record<string, DatadogServiceMonitors>;
}

/**
 * Creates a dashboard in Datadog, and monitors for signals that Prometheus also alerts on: error rate,
 * latency, crash loops, memory and CPU of each service, and DynamoDB throttling. Requires the Datadog
 * provider: pass the `provider` option, or configure `datadog:apiKey` and `datadog:appKey`.
 *
 * If arguments are invalid, the constructor throws one error that lists every problem, and registers
 * nothing.
 */
export class DatadogMonitors extends pulumi.ComponentResource {
  static readonly __pulumiType = "monitoring:index:DatadogMonitors";

  /** Path of the dashboard on the organization's site. */
  readonly dashboardPath: pulumi.Output<string>;

  constructor(name: string, args: DatadogMonitorsArgs, opts?: pulumi.ComponentResourceOptions) {
    const { fill } = checkInputs("DatadogMonitors", name, args, datadogMonitorsSettings);
    super(
      DatadogMonitors.__pulumiType,
      name,
      fill((all) => all),
      opts,
    );
    const child = { parent: this };

    for (const [monitor, inputs] of Object.entries(fill(datadogMonitors))) {
      new DatadogMonitorResource(`${name}-${monitor}`, inputs, child);
    }
    const dashboard = new DatadogDashboardResource(
      `${name}-dashboard`,
      fill(datadogDashboard),
      child,
    );

    this.dashboardPath = dashboard.url;
    this.registerOutputs({ dashboardPath: this.dashboardPath });
  }
}
