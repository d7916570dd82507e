import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { copyProject } from "./copyProject";
import { projectDirectory } from "./stackConfig";

const run = promisify(execFile);

/** A project of another team with the package installed. */
export interface ConsumerProject {
  directory: string;
  /** Folder of the installed package. */
  installed: string;
  /** Writes a file of the project. */
  write: (file: string, text: string) => void;
  /** Runs a command in the project and returns what it prints. */
  run: (command: string, args: string[]) => Promise<string>;
  /** Links an installed module of this repository, like `npm install`. */
  link: (name: string) => void;
  remove: () => void;
}

interface Manifest {
  name: string;
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  peerDependenciesMeta: Record<string, { optional?: boolean }>;
}

/** A program that runs another one against mocks and prints what it registered. */
const runner = `
const pulumi = require("@pulumi/pulumi");
const { pathToFileURL } = require("node:url");
const registered = [];
(async () => {
  await pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => {
      registered.push({ type, name, inputs });
      return { id: name + "-id", state: inputs };
    },
    call: ({ token }) => {
      if (token === "aws:index/getRegion:getRegion") return { region: "eu-west-1", name: "eu-west-1" };
      throw new Error("the program asks for " + token);
    },
  }, "checkout", "dev");
  const outputs = await import(pathToFileURL(require.resolve(process.argv[2])));
  await pulumi.runtime.disconnect();
  const lokiUrl = outputs.lokiUrl && await new Promise((resolve) => outputs.lokiUrl.apply(resolve));
  console.log(JSON.stringify({ registered, lokiUrl }));
})();
`;

/** What a program registered. */
export interface ConsumerRun {
  registered: { type: string; name: string; inputs: Record<string, any> }[];
  lokiUrl?: string;
}

/** Runs a compiled program of the project against mocks. */
export async function runProgram(
  project: ConsumerProject,
  file: string,
  node = process.execPath,
): Promise<ConsumerRun> {
  project.write("run.cjs", runner);
  const run = JSON.parse(await project.run(node, ["run.cjs", `./${file}`])) as ConsumerRun;
  // The order of registrations differs between versions of the SDK.
  const key = ({ type, name }: { type: string; name: string }): string => `${type} ${name}`;
  run.registered.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  return run;
}

/**
 * Packs the package as npm would publish it; returns the path of the tarball. Packing first compiles
 * `dist` anew, so it happens in a copy: other tests read the `dist` of the repository meanwhile.
 */
export async function packPackage(folder: string): Promise<string> {
  const copy = fs.mkdtempSync(path.join(os.tmpdir(), "packing-"));
  try {
    copyProject(copy);
    await run("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: copy });
  } finally {
    fs.rmSync(copy, { recursive: true, force: true });
  }
  const [tarball = "none"] = fs.readdirSync(folder).filter((file) => file.endsWith(".tgz"));
  return path.join(folder, tarball);
}

/**
 * A project with the packed package. Only its required dependencies are linked from the modules of
 * this repository, so nothing is downloaded and an undeclared dependency is not found.
 */
export async function consumerProject(): Promise<ConsumerProject> {
  const project = emptyProject();
  const modules = path.join(project.directory, "node_modules");
  const unpacked = path.join(modules, "package");
  fs.mkdirSync(modules);
  const tarball = await packPackage(project.directory);
  await run("tar", ["-xzf", tarball, "-C", modules]);
  const manifest = readManifest(unpacked);
  fs.mkdirSync(path.dirname(project.installed), { recursive: true });
  fs.renameSync(unpacked, project.installed);
  const optional = manifest.peerDependenciesMeta;
  const peers = Object.keys(manifest.peerDependencies).filter((name) => !optional[name]?.optional);
  for (const name of [...Object.keys(manifest.dependencies), ...peers, "@types/node"]) {
    project.link(name);
  }
  return project;
}

/** A project into which npm installs packages; `specs` as `npm install` accepts them. */
export async function installedProject(specs: string[]): Promise<ConsumerProject> {
  const project = emptyProject();
  project.write("package.json", JSON.stringify({ name: "consumer", private: true }));
  // A git dependency is built by its own `prepare`; no other package needs its install scripts.
  await project.run("npm", ["install", "--no-audit", "--no-fund", "--silent", ...specs]);
  return project;
}

function emptyProject(): ConsumerProject {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "consumer-"));
  const modules = path.join(directory, "node_modules");
  return {
    directory,
    installed: path.join(modules, readManifest(projectDirectory).name),
    write: (file, text) => {
      fs.mkdirSync(path.dirname(path.join(directory, file)), { recursive: true });
      fs.writeFileSync(path.join(directory, file), text);
    },
    run: async (command, args) => {
      try {
        return (await run(command, args, { cwd: directory, maxBuffer: 1 << 26 })).stdout;
      } catch (error) {
        const { stdout, stderr } = error as { stdout: string; stderr: string };
        throw new Error(`${command} ${args.join(" ")}\n${stdout}${stderr}`, { cause: error });
      }
    },
    link: (name) => {
      const link = path.join(modules, name);
      fs.mkdirSync(path.dirname(link), { recursive: true });
      fs.rmSync(link, { force: true });
      fs.symlinkSync(path.join(projectDirectory, "node_modules", name), link);
    },
    remove: () => fs.rmSync(directory, { recursive: true, force: true }),
  };
}

function readManifest(folder: string): Manifest {
  return JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8")) as Manifest;
}
