import type {
  PolicyResource as SdkResource,
  ReportViolation,
  ResourceValidationArgs,
  ResourceValidationPolicy,
  StackValidationArgs,
  StackValidationPolicy,
} from "@pulumi/policy";
import {
  Path,
  Plain,
  PlainMap,
  UNKNOWN,
  at,
  formatPath,
  isText,
  isUnknownValueError,
} from "../facts/plain";
import { Resource, policyType } from "../facts/resource";
import { perText } from "../shared/perText";
import { rulesOf, withoutRules } from "../facts/rules";
import { configProperties, unknownProperties } from "./config";
import { Exceptions, exceptionAnnotation, exceptionsFor, isConcerned } from "./exceptions";
import { Journal, ReportPolicy, describe } from "./journal";
import { AnyPolicy, StackJudge, Verdict } from "./policy";
import { copyProperties, loadTexts, readProperties, readProperty } from "./reading";
import { perObject } from "../shared/perObject";
import { Violation, violationText } from "./violation";

/** Context that a policy evaluates resources in. */
export interface PolicyContext {
  /** Names of all policies in the pack, which exceptions may refer to. */
  policies: string[];
  /** Project that `pulumi config` configures, so that fixes can name the command. Default: none. */
  program?: string;
  /** Returns the current time, which determines whether exceptions have expired. */
  now: () => Date;
  /** Records what the policies skip. */
  journal: Journal;
}

type PolicyResource = Pick<ResourceValidationArgs, "type" | "name" | "urn" | "props"> &
  Partial<Pick<SdkResource, "propertyDependencies">>;

/** Converts a policy to the form that the SDK runs. */
export function sdkPolicy(
  policy: AnyPolicy,
  context: PolicyContext,
): ResourceValidationPolicy | StackValidationPolicy {
  const common = {
    name: policy.name,
    description: policy.description,
    enforcementLevel: policy.enforcementLevel,
    severity: policy.severity,
    remediationSteps: policy.remediation,
    configSchema: { properties: configProperties(policy) },
  };
  if (policy.scope === "report") {
    return { ...common, validateStack: reportEntries(policy, context) };
  }
  const exceptionsOf = (args: PolicyResource, config: PlainMap) =>
    attempt(() => exceptionsFor(subjectOf(args), policy.name, config, context));
  const judged = { ...common, ...remediation(policy, exceptionsOf) };
  if (policy.scope === "stack") {
    return { ...judged, validateStack: stackValidation(policy, policy, context, exceptionsOf) };
  }
  const { siblings } = policy;
  const appliesTo = perText((type) => policy.appliesTo(policyType(type)));
  return {
    ...judged,
    validateResource: (args, report) => {
      // Configuration problems are reported once per stack, not once per resource.
      if (args.type === "pulumi:pulumi:Stack") reportConfig(policy, args.getConfig(), report);
      const applies = appliesTo(args.type);
      // The policy also reports invalid exceptions on objects that it does not evaluate.
      if (!applies && !makesExceptions(args)) return;
      const config = configOf(policy, args);
      const validate = (): void =>
        conclude(policy, context, args, {
          exceptions: exceptionsOf(args, config),
          verdict: applies ? attempt(() => policy.judge(readResource(args), config)) : nothing,
          report: (text) => report(text),
        });
      const loading = applies ? loadTexts(args.props) : undefined;
      return loading === undefined ? validate() : loading.then(validate);
    },
    // The SDK runs both functions of a policy, although its types allow only one.
    ...(siblings && {
      validateStack: stackValidation(policy, siblings, context, (args, config) => {
        const exceptions = exceptionsOf(args, config);
        // Invalid exceptions have already been reported with the resource.
        return "failure" in exceptions ? exceptions : { ...exceptions, violations: [] };
      }),
    }),
  };
}

function stackValidation(
  policy: Exclude<AnyPolicy, ReportPolicy>,
  judge: StackJudge<unknown>,
  context: PolicyContext,
  exceptionsOf: (args: PolicyResource, config: PlainMap) => Exceptions | Failure,
): StackValidationPolicy["validateStack"] {
  const reads = perText((type) => judge.reads(policyType(type)));
  return async (args, report) => {
    const config = configOf(policy, args);
    if (policy.scope === "stack") reportConfig(policy, args.getConfig(), report);
    const resources = args.resources.filter(({ type }) => reads(type));
    await Promise.all(resources.flatMap(({ props }) => loadTexts(props) ?? []));
    // The check also receives exempted resources, because other resources may depend on them.
    const verdict = judgeStack(policy, judge, resources, config);
    const violations = byUrn(verdict.violations);
    const unevaluated = byUrn(verdict.unevaluated);
    for (const resource of args.resources) {
      const { urn } = resource;
      const hasFindings = violations.has(urn) || unevaluated.has(urn);
      // A resource policy has already checked the exceptions of each resource.
      if (!hasFindings && (policy.scope === "resource" || !makesExceptions(resource))) continue;
      conclude(policy, context, resource, {
        exceptions: exceptionsOf(resource, config),
        verdict: {
          violations: violations.get(urn) ?? [],
          unevaluated: unevaluated.get(urn) ?? [],
        },
        report,
      });
      violations.delete(urn);
    }
    for (const violation of [...violations.values()].flat()) {
      reportOne(policy, violation, { ...context, urn: violation.urn }, report);
    }
  };
}

