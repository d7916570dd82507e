import { MAX_CHART_DEPTH, chartKeys, isHelmType, subchartsOf, withValueFiles } from "../facts/helm";
import { manifestKeys, manifestsIn, monitorKeys, typeOfObject } from "../facts/manifests";
import { Path, PlainMap, UNKNOWN, at, formatPath, isMap, listAt, setAt } from "../facts/plain";
import { ForeignRelease, foreignReleases, isForeignRelease } from "../facts/releases";
import { Resource, policyType } from "../facts/resource";
import { perText } from "../shared/perText";
import { own } from "../shared/own";
import {
  AnyPolicy,
  NestedScope,
  ResourcePolicy,
  StackJudge,
  UnknownFinding,
  Verdict,
} from "./policy";

/**
 * Extends a policy to nested resources: releases that Flux, Argo CD, k3s or Terraform install, known
 * charts inside any chart, values in value files, and objects that a chart renders from its values. The
 * policy receives each as a separate resource, so it does not depend on the origin.
 */
export function withNestedReleases(policy: AnyPolicy): AnyPolicy {
  if (policy.scope === "report") return policy;
  const { nested = "charts" } = policy;
  if (nested === "none") return policy;
  return policy.scope === "stack"
    ? { ...policy, ...forStack(policy, nested) }
    : forResource(policy, nested);
}

/** A resource that a policy receives instead of the resource that contains it. */
interface Nested {
  resource: Resource;
  /** Path of the resource in its container. Empty for the container itself. */
  path: Path;
  /** Whether `path` points to all properties of the resource or only to its chart values. */
  contents: "properties" | "values";
  /** Why properties of the resource are unknown, for a release that another tool installs. */
  reasons?: ForeignRelease["reasons"];
}

const isContainer = perText((type) => isHelmType(type) || isForeignRelease(type) || isList(type));

/** Whether a type is a list of objects, such as `PrometheusRuleList`. */
function isList(type: string): boolean {
  return type.startsWith("kubernetes:") && type.endsWith("List");
}

function itemsOf(list: Resource): Nested[] {
  return listAt(list.props, "items").flatMap((item, index): Nested[] => {
    const path = ["items", index];
    // Items of a typed list may omit their kind.
    const type = typeOfObject(item) ?? list.type.replace(/List$/, "");
    const urn = `${list.urn}#${formatPath(path)}`;
    const resource = { ...list, type: policyType(type), urn, props: item };
    return [{ resource, path, contents: "properties" }];
  });
}

function forResource(policy: ResourcePolicy<unknown>, scope: NestedScope): ResourcePolicy<unknown> {
  const { judge, siblings, remediate, appliesTo } = policy;
  const applicable = (container: Resource): Nested[] =>
    nestedIn(container, scope).filter(({ resource }) => appliesTo(resource.type));
  return {
    ...policy,
    appliesTo: (type) => appliesTo(type) || isContainer(type),
    judge: (container, config) => {
      if (!isContainer(container.type)) return judge(container, config);
      const verdicts = applicable(container).map((nested) => {
        const { violations, unevaluated } = judge(nested.resource, config);
        return {
          violations: violations.map((violation) => violationIn(container, nested, violation)),
          unevaluated: unevaluated.map((finding) => unknownIn(container, nested, finding)),
        };
      });
      return {
        violations: verdicts.flatMap(({ violations }) => violations),
        unevaluated: verdicts.flatMap(({ unevaluated }) => unevaluated),
      };
    },
    ...(siblings && { siblings: forStack(siblings, scope) }),
    ...(remediate && {
      remediate: (container, props, config) =>
        applicable(container)
          .map((nested) => {
            const nestedProps = propertiesOf(props, nested);
            return nestedProps !== undefined && remediate(nested.resource, nestedProps, config);
          })
          .includes(true),
    }),
  };
}

function forStack({ judge, reads }: StackJudge<unknown>, scope: NestedScope): StackJudge<unknown> {
  return {
    reads: (type) => reads(type) || isContainer(type),
    judge: (resources, config) => {
      const readable = resources.flatMap((container) =>
        nestedIn(container, scope)
          .filter(({ resource }) => reads(resource.type))
          .map((nested) => ({ nested, container })),
      );
      const { violations, unevaluated } = judge(
        readable.map(({ nested }) => nested.resource),
        config,
      );
      const byUrn = new Map(readable.map((entry) => [entry.nested.resource.urn, entry]));
      return {
        violations: violations.map((violation) => {
          const entry = byUrn.get(violation.urn ?? "");
          return entry ? violationIn(entry.container, entry.nested, violation) : violation;
        }),
        unevaluated: unevaluated.map((finding) => {
          const entry = byUrn.get(finding.urn ?? "");
          return entry ? unknownIn(entry.container, entry.nested, finding) : finding;
        }),
      };
    },
  };
}

