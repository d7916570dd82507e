import { PolicyPack } from "@pulumi/policy";
import type { EnforcementLevel, Policies, PolicyPackConfig } from "@pulumi/policy";
import { AlertThresholdsConfig, alertThresholds } from "./alerts/alertThresholds";
import {
  PolicyConfigProblem,
  configJsonSchema,
  configurable,
  configurationProblems,
} from "./engine/config";
import { documentation } from "./engine/documentation";
import { ExceptionsConfig } from "./engine/exceptions";
import { retentionCoversRules } from "./retention/retentionCoversRules";
import { promqlValid } from "./alerts/promqlValid";
import { promqlUnits } from "./alerts/promqlUnits";
import { RateWindowConfig, rateWindow } from "./alerts/rateWindow";
import { AlertSeverityConfig, alertSeverity } from "./alerts/alertSeverity";
import { AlertForConfig, alertFor } from "./alerts/alertFor";
import { AlertAnnotationsConfig, alertAnnotations } from "./alerts/alertAnnotations";
import { AbsentCoverageConfig, absentCoverage } from "./alerts/absentCoverage";
import { RulesAreLoadedConfig, rulesAreLoaded } from "./delivery/rulesAreLoaded";
import { duplicateRules } from "./alerts/duplicateRules";
import { PinnedChartsConfig, pinnedCharts } from "./reliability/pinnedCharts";
import { grafanaExposure } from "./access/grafanaExposure";
import { GroupingConfig, grouping } from "./delivery/grouping";
import { inhibition } from "./delivery/inhibition";
import { LogGroupRetentionConfig, logGroupRetention } from "./retention/logGroupRetention";
import { LokiBucketHardenedConfig, lokiBucketHardened } from "./access/lokiBucketHardened";
import { LokiBucketLifecycleConfig, lokiBucketLifecycle } from "./retention/lokiBucketLifecycle";
import { LokiIamLeastPrivilegeConfig, lokiIamLeastPrivilege } from "./access/lokiIamLeastPrivilege";
import {
  ProdHighAvailabilityConfig,
  prodHighAvailability,
} from "./reliability/prodHighAvailability";
import { PrometheusStorageConfig, prometheusStorage } from "./retention/prometheusStorage";
import { ScrapeCostConfig, scrapeCost } from "./reliability/scrapeCost";
import { SeveritiesDeliveredConfig, severitiesDelivered } from "./delivery/severitiesDelivered";
import { WatchdogRoutedConfig, watchdogRouted } from "./delivery/watchdogRouted";
import { LokiRetentionConfig, lokiRetention } from "./retention/lokiRetention";
import {
  NoPlaintextCredentialsConfig,
  noPlaintextCredentials,
} from "./access/noPlaintextCredentials";
import { PolicyDescription } from "./engine/description";
import { AnyPolicy, sdkPolicy } from "./engine/policy";
import { PrometheusRetentionConfig, prometheusRetention } from "./retention/prometheusRetention";
import { shareReadings } from "./engine/reading";
import { RequiredAlertsConfig, requiredAlerts } from "./alerts/requiredAlerts";
import { withViews } from "./engine/views";

export type { PolicyConfigProblem } from "./engine/config";
export type { PolicyDescription } from "./engine/description";
export { limits } from "./shared/limits";

/** Level and properties of one policy; what is left out keeps its default. */
export type PolicyArgs<Config = unknown> =
  EnforcementLevel | (Partial<Config> & ExceptionsConfig & { enforcementLevel?: EnforcementLevel });

/** Which policies apply, and how. */
export interface ObservabilityGuardArgs {
  /** Level of every policy that is not named. Default: each policy's own. */
  all?: EnforcementLevel;
  /** Days that Prometheus keeps its samples. */
  prometheusRetention?: PolicyArgs<PrometheusRetentionConfig>;
  /** That Prometheus keeps its samples for as long as the rules look back. */
  prometheusRetentionCoversRules?: PolicyArgs;
  /** Volume of Prometheus in production. */
  prometheusStorage?: PolicyArgs<PrometheusStorageConfig>;
  /** Days that Loki keeps its logs, and that it really deletes them. */
  lokiRetention?: PolicyArgs<LokiRetentionConfig>;
  /** What the bucket of Loki drops by itself. */
  lokiBucketLifecycle?: PolicyArgs<LokiBucketLifecycleConfig>;
  /** Days that CloudWatch keeps the events of log groups. */
  logGroupRetention?: PolicyArgs<LogGroupRetentionConfig>;
  /** The base signals on which every monitored service is alerted. */
  requiredAlerts?: PolicyArgs<RequiredAlertsConfig>;
  /** How lax alerts on the base signals may be. */
  alertThresholds?: PolicyArgs<AlertThresholdsConfig>;
  /** That expressions can be run, and alerts compare something. */
  promqlValid?: PolicyArgs;
  /** Units of thresholds and quantiles. */
  promqlUnits?: PolicyArgs;
  /** Scrapes in the window of a rate. */
  rateWindow?: PolicyArgs<RateWindowConfig>;
  /** Severities that alerts may have. */
  alertSeverity?: PolicyArgs<AlertSeverityConfig>;
  /** How long alerts of each severity wait. */
  alertFor?: PolicyArgs<AlertForConfig>;
  /** Texts and runbooks of alerts. */
  alertAnnotations?: PolicyArgs<AlertAnnotationsConfig>;
  /** That missing metrics are noticed. */
  absentCoverage?: PolicyArgs<AbsentCoverageConfig>;
  /** That Prometheus selects the rules and monitors of the stack. */
  rulesAreLoaded?: PolicyArgs<RulesAreLoadedConfig>;
  /** That no alert is there twice. */
  duplicateRules?: PolicyArgs;
  /** That somebody outside notices when alerting is down, in production. */
  watchdogRouted?: PolicyArgs<WatchdogRoutedConfig>;
  /** That alerts reach somebody. */
  severitiesDelivered?: PolicyArgs<SeveritiesDeliveredConfig>;
  /** Which alerts silence which. */
  inhibition?: PolicyArgs;
  /** How notifications are grouped and paced. */
  grouping?: PolicyArgs<GroupingConfig>;
  /** Where credentials may stand. */
  noPlaintextCredentials?: PolicyArgs<NoPlaintextCredentialsConfig>;
  /** Access to the bucket of Loki. */
  lokiBucketHardened?: PolicyArgs<LokiBucketHardenedConfig>;
  /** What Loki may do in AWS, and who may become it. */
  lokiIamLeastPrivilege?: PolicyArgs<LokiIamLeastPrivilegeConfig>;
  /** Who gets into Grafana. */
  grafanaExposure?: PolicyArgs;
  /** Interval, timeout and size of scrapes. */
  scrapeCost?: PolicyArgs<ScrapeCostConfig>;
  /** Replicas and disruption budgets in production. */
  prodHighAvailability?: PolicyArgs<ProdHighAvailabilityConfig>;
  /** Versions and repositories of charts. */
  pinnedCharts?: PolicyArgs<PinnedChartsConfig>;
}

