import * as fs from "node:fs";
import * as path from "node:path";
import { Checked } from "../shared/problems";
import { Dashboard, dashboards } from "./dashboard";

/**
 * Reads every `.json` file in a folder and its subfolders as a dashboard. A missing folder is a problem.
 */
export function readDashboards(
  folder: string,
  reservedUids: readonly string[] = [],
): Checked<Dashboard[]> {
  if (!fs.existsSync(folder) || !fs.statSync(folder).isDirectory()) {
    return {
      problems: [
        {
          path: [folder],
          code: "invalid",
          rule: "must be a folder of dashboard files",
          fix: { kind: "do", text: `create the folder ${folder}, or remove the setting` },
        },
      ],
    };
  }
  const files = fs
    .readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".json") && isFile(path.join(folder, file)))
    .map((file) => file.split(path.sep).join("/"))
    .sort();
  return dashboards(
    files.map((file) => ({ path: file, json: fs.readFileSync(path.join(folder, file), "utf8") })),
    reservedUids,
  );
}

function isFile(full: string): boolean {
  return fs.statSync(full, { throwIfNoEntry: false })?.isFile() ?? false;
}
