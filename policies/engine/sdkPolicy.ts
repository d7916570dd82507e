import type {
  ReportViolation,
  ResourceValidationArgs,
  ResourceValidationPolicy,
  StackValidationPolicy,
} from "@pulumi/policy";
import { Path, PlainMap, UNKNOWN, isUnknownValueError } from "../facts/plain";
import { Resource } from "../facts/resource";
import { rulesOf, withoutRules } from "../facts/rules";
import { configProperties, unknownProperties } from "./config";
import { Exceptions, exceptionsFor } from "./exceptions";
import { AnyPolicy, StackPolicy, Verdict } from "./policy";
import { copyProperties, readProperties, readProperty, readWithoutTexts } from "./reading";
import { Violation, violationText } from "./violation";

/** Information that a policy needs in addition to the resources. */
export interface PolicyContext {
  /** Names of all policies of the pack, to which exceptions may refer. */
  policies: string[];
  /** Project that is configured with `pulumi config`, so that fixes name the command. Default: none. */
  program?: string;
  /** The clock, by which exceptions expire. */
  now: () => Date;
}

type PolicyResource = Pick<ResourceValidationArgs, "type" | "name" | "urn" | "props">;

/** The policy in the form that the SDK runs. */
export function sdkPolicy(
  policy: AnyPolicy,
  context: PolicyContext = { policies: [policy.name], now: () => new Date() },
): ResourceValidationPolicy | StackValidationPolicy {
  const exceptionsOf = (args: PolicyResource, config: PlainMap): Exceptions =>
    exceptionsFor(subjectOf(args), policy.name, config, context);
  const common = {
    name: policy.name,
    description: policy.description,
    enforcementLevel: policy.enforcementLevel,
    severity: policy.severity,
    remediationSteps: policy.remediation,
    configSchema: { properties: configProperties(policy) },
    ...remediation(policy, exceptionsOf),
  };
  if (policy.scope === "resource") {
    return {
      ...common,
      validateResource: async (args, report) => {
        const config = configOf(policy, args);
        const exceptions = exceptionsOf(args, config);
        // Reports configuration problems once per stack, not once per resource.
        if (args.type === "pulumi:pulumi:Stack") reportConfig(policy, args.getConfig(), report);
        for (const violation of exceptions.violations) report(violationText(violation));
        if (!policy.appliesTo(args.type) || exceptions.covers()) return;
        const verdict = await attempt(async () => policy.judge(await readResource(args), config));
        if ("failure" in verdict) {
          report(violationText(notJudged(policy, describeSubject(args), verdict.failure)));
          return;
        }
        for (const violation of verdict.violations) {
          if (exceptions.covers(violation.rule)) continue;
          report(violationText(violation, { ...context, urn: args.urn }));
        }
        if (verdict.unknown !== undefined) touch(args.props, verdict.unknown.path);
      },
    };
  }
  return {
    ...common,
    validateStack: async (args, report) => {
      const config = configOf(policy, args);
      reportConfig(policy, args.getConfig(), report);
      const exceptions = new Map<string, Exceptions>();
      for (const resource of args.resources) {
        exceptions.set(resource.urn, exceptionsOf(resource, config));
        for (const violation of exceptions.get(resource.urn)?.violations ?? []) {
          report(violationText(violation), resource.urn);
        }
      }
      const resources = args.resources.filter(({ type }) => policy.reads(type));
      const { violations, unknown } = await judgeStack(policy, resources, config);
      for (const violation of violations) {
        // The policy still reads an excepted resource, because other resources may need it.
        if (exceptions.get(violation.urn ?? "")?.covers(violation.rule)) continue;
        report(violationText(violation, { ...context, urn: violation.urn }), violation.urn);
      }
      const source = resources.find(({ urn }) => urn === unknown?.urn);
      if (unknown !== undefined && source !== undefined) touch(source.props, unknown.path);
    },
  };
}

/**
 * The verdict on a stack. If the check throws, each resource on which it also throws separately
 * becomes a violation, and the policy judges the other resources without those.
 */
async function judgeStack(
  policy: StackPolicy<unknown>,
  resources: readonly PolicyResource[],
  config: PlainMap,
): Promise<Verdict> {
  const read = await Promise.all(
    resources.map(async (args) => ({ args, resource: await attempt(() => readOutputs(args)) })),
  );
  const failures: Verdict["violations"] = [];
  const fail = (args: PolicyResource, failure: string): void => {
    const violation = notJudged(policy, describeSubject(args), failure);
    failures.push({ ...violation, urn: args.urn });
  };
  const readable = read.flatMap(({ args, resource }) => {
    if (!("failure" in resource)) return [{ args, resource }];
    fail(args, resource.failure);
    return [];
  });
  const judge = (entries: typeof readable) =>
    attempt(() =>
      policy.judge(
        entries.map(({ resource }) => resource),
        config,
      ),
    );
  let verdict = await judge(readable);
  if ("failure" in verdict) {
    const sound: typeof readable = [];
    for (const entry of readable) {
      const alone = await judge([entry]);
      if ("failure" in alone) fail(entry.args, alone.failure);
      else sound.push(entry);
    }
    verdict = await judge(sound);
  }
  if ("failure" in verdict) {
    failures.push(notJudged(policy, "the stack", verdict.failure));
    return { violations: failures };
  }
  return { ...verdict, violations: [...failures, ...verdict.violations] };
}

