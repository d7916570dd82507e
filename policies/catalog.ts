import type { EnforcementLevel, Policies, PolicyPackConfig } from "@pulumi/policy";
import { grafanaExposure } from "./access/grafanaExposure";
import { lokiBucketHardened } from "./access/lokiBucketHardened";
import { lokiIamLeastPrivilege } from "./access/lokiIamLeastPrivilege";
import { noPlaintextCredentials } from "./access/noPlaintextCredentials";
import { podSecurity } from "./access/podSecurity";
import { absentCoverage } from "./alerts/absentCoverage";
import { alertAnnotations } from "./alerts/alertAnnotations";
import { alertFor } from "./alerts/alertFor";
import { alertSeverity } from "./alerts/alertSeverity";
import { alertThresholds } from "./alerts/alertThresholds";
import { duplicateRules } from "./alerts/duplicateRules";
import { promqlUnits } from "./alerts/promqlUnits";
import { promqlValid } from "./alerts/promqlValid";
import { rateWindow } from "./alerts/rateWindow";
import { recordsExist } from "./alerts/recordsExist";
import { requiredAlerts } from "./alerts/requiredAlerts";
import { grouping } from "./delivery/grouping";
import { inhibition } from "./delivery/inhibition";
import { rulesAreLoaded } from "./delivery/rulesAreLoaded";
import { severitiesDelivered } from "./delivery/severitiesDelivered";
import { watchdogRouted } from "./delivery/watchdogRouted";
import {
  PolicyConfigProblem,
  configJsonSchema,
  configProperties,
  configurationProblems,
} from "./engine/config";
import { PolicyDescription, Profile, withProfile } from "./engine/description";
import { documentation } from "./engine/documentation";
import { ExceptionsConfig } from "./engine/exceptions";
import { Journal, appliedExceptions, notEvaluated } from "./engine/journal";
import { withNestedReleases } from "./engine/nestedReleases";
import { AnyPolicy, ResourcePolicy, StackPolicy } from "./engine/policy";
import { sdkPolicy } from "./engine/sdkPolicy";
import { collectorPipelines } from "./reliability/collectorPipelines";
import { externalLabels } from "./reliability/externalLabels";
import { grafanaProvisioning } from "./reliability/grafanaProvisioning";
import { lokiLimits } from "./reliability/lokiLimits";
import { pinnedCharts } from "./reliability/pinnedCharts";
import { prodHighAvailability } from "./reliability/prodHighAvailability";
import { resourceRequests } from "./reliability/resourceRequests";
import { scrapeCost } from "./reliability/scrapeCost";
import { logGroupRetention } from "./retention/logGroupRetention";
import { lokiBucketLifecycle } from "./retention/lokiBucketLifecycle";
import { lokiRetention } from "./retention/lokiRetention";
import { prometheusRetention } from "./retention/prometheusRetention";
import { prometheusStorage } from "./retention/prometheusStorage";
import { retentionCoversRules } from "./retention/retentionCoversRules";
import { own } from "./shared/own";

/** Policies by their TypeScript names, in the order of the documentation. */
const policies = {
  /** Number of days that Prometheus retains samples. */
  prometheusRetention,
  /** Whether Prometheus retains samples for as long as its rules need them. */
  prometheusRetentionCoversRules: retentionCoversRules,
  /** Volume of Prometheus in production. */
  prometheusStorage,
  /** Number of days that Loki retains logs, and whether it deletes them. */
  lokiRetention,
  /** Lifecycle rules of Loki's bucket. */
  lokiBucketLifecycle,
  /** Number of days that CloudWatch retains log events. */
  logGroupRetention,
  /** Base signals on which every monitored service must have an alert. */
  requiredAlerts,
  /** Thresholds of the alerts on the base signals. */
  alertThresholds,
  /** Whether expressions are valid, and alerts have a condition. */
  promqlValid,
  /** Units of thresholds and quantiles. */
  promqlUnits,
  /** Whether the series that alerts read exist. */
  recordsExist,
  /** Number of scrapes within a rate's range. */
  rateWindow,
  /** Severities of alerts. */
  alertSeverity,
  /** `for` of alerts, by severity. */
  alertFor,
  /** Summary, description and runbook URL of alerts. */
  alertAnnotations,
  /** Alerts on the absence of metrics. */
  absentCoverage,
  /** Whether Prometheus selects the stack's rules and monitors. */
  rulesAreLoaded,
  /** Duplicate alerts. */
  duplicateRules,
  /** Receiver of the Watchdog alert in production. */
  watchdogRouted,
  /** Whether alerts of each severity reach a receiver. */
  severitiesDelivered,
  /** Inhibition of alerts by other alerts. */
  inhibition,
  /** Grouping and intervals of notifications. */
  grouping,
  /** Credentials in plain text. */
  noPlaintextCredentials,
  /** Access to Loki's bucket. */
  lokiBucketHardened,
  /** Permissions of Loki's AWS role, and who may assume it. */
  lokiIamLeastPrivilege,
  /** Access to Grafana. */
  grafanaExposure,
  /** Privileges of the metrics, log and dashboard servers. */
  podSecurity,
  /** Data sources and dashboards of Grafana. */
  grafanaProvisioning,
  /** Limits of Loki, and the tenants of its collectors. */
  lokiLimits,
  /** Pipelines of log, metric and trace collectors. */
  collectorPipelines,
  /** Interval, timeout and sample limit of scrapes. */
  scrapeCost,
  /** External labels of a Prometheus that sends its samples to long-term storage. */
  externalLabels,
  /** Memory that the workloads request in production. */
  resourceRequests,
  /** Replicas and disruption budgets in production. */
  prodHighAvailability,
  /** Versions and repositories of charts. */
  pinnedCharts,
};

