import * as fs from "node:fs";
import * as path from "node:path";
import { projectDirectory } from "./stackConfig";

/** The stack file with an existing Prometheus in `docs/configuration.md`. */
export function documentedConfig(): string {
  const page = fs.readFileSync(path.join(projectDirectory, "docs/configuration.md"), "utf8");
  const [, yaml] = /^### An existing Prometheus\n[^]*?```yaml\n([^]*?)```/m.exec(page) ?? [];
  if (yaml === undefined) throw new Error("docs/configuration.md has no example");
  return yaml;
}
