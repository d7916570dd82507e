import type { z } from "zod";
import type * as library from "../../components";
import type { dashboardsSchema } from "../../components/dashboards/settings";
import type { datadogMonitorsSchema } from "../../components/datadog/monitors/settings";
import type { datadogSchema } from "../../components/datadog/settings";
import type { lokiSchema } from "../../components/loki/settings";
import type { prometheusSchema } from "../../components/prometheus/settings";
import type { serviceSchema, servicesSchema } from "../../components/services/settings/settings";
import type { slackSchema } from "../../components/slack/settings";

// Types only: `npm run typecheck` fails where the arguments of a component and its schema differ.
// The arguments are interfaces written by hand, because Pulumi's analyzer cannot read zod types.

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type RequiredKeys<T> = {
  [K in keyof T]-?: Partial<Pick<T, K>> extends Pick<T, K> ? never : K;
}[keyof T];

/**
 * Whether arguments have the keys that the input of a schema has, and `Extra` ones that are not
 * settings, and require the same.
 */
type Matches<Args, Input, Extra extends string = never> =
  Equal<keyof Args, keyof Input | Extra> extends true
    ? Equal<RequiredKeys<Args>, RequiredKeys<Input>>
    : false;

type Assert<T extends true> = T;

type Prometheus = z.input<typeof prometheusSchema>;
type Grafana = NonNullable<Prometheus["grafana"]>;
type LongTerm = NonNullable<Prometheus["longTerm"]>;
type Ingress = NonNullable<Grafana["ingress"]>;
type Loki = z.input<typeof lokiSchema>;
type Slack = z.input<typeof slackSchema>;
type Services = z.input<typeof servicesSchema>;
type Alerts = NonNullable<Services["alerts"]>;
type Service = z.input<typeof serviceSchema>;
type Monitors = z.input<typeof datadogMonitorsSchema>;
type Item<T> = NonNullable<T> extends (infer I)[] ? I : never;
type Value<T> = NonNullable<T> extends Record<string, infer V> ? V : never;

export type Assertions = [
  Assert<Matches<library.GrafanaDashboardsArgs, z.input<typeof dashboardsSchema>>>,
  Assert<Matches<library.PrometheusStackArgs, Prometheus, "values">>,
  Assert<Matches<library.Toleration, Item<Prometheus["tolerations"]>>>,
  Assert<Matches<library.AlertmanagerArgs, NonNullable<Prometheus["alertmanager"]>>>,
  Assert<Matches<library.GrafanaArgs, Grafana>>,
  Assert<Matches<library.GrafanaIngress, Ingress>>,
  Assert<Matches<library.GrafanaGateway, NonNullable<Ingress["gateway"]>>>,
  Assert<Matches<library.GrafanaSso, NonNullable<Grafana["sso"]>>>,
  Assert<Matches<library.LongTermStore, LongTerm>>,
  Assert<Matches<library.BasicAuthReference, NonNullable<LongTerm["basicAuth"]>>>,
  Assert<Matches<library.CommunityDashboard, Item<Grafana["communityDashboards"]>>>,
  Assert<Matches<library.ScrapedMetrics, NonNullable<Prometheus["metrics"]>>>,
  Assert<Matches<library.LokiStackArgs, Loki, "values" | "collectorValues">>,
  Assert<Matches<library.LogAlertArgs, Item<Loki["logAlerts"]>>>,
  Assert<Matches<library.RedactionPattern, Item<Loki["redactionPatterns"]>>>,
  Assert<Matches<library.DatadogAgentArgs, z.input<typeof datadogSchema>, "values">>,
  Assert<Matches<library.DatadogMonitorsArgs, Monitors>>,
  Assert<Matches<library.DatadogServiceMonitors, Value<Monitors["overrides"]>>>,
  Assert<Matches<library.SlackAlertingArgs, Slack>>,
  Assert<Matches<library.AlertReceiver, Value<Slack["receivers"]>>>,
  Assert<Matches<library.SlackChannels, NonNullable<Slack["channels"]>>>,
  Assert<Matches<library.SlackRoute, Item<Slack["routes"]>>>,
  Assert<Matches<library.QuietHours, NonNullable<Slack["quietHours"]>>>,
  Assert<Matches<library.MonitoredServicesArgs, Services>>,
  Assert<Matches<library.MonitoredService, Service>>,
  Assert<Matches<library.ServiceLevelObjective, NonNullable<Service["slo"]>>>,
  Assert<Matches<library.ServiceAlertOverrides, NonNullable<Service["alerts"]>>>,
  Assert<Matches<library.ServiceAlertArgs, Alerts>>,
  Assert<Matches<library.AlertMetrics, NonNullable<Alerts["metrics"]>>>,
  Assert<Matches<library.WarningThresholds, NonNullable<Alerts["warning"]>>>,
];

// The assertion fails for a key on one side only, and for a key that only one side requires.
export type Failures = [
  // @ts-expect-error: the arguments have an additional key
  Assert<Matches<library.SlackAlertingArgs & { extra?: string }, Slack>>,
  // @ts-expect-error: the schema has an additional key
  Assert<Matches<library.SlackAlertingArgs, Slack & { extra?: string }>>,
  // @ts-expect-error: the arguments require a key that the schema does not
  Assert<Matches<library.SlackAlertingArgs & { groupBy: string[] }, Slack>>,
  // @ts-expect-error: the schema requires a key that the arguments do not
  Assert<Matches<library.SlackAlertingArgs, Slack & { groupBy: string[] }>>,
];
