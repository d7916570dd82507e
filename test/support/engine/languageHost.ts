/**
 * The part of the Node.js language host that a deployment needs: it starts the launchers of the SDK
 * for the program and the policy pack. The original is only available with the Pulumi installer.
 */
import { type ChildProcess, spawn } from "node:child_process";
import * as path from "node:path";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import {
  GetRequiredPackagesResponse,
  RunPluginRequest,
  RunPluginResponse,
  RunRequest,
  RunResponse,
} from "@pulumi/pulumi/proto/language_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import type { ServerWritableStream } from "@grpc/grpc-js";
import { recordCall } from "./callLog";
import { servePlugin, unary } from "./grpcPlugin";

/** Exit code of a launcher that has already shown its error to the user. */
const errorShownExitCode = 32;

const engineAddress = process.argv.at(-1) ?? "";

servePlugin(LanguageRuntimeService, {
  getPluginInfo: unary(() => new PluginInfo().setVersion("1.0.0")),
  // The fake providers are installed before the engine starts.
  getRequiredPackages: unary(() => new GetRequiredPackagesResponse()),
  run: unary(runProgram),
  runPlugin: runPolicyPack,
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
  const launcher = [
    require.resolve("@pulumi/pulumi/cmd/run"),
    ...Object.entries(flags).flatMap(([flag, value]) => (value ? [`--${flag}`, value] : [])),
    request.getInfo()?.getEntryPoint() || ".",
    ...request.getArgsList(),
  ];
  const child = launch(launcher, request.getPwd(), {
    PULUMI_NODEJS_TYPESCRIPT: "true",
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

function runPolicyPack(call: ServerWritableStream<RunPluginRequest, RunPluginResponse>): void {
  const request = call.request;
  const folder = request.getInfo()?.getProgramDirectory() ?? request.getPwd();
  const launcher = [require.resolve("@pulumi/pulumi/cmd/run-policy-pack"), engineAddress, "."];
  const environment = request.getEnvList().map((entry) => {
    const equals = entry.indexOf("=");
    return [entry.slice(0, equals), entry.slice(equals + 1)];
  });
  const child = launch(launcher, folder, Object.fromEntries(environment) as NodeJS.ProcessEnv);
  call.on("cancelled", () => child.kill("SIGKILL"));
  child.stdout?.on("data", (data: Buffer) => call.write(new RunPluginResponse().setStdout(data)));
  child.stderr?.on("data", (data: Buffer) => call.write(new RunPluginResponse().setStderr(data)));
  void exitOf(child).then((exitCode) => {
    call.write(new RunPluginResponse().setExitcode(exitCode));
    call.end();
  });
}

const children = new Set<ChildProcess>();

/** The engine stops this process with a signal; its children must not outlive it. */
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    for (const child of children) child.kill("SIGKILL");
    process.exit(0);
  });
}

function launch(args: string[], folder: string, environment: NodeJS.ProcessEnv): ChildProcess {
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.add(child);
  const launched = path.basename(path.dirname(args[0] ?? ""));
  recordCall({
    operation: "start",
    package: "nodejs",
    type: launched,
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
