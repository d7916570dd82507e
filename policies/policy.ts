import type {
  EnforcementLevel,
  ReportViolation,
  ResourceValidationArgs,
  ResourceValidationPolicy,
  Severity,
  StackValidationArgs,
  StackValidationPolicy,
} from "@pulumi/policy";
import type { PolicyConfigJSONSchema } from "@pulumi/policy/schema";
import { configProblems } from "./config";
import { Path, PendingText, PlainMap, UNKNOWN, plain } from "./facts/plain";
import { Resource } from "./facts/resource";
import { Violation, violationText } from "./violation";

/** A property of a policy's configuration. Defaults are only honoured here, at the top level. */
export type ConfigProperty = PolicyConfigJSONSchema & { description: string };

/** What a policy is, apart from how it judges: everything that documentation and schemas need. */
export interface PolicyDescription {
  /** Name of the policy: a contract. */
  name: string;
  /** The rule in one sentence; every violation starts with it. */
  description: string;
  /** What goes wrong without it. */
  why: string;
  /** How to comply. */
  remediation: string;
  severity: Severity;
  enforcementLevel: EnforcementLevel;
  config: Record<string, ConfigProperty>;
}

/** What a policy says about one resource or stack. */
export interface Verdict {
  violations: (Violation & { urn?: string })[];
  /** What could not be judged because it is not known yet: in a stack, with its resource. */
  unknown?: { path: Path; urn?: string } | undefined;
}

export const holds: Verdict = { violations: [] };

export interface ResourcePolicy<Config> extends PolicyDescription {
  scope: "resource";
  appliesTo: (type: string) => boolean;
  judge: (resource: Resource, config: Config) => Verdict;
  /** Changes the properties in place so that they comply; returns whether it changed anything. */
  remediate?: (resource: Resource, props: PlainMap, config: Config) => boolean;
}

export interface StackPolicy<Config> extends PolicyDescription {
  scope: "stack";
  /** Only these resources are read. */
  reads: (type: string) => boolean;
  judge: (resources: Resource[], config: Config) => Verdict;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each policy has its own configuration
export type AnyPolicy = ResourcePolicy<any> | StackPolicy<any>;

/** The policy in the form the SDK runs. */
export function sdkPolicy(policy: AnyPolicy): ResourceValidationPolicy | StackValidationPolicy {
  const common = {
    name: policy.name,
    description: policy.description,
    enforcementLevel: policy.enforcementLevel,
    severity: policy.severity,
    remediationSteps: policy.remediation,
    ...(Object.keys(policy.config).length > 0
      ? { configSchema: { properties: policy.config } }
      : {}),
  };
  if (policy.scope === "stack") {
    return {
      ...common,
      validateStack: (args, report) => validateStack(policy, args, report),
    };
  }
  const { remediate } = policy;
  return {
    ...common,
    validateResource: (args, report) => validateResource(policy, args, report),
    ...(remediate === undefined
      ? {}
      : {
          remediateResource: async (args) => {
            if (!policy.appliesTo(args.type)) return undefined;
            const resource = await readResource(args);
            const changed = remediate(resource, args.props, configOf(policy, args));
            return changed ? args.props : undefined;
          },
        }),
  };
}

async function validateResource(
  policy: Extract<AnyPolicy, { scope: "resource" }>,
  args: ResourceValidationArgs,
  report: ReportViolation,
): Promise<void> {
  // Once for each stack, rather than with every resource.
  if (args.type === "pulumi:pulumi:Stack") reportConfig(policy, args.getConfig(), report);
  if (!policy.appliesTo(args.type)) return;
  const verdict = policy.judge(await readResource(args), configOf(policy, args));
  for (const violation of verdict.violations) report(violationText(violation));
  if (verdict.unknown !== undefined) touch(args.props, verdict.unknown.path);
}

async function validateStack(
  policy: Extract<AnyPolicy, { scope: "stack" }>,
  args: StackValidationArgs,
  report: ReportViolation,
): Promise<void> {
  reportConfig(policy, args.getConfig(), report);
  const resources = args.resources.filter(({ type }) => policy.reads(type));
  const verdict = policy.judge(
    await Promise.all(resources.map(readOutputs)),
    configOf(policy, args),
  );
  for (const violation of verdict.violations) report(violationText(violation), violation.urn);
  if (verdict.unknown !== undefined) {
    const { path, urn } = verdict.unknown;
    const resource = resources.find((candidate) => candidate.urn === urn);
    if (resource !== undefined) touch(resource.props, path);
  }
}

/** What the SDK tells a policy of a resource. */
type PolicyResource = Pick<ResourceValidationArgs, "type" | "name" | "urn" | "props">;

/**
 * Without a provider, such as that of a cluster which does not exist yet, the engine previews a
 * resource with no outputs at all: nothing is absent then, all of it is not known yet.
 */
async function readOutputs(args: PolicyResource): Promise<Resource> {
  const resource = await readResource(args);
  return Object.keys(args.props).length === 0 ? { ...resource, props: UNKNOWN } : resource;
}

async function readResource(args: PolicyResource): Promise<Resource> {
  const pending: PendingText[] = [];
  const props = plain(args.props, pending) as PlainMap;
  for (const { map, key, text } of pending) map[key] = await text;
  return { type: args.type, name: args.name, urn: args.urn, props };
}

/** The engine fills in defaults; other drivers of the analyzer protocol do not. */
function configOf(policy: AnyPolicy, args: { getConfig: () => object }): PlainMap {
  const defaults = Object.entries(policy.config)
    .filter(([, property]) => property.default !== undefined)
    .map(([name, property]): [string, unknown] => [name, property.default]);
  return { ...Object.fromEntries(defaults), ...args.getConfig() };
}

/** The engine accepts a misspelt property silently; the policy would then run with its default. */
function reportConfig(policy: AnyPolicy, config: object, report: ReportViolation): void {
  for (const problem of configProblems(policy, config)) {
    report(
      violationText({
        problem: `its configuration: ${problem.path} ${problem.rule}`,
        where: "the policy configuration (--policy-pack-config)",
        fix: problem.fix,
      }),
    );
  }
}

/**
 * Reads what is unknown, once everything that is known has been judged: the SDK then says by itself
 * that the policy could not run completely, as it does for any policy.
 */
function touch(props: unknown, path: Path): void {
  let current = props;
  for (const key of path) {
    if (typeof current !== "object" || current === null) return;
    current = (current as Record<string | number, unknown>)[key];
  }
}
