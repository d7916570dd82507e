import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { LogCollector } from "../logs/enums";
import { MonitoredServicesArgs } from "../services/monitoredServices";
import { claim } from "../shared/claims";
import { afterChecks, checkInputs } from "../shared/inputs";
import { objectLabels } from "../shared/labels";
import { dashboardJson, dashboardModels } from "./build";
import { dashboardsSettings } from "./settings";

/** Arguments of GrafanaDashboards. */
export interface GrafanaDashboardsArgs {
  /** Namespace of the ConfigMaps. It must exist. Default: `monitoring`. */
  namespace?: pulumi.Input<string> | undefined;
  /**
   * Arguments of each MonitoredServices to show, usually one per namespace. All must have the same
   * `alerts.metrics`. They determine which dashboards exist, so they must be known when the program
   * runs. Default: no service dashboards.
   */
  services?: MonitoredServicesArgs[];
  /**
   * The `collector` of LokiStack, if Grafana has that Loki as a data source. Must be known when the
   * program runs. Default: no log panels and no Loki dashboard.
   */
  logCollector?: LogCollector;
  /** UID of the Prometheus data source in Grafana. Default: `prometheus`. */
  prometheusUid?: pulumi.Input<string> | undefined;
  /** UID of the Loki data source in Grafana. Default: `loki`. */
  lokiUid?: pulumi.Input<string> | undefined;
  /** Labels that the Grafana sidecar selects dashboards by. Default: `{grafana_dashboard: "1"}`. */
  sidecarLabels?: pulumi.Input<Record<string, pulumi.Input<string>>> | undefined;
  /** Annotation that contains the dashboard's folder, for the sidecar. Default: `grafana_folder`. */
  folderAnnotation?: string;
  /** Labels to add to every object. Default: none. */
  labels?: pulumi.Input<Record<string, pulumi.Input<string>>> | undefined;
}

/**
 * Creates this library's dashboards as ConfigMaps, which the Grafana sidecar loads from all namespaces.
 * Links in alerts open panels in these dashboards. To use the dashboards without Kubernetes, call
 * `buildDashboards` from `@ticketing/observability/dashboards`.
 *
 * If arguments are invalid, the constructor throws one error that lists every problem, and registers
 * nothing.
 */
export class GrafanaDashboards extends pulumi.ComponentResource {
  static readonly __pulumiType = "monitoring:index:GrafanaDashboards";

  /** UIDs of the dashboards. */
  readonly uids: pulumi.Output<string[]>;

  constructor(name: string, args: GrafanaDashboardsArgs, opts?: pulumi.ComponentResourceOptions) {
    const inputs = checkInputs("GrafanaDashboards", name, args, dashboardsSettings);
    const { settings, fill } = inputs;
    // A cluster can have only one GrafanaDashboards, because Grafana loads the ConfigMaps of all
    // namespaces and the dashboards have fixed UIDs.
    const claimed = claim("GrafanaDashboards", name, inputs, opts, () => [
      {
        what: "the cluster dashboards",
        path: ["services"],
        fix: "pass the services of both to one of them, and remove the other",
      },
    ]);
    super(
      GrafanaDashboards.__pulumiType,
      name,
      // Omits the services, because the state already contains them as inputs of MonitoredServices.
      fill(({ services: _services, ...others }) => others),
      afterChecks(opts, claimed),
    );
    const uids = dashboardModels(settings).map(({ uid }) => uid);
    const data = fill((all) => Object.fromEntries(dashboardJson(all)));
    for (const uid of uids) {
      const objectName = `dashboard-${uid}`;
      new kubernetes.core.v1.ConfigMap(
        `${name}-${uid}`,
        {
          metadata: fill(({ namespace, labels, sidecarLabels, folderAnnotation }) => ({
            name: objectName,
            namespace,
            labels: { ...objectLabels("grafana", labels), ...sidecarLabels },
            annotations: { [folderAnnotation]: "Observability" },
          })),
          data: { [`${objectName}.json`]: data[uid] ?? "" },
        },
        { parent: this },
      );
    }

    this.uids = pulumi.output(uids as string[]);
    this.registerOutputs({ uids: this.uids });
  }
}
