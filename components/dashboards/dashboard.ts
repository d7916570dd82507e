import { isMap } from "../../policies/shared/isMap";
import { Checked, Problem, withProblems } from "../shared/problems";

/** A dashboard file before it is checked. */
export interface DashboardFile {
  /** Path relative to the dashboards folder. Its first folder becomes the folder in Grafana. */
  path: string;
  json: string;
}

/** A dashboard that the Grafana sidecar can load. */
export interface Dashboard {
  /** Path of the file, relative to the dashboards folder. */
  file: string;
  /** Name of the ConfigMap. */
  name: string;
  /** Folder in Grafana. */
  folder: string;
  json: string;
}

/** Maximum size. A ConfigMap holds 1 MiB including its metadata. */
const maxBytes = 1_000_000;
const defaultFolder = "Services";

/** UIDs of the data sources that this library provisions, keyed by plugin. */
const dataSourceUids: Record<string, string> = { prometheus: "prometheus", loki: "loki" };

/**
 * Checks dashboard files and replaces the data source placeholders in exported dashboards
 * (`${DS_PROMETHEUS}`, declared in `__inputs`) with the UIDs of the provisioned data sources. Grafana
 * replaces these placeholders only in its import dialog, not when it provisions a dashboard.
 * `reservedUids` are the UIDs of dashboards that are deployed alongside these files.
 */
export function dashboards(
  files: DashboardFile[],
  reservedUids: readonly string[] = [],
): Checked<Dashboard[]> {
  const problems: Problem[] = [];
  const result: Dashboard[] = [];
  const builtIn = "a dashboard of this library";
  const takenNames = new Map(reservedUids.map((uid) => [`dashboard-${uid}`, builtIn]));
  const takenUids = new Map(reservedUids.map((uid) => [uid, builtIn]));
  const report = (path: string, rule: string, text: string) =>
    problems.push({ path: [path], code: "invalid", rule, fix: { kind: "do", text } });

  for (const file of files) {
    const model = parse(file.json);
    if (model === undefined || typeof model["title"] !== "string" || model["title"] === "") {
      report(file.path, "must be a JSON dashboard with a title", "export it again from Grafana");
      continue;
    }
    const name = `dashboard-${file.path.replace(/\.json$/, "").toLowerCase()}`
      .replace(/[^a-z0-9-]+/g, "-")
      .replace(/-+$/, "");
    const uid = typeof model["uid"] === "string" ? model["uid"] : undefined;
    const sameName = takenNames.get(name);
    const sameUid = uid === undefined ? undefined : takenUids.get(uid);
    if (sameName !== undefined) report(file.path, `has the same name as ${sameName}`, "rename one of the files");
    if (sameUid !== undefined) report(file.path, `has the same uid as ${sameUid}`, "change one of the uids");
    if (name.length > 63) report(file.path, "has a name of more than 50 characters", "shorten it");
    takenNames.set(name, file.path);
    if (uid !== undefined) takenUids.set(uid, file.path);

    const json = provisioned(model, file.json);
    if (Buffer.byteLength(json) > maxBytes) {
      report(file.path, "is larger than 1 MB, which a ConfigMap cannot hold", "split the dashboard");
    }
    const folder = file.path.includes("/") ? file.path.split("/")[0] : undefined;
    result.push({ file: file.path, name, folder: folder ?? defaultFolder, json });
  }
  return withProblems({ settings: result }, problems);
}

function parse(json: string): Record<string, unknown> | undefined {
  try {
    const model: unknown = JSON.parse(json);
    return isMap(model) ? model : undefined;
  } catch {
    return undefined;
  }
}

function provisioned(model: Record<string, unknown>, json: string): string {
  if (!Array.isArray(model["__inputs"])) return json;
  const inputs = model["__inputs"] as { name?: string; type?: string; pluginId?: string }[];
  const { __inputs: _inputs, __requires: _requires, ...rest } = model;
  return inputs.reduce((text, { name, type, pluginId }) => {
    const uid = dataSourceUids[pluginId ?? ""];
    if (type !== "datasource" || name === undefined || uid === undefined) return text;
    return text.replaceAll(`\${${name}}`, uid);
  }, JSON.stringify(rest));
}
