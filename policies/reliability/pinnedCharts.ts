import { Path, UNKNOWN, at, textAt } from "../facts/plain";
import { isHelmType } from "../facts/helm";
import { Resource } from "../facts/resource";
import { limits } from "../shared/limits";
import { ResourcePolicy, Verdict, holds } from "../engine/policy";
import { Violation } from "../engine/violation";

export interface PinnedChartsConfig {
  allowedRepositories: string[];
}

export const pinnedCharts: ResourcePolicy<PinnedChartsConfig> = {
  scope: "resource",
  nested: "releases",
  name: "pinned-charts",
  description: "Every chart is one exact version from a repository that is trusted.",
  why: "Without a version, the next deployment installs whatever was published last; charts also move, and the repository they leave goes stale or changes hands.",
  remediation: "give the exact version and the URL of the repository",
  severity: "high",
  enforcementLevel: "mandatory",
  config: {
    allowedRepositories: {
      type: "array",
      items: { type: "string" },
      default: [...limits.chartRepositories],
      description: "Helm repositories and OCI registries that charts, or what is below, come from.",
    },
  },
  appliesTo: isHelmType,
  judge,
};

function judge(resource: Resource, config: PinnedChartsConfig): Verdict {
  const { props } = resource;
  const chart = at(props, "chart");
  if (chart === UNKNOWN) return { violations: [], unknown: { path: ["chart"] } };
  // A path on this machine is under version control like the program itself.
  if (typeof chart !== "string" || isLocal(chart)) return holds;
  const release = `release "${textAt(props, "name") || resource.name}"`;
  const place = sourceOf(chart, resource);
  const hidden = [place.version, place.repository].find(({ value }) => value === UNKNOWN);
  return {
    violations: [
      ...versionViolations(resource, place, release),
      ...repositoryViolations(place, release, config),
    ],
    unknown: hidden === undefined ? undefined : { path: hidden.path },
  };
}

function isLocal(chart: string): boolean {
  return /^(\.{0,2}\/|~\/|file:)/.test(chart);
}

interface Source {
  version: { value: unknown; path: Path };
  repository: { value: unknown; path: Path };
}

/** Where the version and the repository of a chart stand, however it is written. */
function sourceOf(chart: string, { props }: Resource): Source {
  const version = { value: at(props, "version"), path: ["version"] };
  if (/^(oci|https?):\/\//.test(chart)) {
    const last = chart.split("/").at(-1) ?? "";
    const [name = "", digest] = last.split("@");
    const inName = /-v?(\d+\.\d+\.\d+[^/]*)\.tgz$/.exec(name) ?? /:([^:]+)$/.exec(name);
    // A digest is more exact than any version.
    const pinned = /^sha256:[0-9a-f]{64}$/.test(digest ?? "");
    const written = pinned ? "0.0.0" : inName?.[1];
    return {
      version: written === undefined ? version : { value: written, path: ["chart"] },
      repository: { value: chart.slice(0, -last.length - 1), path: ["chart"] },
    };
  }
  const options: Path = at(props, "fetchOpts") === undefined ? ["repositoryOpts"] : ["fetchOpts"];
  const path = [...options, "repo"];
  return { version, repository: { value: at(props, ...path), path } };
}

function versionViolations({ props }: Resource, { version }: Source, release: string): Violation[] {
  const where = `${release}, ${version.path.join(".")}`;
  if (at(props, "devel") === true) {
    return [
      {
        problem: "the chart may be a version under development",
        where: `${release}, devel`,
        bound: "one exact version",
        fix: "remove devel and give the exact version",
      },
    ];
  }
  if (version.value === UNKNOWN || isExact(version.value)) return [];
  return [
    {
      problem:
        version.value === undefined
          ? "the chart has no version"
          : "the version of the chart is not exact",
      where,
      bound: "one exact version, such as 1.2.3",
      fix: 'version: "<major>.<minor>.<patch>"',
    },
  ];
}

function isExact(version: unknown): boolean {
  return (
    typeof version === "string" &&
    /^v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/.test(version)
  );
}

function repositoryViolations(
  { repository }: Source,
  release: string,
  { allowedRepositories }: PinnedChartsConfig,
): Violation[] {
  const { value, path } = repository;
  if (value === UNKNOWN) return [];
  const bound = allowedRepositories.join(", ");
  const where = `${release}, ${path.join(".")}`;
  if (typeof value !== "string" || value === "") {
    return [
      {
        problem: "the chart names no repository, so it depends on what this machine has added",
        where,
        bound,
        fix: `${path.join(".")}: "https://…"`,
      },
    ];
  }
  if (allowedRepositories.some((allowed) => isBelow(value, allowed))) return [];
  return [
    {
      problem: "the chart comes from a repository that is not on the list",
      where,
      found: hostOf(value),
      bound,
      fix: `install it from a listed repository, or add this one to "pinned-charts": {"allowedRepositories": […]}`,
    },
  ];
}

/** The same repository, or a path below it; never another host that only begins alike. */
function isBelow(repository: string, allowed: string): boolean {
  const base = allowed.replace(/\/+$/, "");
  const plain = repository.replace(/\/+$/, "");
  return !plain.includes("..") && (plain === base || plain.startsWith(`${base}/`));
}

/** Without user, password and query, which may be secret. */
function hostOf(repository: string): string {
  return /^[a-z]+:\/\/(?:[^/@]*@)?([^/?#]*)/.exec(repository)?.[1] ?? "a text";
}