function nestedIn(container: Resource, scope: NestedScope): Nested[] {
  if (isList(container.type)) return itemsOf(container);
  if (!isForeignRelease(container.type)) {
    return isHelmType(container.type) && scope === "charts"
      ? contentsOf(container)
      : [itself(container)];
  }
  return foreignReleases(container).flatMap(({ resource, path, reasons }) => {
    const release = { ...resource, urn: `${container.urn}#${formatPath(path)}` };
    if (scope === "releases") return [{ ...itself(release), reasons }];
    return contentsOf(release).map((nested): Nested => ({
      ...nested,
      reasons,
      contents: nested.path.length === 0 ? "values" : nested.contents,
      path: [...path, ...nested.path.slice(1)],
    }));
  });
}

function itself(resource: Resource): Nested {
  return { resource, path: [], contents: "properties" };
}

const nestingKeys = new Set([...chartKeys, ...manifestKeys, ...Object.keys(monitorKeys)]);

/**
 * Whether values may contain charts or objects. A fast check that avoids a complete search, because most
 * values contain neither.
 */
function mayNest(values: unknown, depth = 0): boolean {
  if (!isMap(values)) return false;
  for (const key in values) {
    if (nestingKeys.has(key)) return true;
    if (depth < MAX_CHART_DEPTH && mayNest(values[key], depth + 1)) return true;
  }
  return false;
}

/**
 * Returns the release without its subcharts, followed by each subchart and the objects among the values.
 */
function contentsOf(release: Resource): Nested[] {
  const complete = withValueFiles(release);
  if (!mayNest(at(complete.props, "values"))) return [itself(complete)];
  const subcharts = subchartsOf(complete);
  const props = complete.props as PlainMap;
  const rest = subcharts.reduce((remaining, { path }) => without(remaining, path), props);
  return [
    itself({ ...complete, props: rest }),
    ...subcharts.map(({ chart, path }): Nested => ({
      path,
      contents: "values",
      resource: {
        ...complete,
        urn: `${release.urn}#${formatPath(path)}`,
        props: { ...props, chart, values: at(props, ...path) },
      },
    })),
    ...manifestsIn(complete).map((manifest): Nested => ({ ...manifest, contents: "properties" })),
  ];
}

function without(map: PlainMap, [key = "", ...rest]: Path): PlainMap {
  const { [key]: inner, ...others } = map;
  return rest.length > 0 && isMap(inner) ? { ...others, [key]: without(inner, rest) } : others;
}

type NestedViolation = Verdict["violations"][number];

/** Converts a violation in a nested resource to one in its container. */
function violationIn(
  { urn }: Resource,
  { path }: Nested,
  violation: NestedViolation,
): NestedViolation {
  if (path.length === 0) return violation;
  const isWholeValues = path.length === 1 && path[0] === "values";
  return {
    ...violation,
    where: isWholeValues ? violation.where : `${violation.where}, below ${formatPath(path)}`,
    ...(violation.urn !== undefined && { urn }),
  };
}

/** Converts an unknown value in a nested resource to one in its container. */
function unknownIn({ urn }: Resource, nested: Nested, finding: UnknownFinding): UnknownFinding {
  const property = String(finding.unknown[0]);
  const because = finding.because ?? own(nested.reasons ?? {}, property);
  const areValuesUnknown = at(nested.resource.props, "values") === UNKNOWN;
  const unknown = areValuesUnknown && property === "values" ? ["values"] : finding.unknown;
  const isContainer = nested.path.length === 0;
  return {
    ...finding,
    unknown: isContainer ? unknown : pathInContainer(nested, unknown),
    ...(because !== undefined && { because }),
    ...(finding.urn !== undefined && !isContainer && { urn }),
  };
}

function pathInContainer({ path, contents }: Nested, nestedPath: Path): Path {
  if (contents === "properties") return [...path, ...nestedPath];
  return nestedPath[0] === "values" ? [...path, ...nestedPath.slice(1)] : nestedPath;
}

/** Returns the properties that a remediation modifies in place; undefined if they are text. */
function propertiesOf(props: PlainMap, { path, contents }: Nested): PlainMap | undefined {
  if (path.length === 0 || (path.length === 1 && isMap(props["values"]))) return props;
  // Values from a file are not in the properties yet.
  if (at(props, ...path) === undefined && contents === "values") setAt(props, path, {});
  const nestedProps = at(props, ...path);
  if (!isMap(nestedProps)) return undefined;
  return contents === "properties" ? nestedProps : { ...props, values: nestedProps };
}
