import { mergedValues } from "./helm";
import { Path, Plain, PlainMap, UNKNOWN, at, isMap, listAt, setAt, textAt } from "./plain";
import { Resource } from "./resource";
import { readYaml } from "./yaml";

const releaseType = "kubernetes:helm.sh/v3:Release";

/** A resource that has something else install a chart, in the form of a release. */
export interface ForeignRelease {
  resource: Resource;
  /** Where its values stand in the resource. */
  path: Path;
}

/** What stands where in the objects of Flux, Argo CD and k3s, and in Terraform's release. */
const forms: [type: RegExp, read: (props: Plain) => { release: PlainMap; path: Path }[]][] = [
  [/^kubernetes:helm\.toolkit\.fluxcd\.io\/v2(?:beta[12])?:HelmRelease$/, flux],
  [/^kubernetes:argoproj\.io\/v1alpha1:Application$/, argo],
  [/^kubernetes:helm\.cattle\.io\/v1:HelmChart$/, k3s],
  [/^helm:index\/release:Release$/, terraform],
];

/** Types are asked for far more often than there are different ones. */
const known = new Map<string, boolean>();

export function isForeignRelease(type: string): boolean {
  const answer = known.get(type) ?? forms.some(([form]) => form.test(type));
  known.set(type, answer);
  return answer;
}

/** The releases that a resource stands for; none where it is no such resource. */
export function foreignReleases(resource: Resource): ForeignRelease[] {
  const read = forms.find(([form]) => form.test(resource.type))?.[1];
  if (read === undefined || resource.props === UNKNOWN) return [];
  return read(resource.props).map(({ release, path }) => ({
    path,
    resource: { ...resource, type: releaseType, props: release },
  }));
}

function flux(props: Plain) {
  const spec = at(props, "spec");
  const chart = at(spec, "chart", "spec", "chart") ?? at(spec, "chartRef", "name");
  return [
    {
      path: ["spec", "values"],
      release: {
        chart,
        name: at(spec, "releaseName") ?? at(props, "metadata", "name"),
        // The repository is an object of its own, as is the version of a chart by reference.
        version:
          at(spec, "chartRef") === undefined ? at(spec, "chart", "spec", "version") : UNKNOWN,
        repositoryOpts: UNKNOWN,
        values: at(spec, "values"),
      },
    },
  ];
}

function argo(props: Plain) {
  const spec = at(props, "spec");
  const sources: [Plain, Path][] = [
    [at(spec, "source"), ["spec", "source"]],
    ...listAt(spec, "sources").map((source, index): [Plain, Path] => [
      source,
      ["spec", "sources", index],
    ]),
  ];
  return sources.flatMap(([source, path]) => {
    const own = textAt(source, "chart");
    const inGit = textAt(source, "path");
    if (own === undefined && (inGit === undefined || at(source, "helm") === undefined)) return [];
    const helm = at(source, "helm");
    const given = at(helm, "valuesObject") ?? textAt(helm, "values");
    const set = listAt(helm, "parameters").map((one): [Plain, Plain] => [
      at(one, "name"),
      at(one, "value"),
    ]);
    return [
      {
        path: [...path, "helm", isMap(given) ? "valuesObject" : "values"],
        release: {
          chart: own ?? `./${inGit}`,
          name: at(helm, "releaseName") ?? at(props, "metadata", "name"),
          version: at(source, "targetRevision"),
          repositoryOpts: { repo: at(source, "repoURL") },
          values: valuesOf([given], set),
        },
      },
    ];
  });
}

function k3s(props: Plain) {
  const spec = at(props, "spec");
  const set = isMap(at(spec, "set")) ? Object.entries(at(spec, "set") as PlainMap) : [];
  return [
    {
      path: ["spec", "valuesContent"],
      release: {
        chart: at(spec, "chart"),
        name: at(props, "metadata", "name"),
        version: at(spec, "version"),
        repositoryOpts: { repo: at(spec, "repo") },
        values: valuesOf([at(spec, "valuesContent")], set),
      },
    },
  ];
}

function terraform(props: Plain) {
  const set = ["set", "sets"]
    .flatMap((key) => listAt(props, key))
    .map((one): [Plain, Plain] => [at(one, "name"), at(one, "value")]);
  return [
    {
      path: ["values"],
      release: {
        chart: at(props, "chart"),
        name: at(props, "name"),
        version: at(props, "version"),
        repositoryOpts: { repo: at(props, "repository") },
        values: valuesOf(listAt(props, "values"), set),
      },
    },
  ];
}

/** Values from maps and texts, each over the one before, and single ones by their paths over them. */
function valuesOf(sources: Plain[], set: [Plain, Plain][]): Plain {
  if (sources.includes(UNKNOWN)) return UNKNOWN;
  const read = sources.map((source) => (typeof source === "string" ? readYaml(source) : source));
  const values = structuredCopy(read.filter(isMap).reduce(mergedValues, {}));
  for (const [name, value] of set) {
    if (typeof name !== "string") continue;
    const keys = name.split(/(?<!\\)\./).map((key) => key.replaceAll("\\.", "."));
    setAt(values, keys, typeof value === "string" ? scalar(value) : value);
  }
  return values;
}

function structuredCopy(values: PlainMap): PlainMap {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key,
      isMap(value) ? structuredCopy(value) : value,
    ]),
  );
}

/** `--set` takes what looks like a number or a switch for one. */
function scalar(text: string): Plain {
  if (text === "true" || text === "false") return text === "true";
  return /^-?\d+$/.test(text) ? Number(text) : text;
}
