import * as pulumi from "@pulumi/pulumi";
import { DatadogMonitor } from "./monitors";

/**
 * Version of Datadog's provider that these resources were written for. The engine fetches the plugin
 * by it; the npm package with its 900 files is needed by nobody.
 */
export const datadogProviderVersion = "5.11.0";

export interface DatadogProviderArgs {
  /** Where Datadog's API is: `https://api.datadoghq.eu/`. */
  apiUrl: string;
  apiKey: pulumi.Input<string>;
  appKey: pulumi.Input<string>;
}

/** Datadog's API under the keys of one organisation. */
export class DatadogProvider extends pulumi.ProviderResource {
  constructor(name: string, args: DatadogProviderArgs, opts?: pulumi.ResourceOptions) {
    const secret = { apiKey: pulumi.secret(args.apiKey), appKey: pulumi.secret(args.appKey) };
    super("datadog", name, { ...args, ...secret }, withVersion(opts));
  }
}

/** A monitor in Datadog. */
export class DatadogMonitorResource extends pulumi.CustomResource {
  constructor(name: string, args: DatadogMonitor, opts?: pulumi.CustomResourceOptions) {
    super("datadog:index/monitor:Monitor", name, { ...args }, withVersion(opts));
  }
}

/** A dashboard in Datadog, as the JSON of its API. */
export class DatadogDashboardResource extends pulumi.CustomResource {
  /** Path of the dashboard on the organisation's site. */
  readonly url!: pulumi.Output<string>;

  constructor(name: string, dashboard: string, opts?: pulumi.CustomResourceOptions) {
    super(
      "datadog:index/dashboardJson:DashboardJson",
      name,
      { dashboard, url: undefined },
      withVersion(opts),
    );
  }
}

function withVersion<T extends pulumi.ResourceOptions>(opts: T | undefined) {
  return pulumi.mergeOptions({ version: datadogProviderVersion }, opts);
}
