import { DatadogMonitorsSettings } from "../../components/datadog/monitors/settings";
import { DatadogSettings } from "../../components/datadog/settings";
import { LokiSettings } from "../../components/loki/settings";
import { PrometheusSettings } from "../../components/prometheus/settings";
import { Checked, Problem } from "../../components/shared/problems";
import { SlackSettings } from "../../components/slack/settings";
import { defined } from "../../components/shared/defined";
import { Namespaces, RawConfiguration, readContext } from "./context";
import { CostSettings } from "./cost";
import {
  ExistingPrometheus,
  alertProblems,
  parseCost,
  parseDatadog,
  parseDatadogMonitors,
  parseExistingPrometheus,
  parseLoki,
  parsePrometheus,
  parseSlack,
  routeProblems,
} from "./parts";
import { formatConfigurationProblem } from "./formatProblems";
import { nameWarnings } from "./nameWarnings";
import { ServicesByNamespace, parseServices } from "./services";
import { ChartValues } from "./readPart";
import { PresetName } from "../presets/presets";
import { ClusterSettings } from "./schema";

export type { RawConfiguration } from "./context";

/** All settings of a deployment as plain data, complete and checked. */
export interface Settings {
  preset: PresetName;
  cluster: ClusterSettings;
  namespaces: Namespaces;
  storage: { className: string; create: boolean };
  labels: Record<string, string>;
  protectData: boolean;
  /** The stack's own Prometheus, unless there is an existing one. */
  prometheus?: PrometheusSettings;
  existingPrometheus?: ExistingPrometheus;
  loki?: LokiSettings;
  datadog?: DatadogSettings;
  datadogMonitors?: DatadogMonitorsSettings;
  slack?: SlackSettings;
  /** Services by namespace. The application namespace comes first. */
  services: ServicesByNamespace;
  /** Assumptions behind the retention and cost estimates. */
  cost: CostSettings;
  /** The user's chart values, which are merged last. */
  chartValues: ChartValues;
  /** Warnings about valid settings that are probably mistakes. */
  warnings: string[];
}

/** Settings of a stack with its own Prometheus, Alertmanager and Grafana. */
export type SettingsWithPrometheus = Settings & { prometheus: PrometheusSettings };

/**
 * Turns the configuration into settings. The user's values override the preset, and each component
 * checks its own settings. Returns all problems at once, in terms of the user's keys.
 */
export function parseConfiguration(raw: RawConfiguration): Checked<Settings> {
  const { context, problems: structureProblems } = readContext(raw);
  const slack = parseSlack(context);
  const prometheus = parsePrometheus(context, slack.settings);
  const existingPrometheus = parseExistingPrometheus(context);
  const loki = parseLoki(context, prometheus.settings);
  const datadog = parseDatadog(context, loki.settings);
  const services = parseServices(context, prometheus.settings);
  const datadogMonitors = parseDatadogMonitors(context, services.settings);
  const cost = parseCost(context);

  const parts = [
    slack,
    prometheus,
    existingPrometheus,
    loki,
    datadog,
    services,
    datadogMonitors,
    cost,
  ];
  const problems = [
    ...structureProblems,
    ...parts.flatMap((part) => part.problems),
    ...alertProblems(context),
    ...routeProblems(slack.settings, services.settings),
  ];
  if (problems.length > 0 || !services.settings || !cost.settings) {
    return { problems: distinct(problems) };
  }
  const { configuration, namespaces, storage, preset } = context;
  return {
    settings: defined({
      preset: configuration.environment,
      cluster: configuration.cluster,
      namespaces,
      storage,
      labels: configuration.labels,
      protectData: prometheus.settings?.protectData ?? preset.prometheus["protectData"] === true,
      prometheus: prometheus.settings,
      existingPrometheus: existingPrometheus.settings,
      loki: loki.settings,
      datadog: datadog.settings,
      datadogMonitors: datadogMonitors.settings,
      slack: slack.settings,
      services: services.settings,
      cost: cost.settings,
      chartValues: { ...prometheus.chartValues, ...loki.chartValues, ...datadog.chartValues },
      warnings: nameWarnings(context, slack.settings).map(formatConfigurationProblem),
    }),
  };
}

/** Removes duplicates, because components that share a key report the same problem. */
function distinct(problems: Problem[]): Problem[] {
  const identity = ({ path, rule }: Problem): string => JSON.stringify([path, rule]);
  return [...new Map(problems.map((problem) => [identity(problem), problem])).values()];
}
