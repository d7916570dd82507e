import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { isMap } from "../../policies/shared/isMap";
import { ConfigurationError, type ProjectFile, type StackFile } from "./configuration";

/** Reads `Pulumi.yaml` of the project in `directory`. */
export function readProjectFile(directory: string): ProjectFile & { main?: string } {
  const file = path.join(directory, "Pulumi.yaml");
  const project = readYaml(file, "there is no Pulumi project here") as { name?: unknown };
  if (typeof project.name !== "string")
    throw new ConfigurationError("Pulumi.yaml: name is missing");
  return project as ProjectFile;
}

/** The files of a stack's configuration, in the order in which they apply. */
export function readStackFiles(
  directory: string,
  stack: string,
  configFile: string | undefined,
): StackFile[] {
  const own = path.join(directory, `Pulumi.${stack}.yaml`);
  // A configuration of its own makes a stack of which there is no file yet.
  const files = [...(fs.existsSync(own) || configFile === undefined ? [own] : [])];
  if (configFile !== undefined) files.push(path.resolve(directory, configFile));
  return files.map((file) => {
    const missing =
      file === own
        ? `there is no stack ${stack}; there are: ${stacksIn(directory).join(", ") || "none"}`
        : "there is no such file";
    const content = readYaml(file, missing) as StackFile;
    if (content.config !== undefined && !isMap(content.config)) {
      throw new ConfigurationError(`${path.basename(file)}: config must be a map`);
    }
    const unknown = Object.keys(content).filter((key) => !stackFileKeys.has(key));
    if (unknown.length > 0) {
      throw new ConfigurationError(
        `${path.basename(file)}: unknown ${unknown.join(", ")}; values belong under config:`,
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

function stacksIn(directory: string): string[] {
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
    throw new ConfigurationError(`${path.basename(file)}: ${missing}`);
  }
  let content: unknown;
  try {
    content = parse(text) ?? {};
  } catch (error) {
    throw new ConfigurationError(
      `${path.basename(file)}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (!isMap(content)) throw new ConfigurationError(`${path.basename(file)}: must be a map`);
  return content;
}
