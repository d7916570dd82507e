import * as fs from "node:fs";
import * as path from "node:path";
import { isMap } from "../../policies/shared/isMap";
import type { PolicyConfigFile } from "./policyConfig";
import { ExpectedError } from "../config/errors";

/** Returns the path of the policy configuration file of a preset, relative to the project. */
export function policyConfigPath(preset: string): string {
  return `policies/config.${preset}.json`;
}

/** Reads a policy configuration file. */
export function readPolicyConfig(directory: string, name: string): PolicyConfigFile {
  const file = path.resolve(directory, name);
  const fail = (reason: string): never => {
    throw new ExpectedError(`${path.relative(directory, file)}: ${reason}`);
  };
  let content: unknown;
  try {
    content = JSON.parse(fs.readFileSync(file, "utf8"));
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
  return isMap(content) ? content : fail("must be a map of policies");
}
