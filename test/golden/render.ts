import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { filesBelow } from "../support/filesBelow";
import { projectDirectory } from "../support/stackConfig";

/** Stacks with golden files. */
export const stacks = ["dev", "prod"] as const;

/** Contents of files by their path relative to a folder. */
export type Files = Map<string, string>;

/** Output files of `npm run preview -- --stack <stack> --out` with additional environment variables. */
export function render(stack: string, variables: NodeJS.ProcessEnv = {}): Files {
  const out = fs.mkdtempSync(path.join(os.tmpdir(), "golden-"));
  try {
    const script = path.join(projectDirectory, "preview", "start.cjs");
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [script, "--stack", stack, "--out", out],
      { cwd: projectDirectory, encoding: "utf8", env: { ...process.env, ...variables } },
    );
    if (status !== 0) throw new Error(`the preview of ${stack} failed:\n${stdout}${stderr}`);
    return readFiles(out);
  } finally {
    fs.rmSync(out, { recursive: true, force: true });
  }
}

/** Folder with the golden files of a stack. */
export function goldenFolder(stack: string): string {
  return path.join(projectDirectory, "test", "golden", stack);
}

/** Reads all files below a folder; returns an empty map if the folder does not exist. */
export function readFiles(folder: string): Files {
  if (!fs.existsSync(folder)) return new Map();
  return new Map(
    filesBelow(folder).map((file) => [file, fs.readFileSync(path.join(folder, file), "utf8")]),
  );
}
