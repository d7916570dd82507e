import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

/** Creates a temporary folder, and removes it after `use` or when the process exits. */
export async function inTemporaryFolder<T>(
  prefix: string,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), `${prefix}-`));
  const remove = () => fs.rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  try {
    return await use(folder);
  } finally {
    remove();
    process.removeListener("exit", remove);
  }
}
