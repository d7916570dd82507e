import * as grpc from "@grpc/grpc-js";
import { AnalyzerClient } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/analyzer_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import {
  type AnalyzedResource,
  analyzeRequest,
  packPolicyOf,
  initialLayer,
  policyConfig,
  configuredPolicyOf,
  stackResource,
  remediationsOf,
  violationsOf,
} from "./analyzerMessages";
import { ExpectedError } from "../config/errors";
import { type PackProcess, startPack } from "./packProcess";
import {
  type ConfiguredPolicy,
  type PolicyReport,
  type Remediation,
  type ReportedViolation,
  withNotes,
} from "./policyReport";
import { type PolicyConfigFile, effectivePolicySettings, policyLayer } from "./policyConfig";
import type { WireObject } from "../engine/values";

export interface AnalyzeOptions {
  project: string;
  stack: string;
  /** Content of a policy configuration file. */
  config?: PolicyConfigFile;
}

/** Maximum number of resources that the pack processes at a time. */
const IN_FLIGHT = 8;

/**
 * Runs a policy pack through the engine's analyzer protocol:
 *
 *     const analyzer = Analyzer.start("policies");
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

  /**
   * Starts the analysis of a stack whose resources arrive one at a time, as the program registers them.
   * This way, the program and the pack run in parallel.
   */
  begin(options: AnalyzeOptions): Analysis {
    return new Analysis(this.configure(options), () => this.pack.hold());
  }

  /** Analyzes the resources of a stack. Can be called repeatedly. */
  async analyze(resources: AnalyzedResource[], options: AnalyzeOptions): Promise<PolicyReport> {
    const analysis = this.begin(options);
    for (const resource of resources) analysis.add(resource);
    return await analysis.finish();
  }

  /** Stops the pack. */
  close(): void {
    void this.client?.then(
      (client) => client.close(),
      () => undefined,
    );
    this.pack.close();
  }

  private async configure(options: AnalyzeOptions): Promise<ConfiguredPack> {
    this.client ??= this.pack.port.then(connect);
    const client = await this.client;
    const stack = new proto.AnalyzerStackConfigureRequest();
    stack.setProject(options.project);
    stack.setStack(options.stack);
    stack.setDryRun(true);
    await call(client, "configureStack", stack);

    const info = await call<proto.AnalyzerInfo>(client, "getAnalyzerInfo", new Empty());
    const policies = info.getPoliciesList().map(packPolicyOf);
    const { layer, problems } = policyLayer(options.config ?? {}, policies);
    if (problems.length > 0) throw new ExpectedError(problems.join("\n"));
    const settings = effectivePolicySettings(policies, [initialLayer(info), layer]);

    const request = new proto.ConfigureAnalyzerRequest();
    for (const [name, policy] of Object.entries(settings)) {
      request.getPolicyconfigMap().set(name, policyConfig(policy));
    }
    await call(client, "configure", request);

    return {
      client,
      pack: { name: info.getName(), version: info.getVersion() },
      policies: info
        .getPoliciesList()
        .map((policy) => configuredPolicyOf(policy, settings[policy.getName()])),
    };
  }
}

interface ConfiguredPack {
  client: AnalyzerClient;
  pack: PolicyReport["pack"];
  policies: ConfiguredPolicy[];
}

/** The results of all policies for one resource. */
interface ResourceResult {
  urn: string;
  /** Inputs after all remediations; undefined if no remediation changed them. */
  remediated: WireObject | undefined;
  remediations: Remediation[];
  violations: ReportedViolation[];
}

/** The analysis of a stack. */
export class Analysis {
  private readonly byUrn = new Map<string, AnalyzedResource>();
  private readonly results: Promise<ResourceResult>[] = [];

  constructor(
    private readonly configured: Promise<ConfiguredPack>,
    private readonly hold: () => void,
  ) {
    catchLater(configured);
  }

  /** Adds a resource. Its provider must be added first. */
  add(resource: AnalyzedResource): void {
    this.byUrn.set(resource.urn, resource);
    // Each resource waits for an earlier one, which limits the number of resources that the pack
    // processes at a time.
    const result = this.analyzeResource(resource, this.results.at(-IN_FLIGHT));
    catchLater(result);
    this.results.push(result);
  }

  /** Waits for the results of all resources, then analyzes the stack as a whole. */
  async finish(): Promise<PolicyReport> {
    this.hold();
    const { client, pack, policies } = await this.configured;
    const results = await Promise.all(this.results);
    const remediated = new Map<string, WireObject>();
    for (const result of results) {
      if (result.remediated !== undefined) remediated.set(result.urn, result.remediated);
    }
    const violations = results.flatMap((result) => result.violations);
    // `scope` is not reliable here, because the SDK reports a stack policy with a remediation as a
    // resource policy.
    if (policies.some(({ level }) => level !== "disabled")) {
      const resources = [...this.byUrn.values()].map((resource) =>
        stackResource(resource, remediated.get(resource.urn), this.byUrn),
      );
      const request = new proto.AnalyzeStackRequest();
      request.setResourcesList(resources);
      const response = await call<proto.AnalyzeResponse>(client, "analyzeStack", request);
      violations.push(...violationsOf(response));
    }
    return {
      ...withNotes({ pack, policies, violations }),
      remediations: results.flatMap((result) => result.remediations),
      remediated,
    };
  }

  private async analyzeResource(
    resource: AnalyzedResource,
    previous: Promise<ResourceResult> | undefined,
  ): Promise<ResourceResult> {
    const { client, policies } = await this.configured;
    await previous;
    const { urn, properties } = resource;
    let remediated: WireObject | undefined;
    let remediations: Remediation[] = [];
    if (policies.some(({ level }) => level === "remediate")) {
      const request = analyzeRequest(resource, properties, this.byUrn);
      const response = await call<proto.RemediateResponse>(client, "remediate", request);
      ({ remediated, remediations } = remediationsOf(response, urn));
    }
    const request = analyzeRequest(resource, remediated ?? properties, this.byUrn);
    const response = await call<proto.AnalyzeResponse>(client, "analyze", request);
    return { urn, remediated, remediations, violations: violationsOf(response, urn) };
  }
}

/** Prevents a failure from ending the process before the caller awaits the result and handles it. */
function catchLater(result: Promise<unknown>): void {
  result.catch(() => undefined);
}

function connect(port: number): AnalyzerClient {
  return new AnalyzerClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
    // The pack runs on this machine, which a proxy cannot reach.
    "grpc.enable_http_proxy": 0,
  });
}

type Method =
  "configureStack" | "getAnalyzerInfo" | "configure" | "remediate" | "analyze" | "analyzeStack";

function call<Response>(
  client: AnalyzerClient,
  method: Method,
  request: unknown,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const invoke = client[method].bind(client) as unknown as (
      request: unknown,
      respond: (error: grpc.ServiceError | null, response: Response) => void,
    ) => void;
    invoke(request, (error, response) => {
      if (error === null) resolve(response);
      else reject(new Error(`the policy pack failed: ${error.details}`));
    });
  });
}
