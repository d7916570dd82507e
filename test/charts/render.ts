import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse, parseAllDocuments } from "yaml";

/** An entry of the preview's `releases.json`. */
export interface Release {
  name: string;
  chart: string;
  version: string;
  repository: string;
  namespace: string;
}

export interface RenderOptions {
  /** Folder that `npm run preview -- --out` wrote. */
  previewDir: string;
  /** Folder with the unpacked charts, each with its dependencies, as `helm pull --untar` leaves them. */
  chartsDir: string;
  /** The helm program. */
  helm: string;
}

export type Manifest = Record<string, any>;

export function readReleases(previewDir: string): Release[] {
  return JSON.parse(fs.readFileSync(path.join(previewDir, "releases.json"), "utf8")) as Release[];
}

/** The values that the program passes to the release. */
export function readValues(release: Release, options: RenderOptions): Manifest {
  return parse(fs.readFileSync(valuesFile(release, options), "utf8")) as Manifest;
}

/** What `helm template` makes of a release; throws helm's own words when it refuses. */
export function renderRelease(release: Release, options: RenderOptions): string {
  const folder = path.join(options.chartsDir, path.basename(release.chart));
  const chart = parse(fs.readFileSync(path.join(folder, "Chart.yaml"), "utf8")) as Manifest;
  if (chart["version"] !== release.version) {
    throw new Error(
      `${folder} is version ${chart["version"]}, the release wants ${release.version}`,
    );
  }
  const values = valuesFile(release, options);
  const helm = spawnSync(
    options.helm,
    ["template", release.name, folder, "--namespace", release.namespace, "--values", values],
    { encoding: "utf8", maxBuffer: 256 * 1024 * 1024 },
  );
  if (helm.error !== undefined) throw helm.error;
  if (helm.status !== 0) throw new Error(`helm template ${release.name}: ${helm.stderr}`);
  return helm.stdout;
}

export function manifestsOf(rendered: string): Manifest[] {
  // As Helm, which accepts that the Datadog chart repeats the label of the operating system.
  return parseAllDocuments(rendered, { uniqueKeys: false }).flatMap((document) => {
    if (document.errors[0] !== undefined) throw document.errors[0];
    const manifest = document.toJS() as Manifest | null;
    return manifest === null ? [] : [manifest];
  });
}

function valuesFile(release: Release, { previewDir }: RenderOptions): string {
  return path.join(previewDir, "values", `${release.name}.yaml`);
}
