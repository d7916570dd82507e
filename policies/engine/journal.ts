import { redact } from "../shared/credentials";
import type { Resource } from "../facts/resource";
import { PolicyDescription } from "./description";

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
export interface AppliedException {
  policy: string;
  urn: string;
  resource: string;
  /** Name of the excepted rule in the resource. */
  rule?: string | undefined;
  reason: string;
  owner: string;
  until: string;
}

/** Records what the policies of a pack skip, so that a result without violations says so. */
export class Journal {
  private unevaluated = new Map<string, Unevaluated & { policies: Set<string> }>();
  private exceptions = new Map<string, AppliedException>();

  /** Several policies that skip the same value for the same reason share an entry. */
  skip(entry: Unevaluated): void {
    const key = JSON.stringify([entry.urn, entry.what, entry.because]);
    const known = this.unevaluated.get(key) ?? { ...entry, policies: new Set() };
    this.unevaluated.set(key, known);
    known.policies.add(entry.policy);
  }

  except(entry: AppliedException): void {
    this.exceptions.set(JSON.stringify(entry), entry);
  }

  /** Returns and clears the values that were not evaluated. */
  takeUnevaluated() {
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
 * A policy of a stack that reports what the other policies recorded, and runs after them. It never
 * fails a stack: its entries are advisory, whatever its level.
 */
export interface ReportPolicy extends PolicyDescription {
  scope: "report";
  remediate?: undefined;
  entries: (journal: Journal, resources: ReportedResource[]) => ReportEntry[];
}

/** A resource of the stack, without its properties. */
export type ReportedResource = Pick<Resource, "type" | "name" | "urn"> & {
  parent?: { urn: string } | undefined;
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

/** Resources whose objects the Kubernetes SDK or its provider registers as children. */
const rendered =
  /^kubernetes:(?:yaml(?:\/v2)?:Config(?:Group|File)|kustomize(?:\/v2)?:Directory|helm\.sh\/v[234]:Chart)$/;

export const notEvaluated: ReportPolicy = {
  ...report,
  name: "not-evaluated",
  description: "Each policy evaluated everything that it applies to.",
  why: "A result without violations says nothing about values that a policy could not read.",
  remediation:
    "review the values that are listed, or make them readable: correct the text, or register the objects with Pulumi",
  entries: (journal, resources) => {
    const parents = new Set(resources.map(({ parent }) => parent?.urn));
    const childless = resources.filter(({ type, urn }) => rendered.test(type) && !parents.has(urn));
    const entries = childless.map(({ urn, ...resource }) => ({
      urn,
      resource: describe(resource),
      what: "its objects",
      because: "they are not among the resources of the stack",
      policies: ["all policies"],
    }));
    return [...entries, ...journal.takeUnevaluated()].map(
      ({ urn, resource, what, because, policies }) => ({
        urn,
        text: redact(
          `not evaluated: ${resource}: ${what}, because ${because}\n  policies: ${[...policies].join(", ")}`,
        ),
      }),
    );
  },
};

export const appliedExceptions: ReportPolicy = {
  ...report,
  name: "exceptions",
  description: "No exception suppresses a violation.",
  why: "An exception that is not visible outlives its reason.",
  remediation: "comply and remove the exception",
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

/** Text such as `PrometheusRule "rules"`. */
export function describe({ type, name }: Pick<Resource, "type" | "name">): string {
  return `${type.slice(type.lastIndexOf(":") + 1)} "${name}"`;
}
