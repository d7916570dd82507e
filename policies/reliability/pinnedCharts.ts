import { Field, Finding, checkField, resourcePolicy } from "../engine/policy";
import { ConfigOf, listProperty } from "../engine/properties";
import { isHelmType } from "../facts/helm";
import { UNKNOWN, at } from "../facts/plain";
import { Resource } from "../facts/resource";
import { movingTags } from "./imageTags";
import { limits } from "../limits/limits";
import { isOperated } from "../facts/types";

const properties = {
  allowedRepositories: listProperty(
    limits.chartRepositories,
    "Helm repositories and OCI registries of charts. Each includes everything under it. An empty list allows every repository over https or OCI.",
  ),
};

export const pinnedCharts = resourcePolicy({
  name: "pinned-charts",
  description:
    "Each chart has an exact version and comes from a trusted repository, and no image has a mutable tag.",
  why: "Without a version, the next deployment installs whatever was published last. When a chart moves, its old repository becomes stale or changes hands.",
  remediation: "set an exact version and the repository URL",
  severity: "high",
  baseline: { defaults: { allowedRepositories: [] } },
  config: properties,
  nested: "releases",
  appliesTo: (type) => isHelmType(type) || chartSource.test(type) || isOperated(type),
  check: (resource, config) => {
    // An object of the operator may set its own image.
    if (isOperated(resource.type)) {
      return movingTags(at(resource.props, "spec"), ["spec"]);
    }
    return chartSource.test(resource.type)
      ? checkSource(resource)
      : [...check(resource, config), ...movingTags(at(resource.props, "values"), ["values"])];
  },
});

/** A chart in an OCI registry, which a Flux HelmRelease refers to. */
const chartSource = /^kubernetes:source\.toolkit\.fluxcd\.io\/\w+:OCIRepository$/;

function checkSource(resource: Resource): Finding[] {
  const reference = at(resource.props, "spec", "ref");
  const url = String(at(resource.props, "spec", "url"));
  const digest = at(reference, "digest");
  // Other OCI repositories contain manifests rather than charts.
  if (!/chart|helm/i.test(url) || reference === UNKNOWN || digest !== undefined) return [];
  const key = at(reference, "semver") === undefined ? "tag" : "semver";
  return checkField({ path: ["spec", "ref", key], value: at(reference, key) }, versionViolation);
}

function check(resource: Resource, config: ConfigOf<typeof properties>): Finding[] {
  const { props } = resource;
  const chart = at(props, "chart");
  if (chart === UNKNOWN) return [{ unknown: ["chart"] }];
  // A local chart is under version control, like the program itself.
  if (typeof chart !== "string" || /^(\.{0,2}\/|~\/|file:)/.test(chart)) return [];
  const { version, repository } = sourceOf(chart, resource);
  return [
    ...(at(props, "devel") === true ? [develViolation] : checkField(version, versionViolation)),
    ...checkField(repository, (value) =>
      repositoryViolation(value, repository.path.join("."), config.allowedRepositories),
    ),
  ];
}

const develViolation: Finding = {
  path: ["devel"],
  problem: "the chart may be a development version",
  bound: "one exact version",
  fix: "remove devel and set the exact version",
};

/** Returns a chart's version and repository, in whichever form the resource specifies them. */
function sourceOf(chart: string, { props }: Resource): { version: Field; repository: Field } {
  const version: Field = { value: at(props, "version"), path: ["version"] };
  if (/^(oci|https?):\/\//.test(chart)) {
    const last = chart.split("/").at(-1) ?? "";
    const [name = "", digest] = last.split("@");
    const inName = /-v?(\d+\.\d+\.\d+[^/]*)\.tgz$/.exec(name) ?? /:([^:]+)$/.exec(name);
    // A digest is more specific than any version.
    const isPinned = /^sha256:[0-9a-f]{64}$/.test(digest ?? "");
    const tag = isPinned ? "0.0.0" : inName?.[1];
    return {
      version: tag === undefined ? version : { value: tag, path: ["chart"] },
      repository: { value: chart.slice(0, -last.length - 1), path: ["chart"] },
    };
  }
  const options = at(props, "fetchOpts") === undefined ? "repositoryOpts" : "fetchOpts";
  return { version, repository: { value: at(props, options, "repo"), path: [options, "repo"] } };
}

function versionViolation(version: unknown) {
  if (typeof version === "string" && exactVersion.test(version)) return undefined;
  const isMissing = version === undefined;
  return {
    problem: isMissing ? "the chart has no version" : "the chart version is not exact",
    found: undefined,
    bound: "one exact version, such as 1.2.3",
    fix: 'version: "<major>.<minor>.<patch>"',
  };
}

const exactVersion = /^v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;

function repositoryViolation(repository: unknown, field: string, allowed: string[]) {
  const isAnyAllowed = allowed.length === 0;
  const bound = isAnyAllowed
    ? "a repository over https or OCI"
    : "a repository in allowedRepositories, or below it";
  if (typeof repository !== "string" || repository === "") {
    return {
      problem:
        "the chart has no repository, so it depends on the repositories that are configured on this machine",
      found: undefined,
      bound,
      fix: `${field}: "https://…"`,
    };
  }
  if (isAnyAllowed && /^(https|oci):\/\//.test(repository)) return undefined;
  if (allowed.some((base) => isBelow(repository, base))) return undefined;
  return {
    problem: "the chart repository is not allowed",
    found: hostOf(repository),
    bound,
    fix: `install the chart from an allowed repository, or add this one to "pinned-charts": {"allowedRepositories": […]}`,
  };
}

/**
 * Whether a URL equals the URL of the allowed repository or is under it. A host with the same prefix
 * does not count.
 */
function isBelow(repository: string, allowed: string): boolean {
  const base = allowed.replace(/\/+$/, "");
  const url = repository.replace(/\/+$/, "");
  return !url.includes("..") && (url === base || url.startsWith(`${base}/`));
}

/** Returns a URL's host. The user, password, path and query may be secret. */
function hostOf(repository: string): string {
  return /^[a-z]+:\/\/(?:[^/@]*@)?([^/?#]*)/.exec(repository)?.[1] ?? "a string";
}
