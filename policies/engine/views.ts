import { MAX_DEPTH, isHelmType, subchartsOf, chartKeys, withValueFiles } from "../facts/helm";
import { manifestsIn, manifestKeys } from "../facts/manifests";
import { Path, PlainMap, at, formatPath, isMap, setAt } from "../facts/plain";
import { foreignReleases, isForeignRelease } from "../facts/releases";
import { Resource } from "../facts/resource";
import { AnyPolicy, ResourcePolicy, StackPolicy, Verdict, holds } from "./policy";

/** Whether a policy looks at a release as such, or at the charts and objects that are in it too. */
export type Sight = "releases" | "charts";

/**
 * A policy that also judges what is behind a release: the releases that Flux, Argo CD, k3s or
 * Terraform make, the known charts inside anybody's chart, what value files say, and the objects that
 * a chart only passes on. Each is shown to the policy in the form of a resource of its own, so that no
 * policy has to know of them.
 */
export function withViews(policy: AnyPolicy, sight: Sight): AnyPolicy {
  return policy.scope === "stack" ? ofStack(policy, sight) : ofResource(policy, sight);
}

/** What a policy is shown of a resource. */
interface View {
  resource: Resource;
  /** Where it stands in the resource. */
  path: Path;
  /** What stands there: all properties, or the values of a chart. */
  holds: "properties" | "values";
}

function isBehind(type: string): boolean {
  return isHelmType(type) || isForeignRelease(type);
}

function ofResource(policy: ResourcePolicy<unknown>, sight: Sight): ResourcePolicy<unknown> {
  const { judge, remediate, appliesTo } = policy;
  const views = (resource: Resource): View[] =>
    viewsOf(resource, sight).filter((view) => appliesTo(view.resource.type));
  return {
    ...policy,
    appliesTo: (type) => appliesTo(type) || isBehind(type),
    judge: (resource, config) => {
      const verdicts = views(resource).map((view) =>
        inResource(judge(view.resource, config), view, resource),
      );
      if (verdicts.length <= 1) return verdicts[0] ?? holds;
      return {
        violations: verdicts.flatMap(({ violations }) => violations),
        unknown: verdicts.find(({ unknown }) => unknown !== undefined)?.unknown,
      };
    },
    ...(remediate === undefined
      ? {}
      : {
          remediate: (resource, props, config) => {
            const changes = views(resource).map((view) => {
              const own = propertiesOf(props, view);
              return own !== undefined && remediate(view.resource, own, config);
            });
            return changes.includes(true);
          },
        }),
  };
}

function ofStack(policy: StackPolicy<unknown>, sight: Sight): StackPolicy<unknown> {
  const { judge, reads } = policy;
  return {
    ...policy,
    reads: (type) => reads(type) || isBehind(type),
    judge: (resources, config) => {
      const views = resources.flatMap((real) =>
        viewsOf(real, sight)
          .filter((view) => reads(view.resource.type))
          .map((view) => ({ ...view, real })),
      );
      const { violations, unknown } = judge(
        views.map(({ resource }) => resource),
        config,
      );
      const byUrn = new Map(views.map((view) => [view.resource.urn, view]));
      const said = (verdict: Verdict, urn: string | undefined): Verdict => {
        const view = byUrn.get(urn ?? "");
        return view === undefined ? verdict : inResource(verdict, view, view.real);
      };
      return {
        violations: violations.flatMap(
          (violation) => said({ violations: [violation] }, violation.urn).violations,
        ),
        unknown: said({ violations: [], unknown }, unknown?.urn).unknown,
      };
    },
  };
}

function viewsOf(resource: Resource, sight: Sight): View[] {
  if (!isForeignRelease(resource.type)) {
    return isHelmType(resource.type) && sight === "charts" ? behind(resource) : [whole(resource)];
  }
  return foreignReleases(resource).flatMap(({ resource: release, path }) => {
    const urn = `${resource.urn}#${formatPath(path)}`;
    if (sight === "releases") return [whole({ ...release, urn })];
    return behind({ ...release, urn }).map((view): View => ({
      ...view,
      holds: view.path.length === 0 ? "values" : view.holds,
      path: [...path, ...view.path.slice(1)],
    }));
  });
}

function whole(resource: Resource): View {
  return { resource, path: [], holds: "properties" };
}

const telling = new Set([...chartKeys, ...manifestKeys]);

/** Whether there may be anything behind values: mostly there is not, and this is asked very often. */
function isTelling(values: unknown, depth: number): boolean {
  if (!isMap(values)) return false;
  for (const key in values) {
    if (telling.has(key)) return true;
    if (depth < MAX_DEPTH && isTelling(values[key], depth + 1)) return true;
  }
  return false;
}

/** What is behind a release: its charts, and the objects among their values. */
function behind(release: Resource): View[] {
  const complete = withValueFiles(release);
  if (!isTelling(at(complete.props, "values"), 0)) return [whole(complete)];
  const subcharts = subchartsOf(complete);
  const manifests = manifestsIn(complete).map((manifest): View => ({
    ...manifest,
    holds: "properties",
  }));
  if (subcharts.length === 0) return [whole(complete), ...manifests];
  const props = complete.props as PlainMap;
  const rest = subcharts.reduce((left, { path }) => without(left, path), props);
  return [
    whole({ ...complete, props: rest }),
    ...subcharts.map(({ chart, path }): View => ({
      path,
      holds: "values",
      resource: {
        ...complete,
        urn: `${release.urn}#${formatPath(path)}`,
        props: { ...props, chart, values: at(props, ...path) },
      },
    })),
    ...manifests,
  ];
}

function without(map: PlainMap, [key = "", ...rest]: Path): PlainMap {
  const { [key]: inner, ...others } = map;
  return rest.length > 0 && isMap(inner) ? { ...others, [key]: without(inner, rest) } : others;
}

/** What a policy says of a view, said of the resource. */
function inResource(verdict: Verdict, view: View, { urn }: Resource): Verdict {
  const { path } = view;
  if (path.length === 0) return verdict;
  const isRoot = path.length === 1 && path[0] === "values";
  const below = isRoot ? "" : `, below ${formatPath(path)}`;
  return {
    violations: verdict.violations.map((violation) => ({
      ...violation,
      where: `${violation.where}${below}`,
      ...(violation.urn === undefined ? {} : { urn }),
    })),
    unknown: verdict.unknown && {
      ...verdict.unknown,
      path: realPath(view, verdict.unknown.path),
      ...(verdict.unknown.urn === undefined ? {} : { urn }),
    },
  };
}

function realPath({ path, holds: what }: View, own: Path): Path {
  if (what === "properties") return [...path, ...own];
  return own[0] === "values" ? [...path, ...own.slice(1)] : own;
}

/** The properties that a remediation changes in place; none where they are a text. */
function propertiesOf(props: PlainMap, { path, holds: what }: View): PlainMap | undefined {
  if (path.length === 0 || (path.length === 1 && isMap(props["values"]))) return props;
  // Where the values come from a file, there is nothing of them yet.
  if (at(props, ...path) === undefined && what === "values") setAt(props, path, {});
  const own = at(props, ...path);
  if (!isMap(own)) return undefined;
  return what === "properties" ? own : { ...props, values: own };
}
