/** npm run golden: replaces the golden files with the current output of the previews. */
import * as fs from "node:fs";
import * as path from "node:path";
import { goldenFolder, readFiles, render, stacks } from "./render";

for (const stack of stacks) {
  const folder = goldenFolder(stack);
  const before = readFiles(folder);
  const after = render(stack);
  fs.rmSync(folder, { recursive: true, force: true });
  for (const [name, text] of after) {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }
  const names = [...new Set([...before.keys(), ...after.keys()])];
  const changed = names.filter((name) => before.get(name) !== after.get(name)).length;
  console.log(`${stack}: ${after.size} files, ${changed} changed`);
}
