import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { ExpectedError } from "../config/errors";
import { inTemporaryFolder } from "../output/temporaryFolder";
import { PreviewError, previewState } from "./previewState";
import type { PreviewState } from "./state";

/** A revision of the repository, with the preview of a stack at that revision. */
export interface RevisionPreview {
  commit: string;
  /** Undefined if the stack does not exist at that revision. */
  state: PreviewState | undefined;
}

/**
 * Previews a stack at another revision, with that revision's program, packages and policies. Extracts
 * the files to a temporary folder, so the working tree and Git's index stay untouched. Installs the
 * revision's packages only if its lock file differs.
 */
export async function previewRevision(
  directory: string,
  revision: string,
  stack: string,
): Promise<RevisionPreview> {
  const commit = commitOf(directory, revision);
  return inTemporaryFolder("preview", async (folder) => {
    extract(directory, commit, folder);
    if (!fs.existsSync(path.join(folder, `Pulumi.${stack}.yaml`))) {
      return { commit, state: undefined };
    }
    linkPackages(directory, folder);
    try {
      return { commit, state: await previewState(folder, stack) };
    } catch (error) {
      if (!(error instanceof PreviewError)) throw error;
      throw new ExpectedError(
        `--against ${revision}: the preview of ${stack} fails at this revision: ${error.message}`,
      );
    }
  });
}

function commitOf(directory: string, revision: string): string {
  try {
    return git(directory, "rev-parse", "--verify", "--quiet", `${revision}^{commit}`)
      .toString()
      .trim();
  } catch {
    throw new ExpectedError(
      `--against ${revision}: is not a commit of this repository\n` +
        "  fix: name a branch, a tag or a commit; in a shallow clone, run git fetch first",
    );
  }
}

/** Extracts the current folder as it was at a commit. */
function extract(directory: string, commit: string, folder: string): void {
  const archive = git(directory, "archive", "--format=tar", commit);
  execFileSync("tar", ["-x", "-C", folder], { input: archive });
}

function git(directory: string, ...args: string[]): Buffer {
  return execFileSync("git", args, {
    cwd: directory,
    stdio: ["ignore", "pipe", "ignore"],
    maxBuffer: 1 << 30,
  });
}

function linkPackages(directory: string, folder: string): void {
  const lock = (root: string) => fs.readFileSync(path.join(root, "package-lock.json"), "utf8");
  if (lock(directory) === lock(folder)) {
    fs.symlinkSync(path.join(directory, "node_modules"), path.join(folder, "node_modules"));
    return;
  }
  process.stderr.write("installing the packages of the other revision\n");
  execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: folder,
    stdio: ["ignore", 2, 2],
  });
}
