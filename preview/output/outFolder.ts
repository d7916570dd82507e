import * as fs from "node:fs";
import * as path from "node:path";
import { ExpectedError } from "../config/errors";

/** Files and folders that a preview writes. Each folder has a pattern for its file names. */
const ownFiles = ["resources.json", "releases.json", "policy.json"];
const ownFolders = {
  manifests: /\.yaml$/,
  values: /\.yaml$/,
  rules: /\.yaml$/,
  alertmanager: /\.(yaml|tmpl)$/,
  dashboards: /\.json$/,
};

export type OutFolder = keyof typeof ownFolders;

/** Throws if the preview would overwrite files that were not written by a preview. */
export function checkOutFolder(folder: string): void {
  if (!fs.existsSync(folder) || fs.existsSync(path.join(folder, "resources.json"))) return;
  const foreignFiles = [...ownFiles, ...Object.keys(ownFolders)].filter((name) =>
    fs.existsSync(path.join(folder, name)),
  );
  if (foreignFiles.length > 0) {
    throw new ExpectedError(
      `--out ${folder} contains ${foreignFiles.join(", ")}, which no preview wrote\n  fix: choose another folder`,
    );
  }
}

/** Writes the files of a preview. Replaces files from an earlier preview and keeps all others. */
export function writeOutFolder(folder: string, files: Map<string, string>): void {
  for (const name of ownFiles) fs.rmSync(path.join(folder, name), { force: true });
  for (const [name, kind] of Object.entries(ownFolders)) removeFiles(path.join(folder, name), kind);
  for (const [name, content] of files) {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, content);
  }
}

function removeFiles(folder: string, kind: RegExp): void {
  if (!fs.existsSync(folder)) return;
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    if (entry.isFile() && kind.test(entry.name)) fs.rmSync(path.join(folder, entry.name));
  }
  if (fs.readdirSync(folder).length === 0) fs.rmdirSync(folder);
}
