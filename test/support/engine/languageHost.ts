/**
 * The parts of the language hosts for Node.js and Python that the tests need:
 * `languageHost.ts <language>`. It starts programs, policy packs and plugins, and generates the SDK of
 * a plugin for Python. The originals are only available with the Pulumi installer.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import * as path from "node:path";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import {
  GeneratePackageRequest,
  GeneratePackageResponse,
  GetRequiredPackagesResponse,
  LinkRequest,
  LinkResponse,
  RunPluginRequest,
  RunPluginResponse,
  RunRequest,
  RunResponse,
} from "@pulumi/pulumi/proto/language_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import type { ServerWritableStream } from "@grpc/grpc-js";
import { toolPath } from "../../../tools/paths.cjs";
import { recordCall } from "./callLog";
import { servePlugin, unary } from "./grpcPlugin";

/** Exit code of a launcher that has already shown its error to the user. */
const errorShownExitCode = 32;

/** Folder of a project with the SDKs that `pulumi package add` installed. */
const sitePackages = "site-packages";

const language = process.argv[2] ?? "";
const engineAddress = process.argv.at(-1) ?? "";

servePlugin(LanguageRuntimeService, {
  getPluginInfo: unary(() => new PluginInfo().setVersion("1.0.0")),
  // The fake providers and all dependencies are installed before the engine starts.
  getRequiredPackages: unary(() => new GetRequiredPackagesResponse()),
  installDependencies: (call: ServerWritableStream<unknown, unknown>) => call.end(),
  generatePackage: unary(generatePackage),
  link: unary(link),
  run: unary(runProgram),
  runPlugin,
});

async function runProgram(request: RunRequest): Promise<RunResponse> {
  const flags = {
    monitor: request.getMonitorAddress(),
    engine: engineAddress,
    organization: request.getOrganization(),
    project: request.getProject(),
    "root-directory": request.getInfo()?.getRootDirectory(),
    stack: request.getStack(),
    pwd: request.getPwd(),
    "dry-run": request.getDryrun() ? "true" : undefined,
    parallel: String(request.getParallel()),
  };
  const python = language === "python";
  const command = [
    ...(python
      ? ["python3", path.join(__dirname, "runPython.py")]
      : [process.execPath, require.resolve("@pulumi/pulumi/cmd/run")]),
    ...Object.entries(flags).flatMap(([flag, value]) => (value ? [`--${flag}`, value] : [])),
    request.getInfo()?.getEntryPoint() || ".",
    ...request.getArgsList(),
  ];
  const child = launch("run", command, request.getPwd(), {
    ...(python
      ? { PYTHONPATH: pythonPath(request.getPwd()) }
      : { PULUMI_NODEJS_TYPESCRIPT: "true" }),
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().toArray())),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
  });
  child.stdout?.pipe(process.stdout);
  child.stderr?.pipe(process.stderr);

  const exitCode = await exitOf(child);
  if (exitCode === 0) return new RunResponse();
  if (exitCode === errorShownExitCode) return new RunResponse().setBail(true);
  return new RunResponse().setError(`the program exited with code ${exitCode}`);
}

/** Runs a policy pack, or a plugin with components. */
function runPlugin(call: ServerWritableStream<RunPluginRequest, RunPluginResponse>): void {
  const request = call.request;
  const folder = request.getInfo()?.getProgramDirectory() ?? request.getPwd();
  const name = request.getKind() === "analyzer" ? "run-policy-pack" : "run-plugin";
  const launcher = require.resolve(`@pulumi/pulumi/cmd/${name}`);
  const args = name === "run-plugin" ? [".", ...request.getArgsList()] : [engineAddress, "."];
  const environment = request.getEnvList().map((entry) => {
    const equals = entry.indexOf("=");
    return [entry.slice(0, equals), entry.slice(equals + 1)];
  });
  const child = launch(
    name,
    [process.execPath, launcher, ...args],
    folder,
    Object.fromEntries(environment) as NodeJS.ProcessEnv,
  );
  call.on("cancelled", () => child.kill("SIGKILL"));
  child.stdout?.on("data", (data: Buffer) => call.write(new RunPluginResponse().setStdout(data)));
  child.stderr?.on("data", (data: Buffer) => call.write(new RunPluginResponse().setStderr(data)));
  void exitOf(child).then((exitCode) => {
    call.write(new RunPluginResponse().setExitcode(exitCode));
    call.end();
  });
}

/** Writes the Python SDK of a package, with the generator of the original host. */
function generatePackage(request: GeneratePackageRequest): GeneratePackageResponse {
  execFileSync(
    toolPath("pulumi-sdkgen-python"),
    [request.getDirectory(), request.getLoaderTarget()],
    { input: request.getSchema() },
  );
  return new GeneratePackageResponse();
}

/** Installs generated SDKs into a folder of the project, which takes the place of its environment. */
function link(request: LinkRequest): LinkResponse {
  const project = request.getInfo()?.getRootDirectory() ?? "";
  const sdks = request.getPackagesList().map((sdk) => path.join(project, sdk.getPath()));
  const offline = ["--no-index", "--no-deps", "--no-build-isolation"];
  const quiet = ["--quiet", "--disable-pip-version-check", "--root-user-action", "ignore"];
  const to = ["--upgrade", "--target", path.join(project, sitePackages)];
  execFileSync("python3", ["-m", "pip", "install", ...offline, ...quiet, ...to, ...sdks], {
    env: { ...process.env, PYTHONPATH: toolPath("pulumiPython") },
  });
  return new LinkResponse();
}

/** The Pulumi SDK for Python and the SDKs that are installed in a project. */
function pythonPath(project: string): string {
  return [toolPath("pulumiPython"), path.join(project, sitePackages)].join(path.delimiter);
}

const children = new Set<ChildProcess>();

/** The engine stops this process with a signal; its children must not outlive it. */
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    for (const child of children) child.kill("SIGKILL");
    process.exit(0);
  });
}

function launch(
  name: string,
  [program = "", ...args]: string[],
  folder: string,
  environment: NodeJS.ProcessEnv,
): ChildProcess {
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.add(child);
  recordCall({
    operation: "start",
    package: language,
    type: name,
    name: folder,
    preview: false,
    ...(child.pid === undefined ? {} : { pid: child.pid }),
  });
  return child;
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      children.delete(child);
      resolve(code ?? 1);
    });
  });
}
