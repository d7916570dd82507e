import * as pulumi from "@pulumi/pulumi";
import { Filled } from "../../shared/inputs";
import { DatadogMonitor } from "./monitors";
import { datadogProviderVersion } from "./version";

export interface DatadogProviderArgs {
  /** URL of Datadog's API, such as `https://api.datadoghq.eu/`. */
  apiUrl: string;
  apiKey: pulumi.Input<string>;
  appKey: pulumi.Input<string>;
}

/** The Datadog provider, configured with an organization's keys. */
export class DatadogProvider extends pulumi.ProviderResource {
  constructor(name: string, args: DatadogProviderArgs, opts?: pulumi.ResourceOptions) {
    const secret = { apiKey: pulumi.secret(args.apiKey), appKey: pulumi.secret(args.appKey) };
    super("datadog", name, { ...args, ...secret }, withVersion(opts));
  }
}

/** A monitor in Datadog. */
export class DatadogMonitorResource extends pulumi.CustomResource {
  constructor(name: string, args: Filled<DatadogMonitor>, opts?: pulumi.CustomResourceOptions) {
    super("datadog:index/monitor:Monitor", name, { ...args }, withVersion(opts));
  }
}

/** A dashboard in Datadog, in the JSON format of Datadog's API. */
export class DatadogDashboardResource extends pulumi.CustomResource {
  /** Path of the dashboard on the organization's site. */
  readonly url!: pulumi.Output<string>;

  constructor(name: string, dashboard: pulumi.Input<string>, opts?: pulumi.CustomResourceOptions) {
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
