import * as fs from "node:fs";
import * as path from "node:path";
import { projectDirectory } from "./stackConfig";

/** The stack file in a section of `docs/configuration.md`. */
export function documentedConfig(section = "An existing Prometheus"): string {
  const page = fs.readFileSync(path.join(projectDirectory, "docs/configuration.md"), "utf8");
  const start = page.indexOf(`### ${section}\n`);
  const [, yaml] = /```yaml\n([^]*?)```/.exec(page.slice(start)) ?? [];
  if (yaml === undefined) throw new Error("docs/configuration.md has no example");
  return yaml;
}
