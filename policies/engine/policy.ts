import { helmChart, isKnownChart } from "../facts/helm";
import { Path, Plain, PlainMap, UNKNOWN, at, formatPath, setAt } from "../facts/plain";
import { Resource, kindOf } from "../facts/resource";
import { Baseline, ConfigProperty, PolicyDescription } from "./description";
import { EnvironmentConfig, environmentProperty, isProd } from "./environment";
import { ReportPolicy } from "./journal";
import { ConfigOf } from "./properties";
import { Violation, shown } from "./violation";

/*
 * A policy file defines one policy: its description, its configuration and its check.
 *
 *   const properties = {
 *     minDays: numberProperty(limits.retentionDays.min, "Minimum number of days."),
 *   };
 *
 *   export const prometheusRetention = resourcePolicy({
 *     name: "prometheus-retention",
 *     description: "Prometheus retains samples for at least the minimum number of days.",
 *     why: "Without its samples, last week's incident cannot be investigated.",
 *     remediation: remediationOf({ path: "prometheus.retentionDays", value: 15 }),
 *     severity: "high",
 *     config: properties,
 *     appliesTo: canRunPrometheus,
 *     check,
 *     remediate: true,
 *   });
 *
 *   function check(resource: Resource, { minDays }: ConfigOf<typeof properties>): Finding[] {
 *     return checkValue(resource, ["spec", "retention"], (value) =>
 *       daysOf(value) >= minDays ? undefined : {
 *         problem: `the retention is shorter than ${minDays} days`,
 *         bound: `at least ${minDays} days`,
 *         fix: `set retention: ${minDays}d`,
 *         set: `${minDays}d`,
 *       });
 *   }
 *
 * A check returns a list of findings, so checks can be combined by joining their lists. The code in
 * this folder reads the resources, fills in defaults, applies exceptions, adds the location of each
 * violation, reports unknown values, and writes the values that findings set (level `remediate`).
 */

/** A violation, or an unknown value that the check needs. */
export type Finding = ViolationFinding | UnknownFinding;

export interface ViolationFinding extends Omit<Violation, "where"> {
  /** Path of the value in the resource's properties. */
  path?: Path;
  /** Location as text. Default: the resource and `path`. */
  where?: string;
  /** URN of the resource with the violation, for stack policies. */
  urn?: string;
  /** Value that remediation writes to `path`. */
  set?: unknown;
}

/** A violation with the path of its value, for checks that several resources or places share. */
export type PlacedFinding = ViolationFinding & { path: Path };

export interface UnknownFinding {
  /** Path of the unknown value. */
  unknown: Path;
  /** URN of the resource with the unknown value, for stack policies. */
  urn?: string;
  /** The reason, unless the value is simply unknown or unreadable. */
  because?: string;
}

/**
 * A finding of a stack policy. It must state its location, because the policy evaluates many resources.
 */
export type StackFinding =
  (ViolationFinding & { where: string }) | (UnknownFinding & { urn: string });

/** The result of a policy for a resource or a stack. */
export interface Verdict {
  violations: (Violation & { urn?: string })[];
  /** Values that the policy could not evaluate. */
  unevaluated: UnknownFinding[];
}

/** Modifies the properties in place so that they comply. Returns whether it changed anything. */
type Remediate<Config> = (resource: Resource, props: PlainMap, config: Config) => boolean;

/**
 * Nested resources that a policy also evaluates. `charts`: releases that Flux, Argo CD, k3s or Terraform
 * install, known charts among a chart's values, and objects that a chart renders from its values.
 * `releases`: only those releases.
 */
export type NestedScope = "charts" | "releases" | "none";

interface PolicyBase<Config> extends PolicyDescription {
  nested?: NestedScope;
  remediate?: Remediate<Config>;
}

export interface ResourcePolicy<Config> extends PolicyBase<Config> {
  scope: "resource";
  appliesTo: (type: string) => boolean;
  judge: (resource: Resource, config: Config) => Verdict;
  /** Checks that need the stack's other resources. */
  siblings?: StackJudge<Config>;
}