const all: AnyPolicy[] = [
  ...Object.values(policies).map(withNestedReleases),
  // These report what the other policies record, so they run last.
  notEvaluated,
  appliedExceptions,
];

/** Level and properties of a policy. Omitted properties keep their defaults. */
export type PolicyArgs<Config = unknown> =
  EnforcementLevel | (Partial<Config> & ExceptionsConfig & { enforcementLevel?: EnforcementLevel });

type ConfigOfPolicy<Policy> =
  Policy extends ResourcePolicy<infer Config>
    ? Config
    : Policy extends StackPolicy<infer Config>
      ? Config
      : never;

type NamedPolicyArgs = {
  [Name in keyof typeof policies]?: PolicyArgs<ConfigOfPolicy<(typeof policies)[Name]>>;
};

/** Levels and properties of the policies. */
export interface ObservabilityGuardArgs extends NamedPolicyArgs {
  /** Level of every policy that is not configured here. Default: each policy's own level. */
  all?: EnforcementLevel;
  /**
   * Environment that the policies assume if their rules for production differ. `prod`, `production` and
   * `prod-eu` are production. Default: the environment that the resource or the stack declares.
   */
  environment?: string;
  /**
   * `baseline` is for any stack. `strict` has the levels and bounds of this project's own stacks.
   * Default: `baseline`.
   */
  profile?: Profile;
}

/**
 * Returns the policies of this package, for a pack of your own: `new PolicyPack("mine", {policies})`.
 * Default profile: `baseline`.
 */
export function observabilityPolicies(profile: Profile = "baseline"): Policies {
  const context = {
    policies: all.map(({ name }) => name),
    now: () => new Date(),
    journal: new Journal(),
    // Only this project's own pack sets the program, because another project may also be named
    // "monitoring".
    ...(profile === "strict" && { program: "monitoring" }),
  };
  return all.map((policy) => sdkPolicy(withProfile(policy, profile), context));
}

/** Returns each policy's description, reason and remediation, for documentation. */
export function policyDescriptions(): PolicyDescription[] {
  return all;
}

/** Returns all problems in a `--policy-pack-config` file; empty if the file is valid. */
export function checkPolicyConfig(config: unknown): PolicyConfigProblem[] {
  const configurable = all.map((policy) => ({
    name: policy.name,
    properties: configProperties(policy),
  }));
  return configurationProblems(configurable, config);
}

/** Returns the JSON schema of the `--policy-pack-config` file. */
export function policyConfigSchema(): Record<string, unknown> {
  return configJsonSchema(all);
}

/** Generates docs/policies.md, the page about all policies. */
export function policyDocumentation(): string {
  return documentation(all);
}

/** Converts the arguments to the format of `--policy-pack-config`. */
export function policyPackConfig(args: ObservabilityGuardArgs): PolicyPackConfig {
  const { all: level, environment, profile = "baseline", ...named } = args;
  const levelOf = (policy: AnyPolicy) => level ?? withProfile(policy, profile).enforcementLevel;
  const entries = Object.entries(named).map(([key, value]): [string, PolicyArgs<object>] => {
    const policy = own(policies as Record<string, AnyPolicy>, key);
    if (policy === undefined || typeof value === "string") return [policy?.name ?? key, value];
    // Without a level, the engine would treat the policy as `advisory`.
    return [policy.name, { enforcementLevel: levelOf(policy), ...value }];
  });
  if (environment !== undefined) entries.push(...withEnvironment(environment, levelOf, entries));
  return { ...(level === undefined ? {} : { all: level }), ...Object.fromEntries(entries) };
}

/**
 * Returns entries with `environment` as the default, for the policies that treat production differently.
 */
function withEnvironment(
  environment: string,
  levelOf: (policy: AnyPolicy) => EnforcementLevel,
  entries: [string, PolicyArgs<object>][],
): [string, PolicyArgs<object>][] {
  const configured = new Map(entries);
  return all
    .filter(({ config }) => Object.hasOwn(config, "environment"))
    .map((policy) => {
      const entry = configured.get(policy.name) ?? levelOf(policy);
      const properties = typeof entry === "string" ? { enforcementLevel: entry } : entry;
      return [policy.name, { environment, ...properties }];
    });
}
