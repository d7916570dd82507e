import * as fs from "node:fs";
import * as path from "node:path";
import * as prettier from "prettier";
import { policyConfigSchema, policyDocumentation } from "../policies/index";
import { withTables } from "../stacks/config/documentation";
import { withSettingEffects } from "../test/docs/settingEffects";
import { whyDocument } from "../test/policies/why";

const project = path.resolve(__dirname, "..");

/** Page with the table of the effects of each setting. */
export const effectsPage = "docs/upgrading.md";

/** Text of each file that is generated, entirely or in part, by path. */
export const generatedPages: Record<string, () => string | Promise<string>> = {
  "docs/configuration.md": () => withTables(readPage("docs/configuration.md")),
  [effectsPage]: () => withSettingEffects(readPage(effectsPage)),
  "docs/policies.md": policyDocumentation,
  "docs/why.md": whyDocument,
  "policies/config.schema.json": () => JSON.stringify(policyConfigSchema(), null, 2),
};

/** Returns the formatted text of a generated file, as it should be in the repository. */
export async function generatedPage(page: string): Promise<string> {
  const text = (await generatedPages[page]?.()) ?? "";
  const options = await prettier.resolveConfig(path.join(project, page));
  return prettier.format(text, { ...options, filepath: page });
}

function readPage(page: string): string {
  return fs.readFileSync(path.join(project, page), "utf8");
}

async function writePages(): Promise<void> {
  for (const page of Object.keys(generatedPages)) {
    fs.writeFileSync(path.join(project, page), await generatedPage(page));
  }
}

// Importing the policies starts the policy pack's server, which would keep this process alive.
if (require.main === module) void writePages().then(() => process.exit());