export interface StackPolicy<Config> extends PolicyBase<Config>, StackJudge<Config> {
  scope: "stack";
}

export interface StackJudge<Config> {
  /** Whether the policy reads resources of a type. It receives no other resources. */
  reads: (type: string) => boolean;
  judge: (resources: Resource[], config: Config) => Verdict;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each policy has its own configuration
export type AnyPolicy = ResourcePolicy<any> | StackPolicy<any> | ReportPolicy;

type Properties = Record<string, ConfigProperty>;

/** A policy's configuration, as users write it. */
type Configuration<P extends Properties, ProdOnly> = ConfigOf<P> &
  (ProdOnly extends true ? EnvironmentConfig : unknown);

interface Definition<P extends Properties, ProdOnly extends boolean> extends Omit<
  PolicyDescription,
  "enforcementLevel" | "config" | "baseline"
> {
  /** Default: mandatory. */
  enforcementLevel?: PolicyDescription["enforcementLevel"];
  /** Default: no properties. */
  config?: P;
  /** Overrides for the profile `baseline`. Default: none. */
  baseline?: Baseline<ConfigOf<P>>;
  /** Whether the policy applies only to production. If so, `config` gets the property `environment`. */
  prodOnly?: ProdOnly;
  /** Default: charts. */
  nested?: NestedScope;
}

interface ResourceDefinition<P extends Properties, ProdOnly extends boolean> extends Definition<
  P,
  ProdOnly
> {
  appliesTo: (type: string) => boolean;
  check: (resource: Resource, config: ConfigOf<P>) => Finding[];
  /**
   * Finds problems that are visible only in combination with the stack's other resources. Prefer `check`
   * for everything else: it runs before the resource is deployed, even if outputs are unknown.
   */
  siblings?: StackCheck<ConfigOf<P>>;
  /** `true` writes the value that each finding sets. */
  remediate?: true | Remediate<ConfigOf<P>>;
}

export interface StackCheck<Config> {
  reads: (type: string) => boolean;
  check: (resources: Resource[], config: Config) => StackFinding[];
}

interface StackDefinition<P extends Properties, ProdOnly extends boolean>
  extends Definition<P, ProdOnly>, StackCheck<ConfigOf<P>> {
  /** Receives a single resource, because the SDK does not pass the others to a remediation. */
  remediate?: Remediate<ConfigOf<P>>;
}

/** Defines a policy that evaluates each resource separately. */
export function resourcePolicy<
  P extends Properties = Record<never, never>,
  const ProdOnly extends boolean = false,
>(definition: ResourceDefinition<P, ProdOnly>): ResourcePolicy<Configuration<P, ProdOnly>> {
  const { appliesTo, check, siblings, remediate, prodOnly, ...meta } = definition;
  type Config = Configuration<P, ProdOnly>;
  const findings = (resource: Resource, config: Config): Finding[] => {
    if (prodOnly && !isProd(resource, config)) return [];
    const type = patchedType(resource.type);
    if (type === resource.type) return check(resource, config);
    const { props } = resource;
    return check({ ...resource, type }, config).filter((finding) => isInPatch(finding, props));
  };
  return {
    ...described({ ...meta, prodOnly }),
    scope: "resource",
    appliesTo: (type) => appliesTo(patchedType(type)),
    judge: (resource, config) => verdictOf(findings(resource, config), resource),
    ...(siblings && { siblings: stackJudge(siblings, prodOnly) }),
    ...(remediate && {
      remediate: (resource, props, config: Config) => {
        if (remediate === true) return write(findings(resource, config), props);
        return !(prodOnly && !isProd(resource, config)) && remediate(resource, props, config);
      },
    }),
  };
}

/** Returns the type that a patch modifies: `kubernetes:core/v1:Secret` for a `SecretPatch`. */
function patchedType(type: string): string {
  const isPatch = type.endsWith("Patch") && type.startsWith("kubernetes:");
  return isPatch ? type.slice(0, -"Patch".length) : type;
}

/**
 * Whether a finding concerns a value that a patch sets. Values that it omits are in the object itself.
 */
function isInPatch(finding: Finding, props: Plain): boolean {
  const path = "unknown" in finding ? finding.unknown : finding.path;
  // A patch always replaces a whole list.
  return path === undefined || path.some(Number.isInteger) || at(props, ...path) !== undefined;
}

/** Defines a policy that evaluates a stack's resources together. */
export function stackPolicy<
  P extends Properties = Record<never, never>,
  const ProdOnly extends boolean = false,
>(definition: StackDefinition<P, ProdOnly>): StackPolicy<Configuration<P, ProdOnly>> {
  const { reads, check, remediate, prodOnly, ...meta } = definition;
  return {
    ...described({ ...meta, prodOnly }),
    scope: "stack",
    ...stackJudge({ reads, check }, prodOnly),
    ...(remediate && { remediate }),
  };
}

function stackJudge<Config>(
  { reads, check }: StackCheck<Config>,
  prodOnly?: boolean,
): StackJudge<Config & EnvironmentConfig> {
  return {
    reads,
    judge: (resources, config) => {
      const isJudged = (resource: Resource) => !prodOnly || isProd(resource, config, resources);
      return verdictOf(check(resources.filter(isJudged), config));
    },
  };
}

function described<P extends Properties>({
  prodOnly,
  config,
  ...meta
}: Definition<P, boolean>): PolicyDescription & { nested?: NestedScope } {
  return {
    enforcementLevel: "mandatory",
    ...meta,
    config: { ...(prodOnly && { environment: environmentProperty }), ...config },
  };
}

function verdictOf(findings: Finding[], resource?: Resource): Verdict {
  const violations: Verdict["violations"] = [];
  const unevaluated: Verdict["unevaluated"] = [];
  for (const finding of findings) {
    if ("unknown" in finding) {
      unevaluated.push(finding);
      continue;
    }
    const { path, where, set: _set, ...violation } = finding;
    const place = [resource && describeResource(resource), path && formatPath(path)];
    violations.push({ ...violation, where: where ?? place.filter(Boolean).join(", ") });
  }
  return { violations, unevaluated };
}

function write(findings: Finding[], props: PlainMap): boolean {
  return findings
    .map((finding) => {
      if ("unknown" in finding || finding.set === undefined || finding.path === undefined)
        return false;
      return setAt(props, finding.path, finding.set);
    })
    .includes(true);
}

/**
 * Describes a resource, such as `release "prometheus" (kube-prometheus-stack)` or `ServiceMonitor
 * "inventory"`.
 */
export function describeResource(resource: Resource): string {
  const chart = helmChart(resource);
  if (chart === undefined) return `${kindOf(resource.type)} "${resource.name}"`;
  // Unknown chart names are omitted because, like any other value, they could be secret.
  return `release "${chart.release}"${isKnownChart(chart.chart) ? ` (${chart.chart})` : ""}`;
}

/**
 * Returns the URN of a resource and the location of a value in it, given as a path or as text. Stack
 * policies add both to their findings.
 */
export function located(resource: Resource, place: Path | string): { urn: string; where: string } {
  const text = typeof place === "string" ? place : formatPath(place);
  return { urn: resource.urn, where: `${describeResource(resource)}, ${text}` };
}

/** A value and its path in a resource's properties. */
export interface Field {
  path: Path;
  value: Plain;
}

/**
 * Evaluates a value. Reports an unknown value as such, and adds the path and the value to the violation
 * that `judge` returns.
 */
export function checkField(
  { path, value }: Field,
  judge: (value: Plain) => ViolationFinding | undefined,
): Finding[] {
  if (value === UNKNOWN) return [{ unknown: path }];
  const violation = judge(value);
  return violation === undefined ? [] : [{ path, found: shown(value), ...violation }];
}

/** Evaluates the value at a path of a resource, as {@link checkField} does. */
export function checkValue(
  resource: Resource,
  path: Path,
  judge: (value: Plain) => ViolationFinding | undefined,
): Finding[] {
  return checkField({ path, value: at(resource.props, ...path) }, judge);
}
