import type {
  ReportViolation,
  ResourceValidationArgs,
  ResourceValidationPolicy,
  StackValidationArgs,
  StackValidationPolicy,
} from "@pulumi/policy";
import { configProblems, configProperties } from "./config";
import { PolicyDescription } from "./description";
import { Subject, annotatedExceptions, isConcerned, isRuleExcluded } from "./exceptions";
import { Path, PlainMap, UNKNOWN } from "../facts/plain";
import { Resource } from "../facts/resource";
import { rulesOf, withoutRules } from "../facts/rules";
import { readProperties, readProperty, readWithoutTexts } from "./reading";
import { Violation, violationText } from "./violation";

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
  /** Changes one of the resources in place as its configuration says, without sight of the others. */
  remediate?: (resource: Resource, props: PlainMap, config: Config) => boolean;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each policy has its own configuration
export type AnyPolicy = ResourcePolicy<any> | StackPolicy<any>;

/** What a policy needs to know beside the resources. */
export interface PolicyContext {
  /** Names of all policies of the pack, to which exceptions may refer. */
  policies: string[];
  /** The clock, by which exceptions expire. */
  now: () => Date;
}

/** The policy in the form the SDK runs. */
export function sdkPolicy(
  policy: AnyPolicy,
  context: PolicyContext = { policies: [policy.name], now: () => new Date() },
): ResourceValidationPolicy | StackValidationPolicy {
  const common = {
    name: policy.name,
    description: policy.description,
    enforcementLevel: policy.enforcementLevel,
    severity: policy.severity,
    remediationSteps: policy.remediation,
    configSchema: { properties: configProperties(policy) },
  };
  if (policy.scope === "stack") {
    return {
      ...common,
      validateStack: (args, report) => validateStack(policy, context, args, report),
      ...remediation(policy, context, policy.reads),
    };
  }
  return {
    ...common,
    validateResource: (args, report) => validateResource(policy, context, args, report),
    ...remediation(policy, context, policy.appliesTo),
  };
}

/** The SDK remediates one resource at a time, for a policy on stacks too. */
function remediation(
  policy: AnyPolicy,
  context: PolicyContext,
  concerns: (type: string) => boolean,
): Pick<ResourceValidationPolicy, "remediateResource"> {
  const { remediate } = policy;
  if (remediate === undefined) return {};
  return {
    remediateResource: async (args) => {
      const config = configOf(policy, args);
      if (!concerns(args.type) || isExcepted(policy, context, args, config)) return undefined;
      const resource = await readResource(args);
      const left = withoutRules(resource, (rule) =>
        isRuleExcepted(policy, context, args, config, rule),
      );
      const changed = remediate(left, args.props, config);
      return changed ? args.props : undefined;
    },
  };
}

async function validateResource(
  policy: Extract<AnyPolicy, { scope: "resource" }>,
  context: PolicyContext,
  args: ResourceValidationArgs,
  report: ReportViolation,
): Promise<void> {
  // Once for each stack, rather than with every resource.
  if (args.type === "pulumi:pulumi:Stack") reportConfig(policy, args.getConfig(), report);
  for (const violation of exceptionsOf(policy, context, args).violations) {
    report(violationText(violation));
  }
  if (!policy.appliesTo(args.type)) return;
  const config = configOf(policy, args);
  if (isExcepted(policy, context, args, config)) return;
  const verdict = policy.judge(await readResource(args), config);
  for (const violation of verdict.violations) {
    if (isRuleExcepted(policy, context, args, config, violation.rule)) continue;
    report(violationText(violation));
  }
  if (verdict.unknown !== undefined) touch(args.props, verdict.unknown.path);
}

async function validateStack(
  policy: Extract<AnyPolicy, { scope: "stack" }>,
  context: PolicyContext,
  args: StackValidationArgs,
  report: ReportViolation,
): Promise<void> {
  const config = configOf(policy, args);
  reportConfig(policy, args.getConfig(), report);
  for (const resource of args.resources) {
    for (const violation of exceptionsOf(policy, context, resource).violations) {
      report(violationText(violation), resource.urn);
    }
  }
  const resources = args.resources.filter(({ type }) => policy.reads(type));
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const verdict = policy.judge(await Promise.all(resources.map(readOutputs)), config);
  for (const violation of verdict.violations) {
    // What is excepted still counts where another resource needs it.
    const resource = violation.urn === undefined ? undefined : byUrn.get(violation.urn);
    if (
      resource !== undefined &&
      (isExcepted(policy, context, resource, config) ||
        isRuleExcepted(policy, context, resource, config, violation.rule))
    ) {
      continue;
    }
    report(violationText(violation), violation.urn);
  }
  if (verdict.unknown !== undefined) {
    const { path, urn } = verdict.unknown;
    const resource = urn === undefined ? undefined : byUrn.get(urn);
    if (resource !== undefined) touch(resource.props, path);
  }
}

/** Whether the configuration, or an annotation that holds, takes a resource from a policy. */
function isExcepted(
  policy: AnyPolicy,
  context: PolicyContext,
  args: PolicyResource,
  config: PlainMap,
): boolean {
  return !isConcerned(subjectOf(args), config) || exceptionsOf(policy, context, args).excepted;
}

/** The same for one rule of a resource that the policy does judge. */
function isRuleExcepted(
  policy: AnyPolicy,
  context: PolicyContext,
  args: PolicyResource,
  config: PlainMap,
  rule: string | undefined,
): boolean {
  if (rule === undefined) return false;
  return (
    isRuleExcluded(subjectOf(args), rule, config) ||
    exceptionsOf(policy, context, args).rules.includes(rule)
  );
}

function exceptionsOf({ name }: AnyPolicy, context: PolicyContext, args: PolicyResource) {
  return annotatedExceptions(subjectOf(args), name, context.policies, context.now());
}

function subjectOf({ type, name, urn, props }: PolicyResource): Subject {
  const metadata = type.startsWith("kubernetes:") ? readProperty(props, "metadata") : undefined;
  const rules = (): string[] | undefined => {
    const read = { type, name, urn, props: readWithoutTexts(props) };
    const { rules: found, unknownAt } = rulesOf(read);
    return unknownAt === undefined ? found.map((rule) => rule.name) : undefined;
  };
  return { name, urn, metadata, rules };
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
  return {
    type: args.type,
    name: args.name,
    urn: args.urn,
    props: await readProperties(args.props),
  };
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
