import * as proto from "@pulumi/pulumi/proto/analyzer_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { EnforcementLevel, PackPolicy, PolicyLayer, PolicySettings } from "./policyConfig";
import type { ConfiguredPolicy, Remediation, ReportedViolation, Severity } from "./policyReport";
import type { RecordedResource } from "../engine/recordedResource";
import { type WireObject, policyValues } from "../engine/values";
import { perObject } from "../../policies/shared/perObject";

// Conversion between the preview's data and the messages of the analyzer protocol.

/** The parts of a recorded resource that a policy receives. */
export type AnalyzedResource = Pick<
  RecordedResource,
  "type" | "name" | "urn" | "parent" | "custom" | "properties" | "options" | "registeredOutputs"
>;

/** Returns the request to check or remediate a resource. */
export function analyzeRequest(
  resource: AnalyzedResource,
  properties: WireObject,
  byUrn: ReadonlyMap<string, AnalyzedResource>,
): proto.AnalyzeRequest {
  return describe(new proto.AnalyzeRequest(), resource, properties, byUrn);
}

/**
 * Returns a resource for the request to check the stack. A component's state is its registered outputs.
 */
export function stackResource(
  resource: AnalyzedResource,
  remediated: WireObject | undefined,
  byUrn: ReadonlyMap<string, AnalyzedResource>,
): proto.AnalyzerResource {
  const { custom, properties, registeredOutputs, options } = resource;
  const state = custom ? (remediated ?? properties) : (registeredOutputs ?? {});
  const message = describe(new proto.AnalyzerResource(), resource, state, byUrn);
  message.setParent(resource.parent ?? "");
  message.setDependenciesList(options.dependencies);
  for (const [property, urns] of Object.entries(options.propertyDependencies)) {
    const dependencies = new proto.AnalyzerPropertyDependencies();
    dependencies.setUrnsList(urns);
    message.getPropertydependenciesMap().set(property, dependencies);
  }
  return message;
}

/** Sets the fields that both kinds of messages have. */
function describe<Message extends proto.AnalyzeRequest | proto.AnalyzerResource>(
  message: Message,
  resource: AnalyzedResource,
  properties: WireObject,
  byUrn: ReadonlyMap<string, AnalyzedResource>,
): Message {
  setIdentity(message, resource, properties);
  message.setOptions(optionsOf(resource));
  const provider = byUrn.get(resource.options.provider ?? "");
  if (provider !== undefined) {
    const described = new proto.AnalyzerProviderResource();
    setIdentity(described, provider, provider.properties);
    message.setProvider(described);
  }
  return message;
}

function setIdentity(
  message: proto.AnalyzeRequest | proto.AnalyzerResource | proto.AnalyzerProviderResource,
  { type, name, urn }: AnalyzedResource,
  properties: WireObject,
): void {
  message.setType(type);
  message.setName(name);
  message.setUrn(urn);
  message.setProperties(structOf(properties));
}

/** The message for a resource and the one for the stack contain the same properties. */
const structOf = perObject((properties: WireObject) =>
  Struct.fromJavaScript(policyValues(properties)),
);

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

/** Converts a duration such as `1h30m` to seconds. */
function seconds(duration: string): number {
  const units: Record<string, number> = { h: 3600, m: 60, s: 1 };
  let sum = 0;
  for (const [, amount, unit = ""] of duration.matchAll(/([\d.]+)([hms])/g)) {
    sum += Number(amount) * (units[unit] ?? 0);
  }
  return sum;
}

/** Returns the violations in a response about one resource, or about the stack if `urn` is not set. */
export function violationsOf(response: proto.AnalyzeResponse, urn?: string): ReportedViolation[] {
  return response.getDiagnosticsList().map((diagnostic) => {
    // The SDK prefixes the message with the policy's description.
    const prefix = `${diagnostic.getDescription()}\n`;
    const message = diagnostic.getMessage();
    return {
      policy: diagnostic.getPolicyname(),
      level: levelOf(diagnostic.getEnforcementlevel()),
      severity: severities[diagnostic.getSeverity()],
      urn: diagnostic.getUrn() || urn,
      message: message.startsWith(prefix) ? message.slice(prefix.length) : message,
    };
  });
}

/** Returns a resource's remediations and, if any remediation ran, the resulting inputs. */
export function remediationsOf(
  response: proto.RemediateResponse,
  urn: string,
): { remediated: WireObject | undefined; remediations: Remediation[] } {
  const list = response.getRemediationsList();
  return {
    // Each remediation starts from the result of the previous one, so the last result includes all of
    // them.
    remediated: list
      .filter((remediation) => !remediation.getDiagnostic())
      .at(-1)
      ?.getProperties()
      ?.toJavaScript(),
    remediations: list.map((remediation) => ({
      policy: remediation.getPolicyname(),
      urn,
      description: remediation.getDescription(),
      diagnostic: remediation.getDiagnostic() || undefined,
    })),
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
    severity: severities[policy.getSeverity()],
    settings: settings?.properties ?? {},
  };
}

/**
 * Returns the configuration that the pack was constructed with. In the protocol, a missing level is the
 * same as advisory.
 */
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
  config.setEnforcementlevel(levels.indexOf(settings.level));
  config.setProperties(Struct.fromJavaScript(settings.properties as never));
  return config;
}

/** Levels and severities by protocol number. */
const levels: EnforcementLevel[] = ["advisory", "mandatory", "disabled", "remediate"];
const severities: (Severity | undefined)[] = [undefined, "low", "medium", "high", "critical"];

function levelOf(level: proto.EnforcementLevel): EnforcementLevel {
  return levels[level] ?? "mandatory";
}
