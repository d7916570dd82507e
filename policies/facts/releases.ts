import { mergeValues } from "../shared/mergeValues";
import { perText } from "../shared/perText";
import {
  Path,
  Plain,
  PlainMap,
  UNKNOWN,
  at,
  entriesAt,
  isMap,
  isText,
  listAt,
  setAt,
  textAt,
} from "./plain";
import { releaseType } from "./releaseType";
import { Resource } from "./resource";
import { readYaml } from "./yaml";

/** A release that another tool installs, converted to a Pulumi Helm release. */
export interface ForeignRelease {
  resource: Resource;
  /** Path of its values in the original resource. */
  path: Path;
  /** Why properties of the release are unknown even though its resource is known, by property name. */
  reasons: Readonly<Record<string, string>>;
}

interface Reading {
  path: Path;
  chart: Plain;
  name: Plain;
  namespace: Plain;
  version: Plain;
  repositoryOpts: Plain;
  values: Plain;
  reasons?: ForeignRelease["reasons"];
}

/** Readers of the release objects of Flux, Argo CD and k3s, and of Terraform's Helm release. */
const readers: [type: RegExp, read: (props: Plain) => Reading[]][] = [
  [/^kubernetes:helm\.toolkit\.fluxcd\.io\/v2(?:beta[12])?:HelmRelease$/, flux],
  [/^kubernetes:argoproj\.io\/v1alpha1:Application$/, argo],
  [/^kubernetes:argoproj\.io\/v1alpha1:ApplicationSet$/, argoSet],
  [/^kubernetes:helm\.cattle\.io\/v1:HelmChart$/, k3s],
  [/^helm:index\/release:Release$/, terraform],
];

export const isForeignRelease = perText((type) => readers.some(([form]) => form.test(type)));

/** Returns the releases that another tool's resource installs. */
export function foreignReleases(resource: Resource): ForeignRelease[] {
  const read = readers.find(([form]) => form.test(resource.type))?.[1];
  if (read === undefined || resource.props === UNKNOWN) return [];
  return read(resource.props).map(({ path, reasons = {}, ...props }) => ({
    path,
    reasons,
    resource: { ...resource, type: releaseType, props },
  }));
}

function flux(props: Plain): Reading[] {
  const spec = at(props, "spec");
  const isReference = at(spec, "chartRef") !== undefined;
  const isCompleted = listAt(spec, "valuesFrom").length > 0;
  return [
    {
      path: ["spec", "values"],
      chart: at(spec, "chart", "spec", "chart") ?? at(spec, "chartRef", "name"),
      name: at(spec, "releaseName") ?? fluxName(props),
      namespace: at(spec, "targetNamespace") ?? at(props, "metadata", "namespace"),
      // The repository is defined in a separate object, as is the version of a referenced chart.
      version: isReference ? UNKNOWN : at(spec, "chart", "spec", "version"),
      repositoryOpts: UNKNOWN,
      values: isCompleted ? UNKNOWN : at(spec, "values"),
      reasons: {
        repositoryOpts: "the repository is defined in another object",
        ...(isReference && { version: "the version is in another object" }),
        ...(isCompleted && { values: "some of the values are in ConfigMaps or Secrets" }),
      },
    },
  ];
}

/** Returns the name of a Flux release, which Flux prefixes with the target namespace if one is set. */
function fluxName(props: Plain): Plain {
  const [name, target] = [textAt(props, "metadata", "name"), at(props, "spec", "targetNamespace")];
  if (name === undefined || target === undefined) return at(props, "metadata", "name");
  return isText(target) ? `${target}-${name}` : UNKNOWN;
}

function argo(props: Plain): Reading[] {
  const paths: Path[] = [
    ["spec", "source"],
    ...listAt(props, "spec", "sources").map((_, index) => ["spec", "sources", index]),
  ];
  return paths.flatMap((path) => {
    const source = at(props, ...path);
    const chart = textAt(source, "chart");
    const gitPath = textAt(source, "path");
    const helm = at(source, "helm");
    if (chart === undefined && (gitPath === undefined || helm === undefined)) return [];
    const values = at(helm, "valuesObject") ?? textAt(helm, "values");
    const isCompleted = listAt(helm, "valueFiles").length > 0;
    return [
      {
        path: [...path, "helm", isMap(values) ? "valuesObject" : "values"],
        chart: chart ?? `./${gitPath}`,
        name: at(helm, "releaseName") ?? at(props, "metadata", "name"),
        namespace: at(props, "spec", "destination", "namespace"),
        version: at(source, "targetRevision"),
        repositoryOpts: { repo: at(source, "repoURL") },
        values: isCompleted
          ? UNKNOWN
          : valuesOf([values], parametersOf(listAt(helm, "parameters"))),
        ...(isCompleted && {
          reasons: { values: "some of the values are in files in a repository" },
        }),
      },
    ];
  });
}

/** Returns the Applications that an ApplicationSet generates, with template parameters unexpanded. */
function argoSet(props: Plain): Reading[] {
  return argo(at(props, "spec", "template")).map((reading) => ({
    ...reading,
    path: ["spec", "template", ...reading.path],
    ...(/\{\{/.test(String(reading.version)) && { version: UNKNOWN }),
  }));
}

function k3s(props: Plain): Reading[] {
  const spec = at(props, "spec");
  return [
    {
      path: ["spec", "valuesContent"],
      chart: at(spec, "chart"),
      name: at(props, "metadata", "name"),
      namespace: at(spec, "targetNamespace"),
      version: at(spec, "version"),
      repositoryOpts: { repo: at(spec, "repo") },
      values: valuesOf([at(spec, "valuesContent")], entriesAt(spec, "set")),
    },
  ];
}

function terraform(props: Plain): Reading[] {
  const set = [...listAt(props, "set"), ...listAt(props, "sets")];
  return [
    {
      path: ["values"],
      chart: at(props, "chart"),
      name: at(props, "name"),
      namespace: at(props, "namespace"),
      version: at(props, "version"),
      repositoryOpts: { repo: at(props, "repository") },
      values: valuesOf(listAt(props, "values"), parametersOf(set)),
    },
  ];
}

function parametersOf(list: Plain[]): [Plain, Plain][] {
  return list.map((parameter) => [at(parameter, "name"), at(parameter, "value")]);
}

/** Merges layers of values, each a map or YAML text, and then applies the parameters at their paths. */
function valuesOf(layers: Plain[], parameters: [Plain, Plain][]): Plain {
  const maps = layers.map((layer) => (typeof layer === "string" ? readYaml(layer) : layer));
  if (maps.includes(UNKNOWN)) return UNKNOWN;
  const values = maps.filter(isMap).reduce((merged, layer) => mergeValues(merged, layer), {});
  return parameters.reduce<PlainMap>((merged, [name, value]) => {
    if (typeof name !== "string") return merged;
    const keys = name.split(/(?<!\\)\./).map((key) => key.replaceAll("\\.", "."));
    const layer: PlainMap = {};
    setAt(layer, keys, typeof value === "string" ? scalarOf(value) : value);
    return mergeValues(merged, layer);
  }, values);
}

/** Parses a `--set` value as Helm does: integers and booleans are not strings. */
function scalarOf(text: string): Plain {
  if (text === "true" || text === "false") return text === "true";
  return /^-?\d+$/.test(text) ? Number(text) : text;
}
