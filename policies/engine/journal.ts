import { redact } from "../shared/credentials";
import { Exception } from "../shared/exception";
import { foreignReleases } from "../facts/releases";
import { kindOf, type Resource } from "../facts/resource";
import { PolicyDescription } from "./description";
import { readProperties } from "./reading";

/** A part of a resource that a policy could not evaluate. */
export interface Unevaluated {
  policy: string;
  urn: string;
  /** `PrometheusRule "rules"`. */
  resource: string;
  /** `spec.groups[0].rules[0].expr`. */
  what: string;
  /** `its value is unknown until the deployment`. */
  because: string;
}

/** An exception that suppressed at least one violation. */
export interface AppliedException extends Exception {
  policy: string;
  urn: string;
  resource: string;
}

/** The parts of a resource that policies could not evaluate. */
interface SkippedResource {
  urn: string;
  resource: string;
  /** Parts of the resource, grouped by reason. */
  reasons: Map<string, Set<string>>;
  policies: Set<string>;
}

/**
 * Records what the policies of a pack skip, so that a result without violations is not mistaken for a
 * complete one.
 */
export class Journal {
  private unevaluated = new Map<string, SkippedResource>();
  private exceptions = new Map<string, AppliedException>();

  /** Records a skipped part. Each resource has one entry, with one clause per reason. */
  skip({ policy, urn, resource, what, because }: Unevaluated): void {
    const entry = this.unevaluated.get(urn) ?? {
      urn,
      resource,
      reasons: new Map<string, Set<string>>(),
      policies: new Set<string>(),
    };
    this.unevaluated.set(urn, entry);
    entry.policies.add(policy);
    entry.reasons.set(because, (entry.reasons.get(because) ?? new Set()).add(what));
  }

  except(entry: AppliedException): void {
    this.exceptions.set(JSON.stringify(entry), entry);
  }

  /** Returns and clears the skipped parts, grouped by resource. */
  takeUnevaluated(): SkippedResource[] {
    const entries = [...this.unevaluated.values()];
    this.unevaluated.clear();
    return entries;
  }

  /** Returns and clears the exceptions. */
  takeExceptions(): AppliedException[] {
    const entries = [...this.exceptions.values()];
    this.exceptions.clear();
    return entries;
  }
}

/**
 * A stack policy that runs after the other policies and reports what they recorded. It never fails a
 * stack, because its entries are advisory at every level.
 */
export interface ReportPolicy extends PolicyDescription {
  scope: "report";
  remediate?: undefined;
  entries: (journal: Journal, resources: ReportedResource[]) => ReportEntry[];
}

/** A resource of the stack, for reports. */
export type ReportedResource = Pick<Resource, "type" | "name" | "urn"> & {
  parent?: { urn: string } | undefined;
  /** Default: none. */
  props?: object;
};

export interface ReportEntry {
  urn: string;
  text: string;
}

const report = {
  scope: "report",
  severity: "low",
  enforcementLevel: "advisory",
  config: {},
} as const;

/** Resource types whose Kubernetes objects the SDK or the provider registers as children. */
const rendered =
  /^kubernetes:(?:yaml(?:\/v2)?:Config(?:Group|File)|kustomize(?:\/v2)?:Directory|helm\.sh\/v[234]:Chart)$/;

export const notEvaluated: ReportPolicy = {
  ...report,
  name: "not-evaluated",
  description: "Each policy evaluated everything that it applies to.",
  why: "A result without violations says nothing about values that a policy could not read.",
  remediation:
    "review the listed values, or make them readable: correct the text, or register the objects with Pulumi",
  entries: (journal, resources) => {
    const parents = new Set(resources.map(({ parent }) => parent?.urn));
    const childless = resources.filter(({ type, urn }) => rendered.test(type) && !parents.has(urn));
    const remote = resources.filter(appliesRepository);
    const entryOf =
      (because: string) =>
      ({ urn, ...resource }: ReportedResource): SkippedResource => ({
        urn,
        resource: describe(resource),
        reasons: new Map([[because, new Set(["its objects"])]]),
        policies: new Set(["all policies"]),
      });
    return [
      ...childless.map(entryOf("they are not resources of the stack")),
      ...remote.map(entryOf("they are in a repository")),
      ...journal.takeUnevaluated(),
    ].map(({ urn, resource, reasons, policies }) => {
      const clauses = [...reasons].map(
        ([because, parts]) => `${placesOf([...parts])}, because ${because}`,
      );
      return {
        urn,
        text: redact(
          `not evaluated: ${resource}: ${clauses.join("; ")}\n  policies: ${[...policies].join(", ")}`,
        ),
      };
    });
  },
};

/**
 * Whether a resource applies objects from a repository that the policies cannot read, unlike a chart
 * with values.
 */
function appliesRepository({ type, props = {} }: ReportedResource): boolean {
  if (/^kubernetes:kustomize\.toolkit\.fluxcd\.io\/\w+:Kustomization$/.test(type)) return true;
  if (!/^kubernetes:argoproj\.io\/v1alpha1:Application(?:Set)?$/.test(type)) return false;
  const resource = { type, name: "", urn: "", props: readProperties(props) };
  return foreignReleases(resource).length === 0;
}

/** Maximum number of parts that an entry lists by name. */
const MAX_PARTS = 3;

/**
 * Lists the outermost parts of a resource: up to `MAX_PARTS` by name, followed by the number of others.
 */
function placesOf(parts: string[]): string {
  const outer = parts.filter((part) => !parts.some((other) => isBelow(part, other)));
  const listed = outer.slice(0, MAX_PARTS).join(", ");
  const others = outer.length - MAX_PARTS;
  return others > 0 ? `${listed} and ${others} others` : listed;
}

function isBelow(part: string, other: string): boolean {
  return part.startsWith(`${other}.`) || part.startsWith(`${other}[`);
}

export const appliedExceptions: ReportPolicy = {
  ...report,
  name: "exceptions",
  description: "No exception suppresses a violation.",
  why: "An exception that is not visible outlives its reason.",
  remediation: "correct the violation and remove the exception",
  entries: (journal) =>
    journal.takeExceptions().map(({ policy, urn, resource, rule, reason, owner, until }) => ({
      urn,
      text: redact(
        [
          `${policy} has an exception for ${rule === undefined ? "" : `${rule} in `}${resource}`,
          `  policy: ${policy}`,
          `  resource: ${resource}`,
          ...(rule === undefined ? [] : [`  rule: ${rule}`]),
          `  reason: ${reason}`,
          `  owner: ${owner}`,
          `  until: ${until}`,
        ].join("\n"),
      ),
    })),
};

/** Describes a resource, such as `PrometheusRule "rules"`. */
export function describe({ type, name }: Pick<Resource, "type" | "name">): string {
  return `${kindOf(type)} "${name}"`;
}
