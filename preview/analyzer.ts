import * as grpc from "@grpc/grpc-js";
import { AnalyzerClient } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/analyzer_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { ExpectedError } from "./errors";
import { type PackProcess, startPack } from "./packProcess";
import {
  type EnforcementLevel,
  type PolicyConfigFile,
  type PolicyDescription,
  type PolicyLayer,
  type PolicySettings,
  effectivePolicySettings,
  policyLayer,
} from "./policyConfig";
import type { RecordedResource } from "./record";
import { type WireObject, policyValues } from "./values";

export type Severity = "low" | "medium" | "high" | "critical";

/** A policy of the pack with the level it has after configuration. */
export interface Policy {
  name: string;
  displayName: string;
  description: string;
  /** Whether it judges one resource at a time or the stack as a whole. */
  scope: "resource" | "stack";
  level: EnforcementLevel;
  severity: Severity | undefined;
  /** Its configuration, defaults filled in. */
  settings: Record<string, unknown>;
}

export interface Violation {
  policy: string;
  level: EnforcementLevel;
  severity: Severity | undefined;
  /** URN of the resource; undefined when a stack policy names none. */
  urn: string | undefined;
  message: string;
}

export interface Remediation {
  policy: string;
  urn: string;
  description: string;
  /** Why the remediation could not run; undefined when it did. */
  diagnostic: string | undefined;
}

export interface PolicyReport {
  pack: { name: string; version: string };
  policies: Policy[];
  /** In the order of registration; those of the whole stack last. */
  violations: Violation[];
  remediations: Remediation[];
  /** Inputs that remediations changed, by URN, in the protocol's form. */
  remediated: Map<string, WireObject>;
}

/** The part of a recorded resource that a policy can see. */
export type AnalyzedResource = Pick<
  RecordedResource,
  "type" | "name" | "urn" | "parent" | "custom" | "properties" | "options" | "registeredOutputs"
>;

export interface AnalyzeOptions {
  project: string;
  stack: string;
  /** The content of a policy configuration file. */
  config?: PolicyConfigFile;
}

/** Raised when a policy configuration names what the pack does not have. */
export class PolicyConfigError extends ExpectedError {
  constructor(readonly problems: string[]) {
    super(problems.join("\n"));
  }
}

/** How many resources are with the pack at a time. */
const IN_FLIGHT = 8;

/**
 * Drives a policy pack through the engine's own protocol:
 *
 *     const analyzer = new Analyzer(startPack("policies"));
 *     try { report = await analyzer.analyze(resources, { project, stack, config }); }
 *     finally { analyzer.close(); }
 */
export class Analyzer {
  private client: Promise<AnalyzerClient> | undefined;

  constructor(private readonly pack: PackProcess) {}

  /** Starts the pack in `directory` and connects to it. */
  static start(directory: string): Analyzer {
    return new Analyzer(startPack(directory));
  }

  /** Judges the resources of a stack with every policy; can be called again with others. */
  async analyze(resources: AnalyzedResource[], options: AnalyzeOptions): Promise<PolicyReport> {
    const client = await this.connect();
    const report = await this.configure(client, options);
    const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
    const remediates = report.policies.some((policy) => policy.level === "remediate");

    const outcomes = await inOrder(resources, IN_FLIGHT, async (resource) => {
      const remediation = remediates
        ? await remediate(client, resource, byUrn)
        : { properties: undefined, remediations: [] };
      const judged =
        remediation.properties === undefined
          ? resource
          : { ...pick(resource), properties: remediation.properties };
      const response = await call<proto.AnalyzeRequest, proto.AnalyzeResponse>(
        client,
        "analyze",
        analyzeRequest(judged, byUrn),
      );
      return {
        ...remediation,
        violations: response
          .getDiagnosticsList()
          .map((diagnostic) => violationOf(diagnostic, resource.urn)),
      };
    });
    outcomes.forEach((outcome, index) => {
      const urn = resources[index]?.urn ?? "";
      if (outcome.properties !== undefined) report.remediated.set(urn, outcome.properties);
      report.remediations.push(...outcome.remediations);
      report.violations.push(...outcome.violations);
    });

    if (report.policies.some((policy) => policy.scope === "stack" && policy.level !== "disabled")) {
      const request = new proto.AnalyzeStackRequest();
      request.setResourcesList(
        resources.map((resource) =>
          stackResource(resource, stateOf(resource, report.remediated.get(resource.urn)), byUrn),
        ),
      );
      const response = await call<proto.AnalyzeStackRequest, proto.AnalyzeResponse>(
        client,
        "analyzeStack",
        request,
      );
      report.violations.push(
        ...response.getDiagnosticsList().map((diagnostic) => violationOf(diagnostic, undefined)),
      );
    }
    return report;
  }

  /** Ends the pack. */
  close(): void {
    void this.client?.then(
      (client) => client.close(),
      () => undefined,
    );
    this.pack.close();
  }

