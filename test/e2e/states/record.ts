/**
 * Records the state of both stacks of this version: `node --require tsx/cjs test/e2e/states/record.ts`,
 * once per release. `test/e2e/upgrade.test.ts` updates every recorded state.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { gzipSync } from "node:zlib";
import { TestStack } from "../../support/engine/stack";
import { projectDirectory, secrets } from "../../support/stackConfig";

async function record(name: "dev" | "prod", version: string): Promise<void> {
  const stack = await TestStack.create({
    project: projectDirectory,
    stack: name,
    secrets: secrets[name],
  });
  try {
    const up = await stack.up();
    if (up.exitCode !== 0) throw new Error(up.text);
    const file = path.join(__dirname, `${version}.${name}.json.gz`);
    fs.writeFileSync(file, gzipSync(JSON.stringify(await stack.state()), { level: 9 }));
    console.log(`${file}: ${fs.statSync(file).size} bytes`);
  } finally {
    stack.dispose();
  }
}

async function main(): Promise<void> {
  const manifest = fs.readFileSync(path.join(projectDirectory, "package.json"), "utf8");
  const { version } = JSON.parse(manifest) as { version: string };
  for (const name of ["dev", "prod"] as const) await record(name, version);
}

void main();