/** The result or the failure of `run`. Rethrows the SDK's error about an unknown value. */
async function attempt<Result extends object>(
  run: () => Result | Promise<Result>,
): Promise<Result | { failure: string }> {
  try {
    return await run();
  } catch (error) {
    if (isUnknownValueError(error)) throw error;
    // The message of any other error may quote a value.
    const isInternal = error instanceof TypeError || error instanceof RangeError;
    return { failure: isInternal ? error.message : "an error without details" };
  }
}

/** The violation for a policy that fails, which must not look as if it had passed. */
function notJudged({ name }: AnyPolicy, subject: string, reason: string): Violation {
  return {
    problem: `could not be judged: ${subject}: ${reason}`,
    where: subject,
    fix: `report this error of the policy to its maintainers; until it is corrected, except the resource: {"${name}": {"excludeFor": ["<name or URN>"]}}`,
  };
}

function describeSubject({ type, name }: PolicyResource): string {
  return `${type.split(":").at(-1)} "${name}"`;
}

/** The SDK remediates one resource at a time, even for a stack policy. */
function remediation(
  policy: AnyPolicy,
  exceptionsOf: (args: PolicyResource, config: PlainMap) => Exceptions,
): Pick<ResourceValidationPolicy, "remediateResource"> {
  const { remediate } = policy;
  if (remediate === undefined) return {};
  const concerns = policy.scope === "stack" ? policy.reads : policy.appliesTo;
  return {
    remediateResource: async (args) => {
      const config = configOf(policy, args);
      const exceptions = exceptionsOf(args, config);
      if (!concerns(args.type) || exceptions.covers()) return undefined;
      const resource = { ...resourceOf(args), props: await copyProperties(args.props) };
      const judged = withoutRules(resource, (rule) => exceptions.covers(rule));
      // Ignores a failure, because the validation that follows reports it.
      const result = await attempt(() => ({ changed: remediate(judged, args.props, config) }));
      return "changed" in result && result.changed ? args.props : undefined;
    },
  };
}

function subjectOf(args: PolicyResource) {
  const rules = (): string[] | undefined => {
    const found = rulesOf({ ...resourceOf(args), props: readWithoutTexts(args.props) });
    return found.unknownAt === undefined ? found.rules.map((rule) => rule.name) : undefined;
  };
  const isKubernetes = args.type.startsWith("kubernetes:");
  const metadata = isKubernetes ? readProperty(args.props, "metadata") : undefined;
  return { name: args.name, urn: args.urn, metadata, rules };
}

function resourceOf({ type, name, urn }: PolicyResource): Omit<Resource, "props"> {
  return { type, name, urn };
}

async function readResource(args: PolicyResource): Promise<Resource> {
  return { ...resourceOf(args), props: await readProperties(args.props) };
}

/**
 * If the provider is not available, such as the provider for a cluster that does not exist yet, the
 * engine previews a resource without any outputs. The outputs are then unknown, not absent.
 */
async function readOutputs(args: PolicyResource): Promise<Resource> {
  const resource = await readResource(args);
  return Object.keys(args.props).length === 0 ? { ...resource, props: UNKNOWN } : resource;
}

/** The engine fills in defaults; other drivers of the analyzer protocol do not. */
function configOf(policy: AnyPolicy, args: { getConfig: () => object }): PlainMap {
  const defaults = Object.entries(policy.config)
    .filter(([, property]) => property.default !== undefined)
    .map(([name, property]): [string, unknown] => [name, property.default]);
  return { ...Object.fromEntries(defaults), ...args.getConfig() };
}

/** Reports unknown properties, which the engine accepts silently although they have no effect. */
function reportConfig(policy: AnyPolicy, config: object, report: ReportViolation): void {
  for (const { path, rule, fix } of unknownProperties(policy, config)) {
    report(
      violationText({
        problem: `the configuration of the policy: ${path} ${rule}`,
        where: "the policy configuration (--policy-pack-config)",
        fix,
      }),
    );
  }
}

/**
 * Reads an unknown value after everything known has been judged, which makes the SDK report that
 * the policy could not run completely.
 */
function touch(props: unknown, path: Path): void {
  let current = props;
  for (const key of path) {
    if (typeof current !== "object" || current === null) return;
    current = (current as Record<string | number, unknown>)[key];
  }
}
