import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type PlainMap, isMap, textAt } from "../../policies/facts/plain";
import { releaseType } from "../../policies/facts/releaseType";
import { table } from "../compare/markdown";
import type { PreviewState } from "../compare/state";
import { SECRET, UNKNOWN } from "../engine/values";
import { withoutUnknowns } from "../output/exports";
import { type Release, RenderError, chartsIn, render } from "./charts";
import { type ObjectChange, objectChanges } from "./objectChanges";

/** Changes to the objects of releases whose chart or values differ. */
export interface RenderedChanges {
  /** Releases whose objects were compared. */
  compared: string[];
  changes: ({ release: string } & ObjectChange)[];
  /** The other releases, each with the reason and the fix. */
  notCompared: { release: string; reason: string }[];
}

/** Renders each release whose chart or values differ, in both states, from the charts in a folder. */
export async function renderedChanges(
  before: PreviewState,
  after: PreviewState,
  folder: string | undefined,
): Promise<RenderedChanges> {
  const chartOf = folder === undefined ? undefined : chartsIn(folder);
  const [old, current] = [releasesOf(before), releasesOf(after)];
  const result: RenderedChanges = { compared: [], changes: [], notCompared: [] };
  for (const [key, is] of current) {
    const was = old.get(key);
    if (was === undefined || isDeepStrictEqual(was, is)) continue;
    const release = is.name;
    try {
      const [oldChart, chart] = locate(was, is, chartOf);
      const [oldObjects, objects] = await Promise.all([
        render(was, oldChart, kubeVersionOf(before)),
        render(is, chart, kubeVersionOf(after)),
      ]);
      const changes = objectChanges(oldObjects, objects, is.namespace);
      result.compared.push(release);
      result.changes.push(...changes.map((change) => ({ release, ...change })));
    } catch (error) {
      if (!(error instanceof RenderError)) throw error;
      result.notCompared.push({ release, reason: error.message });
    }
  }
  return result;
}

/** Returns the Markdown section; none if no release differs. */
export function renderedSections({ compared, changes, notCompared }: RenderedChanges): string[] {
  if (compared.length + notCompared.length === 0) return [];
  const unchanged = compared.filter((name) => !changes.some(({ release }) => release === name));
  return [
    "### Rendered objects",
    ...(changes.length > 0 ? [table(changes)] : []),
    ...unchanged.map((name) => `The objects of ${name} do not change.`),
    ...notCompared.map(
      ({ release, reason }) => `The objects of ${release} were not compared: ${reason}`,
    ),
  ];
}

/** Locates the charts of both states of a release. */
function locate(
  was: Release,
  is: Release,
  chartOf: ReturnType<typeof chartsIn> | undefined,
): [string, string] {
  if (was.values === undefined || is.values === undefined) {
    throw new RenderError("its values are unknown in a preview");
  }
  const [old, current] = [was, is].map(({ chart, version }) => chartOf?.(chart, version));
  if (old !== undefined && current !== undefined) return [old, current];
  const missing = [...(old === undefined ? [was] : []), ...(current === undefined ? [is] : [])];
  const pulls = missing.map(
    ({ source, version }) => `\`helm pull ${source.join(" ")} --version ${version}\``,
  );
  throw new RenderError(
    `run ${[...new Set(pulls)].join(" and ")} in a folder, and pass it as --charts`,
  );
}

function releasesOf({ resources }: PreviewState): Map<string, Release> {
  return new Map(
    resources
      .filter(({ type }) => type === releaseType)
      .map(({ name: resource, inputs }) => {
        const name = textAt(inputs, "name") ?? resource;
        const namespace = textAt(inputs, "namespace") ?? "default";
        const chart = textAt(inputs, "chart") ?? "";
        const repository = textAt(inputs, "repositoryOpts", "repo");
        return [
          `${namespace}/${name}`,
          {
            name,
            namespace,
            chart: path.basename(chart),
            version: textAt(inputs, "version") ?? "",
            values: valuesOf(inputs),
            source: [chart, ...(repository === undefined ? [] : ["--repo", repository])],
          },
        ];
      }),
  );
}

function valuesOf({ values = {} }: PlainMap): PlainMap | undefined {
  if (values === UNKNOWN || values === SECRET) return undefined;
  const known = withoutUnknowns(values);
  return isMap(known) ? known : undefined;
}

/** Returns the Kubernetes version of a cluster that the stack creates. */
function kubeVersionOf({ resources }: PreviewState): string | undefined {
  const cluster = resources.find(({ type }) =>
    /^(eks:index:Cluster|aws:eks\/cluster:Cluster)$/.test(type),
  );
  return cluster && textAt(cluster.inputs, "version");
}
