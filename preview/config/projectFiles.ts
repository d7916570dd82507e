import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { isMap } from "../../policies/shared/isMap";
import type { ProjectFile, StackFile } from "./configuration";
import { ExpectedError } from "./errors";

/** Reads the `Pulumi.yaml` of the project in `directory`. */
export function readProjectFile(directory: string): ProjectFile & { main?: string } {
  const file = path.join(directory, "Pulumi.yaml");
  const project = readYaml(file, "this folder does not contain a Pulumi project") as {
    name?: unknown;
  };
  if (typeof project.name !== "string") throw new ExpectedError("Pulumi.yaml: name is required");
  return project as ProjectFile;
}

/** Reads a stack's configuration files, in the order in which they apply. */
export function readStackFiles(
  directory: string,
  stack: string,
  configFile: string | undefined,
): StackFile[] {
  const stackFile = path.join(directory, `Pulumi.${stack}.yaml`);
  // With `--config-file`, the stack's own file is optional.
  const files = fs.existsSync(stackFile) || configFile === undefined ? [stackFile] : [];
  if (configFile !== undefined) files.push(path.resolve(directory, configFile));
  return files.map((file) => {
    const missing =
      file === stackFile
        ? `the stack ${stack} does not exist; available stacks: ${stacksIn(directory).join(", ") || "none"}`
        : "the file does not exist";
    const content = readYaml(file, missing) as StackFile;
    if (content.config !== undefined && !isMap(content.config)) {
      throw new ExpectedError(`${path.basename(file)}: config must be a map`);
    }
    const unknown = Object.keys(content).filter((key) => !stackFileKeys.has(key));
    if (unknown.length > 0) {
      throw new ExpectedError(
        `${path.basename(file)}: ${unknown.join(", ")} is not a known key\n  fix: move values under config:`,
      );
    }
    return content;
  });
}

const stackFileKeys = new Set([
  "config",
  "environment",
  "secretsprovider",
  "encryptedkey",
  "encryptionsalt",
]);

/** Returns the names of the stacks that have a configuration file. */
export function stacksIn(directory: string): string[] {
  return fs
    .readdirSync(directory)
    .flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? [])
    .sort();
}

function readYaml(file: string, missing: string): Record<string, unknown> {
  let text: string;
  try {
    text = fs.readFileSync(file, "utf8");
  } catch {
    throw new ExpectedError(`${path.basename(file)}: ${missing}`);
  }
  let content: unknown;
  try {
    content = parse(text) ?? {};
  } catch (error) {
    throw new ExpectedError(
      `${path.basename(file)}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (!isMap(content)) throw new ExpectedError(`${path.basename(file)}: must be a map`);
  return content;
}
