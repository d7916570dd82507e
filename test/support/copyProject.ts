import * as fs from "node:fs";
import * as path from "node:path";
import { projectDirectory } from "./stackConfig";

/** Copies the files of a fresh clone, without its tests, and links its dependencies. */
export function copyProject(to: string): void {
  const excluded = ["node_modules", ".git", "dist", "out", "bin", "test"];
  fs.cpSync(projectDirectory, to, {
    recursive: true,
    filter: (source) => source === projectDirectory || !excluded.includes(path.basename(source)),
  });
  fs.symlinkSync(path.join(projectDirectory, "node_modules"), path.join(to, "node_modules"));
}
