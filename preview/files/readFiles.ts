import * as fs from "node:fs";
import * as path from "node:path";
import { ExpectedError } from "../config/errors";
import type { TextFile } from "./resources";

/**
 * Reads the files that the arguments refer to: single files, all YAML files in folders, and `-` for
 * standard input.
 */
export function readFiles(names: string[], directory: string): TextFile[] {
  return names.flatMap((name): TextFile[] => {
    if (name === "-") return [{ path: "stdin", text: fs.readFileSync(0, "utf8") }];
    const location = path.resolve(directory, name);
    const stat = fs.statSync(location, { throwIfNoEntry: false });
    if (stat === undefined) throw new ExpectedError(`${name} does not exist`);
    if (!stat.isDirectory()) return [{ path: name, text: fs.readFileSync(location, "utf8") }];
    return filesIn(location).map((file) => ({
      path: path.join(name, file),
      text: fs.readFileSync(path.join(location, file), "utf8"),
    }));
  });
}

function filesIn(folder: string): string[] {
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry): string[] => {
      if (entry.name.startsWith(".") || entry.name === "node_modules") return [];
      if (entry.isDirectory()) {
        return filesIn(path.join(folder, entry.name)).map((file) => path.join(entry.name, file));
      }
      return /\.ya?ml$/.test(entry.name) ? [entry.name] : [];
    });
}