  private connect(): Promise<AnalyzerClient> {
    this.client ??= this.pack.port().then(
      (port) =>
        new AnalyzerClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
          "grpc.max_receive_message_length": -1,
          "grpc.max_send_message_length": -1,
          // The pack is on this machine; a proxy of the environment must not be asked.
          "grpc.enable_http_proxy": 0,
        }),
    );
    return this.client;
  }

  private async configure(client: AnalyzerClient, options: AnalyzeOptions): Promise<PolicyReport> {
    const stack = new proto.AnalyzerStackConfigureRequest();
    stack.setProject(options.project);
    stack.setStack(options.stack);
    stack.setDryRun(true);
    await call(client, "configureStack", stack);

    const info = await call<Empty, proto.AnalyzerInfo>(client, "getAnalyzerInfo", new Empty());
    const described = info.getPoliciesList().map(descriptionOf);
    const { layer, problems } = policyLayer(options.config ?? {}, described);
    if (problems.length > 0) throw new PolicyConfigError(problems);
    const settings = effectivePolicySettings(described, [initialLayer(info), layer]);

    const request = new proto.ConfigureAnalyzerRequest();
    for (const [name, policy] of Object.entries(settings)) {
      request.getPolicyconfigMap().set(name, policyConfig(policy));
    }
    await call(client, "configure", request);

    return {
      pack: { name: info.getName(), version: info.getVersion() },
      policies: info
        .getPoliciesList()
        .map((policy) => policyOf(policy, settings[policy.getName()])),
      violations: [],
      remediations: [],
      remediated: new Map(),
    };
  }
}

async function remediate(
  client: AnalyzerClient,
  resource: AnalyzedResource,
  byUrn: Map<string, AnalyzedResource>,
): Promise<{ properties: WireObject | undefined; remediations: Remediation[] }> {
  const response = await call<proto.AnalyzeRequest, proto.RemediateResponse>(
    client,
    "remediate",
    analyzeRequest(resource, byUrn),
  );
  let properties: WireObject | undefined;
  const remediations = response.getRemediationsList().map((remediation): Remediation => {
    const diagnostic = remediation.getDiagnostic() || undefined;
    // Each remediation starts from the result of the one before it, so the last one has them all.
    if (diagnostic === undefined) {
      properties = remediation.getProperties()?.toJavaScript();
    }
    return {
      policy: remediation.getPolicyname(),
      urn: resource.urn,
      description: remediation.getDescription(),
      diagnostic,
    };
  });
  return { properties, remediations };
}

/** What the stack's state would hold: a component's outputs are what it registered as such. */
function stateOf(resource: AnalyzedResource, remediated: WireObject | undefined): WireObject {
  if (resource.custom) return remediated ?? resource.properties;
  return resource.registeredOutputs ?? {};
}

function analyzeRequest(
  resource: AnalyzedResource,
  byUrn: Map<string, AnalyzedResource>,
): proto.AnalyzeRequest {
  const request = new proto.AnalyzeRequest();
  describe(request, resource, resource.properties, byUrn);
  return request;
}

function stackResource(
  resource: AnalyzedResource,
  state: WireObject,
  byUrn: Map<string, AnalyzedResource>,
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
  byUrn: Map<string, AnalyzedResource>,
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

function pick(resource: AnalyzedResource): AnalyzedResource {
  const { type, name, urn, parent, custom, properties, options, registeredOutputs } = resource;
  return { type, name, urn, parent, custom, properties, options, registeredOutputs };
}

function violationOf(diagnostic: proto.AnalyzeDiagnostic, urn: string | undefined): Violation {
  const description = diagnostic.getDescription();
  const message = diagnostic.getMessage();
  return {
    policy: diagnostic.getPolicyname(),
    level: levelOf(diagnostic.getEnforcementlevel()),
    severity: severityOf(diagnostic.getSeverity()),
    urn: diagnostic.getUrn() || urn,
    // The SDK puts the policy's description in front of what the policy says.
    message: message.startsWith(`${description}\n`)
      ? message.slice(description.length + 1)
      : message,
  };
}

function descriptionOf(policy: proto.PolicyInfo): PolicyDescription {
  return {
    name: policy.getName(),
    level: levelOf(policy.getEnforcementlevel()),
    properties: (policy.getConfigschema()?.getProperties()?.toJavaScript() ??
      {}) as PolicyDescription["properties"],
  };
}

function policyOf(policy: proto.PolicyInfo, settings: PolicySettings | undefined): Policy {
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

/** Configuration that the pack was built with. A level that it leaves out arrives as advisory. */
function initialLayer(info: proto.AnalyzerInfo): PolicyLayer {
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

function policyConfig(settings: PolicySettings): proto.PolicyConfig {
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

/** Maps with at most `limit` calls under way, results in the order of the items. */
async function inOrder<T, R>(
  items: T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array<R>(items.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index] as T);
    }
  };
  await Promise.all(Array.from({ length: limit }, worker));
  return results;
}

type Method =
  "configureStack" | "getAnalyzerInfo" | "configure" | "remediate" | "analyze" | "analyzeStack";

function call<Request, Response>(
  client: AnalyzerClient,
  method: Method,
  request: Request,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const invoke = client[method].bind(client) as unknown as (
      request: Request,
      respond: (error: grpc.ServiceError | null, response: Response) => void,
    ) => void;
    invoke(request, (error, response) => {
      if (error === null) resolve(response);
      else reject(new Error(`the policy pack failed: ${error.details}`));
    });
  });
}
