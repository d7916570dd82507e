import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { projectDirectory } from "./stackConfig";

const run = promisify(execFile);

/** The package as npm would publish it, installed into an empty project of another team. */
export interface ConsumerProject {
  directory: string;
  /** Where the package is installed. */
  installed: string;
  /** Runs a command in the project and returns what it prints. */
  run: (command: string, args: string[]) => Promise<string>;
  remove: () => void;
}

interface Manifest {
  name: string;
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
}

/**
 * Packs, unpacks and links. What the package says it needs, and nothing else, is linked from this
 * project's own modules: no download, and what it forgot to name is not found.
 */
export async function consumerProject(): Promise<ConsumerProject> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "consumer-"));
  const modules = path.join(directory, "node_modules");
  const unpacked = path.join(modules, "package");
  fs.mkdirSync(modules);
  await run("npm", ["pack", "--silent", "--pack-destination", directory], {
    cwd: projectDirectory,
  });
  const [tarball = "none"] = fs.readdirSync(directory).filter((file) => file.endsWith(".tgz"));
  await run("tar", ["-xzf", path.join(directory, tarball), "-C", modules]);

  const manifest = JSON.parse(
    fs.readFileSync(path.join(unpacked, "package.json"), "utf8"),
  ) as Manifest;
  const installed = path.join(modules, manifest.name);
  fs.mkdirSync(path.dirname(installed), { recursive: true });
  fs.renameSync(unpacked, installed);
  const needed = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  for (const name of [...needed, "@types/node"]) {
    const link = path.join(modules, name);
    fs.mkdirSync(path.dirname(link), { recursive: true });
    fs.symlinkSync(path.join(projectDirectory, "node_modules", name), link);
  }
  return {
    directory,
    installed,
    run: async (command, args) => {
      try {
        return (await run(command, args, { cwd: directory })).stdout;
      } catch (error) {
        const { stdout, stderr } = error as { stdout: string; stderr: string };
        throw new Error(`${command} ${args.join(" ")}\n${stdout}${stderr}`, { cause: error });
      }
    },
    remove: () => fs.rmSync(directory, { recursive: true, force: true }),
  };
}

/** Every file below a folder, as paths with slashes. */
export function filesBelow(directory: string): string[] {
  return fs
    .readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)))
    .map((file) => file.split(path.sep).join("/"))
    .sort();
}
