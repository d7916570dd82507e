import * as proto from "@pulumi/pulumi/proto/analyzer_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { EnforcementLevel, PackPolicy, PolicyLayer, PolicySettings } from "./policyConfig";
import type { RecordedResource } from "../engine/recordedResource";
import { type WireObject, policyValues } from "../engine/values";

// Conversion between the preview and the messages of the analyzer protocol.

export type Severity = "low" | "medium" | "high" | "critical";

/** A policy of the pack with its effective configuration. */
export interface ConfiguredPolicy {
  name: string;
  displayName: string;
  description: string;
  /** Whether the policy checks one resource at a time or the stack as a whole. */
  scope: "resource" | "stack";
  level: EnforcementLevel;
  severity: Severity | undefined;
  /** Configuration including defaults. */
  settings: Record<string, unknown>;
}

export interface ReportedViolation {
  policy: string;
  level: EnforcementLevel;
  severity: Severity | undefined;
  /** URN of the resource, or undefined if a stack policy does not name one. */
  urn: string | undefined;
  message: string;
}

export interface Remediation {
  policy: string;
  urn: string;
  description: string;
  /** The reason why the remediation could not run, or undefined if it ran. */
  diagnostic: string | undefined;
}

/** The part of a recorded resource that a policy receives. */
export type AnalyzedResource = Pick<
  RecordedResource,
  "type" | "name" | "urn" | "parent" | "custom" | "properties" | "options" | "registeredOutputs"
>;

/** The state of a resource that a stack policy receives: for a component, its registered outputs. */
export function stateOf(
  resource: AnalyzedResource,
  remediated: WireObject | undefined,
): WireObject {
  if (resource.custom) return remediated ?? resource.properties;
  return resource.registeredOutputs ?? {};
}

export function analyzeRequest(
  resource: AnalyzedResource,
  properties: WireObject,
  byUrn: ReadonlyMap<string, AnalyzedResource>,
): proto.AnalyzeRequest {
  const request = new proto.AnalyzeRequest();
  describe(request, resource, properties, byUrn);
  return request;
}

export function stackResource(
  resource: AnalyzedResource,
  state: WireObject,
  byUrn: ReadonlyMap<string, AnalyzedResource>,
): proto.AnalyzerResource {
  const described = new proto.AnalyzerResource();
  describe(described, resource, state, byUrn);
  described.setParent(resource.parent ?? "");
  described.setDependenciesList(resource.options.dependencies);
  for (const [property, urns] of Object.entries(resource.options.propertyDependencies)) {
    const dependencies = new proto.AnalyzerPropertyDependencies();
    dependencies.setUrnsList(urns);
    described.getPropertydependenciesMap().set(property, dependencies);
  }
  return described;
}

function describe(
  message: proto.AnalyzeRequest | proto.AnalyzerResource,
  resource: AnalyzedResource,
  properties: WireObject,
  byUrn: ReadonlyMap<string, AnalyzedResource>,
): void {
  message.setType(resource.type);
  message.setName(resource.name);
  message.setUrn(resource.urn);
  message.setProperties(structOf(properties));
  message.setOptions(optionsOf(resource));
  const provider = byUrn.get(resource.options.provider ?? "");
  if (provider !== undefined) {
    const described = new proto.AnalyzerProviderResource();
    described.setType(provider.type);
    described.setName(provider.name);
    described.setUrn(provider.urn);
    described.setProperties(structOf(provider.properties));
    message.setProvider(described);
  }
}

function structOf(properties: WireObject): Struct {
  return Struct.fromJavaScript(policyValues(properties));
}

