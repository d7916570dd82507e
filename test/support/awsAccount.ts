import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import { toolPath } from "../../tools/paths.cjs";
import { Server, eventually } from "./server";
import { freePorts } from "./ports";

/** An emulated AWS account, which enforces the policies of roles, with the real AWS CLI. */
export class AwsAccount {
  private constructor(
    private readonly server: Server,
    /** Host and port of all services. */
    readonly endpoint: string,
    /** Folder with the program `aws`, for PATH. */
    readonly programs: string,
  ) {}

  /** ID of the account. */
  static readonly id = "123456789012";

  static async start(folder: string, services = "s3,iam,sts,eks"): Promise<AwsAccount> {
    const [port = 0] = await freePorts(1);
    const packages = toolPath("ministack");
    const server = Server.start("python3", ["-m", "ministack"], path.join(folder, "aws.log"), {
      PYTHONPATH: packages,
      AUTH: "true",
      SERVICES: services,
      BIND_HOST: "127.0.0.1",
      GATEWAY_PORT: String(port),
      TMPDIR: folder,
    });
    const endpoint = `127.0.0.1:${port}`;
    await eventually("AWS answers", async () => (await fetch(`http://${endpoint}/`)).status);
    const programs = path.join(folder, "programs");
    fs.mkdirSync(programs);
    const environment = [
      `PYTHONPATH='${packages}'`,
      `AWS_ENDPOINT_URL=http://${endpoint}`,
      // The emulator takes an access key of twelve digits as the ID of the account.
      `AWS_ACCESS_KEY_ID=${AwsAccount.id} AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1`,
    ].join(" ");
    const script = `#!/bin/sh\n${environment} exec python3 -m awscli "$@"\n`;
    fs.writeFileSync(path.join(programs, "aws"), script, { mode: 0o755 });
    return new AwsAccount(server, endpoint, programs);
  }

  /** The result of a command of the AWS CLI; undefined if it prints nothing. */
  async run<Result = unknown>(...args: string[]): Promise<Result | undefined> {
    const program = path.join(this.programs, "aws");
    const { stdout } = await promisify(execFile)(program, [...args, "--output", "json"]);
    return stdout === "" ? undefined : (JSON.parse(stdout) as Result);
  }

  stop(): Promise<void> {
    return this.server.stop();
  }
}
