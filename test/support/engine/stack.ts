/**
 * A Pulumi stack for one test: the real engine runs the program of the project with its stack file.
 * The state is in a temporary folder, the providers are fakes unless a test names real ones, and only
 * the loopback network is available.
 */
import { type ExecFileException, execFile, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { buildSync } from "esbuild";
import { parse, stringify } from "yaml";
import { hash, writeFile } from "../../../preview/bundle/bundle.cjs";
import { cacheFolder, toolPath } from "../../../tools/paths.cjs";
import { type Call, callLogVariable, readCalls } from "./callLog";
import { doubles } from "./doubles";
import { failOnVariable } from "./failures";
import { childrenOf } from "../childrenOf";
import { filesBelow } from "../filesBelow";
import { projectDirectory } from "../stackConfig";
import { packageVersion } from "./versions";

export interface StackOptions {
  /** Folder with `Pulumi.yaml` and `Pulumi.<stack>.yaml`. */
  project: string;
  /** Name of the stack and its file: `dev`, `prod`. */
  stack: string;
  /** Plain configuration in addition to the stack file: `monitoring:prometheus.retentionDays` -> `400`. */
  config?: Record<string, string>;
  /** Configuration to set with `pulumi config set --secret`. */
  secrets?: Record<string, string>;
  /** Programs of real providers, by package. Default: all providers are fakes. */
  providers?: Record<string, string>;
  /** Environment variables of the engine and its plugins. */
  environment?: Record<string, string>;
}

export interface RunOptions {
  /** Policy pack, relative to the project. Default: no pack. */
  policyPack?: string;
  /** Policy configuration, relative to the project. */
  policyConfig?: string;
  /** Operations that the fake providers fail: `type::name:operation`. */
  failOn?: string[];
  /** Additional arguments of the command. */
  args?: string[];
}

/** Result of a `pulumi` command. */
export interface Run {
  exitCode: number;
  /** Combined standard output and standard error. */
  text: string;
  /** Calls of the engine to the fake providers. */
  calls: Call[];
  /** Wall-clock time. */
  seconds: number;
}

/** A resource in the state, as `pulumi stack export` writes it. */
export interface StateResource {
  urn: string;
  type: string;
  custom: boolean;
  id?: string;
  protect?: boolean;
  dependencies?: string[];
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
}

export interface State {
  deployment: { resources?: StateResource[] };
}

const passphrase = "a passphrase for tests";

export class TestStack {
  static async create(options: StackOptions): Promise<TestStack> {
    const stack = new TestStack(options);
    await stack.must("stack", "init", options.stack);
    const assignments = [
      ...Object.entries(options.config ?? {}).flatMap((entry) => ["--plaintext", entry.join("=")]),
      ...Object.entries(options.secrets ?? {}).flatMap((entry) => ["--secret", entry.join("=")]),
    ];
    if (assignments.length > 0) await stack.must("config", "set-all", "--path", ...assignments);
    return stack;
  }

  /** Folder with all files of this stack; `dispose` deletes it. */
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), "observability-engine-"));
  readonly #name: string;
  readonly #project = path.join(this.folder, "project");
  readonly #backend = path.join(this.folder, "backend");
  readonly #home = path.join(this.folder, "home");
  readonly #extraEnvironment: Record<string, string>;
  #runs = 0;
  #files = 0;

  private constructor(options: StackOptions) {
    this.#name = options.stack;
    for (const folder of [this.#project, this.#backend]) fs.mkdirSync(folder);
    linkProject(options.project, this.#project);
    installPlugins(path.join(this.#home, "plugins"), options.providers ?? {});
    this.#extraEnvironment = options.environment ?? {};
  }

  preview(options: RunOptions = {}): Promise<Run> {
    return this.#deploy("preview", [], options);
  }

  /** `pulumi up`: the preview, and then the update. */
  up(options: RunOptions = {}): Promise<Run> {
    return this.#deploy("up", ["--yes"], options);
  }

  /** `pulumi up` without its preview, which takes half of the time. */
  update(options: RunOptions = {}): Promise<Run> {
    return this.#deploy("up", ["--yes", "--skip-preview"], options);
  }

  /**
   * Starts `pulumi up` and kills the engine as soon as `when` holds. Returns a function that kills its
   * providers, which end what they are doing otherwise.
   */
  async killUp(when: () => Promise<boolean>): Promise<() => void> {
    const command = ["--non-interactive", "--stack", this.#name, "up", "--yes", "--skip-preview"];
    const env = {
      ...this.#environment(),
      [callLogVariable]: path.join(this.folder, "killed.jsonl"),
    };
    const engine = spawn(toolPath("pulumi"), command, {
      ...{ cwd: this.#project, env, stdio: "ignore" as const },
    });
    const { pid } = engine;
    if (pid === undefined) throw new Error("pulumi could not be started");
    const ended = new Promise((resolve) => engine.once("close", resolve));
    try {
      while (engine.exitCode === null && !(await when())) await pause(20);
      if (engine.exitCode !== null) throw new Error("the update ended before the kill");
      const providers = childrenOf(pid);
      return () => providers.forEach(kill);
    } finally {
      engine.kill("SIGKILL");
      await ended;
    }
  }

  /** Runs a command of this project, such as `rescue`, with the state of this stack. */
  run(script: string, ...args: string[]): Promise<{ code: number; text: string }> {
    const command = ["--require", "tsx/cjs", `verify/${script}.ts`, "--stack", this.#name, ...args];
    const environment = this.#environment();
    const PATH = [path.dirname(toolPath("pulumi")), environment["PATH"]].join(path.delimiter);
    const options = { cwd: this.#project, env: { ...environment, PATH } };
    return new Promise((resolve) => {
      execFile(process.execPath, command, options, (error, stdout, stderr) => {
        resolve({ code: exitCodeOf(error), text: stdout + stderr });
      });
    });
  }

  refresh(options: RunOptions = {}): Promise<Run> {
    return this.#deploy("refresh", ["--yes"], options);
  }

  destroy(options: RunOptions = {}): Promise<Run> {
    return this.#deploy("destroy", ["--yes"], options);
  }

  /** `pulumi policy analyze` of the stack or of a state file. */
  analyze(options: RunOptions & { file?: string }): Promise<Run> {
    const source = options.file === undefined ? [] : ["--file", options.file];
    return this.#deploy("policy", ["analyze", ...source], options);
  }

  /** `pulumi config set --path`. */
  async set(key: string, value: string): Promise<void> {
    await this.must("config", "set", "--path", key, value);
  }

  /** Edits the plain configuration in the stack file; keys are those of the project, without `monitoring:`. */
  configure(change: (values: Record<string, unknown>) => Record<string, unknown>): void {
    const file = path.join(this.#project, `Pulumi.${this.#name}.yaml`);
    const { config, ...content } = parse(fs.readFileSync(file, "utf8")) as {
      config: Record<string, unknown>;
    };
    const prefix = "monitoring:";
    const [own, others] = [true, false].map((isOwn) =>
      Object.entries(config).filter(([key]) => key.startsWith(prefix) === isOwn),
    ) as [[string, unknown][], [string, unknown][]];
    const values = change(
      Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length), value])),
    );
    const changed = Object.entries(values).map(
      ([key, value]) => [`${prefix}${key}`, value] as const,
    );
    fs.writeFileSync(
      file,
      stringify({ ...content, config: Object.fromEntries([...others, ...changed]) }),
    );
  }

  /** Stack outputs; secrets are "[secret]" unless `show.secrets` is set. */
  async outputs(show: { secrets: boolean }): Promise<Record<string, unknown>> {
    const flags = show.secrets ? ["--show-secrets"] : [];
    const { text } = await this.must("stack", "output", "--json", ...flags);
    return JSON.parse(text) as Record<string, unknown>;
  }

  async resources(): Promise<StateResource[]> {
    return (await this.state()).deployment.resources ?? [];
  }

  /** The state as `pulumi stack export` writes it. */
  async state(show: { secrets: boolean } = { secrets: false }): Promise<State> {
    const flags = show.secrets ? ["--show-secrets"] : [];
    const { text } = await this.must("stack", "export", ...flags);
    return JSON.parse(text) as State;
  }

  /** Replaces the state by a recorded one: `pulumi stack import`. */
  async import(state: State): Promise<void> {
    await this.must("stack", "import", "--file", this.write(state));
  }

  /** Writes a state to a new file and returns its path. */
  write(state: State): string {
    const file = path.join(this.folder, `state-${(this.#files += 1)}.json`);
    fs.writeFileSync(file, JSON.stringify(state));
    return file;
  }

  /** All files of the engine for this stack: state, history, backups, configuration. */
  files(): { file: string; text: string }[] {
    const state = filesBelow(this.#backend).map((file) => path.join(this.#backend, file));
    return [...state, ...stackFiles(this.#project)].map((file) => ({
      file: path.relative(this.folder, file),
      text: fs.readFileSync(file, "utf8"),
    }));
  }

  /** Runs a `pulumi` command on this stack; throws if it fails. */
  async must(...args: string[]): Promise<Run> {
    const run = await this.#pulumi(args, {});
    if (run.exitCode !== 0) throw new Error(`pulumi ${args.join(" ")} failed:\n${run.text}`);
    return run;
  }

  dispose(): void {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  #deploy(command: string, args: string[], options: RunOptions): Promise<Run> {
    const policies = [
      ...(options.policyPack === undefined ? [] : ["--policy-pack", options.policyPack]),
      ...(options.policyConfig === undefined ? [] : ["--policy-pack-config", options.policyConfig]),
    ];
    const all = [command, ...args, ...policies, "--color", "never", ...(options.args ?? [])];
    return this.#pulumi(all, { [failOnVariable]: (options.failOn ?? []).join(" ") });
  }

  #pulumi(args: string[], environment: NodeJS.ProcessEnv): Promise<Run> {
    const log = path.join(this.folder, `calls-${(this.#runs += 1)}.jsonl`);
    const command = ["--non-interactive", "--stack", this.#name, ...args];
    // `stack init` accepts the name only as an argument; `package` and `policy analyze --file` exclude it.
    if (
      args[0] === "package" ||
      (args[0] === "stack" && args[1] === "init") ||
      (args[0] === "policy" && args.includes("--file"))
    )
      command.splice(1, 2);
    const started = performance.now();
    return new Promise((resolve) => {
      execFile(
        toolPath("pulumi"),
        command,
        {
          cwd: this.#project,
          env: { ...this.#environment(), ...environment, [callLogVariable]: log },
          maxBuffer: Infinity,
        },
        (error, stdout, stderr) => {
          resolve({
            exitCode: exitCodeOf(error),
            text: stdout + stderr,
            calls: readCalls(log),
            seconds: (performance.now() - started) / 1000,
          });
        },
      );
    });
  }

  #environment(): NodeJS.ProcessEnv {
    return {
      PATH: [process.env["PATH"], path.dirname(process.execPath)].join(path.delimiter),
      HOME: this.folder,
      OBSERVABILITY_TOOLS_DIR: cacheFolder(),
      TMPDIR: os.tmpdir(),
      PULUMI_HOME: this.#home,
      PULUMI_BACKEND_URL: `file://${this.#backend}`,
      PULUMI_CONFIG_PASSPHRASE: passphrase,
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      // Connections to other machines fail immediately.
      HTTP_PROXY: "http://127.0.0.1:9",
      HTTPS_PROXY: "http://127.0.0.1:9",
      NO_PROXY: "127.0.0.1,localhost",
      ...this.#extraEnvironment,
    };
  }
}

function exitCodeOf(error: ExecFileException | null): number {
  if (error === null) return 0;
  return typeof error.code === "number" ? error.code : 1;
}

/** Links the files of a project, and copies its stack files, because `pulumi config set` writes to them. */
function linkProject(from: string, to: string): void {
  for (const entry of fs.readdirSync(from)) {
    const [source, target] = [path.join(from, entry), path.join(to, entry)];
    if (/^Pulumi(\.\w+)?\.yaml$/.test(entry)) fs.copyFileSync(source, target);
    else if (entry !== ".git") fs.symlinkSync(source, target);
  }
}

/** Installs the language hosts and the providers into the plugin folder of the engine. */
function installPlugins(folder: string, providers: Record<string, string>): void {
  const languageHost = ["--require", require.resolve("tsx/cjs"), `${__dirname}/languageHost.ts`];
  for (const language of ["nodejs", "python"]) {
    installPlugin(folder, "language", language, packageVersion("pulumi"), languageHost);
  }
  const yaml = pluginFolder(folder, "language", "yaml", "1.0.0");
  fs.symlinkSync(toolPath("pulumi-language-yaml"), path.join(yaml, "pulumi-language-yaml"));
  for (const [name, program] of Object.entries(providers)) {
    const plugin = pluginFolder(folder, "resource", name, packageVersion(name));
    fs.symlinkSync(program, path.join(plugin, `pulumi-resource-${name}`));
  }
  for (const name of Object.keys(doubles)) {
    if (name in providers) continue;
    installPlugin(folder, "resource", name, packageVersion(name), [bundleOf("provider.ts")]);
  }
  installPlugin(folder, "resource", "eks", packageVersion("eks"), [bundleOf("eksProvider.ts")]);
}

function installPlugin(
  folder: string,
  kind: string,
  name: string,
  version: string,
  program: string[],
): void {
  const plugin = pluginFolder(folder, kind, name, version);
  const command = [process.execPath, ...program, name];
  const script = `#!/bin/sh\nexec ${command.map((part) => `'${part}'`).join(" ")} "$@"\n`;
  fs.writeFileSync(path.join(plugin, `pulumi-${kind}-${name}`), script, { mode: 0o755 });
}

const bundles = new Map<string, string>();

/**
 * A bundle of a plugin. Every operation starts all providers, and a bundle starts with a quarter of the
 * CPU time of the TypeScript files that it replaces.
 */
function bundleOf(program: string): string {
  const known = bundles.get(program);
  if (known !== undefined) return known;
  const { outputFiles } = buildSync({
    entryPoints: [path.join(__dirname, program)],
    bundle: true,
    platform: "node",
    write: false,
    logLevel: "error",
  });
  const text = outputFiles[0]?.text ?? "";
  // Within the project, because the plugins read the versions of its packages.
  const cache = path.join(projectDirectory, "node_modules", ".cache", "test");
  const bundle = path.join(cache, `${path.parse(program).name}-${hash(text)}.cjs`);
  if (!fs.existsSync(bundle)) writeFile(bundle, text);
  bundles.set(program, bundle);
  return bundle;
}

function pluginFolder(folder: string, kind: string, name: string, version: string): string {
  const plugin = path.join(folder, `${kind}-${name}-v${version}`);
  fs.mkdirSync(plugin, { recursive: true });
  return plugin;
}

function stackFiles(project: string): string[] {
  return fs
    .readdirSync(project)
    .filter((entry) => /^Pulumi\.\w+\.yaml$/.test(entry))
    .map((entry) => path.join(project, entry));
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // The process has exited already.
  }
}