function byUrn<Item extends { urn?: string }>(items: Item[]): Map<string | undefined, Item[]> {
  const groups = new Map<string | undefined, Item[]>();
  for (const item of items) {
    const group = groups.get(item.urn) ?? [];
    groups.set(item.urn, group);
    group.push(item);
  }
  return groups;
}

const nothing: Verdict = { violations: [], unevaluated: [] };

interface Failure {
  failure: string;
}

/** Reports a resource's violations, and records what the policy skipped. */
function conclude(
  policy: AnyPolicy,
  context: PolicyContext,
  args: PolicyResource,
  results: {
    exceptions: Exceptions | Failure;
    verdict: Verdict | Failure;
    report: ReportViolation;
  },
): void {
  const { exceptions, verdict, report } = results;
  const { urn } = args;
  const entry = { policy: policy.name, urn, resource: describe(args) };
  const [failed] = [exceptions, verdict].flatMap((result) =>
    "failure" in result ? [notJudged(policy, entry.resource, result.failure)] : [],
  );
  const { violations, unevaluated } = "failure" in verdict ? nothing : verdict;
  if (!("failure" in exceptions)) {
    for (const violation of exceptions.violations) report(violationText(violation), urn);
  }
  for (const violation of failed ? [failed, ...violations] : violations) {
    const exception =
      violation.exception ??
      ("failure" in exceptions ? undefined : exceptions.covering(violation.rule));
    if (exception === undefined) reportOne(policy, violation, { ...context, urn }, report);
    else context.journal.except({ ...entry, ...exception });
  }
  for (const { unknown, because } of unevaluated) {
    context.journal.skip({
      ...entry,
      what: formatPath(unknown) || "all properties",
      because: because ?? reasonAt(readProperties(args.props), unknown),
    });
  }
}

function reportOne(
  { description }: AnyPolicy,
  violation: Violation,
  { urn, program }: { urn: string | undefined; program?: string | undefined },
  report: ReportViolation,
): void {
  const text = violationText(violation, { program, ...(urn !== undefined && { urn }) });
  report(violation.advisory === true ? advisory(description, text, urn) : text, urn);
}

/** Returns a message that is advisory regardless of the policy's level. */
function advisory(description: string, text: string, urn: string | undefined): string {
  // The SDK accepts these fields, although its type does not declare them. Older versions expect a
  // string.
  const message = {
    message: `${description}\n${text}`,
    urn,
    enforcementLevel: "advisory",
    toString: () => text,
  };
  return message as unknown as string;
}

/** Returns why a policy could not evaluate the value at a path. */
function reasonAt(props: Plain, path: Path): string {
  const isInText = [...path, ""].some((_, index) => isText(at(props, ...path.slice(0, index))));
  return isInText ? "it cannot be read" : "its value is unknown until the deployment";
}

/** Reports the entries as advisory regardless of the policy's level, because they are not violations. */
function reportEntries(policy: ReportPolicy, { journal }: PolicyContext) {
  return (args: StackValidationArgs, report: ReportViolation): void => {
    const config = args.getConfig();
    reportConfig(policy, config, report);
    const subjects = new Map(args.resources.map((resource) => [resource.urn, resource]));
    for (const { urn, text } of policy.entries(journal, args.resources)) {
      const { name = "" } = subjects.get(urn) ?? {};
      if (!isConcerned({ name, urn, metadata: undefined }, config)) continue;
      report(advisory(policy.description, text, urn), urn);
    }
  };
}

/**
 * Evaluates a stack. If the check throws, runs it on each resource separately, reports each resource
 * that makes it throw as a violation, and runs it again on the remaining resources.
 */
function judgeStack(
  policy: AnyPolicy,
  { judge: judgeAll }: StackJudge<unknown>,
  resources: readonly PolicyResource[],
  config: PlainMap,
): Verdict {
  const failures: Verdict["violations"] = [];
  const fail = (args: PolicyResource, failure: string): void => {
    const violation = notJudged(policy, describe(args), failure);
    failures.push({ ...violation, urn: args.urn });
  };
  const readable = resources.flatMap((args) => {
    const resource = attempt(() => readOutputs(args));
    if (!("failure" in resource)) return [{ args, resource }];
    fail(args, resource.failure);
    return [];
  });
  const judge = (entries: typeof readable) =>
    attempt(() =>
      judgeAll(
        entries.map(({ resource }) => resource),
        config,
      ),
    );
  let verdict = judge(readable);
  if ("failure" in verdict) {
    const sound: typeof readable = [];
    for (const entry of readable) {
      const alone = judge([entry]);
      if ("failure" in alone) fail(entry.args, alone.failure);
      else sound.push(entry);
    }
    verdict = judge(sound);
  }
  if ("failure" in verdict) {
    failures.push(notJudged(policy, "the stack", verdict.failure));
    return { violations: failures, unevaluated: [] };
  }
  return { ...verdict, violations: [...failures, ...verdict.violations] };
}

