import type {
  ReportViolation,
  ResourceValidationArgs,
  ResourceValidationPolicy,
  StackValidationPolicy,
} from "@pulumi/policy";
import { Path, PlainMap, UNKNOWN } from "../facts/plain";
import { Resource } from "../facts/resource";
import { rulesOf, withoutRules } from "../facts/rules";
import { configProperties, unknownProperties } from "./config";
import { Exceptions, exceptionsFor } from "./exceptions";
import { AnyPolicy } from "./policy";
import { copyProperties, readProperties, readProperty, readWithoutTexts } from "./reading";
import { violationText } from "./violation";

/** What a policy needs to know besides the resources. */
export interface PolicyContext {
  /** Names of all policies of the pack, to which exceptions may refer. */
  policies: string[];
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
        // Once for each stack, rather than with every resource.
        if (args.type === "pulumi:pulumi:Stack") reportConfig(policy, args.getConfig(), report);
        for (const violation of exceptions.violations) report(violationText(violation));
        if (!policy.appliesTo(args.type) || exceptions.covers()) return;
        const { violations, unknown } = policy.judge(await readResource(args), config);
        for (const violation of violations) {
          if (!exceptions.covers(violation.rule)) report(violationText(violation));
        }
        if (unknown !== undefined) touch(args.props, unknown.path);
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
      const { violations, unknown } = policy.judge(
        await Promise.all(resources.map(readOutputs)),
        config,
      );
      for (const violation of violations) {
        // An excepted resource still counts where another resource needs it.
        if (exceptions.get(violation.urn ?? "")?.covers(violation.rule)) continue;
        report(violationText(violation), violation.urn);
      }
      const source = resources.find(({ urn }) => urn === unknown?.urn);
      if (unknown !== undefined && source !== undefined) touch(source.props, unknown.path);
    },
  };
}

/** The SDK remediates one resource at a time, for a policy on stacks too. */
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
      return remediate(judged, args.props, config) ? args.props : undefined;
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
 * Without a provider, such as the provider of a cluster that does not exist yet, the engine previews
 * a resource without any outputs. They are all unknown then, not absent.
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

/** The engine checks values, but silently accepts a misspelled property, which then has no effect. */
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
 * Reads an unknown value, once everything known has been judged: the SDK then reports that the
 * policy could not run completely, as it does for any policy.
 */
function touch(props: unknown, path: Path): void {
  let current = props;
  for (const key of path) {
    if (typeof current !== "object" || current === null) return;
    current = (current as Record<string | number, unknown>)[key];
  }
}