function optionsOf(resource: AnalyzedResource): proto.AnalyzerResourceOptions {
  const { options } = resource;
  const message = new proto.AnalyzerResourceOptions();
  message.setProtect(options.protect);
  message.setIgnorechangesList(options.ignoreChanges);
  message.setDeletebeforereplace(options.deleteBeforeReplace);
  message.setAdditionalsecretoutputsList(options.additionalSecretOutputs);
  message.setAliasesList(options.aliases.flatMap((alias) => alias.urn ?? []));
  const timeouts = new proto.AnalyzerResourceOptions.CustomTimeouts();
  timeouts.setCreate(seconds(options.customTimeouts.create));
  timeouts.setUpdate(seconds(options.customTimeouts.update));
  timeouts.setDelete(seconds(options.customTimeouts.delete));
  message.setCustomtimeouts(timeouts);
  message.setParent(resource.parent ?? "");
  return message;
}

/** `1h30m` in seconds. */
function seconds(duration: string): number {
  const units: Record<string, number> = { h: 3600, m: 60, s: 1 };
  return [...duration.matchAll(/([\d.]+)([hms])/g)].reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? ""] ?? 0),
    0,
  );
}

export function violationOf(
  diagnostic: proto.AnalyzeDiagnostic,
  urn: string | undefined,
): ReportedViolation {
  const description = diagnostic.getDescription();
  const message = diagnostic.getMessage();
  return {
    policy: diagnostic.getPolicyname(),
    level: levelOf(diagnostic.getEnforcementlevel()),
    severity: severityOf(diagnostic.getSeverity()),
    urn: diagnostic.getUrn() || urn,
    // The SDK prefixes the message of the policy with its description.
    message: message.startsWith(`${description}\n`)
      ? message.slice(description.length + 1)
      : message,
  };
}

export function packPolicyOf(policy: proto.PolicyInfo): PackPolicy {
  return {
    name: policy.getName(),
    level: levelOf(policy.getEnforcementlevel()),
    properties: (policy.getConfigschema()?.getProperties()?.toJavaScript() ??
      {}) as PackPolicy["properties"],
  };
}

export function configuredPolicyOf(
  policy: proto.PolicyInfo,
  settings: PolicySettings | undefined,
): ConfiguredPolicy {
  return {
    name: policy.getName(),
    displayName: policy.getDisplayname(),
    description: policy.getDescription(),
    scope: policy.getPolicyType() === proto.PolicyType.POLICY_TYPE_STACK ? "stack" : "resource",
    level: settings?.level ?? levelOf(policy.getEnforcementlevel()),
    severity: severityOf(policy.getSeverity()),
    settings: settings?.properties ?? {},
  };
}

/** The configuration that the pack was constructed with. A missing level arrives as advisory. */
export function initialLayer(info: proto.AnalyzerInfo): PolicyLayer {
  return Object.fromEntries(
    [...info.getInitialconfigMap().entries()].map(([name, config]) => [
      name,
      {
        level: levelOf(config.getEnforcementlevel()),
        properties: config.getProperties()?.toJavaScript() ?? {},
      },
    ]),
  );
}

export function policyConfig(settings: PolicySettings): proto.PolicyConfig {
  const config = new proto.PolicyConfig();
  config.setEnforcementlevel(levelNumbers[settings.level]);
  config.setProperties(Struct.fromJavaScript(settings.properties as never));
  return config;
}

const levelNumbers: Record<EnforcementLevel, proto.EnforcementLevel> = {
  advisory: proto.EnforcementLevel.ADVISORY,
  mandatory: proto.EnforcementLevel.MANDATORY,
  disabled: proto.EnforcementLevel.DISABLED,
  remediate: proto.EnforcementLevel.REMEDIATE,
};

function levelOf(level: proto.EnforcementLevel): EnforcementLevel {
  const found = Object.entries(levelNumbers).find(([, number]) => number === level);
  return (found?.[0] ?? "mandatory") as EnforcementLevel;
}

function severityOf(severity: proto.PolicySeverity): Severity | undefined {
  switch (severity) {
    case proto.PolicySeverity.POLICY_SEVERITY_LOW:
      return "low";
    case proto.PolicySeverity.POLICY_SEVERITY_MEDIUM:
      return "medium";
    case proto.PolicySeverity.POLICY_SEVERITY_HIGH:
      return "high";
    case proto.PolicySeverity.POLICY_SEVERITY_CRITICAL:
      return "critical";
    default:
      return undefined;
  }
}