/** Returns the result of `run` or its failure. Rethrows the SDK's error about an unknown value. */
function attempt<Result extends object>(run: () => Result): Result | Failure {
  try {
    return run();
  } catch (error) {
    if (isUnknownValueError(error)) throw error;
    // Messages of other errors may quote a value.
    const isInternal = error instanceof TypeError || error instanceof RangeError;
    return { failure: isInternal ? error.message : "an error without details" };
  }
}

/** Returns the violation for a policy that failed with an error, because it must not appear to pass. */
function notJudged({ name }: AnyPolicy, subject: string, reason: string): Violation {
  return {
    problem: `could not be evaluated: ${subject}: ${reason}`,
    where: subject,
    fix: `report this policy error to the maintainers; until it is fixed, exempt the resource: {"${name}": {"excludeFor": ["<name or URN>"]}}`,
  };
}

/**
 * Returns a policy's remediation. The SDK remediates one resource at a time, even for a stack policy.
 */
function remediation(
  policy: Exclude<AnyPolicy, ReportPolicy>,
  exceptionsOf: (args: PolicyResource, config: PlainMap) => Exceptions | Failure,
): Pick<ResourceValidationPolicy, "remediateResource"> {
  const { remediate } = policy;
  if (remediate === undefined) return {};
  const concerns = policy.scope === "stack" ? policy.reads : policy.appliesTo;
  return {
    remediateResource: async (args) => {
      const config = configOf(policy, args);
      const exceptions = exceptionsOf(args, config);
      if (!concerns(policyType(args.type)) || "failure" in exceptions || exceptions.covering())
        return undefined;
      const resource = { ...resourceOf(args), props: await copyProperties(args.props) };
      const judged = withoutRules(resource, (rule) => exceptions.covering(rule) !== undefined);
      // A failure is ignored here, because the validation that follows reports it.
      const result = attempt(() => ({ changed: remediate(judged, args.props, config) }));
      return "changed" in result && result.changed ? args.props : undefined;
    },
  };
}

/** Whether an object declares exceptions, or could declare them because its metadata cannot be read. */
function makesExceptions({ type, props }: PolicyResource): boolean {
  if (!type.startsWith("kubernetes:")) return false;
  try {
    const annotation = at(readProperty(props, "metadata"), "annotations", exceptionAnnotation);
    return annotation !== undefined;
  } catch {
    return true;
  }
}

function subjectOf(args: PolicyResource) {
  const rules = (): string[] | undefined => {
    const result = rulesOf(readResource(args));
    return result.unknownAt === undefined ? result.rules.map((rule) => rule.name) : undefined;
  };
  const isKubernetes = args.type.startsWith("kubernetes:");
  const metadata = isKubernetes ? readProperty(args.props, "metadata") : undefined;
  return { name: args.name, urn: args.urn, metadata, rules };
}

function resourceOf({ type, name, urn }: PolicyResource): Omit<Resource, "props"> {
  return { type: policyType(type), name, urn };
}

function readResource(args: PolicyResource): Resource {
  return { ...resourceOf(args), props: readProperties(args.props) };
}

/**
 * Reads a resource with its outputs. If the provider is unavailable, for example because the cluster
 * does not exist yet, the engine previews a resource without outputs. They are then unknown rather than
 * absent.
 */
function readOutputs(args: PolicyResource): Resource {
  const resource = { ...readResource(args), ...referencesOf(args) };
  return Object.keys(args.props).length === 0 ? { ...resource, props: UNKNOWN } : resource;
}

function referencesOf({ propertyDependencies = {} }: PolicyResource): Pick<Resource, "references"> {
  const entries = Object.entries(propertyDependencies);
  if (entries.length === 0) return {};
  const references = entries.map(
    ([property, targets]) => [property, targets.map(({ urn }) => urn)] as const,
  );
  return { references: Object.fromEntries(references) };
}

/** Adds the defaults. The engine does this itself, but other clients of the analyzer protocol do not. */
function configOf(policy: AnyPolicy, args: { getConfig: () => object }): PlainMap {
  return { ...defaultsOf(policy), ...args.getConfig() };
}

const defaultsOf = perObject((policy: AnyPolicy): object => {
  const defaults = Object.entries(configProperties(policy))
    .filter(([, property]) => property.default !== undefined)
    .map(([name, property]): [string, unknown] => [name, property.default]);
  return Object.fromEntries(defaults);
});

/** Reports unknown properties, which the engine silently accepts although they have no effect. */
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
