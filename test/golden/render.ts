import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { filesBelow } from "../support/consumerProject";
import { projectDirectory } from "../support/stackConfig";

/** The stacks whose renders are kept. */
export const stacks = ["dev", "prod"] as const;

/** Texts of files by their path below a folder. */
export type Files = Map<string, string>;

/** Everything that `npm run preview -- --stack <stack> --out` writes, with some variables set. */
export function render(stack: string, variables: NodeJS.ProcessEnv = {}): Files {
  const out = fs.mkdtempSync(path.join(os.tmpdir(), "golden-"));
  try {
    const script = path.join(projectDirectory, "preview", "main.ts");
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["--require", "tsx/cjs", script, "--stack", stack, "--out", out],
      { cwd: projectDirectory, encoding: "utf8", env: { ...process.env, ...variables } },
    );
    if (status !== 0) throw new Error(`the preview of ${stack} failed:\n${stdout}${stderr}`);
    return readFiles(out);
  } finally {
    fs.rmSync(out, { recursive: true, force: true });
  }
}

/** Where the render of a stack is kept. */
export function goldenFolder(stack: string): string {
  return path.join(projectDirectory, "test", "golden", stack);
}

/** Every file below a folder; none where there is no folder. */
export function readFiles(folder: string): Files {
  if (!fs.existsSync(folder)) return new Map();
  return new Map(
    filesBelow(folder).map((file) => [file, fs.readFileSync(path.join(folder, file), "utf8")]),
  );
}
