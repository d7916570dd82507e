import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import { parse, parseAllDocuments } from "yaml";
import { type PlainMap, isMap, listAt, textAt } from "../../policies/facts/plain";
import { ExpectedError } from "../config/errors";

/** A Helm release in one state of a stack. */
export interface Release {
  name: string;
  namespace: string;
  /** Chart name without the repository. */
  chart: string;
  version: string;
  /** The values without unknown leaves; undefined if all values are unknown. */
  values: PlainMap | undefined;
  /** Arguments for `helm pull`. */
  source: string[];
}

/** Finds the charts in a folder: `<name>-<version>.tgz` files, and folders with a `Chart.yaml`. */
export function chartsIn(folder: string): (chart: string, version: string) => string | undefined {
  if (!fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new ExpectedError(`--charts ${folder}: is not a folder`);
  }
  const unpacked = new Map(
    fs.readdirSync(folder).flatMap((entry) => {
      const file = path.join(folder, entry, "Chart.yaml");
      if (!fs.existsSync(file)) return [];
      const chart: unknown = parse(fs.readFileSync(file, "utf8"));
      return [[`${textAt(chart, "name")}-${textAt(chart, "version")}`, path.dirname(file)]];
    }),
  );
  return (chart, version) => {
    const archive = path.join(folder, `${chart}-${version}.tgz`);
    return fs.existsSync(archive) ? archive : unpacked.get(`${chart}-${version}`);
  };
}

/** Thrown if a release cannot be rendered. The message is the reason, on one line. */
export class RenderError extends Error {}

/** Renders the objects of a release upgrade with `helm template`, including hooks and CRDs. */
export async function render(
  release: Release,
  chart: string,
  kubeVersion: string | undefined,
): Promise<PlainMap[]> {
  const args = ["template", release.name, chart, "--namespace", release.namespace];
  const flags = ["--is-upgrade", "--include-crds", "--skip-tests", "--values", "-"];
  if (kubeVersion !== undefined) flags.push("--kube-version", kubeVersion);
  const running = promisify(execFile)("helm", [...args, ...flags], { maxBuffer: 1 << 30 });
  running.child.stdin?.on("error", () => undefined); // helm may exit before it reads the values.
  running.child.stdin?.end(JSON.stringify(release.values));
  try {
    return objectsIn((await running).stdout);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      throw new RenderError("install Helm 3 or 4, because `helm` is not on PATH");
    }
    const { stderr = "" } = error as { stderr?: string };
    const [line] = stderr.split("\n").filter((each) => /^Error: /.test(each));
    if (line === undefined) throw error;
    throw new RenderError(`${release.chart} ${release.version}: helm template: ${line}`);
  }
}

function objectsIn(rendered: string): PlainMap[] {
  // Helm accepts duplicate keys.
  return parseAllDocuments(rendered, { uniqueKeys: false }).flatMap((document) => {
    const object: unknown = document.toJS();
    if (!isMap(object)) return [];
    const isList = /List$/.test(textAt(object, "kind") ?? "") && Array.isArray(object["items"]);
    return isList ? listAt(object, "items").filter(isMap) : [object];
  });
}
