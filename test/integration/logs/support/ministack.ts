import { execFile } from "node:child_process";
import * as path from "node:path";
import { promisify } from "node:util";
import { Values } from "../../../../policies/shared/mergeValues";
import { toolPath } from "../../../../tools/paths.cjs";
import { freePorts } from "../../../support/ports";
import { Server, eventually } from "./processes";
import type { Credentials } from "./s3";

const role = "loki";

/** An emulated AWS account with S3, IAM and STS, which enforces the policies of roles. */
export class Ministack {
  private constructor(
    private readonly server: Server,
    readonly endpoint: string,
    private readonly bucket: string,
  ) {}

  static async start(folder: string, bucket: string): Promise<Ministack> {
    const [port = 0] = await freePorts(1);
    const server = Server.start("python3", ["-m", "ministack"], path.join(folder, "aws.log"), {
      PYTHONPATH: toolPath("ministack"),
      AUTH: "true",
      SERVICES: "s3,iam,sts",
      BIND_HOST: "127.0.0.1",
      GATEWAY_PORT: String(port),
      TMPDIR: folder,
    });
    const endpoint = `127.0.0.1:${port}`;
    await eventually("AWS answers", async () => (await fetch(`http://${endpoint}/`)).status);
    return new Ministack(server, endpoint, bucket);
  }

  /** Creates the bucket and a role with a policy. Returns the credentials of a session of the role. */
  startSession(policy: string): Promise<Credentials> {
    // A service of AWS assumes the real role, for which test/components/loki/iamEvaluated.test.ts
    // evaluates its trust policy.
    const trust = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { AWS: "*" }, Action: "sts:AssumeRole" }],
    });
    const { bucket } = this;
    return this.#run("start_session", { role, trust, policy, bucket });
  }

  /** Replaces the policy of the role. */
  async setPolicy(policy: string): Promise<void> {
    await this.#run("set_policy", { role, policy });
  }

  /** Keys of the chunks in the bucket. */
  async chunks(): Promise<string[]> {
    const keys = await this.#run<string[]>("list_keys", { bucket: this.bucket });
    return keys.filter((key) => key.startsWith("fake/"));
  }

  /** Loki configuration that uses this account. */
  get lokiOverlay(): Values {
    const { endpoint } = this;
    return { common: { storage: { s3: { endpoint, insecure: true, s3forcepathstyle: true } } } };
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  async #run<Result>(command: string, args: object): Promise<Result> {
    const program = path.join(__dirname, "ministack.py");
    const { stdout } = await promisify(execFile)(
      "python3",
      [program, `http://${this.endpoint}`, command, JSON.stringify(args)],
      { env: { PATH: process.env["PATH"], PYTHONPATH: toolPath("ministack") } },
    );
    return JSON.parse(stdout) as Result;
  }
}
