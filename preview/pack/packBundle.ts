import * as fs from "node:fs";
import * as path from "node:path";
import { ExpectedError } from "../config/errors";

/**
 * Bundles the policy pack when a source is newer than its bundle, so that a preview always judges
 * with the policies as they are. The same options as `npm run build:policies`.
 */
export function bundlePack(directory: string): void {
  const entry = path.join(directory, "pack.ts");
  const outfile = path.join(directory, "bin", "index.js");
  // A pack in plain JavaScript needs no bundle.
  if (!fs.existsSync(entry) || isCurrent(outfile)) return;
  // Loaded only here: most previews find the bundle current.
  const esbuild = require("esbuild") as typeof import("esbuild");
  const { outputFiles } = built(() =>
    esbuild.buildSync({
      entryPoints: [entry],
      outfile,
      bundle: true,
      platform: "node",
      target: "node20",
      packages: "external",
      sourcemap: true,
      logLevel: "silent",
      write: false,
    }),
  );
  fs.mkdirSync(path.dirname(outfile), { recursive: true });
  for (const file of outputFiles) {
    // Another preview may read the bundle right now; it sees the old one or the new one.
    const temporary = `${file.path}.${process.pid}`;
    fs.writeFileSync(temporary, file.contents);
    fs.renameSync(temporary, file.path);
  }
}

function built<T>(build: () => T): T {
  try {
    return build();
  } catch (error) {
    // esbuild's message names the file, the line and what is wrong there.
    throw new ExpectedError(error instanceof Error ? error.message : String(error));
  }
}

/** Whether no file that went into the bundle has changed since; its source map names them all. */
function isCurrent(bundle: string): boolean {
  try {
    const built = fs.statSync(bundle).mtimeMs;
    const { sources } = JSON.parse(fs.readFileSync(`${bundle}.map`, "utf8")) as {
      sources: string[];
    };
    return sources.every(
      (source) => fs.statSync(path.resolve(path.dirname(bundle), source)).mtimeMs <= built,
    );
  } catch {
    return false;
  }
}
