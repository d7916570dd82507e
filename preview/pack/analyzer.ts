import * as grpc from "@grpc/grpc-js";
import { AnalyzerClient } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/analyzer_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import {
  type AnalyzedResource,
  type Policy,
  type Remediation,
  type Violation,
  analyzeRequest,
  descriptionOf,
  initialLayer,
  policyConfig,
  policyOf,
  stackResource,
  stateOf,
  violationOf,
} from "./analyzerMessages";
import { ExpectedError } from "../config/errors";
import { type PackProcess, startPack } from "./packProcess";
import { type PolicyConfigFile, effectivePolicySettings, policyLayer } from "./policyConfig";
import type { WireObject } from "../engine/values";

export type { AnalyzedResource, Policy, Remediation, Violation } from "./analyzerMessages";

export interface PolicyReport {
  pack: { name: string; version: string };
  policies: Policy[];
  /** In the order of registration; those of the whole stack last. */
  violations: Violation[];
  remediations: Remediation[];
  /** Inputs that remediations changed, by URN, in the protocol's form. */
  remediated: Map<string, WireObject>;
}

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

  /**
   * Begins to judge a stack whose resources come one by one, as its program registers them. The
   * program and the pack then work at the same time.
   */
  begin(options: AnalyzeOptions): Judging {
    return new Judging(this.configured(options), () => this.pack.hold());
  }

  /** Judges the resources of a stack with every policy; can be called again with others. */
  async analyze(resources: AnalyzedResource[], options: AnalyzeOptions): Promise<PolicyReport> {
    const judging = this.begin(options);
    for (const resource of resources) judging.add(resource);
    return await judging.finish();
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
    this.client ??= this.pack.port.then(
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

  private async configured(options: AnalyzeOptions): Promise<ConfiguredPack> {
    const client = await this.connect();
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

    const policies = info
      .getPoliciesList()
      .map((policy) => policyOf(policy, settings[policy.getName()]));
    return { client, pack: { name: info.getName(), version: info.getVersion() }, policies };
  }
}

interface ConfiguredPack {
  client: AnalyzerClient;
  pack: PolicyReport["pack"];
  policies: Policy[];
}

interface Outcome {
  urn: string;
  /** Inputs as remediations left them; undefined when none changed any. */
  remediated: WireObject | undefined;
  remediations: Remediation[];
  violations: Violation[];
}

/** A stack while it is judged. */
export class Judging {
  private readonly byUrn = new Map<string, AnalyzedResource>();
  private readonly judged: { resource: AnalyzedResource; outcome: Promise<Outcome> }[] = [];

  constructor(
    private readonly configured: Promise<ConfiguredPack>,
    private readonly hold: () => void,
  ) {
    unobserved(configured);
  }

  /** Hands over a resource; its provider must have been handed over before. */
  add(resource: AnalyzedResource): void {
    this.byUrn.set(resource.urn, resource);
    // Each waits for the one that many places before it, so never more are with the pack.
    const outcome = this.judge(resource, this.judged.at(-IN_FLIGHT)?.outcome);
    unobserved(outcome);
    this.judged.push({ resource, outcome });
  }

  /** Waits for all of it, and judges the stack as a whole, in the state its resources are in now. */
  async finish(): Promise<PolicyReport> {
    this.hold();
    const { client, pack, policies } = await this.configured;
    const outcomes = await Promise.all(this.judged.map(({ outcome }) => outcome));
    const remediated = new Map(
      outcomes.flatMap(({ urn, remediated }): [string, WireObject][] =>
        remediated === undefined ? [] : [[urn, remediated]],
      ),
    );
    const violations = outcomes.flatMap((outcome) => outcome.violations);
    // A policy that also remediates single resources counts as one on resources, whatever it judges.
    if (policies.some(({ level }) => level !== "disabled")) {
      const request = new proto.AnalyzeStackRequest();
      request.setResourcesList(
        this.judged.map(({ resource }) =>
          stackResource(resource, stateOf(resource, remediated.get(resource.urn)), this.byUrn),
        ),
      );
      const response = await call<proto.AnalyzeStackRequest, proto.AnalyzeResponse>(
        client,
        "analyzeStack",
        request,
      );
      violations.push(
        ...response.getDiagnosticsList().map((diagnostic) => violationOf(diagnostic, undefined)),
      );
    }
    const remediations = outcomes.flatMap((outcome) => outcome.remediations);
    return { pack, policies, violations, remediations, remediated };
  }

  private async judge(
    resource: AnalyzedResource,
    before: Promise<Outcome> | undefined,
  ): Promise<Outcome> {
    const { client, policies } = await this.configured;
    await before;
    const { remediated, remediations } = policies.some(({ level }) => level === "remediate")
      ? await remediate(client, resource, this.byUrn)
      : { remediated: undefined, remediations: [] };
    const response = await call<proto.AnalyzeRequest, proto.AnalyzeResponse>(
      client,
      "analyze",
      analyzeRequest(resource, remediated ?? resource.properties, this.byUrn),
    );
    const violations = response
      .getDiagnosticsList()
      .map((diagnostic) => violationOf(diagnostic, resource.urn));
    return { urn: resource.urn, remediated, remediations, violations };
  }
}

/** Whoever waits for the result sees that it failed; until then it must not end the process. */
function unobserved(result: Promise<unknown>): void {
  result.catch(() => undefined);
}

async function remediate(
  client: AnalyzerClient,
  resource: AnalyzedResource,
  byUrn: ReadonlyMap<string, AnalyzedResource>,
): Promise<Pick<Outcome, "remediated" | "remediations">> {
  const response = await call<proto.AnalyzeRequest, proto.RemediateResponse>(
    client,
    "remediate",
    analyzeRequest(resource, resource.properties, byUrn),
  );
  let remediated: WireObject | undefined;
  const remediations = response.getRemediationsList().map((remediation): Remediation => {
    const diagnostic = remediation.getDiagnostic() || undefined;
    // Each remediation starts from the result of the one before it, so the last one has them all.
    if (diagnostic === undefined) remediated = remediation.getProperties()?.toJavaScript();
    return {
      policy: remediation.getPolicyname(),
      urn: resource.urn,
      description: remediation.getDescription(),
      diagnostic,
    };
  });
  return { remediated, remediations };
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