/** The policies by the names that code gives them. */
const policies: Record<Exclude<keyof ObservabilityGuardArgs, "all">, AnyPolicy> = {
  prometheusRetention,
  prometheusRetentionCoversRules: retentionCoversRules,
  prometheusStorage,
  lokiRetention,
  lokiBucketLifecycle,
  logGroupRetention,
  requiredAlerts,
  alertThresholds,
  promqlValid,
  promqlUnits,
  rateWindow,
  alertSeverity,
  alertFor,
  alertAnnotations,
  absentCoverage,
  rulesAreLoaded,
  duplicateRules,
  watchdogRouted,
  severitiesDelivered,
  inhibition,
  grouping,
  noPlaintextCredentials,
  lokiBucketHardened,
  lokiIamLeastPrivilege,
  grafanaExposure,
  scrapeCost,
  prodHighAvailability,
  pinnedCharts,
};
/** These are about AWS alone, or read every text of every resource as it is. */
const withoutViews: AnyPolicy[] = [
  logGroupRetention,
  lokiIamLeastPrivilege,
  noPlaintextCredentials,
];
const all: AnyPolicy[] = Object.values(policies).map((policy) => {
  if (withoutViews.includes(policy)) return policy;
  return withViews(policy, policy === pinnedCharts ? "releases" : "charts");
});

/** The policies of this package, for a pack of your own: `new PolicyPack("mine", {policies})`. */
export function observabilityPolicies(): Policies {
  const context = { policies: all.map(({ name }) => name), now: () => new Date() };
  return all.map((policy) => sdkPolicy(policy, context));
}

/** What each policy is, why, and how to comply: for documentation. */
export function policyDescriptions(): PolicyDescription[] {
  return all;
}

/** Everything wrong with a configuration as `--policy-pack-config` takes it; nothing when it is fine. */
export function checkPolicyConfig(config: unknown): PolicyConfigProblem[] {
  return configurationProblems(all.map(configurable), config);
}

/** JSON schema of the file that `--policy-pack-config` takes. */
export function policyConfigSchema(): Record<string, unknown> {
  return configJsonSchema(all);
}

/** The page about all policies, as Markdown: docs/policies.md. */
export function policyDocumentation(): string {
  return documentation(all);
}

/** The same configuration in the form of `--policy-pack-config`. */
export function policyPackConfig(args: ObservabilityGuardArgs): PolicyPackConfig {
  const { all: level, ...named } = args;
  const entries = Object.entries(named).map(([key, value]): [string, PolicyArgs<object>] => {
    const policy = (policies as Record<string, AnyPolicy>)[key];
    if (policy === undefined || typeof value === "string") return [policy?.name ?? key, value];
    // Properties without a level would arrive at the engine as `advisory`.
    return [policy.name, { enforcementLevel: level ?? policy.enforcementLevel, ...value }];
  });
  return { ...(level === undefined ? {} : { all: level }), ...Object.fromEntries(entries) };
}

/**
 * The policy pack. Construct one, and only one, in the entry file of a policy pack:
 * `new ObservabilityGuard({all: "mandatory", prometheusRetention: {maxDays: 60}})`.
 */
export class ObservabilityGuard extends PolicyPack {
  constructor(args: ObservabilityGuardArgs = {}) {
    const config = policyPackConfig(args);
    const problems = checkPolicyConfig(config);
    if (problems.length > 0) {
      throw new Error(
        problems.map(({ path, rule, fix }) => `${path} ${rule}\n  fix: ${fix}`).join("\n"),
      );
    }
    shareReadings();
    super(
      "observability",
      { policies: observabilityPolicies(), enforcementLevel: "mandatory" },
      config,
    );
  }
}
