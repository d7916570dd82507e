import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { ExpectedError } from "../config/errors";
import { inTemporaryFolder } from "../output/temporaryFolder";
import { type PreviewState, readState, stateFiles } from "./state";

/** An error of a preview that runs in a separate process. */
export class PreviewError extends ExpectedError {}

/** Previews a stack of the project in a folder, in a separate process. */
export async function previewState(
  directory: string,
  stack: string,
  ...options: string[]
): Promise<PreviewState> {
  return inTemporaryFolder("preview", async (out) => {
    const args = ["run", "--silent", "preview", "--", "--stack", stack, "--json", "--out", out];
    const child = spawn("npm", [...args, ...options], {
      cwd: directory,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [document, errors] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (document += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    const code = await new Promise((resolve) => child.once("close", resolve));
    // A policy violation (exit code 1) does not prevent a comparison.
    if (code !== 0 && code !== 1) throw new PreviewError(errors.trim());
    const files = fs
      .readdirSync(out, { recursive: true, encoding: "utf8" })
      .map((file) => file.replaceAll(path.sep, "/"))
      .filter((file) => stateFiles.test(file));
    return readState(
      JSON.parse(document),
      new Map(files.map((file) => [file, fs.readFileSync(path.join(out, file), "utf8")])),
    );
  });
}
