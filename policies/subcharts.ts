import { Subchart, isHelmType, subchartsOf, withValueFiles } from "./facts/helm";
import { Path, PlainMap, at, formatPath, isMap, setAt } from "./facts/plain";
import { Resource } from "./facts/resource";
import { AnyPolicy, ResourcePolicy, StackPolicy, Verdict } from "./policy";

/**
 * A policy that judges the charts behind a chart like releases of their own, and reads what stands in
 * value files: so no policy has to know of umbrella charts.
 */
export function withSubcharts(policy: AnyPolicy): AnyPolicy {
  return policy.scope === "stack" ? ofStack(policy) : ofResource(policy);
}

/** One chart of a release in the form of a release. */
interface View {
  resource: Resource;
  /** Undefined for what is left of the release without its subcharts. */
  subchart?: Subchart;
}

function ofResource(policy: ResourcePolicy<unknown>): ResourcePolicy<unknown> {
  const { judge, remediate } = policy;
  return {
    ...policy,
    judge: (resource, config) => {
      const views = viewsOf(resource);
      const verdicts = views.map((view) => inRelease(judge(view.resource, config), view, resource));
      return {
        violations: verdicts.flatMap(({ violations }) => violations),
        unknown: verdicts.find(({ unknown }) => unknown !== undefined)?.unknown,
      };
    },
    ...(remediate === undefined
      ? {}
      : {
          remediate: (resource, props, config) => {
            const changes = viewsOf(resource).map((view) =>
              remediate(view.resource, propertiesOf(props, view), config),
            );
            return changes.includes(true);
          },
        }),
  };
}

function ofStack(policy: StackPolicy<unknown>): StackPolicy<unknown> {
  return {
    ...policy,
    judge: (resources, config) => {
      const views = resources.flatMap((release) =>
        viewsOf(release).map((view) => ({ ...view, release })),
      );
      const byUrn = new Map(views.map((view) => [view.resource.urn, view]));
      const { violations, unknown } = policy.judge(
        views.map(({ resource }) => resource),
        config,
      );
      const view = byUrn.get(unknown?.urn ?? "");
      return {
        violations: violations.flatMap((violation) => {
          const own = byUrn.get(violation.urn ?? "");
          if (own === undefined) return [violation];
          return inRelease({ violations: [violation] }, own, own.release).violations;
        }),
        unknown:
          view === undefined
            ? unknown
            : inRelease({ violations: [], unknown }, view, view.release).unknown,
      };
    },
  };
}

function viewsOf(release: Resource): View[] {
  if (!isHelmType(release.type)) return [{ resource: release }];
  const complete = withValueFiles(release);
  const subcharts = subchartsOf(complete);
  if (subcharts.length === 0) return [{ resource: complete }];
  const props = complete.props as PlainMap;
  const rest = subcharts.reduce((left, { path }) => without(left, path), props);
  return [
    { resource: { ...complete, props: rest } },
    ...subcharts.map((subchart): View => {
      const { chart, path } = subchart;
      const urn = `${release.urn}#${formatPath(path)}`;
      return {
        subchart,
        resource: { ...complete, urn, props: { ...props, chart, values: at(props, ...path) } },
      };
    }),
  ];
}

function without(map: PlainMap, [key = "", ...rest]: Path): PlainMap {
  const { [key]: inner, ...others } = map;
  return rest.length > 0 && isMap(inner) ? { ...others, [key]: without(inner, rest) } : others;
}

/** What a policy says of a chart, said of the release that brings it. */
function inRelease(verdict: Verdict, { subchart }: View, { urn }: Resource): Verdict {
  if (subchart === undefined) return verdict;
  const { path } = subchart;
  const below = path.length > 1 ? `, below ${formatPath(path)}` : "";
  return {
    violations: verdict.violations.map((violation) => ({
      ...violation,
      where: `${violation.where}${below}`,
      ...(violation.urn === undefined ? {} : { urn }),
    })),
    unknown: verdict.unknown && {
      ...verdict.unknown,
      path:
        verdict.unknown.path[0] === "values"
          ? [...path, ...verdict.unknown.path.slice(1)]
          : verdict.unknown.path,
      ...(verdict.unknown.urn === undefined ? {} : { urn }),
    },
  };
}

/** The properties that a remediation changes in place: those of the chart, inside the release's. */
function propertiesOf(props: PlainMap, { subchart }: View): PlainMap {
  if (subchart === undefined || subchart.path.length === 1) return props;
  const { path } = subchart;
  // Where the values come from a file, there is nothing of them yet.
  if (at(props, ...path) === undefined) setAt(props, path, {});
  return { ...props, values: at(props, ...path) };
}
