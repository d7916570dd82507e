import * as fs from "node:fs";
import * as http from "node:http";
import * as path from "node:path";
import { Values } from "../../../../policies/shared/mergeValues";
import { toolPath } from "../../../../tools/paths.cjs";
import { filesBelow } from "../../../support/filesBelow";
import { freePorts, listen } from "../../../support/ports";
import { Server, eventually } from "../../../support/server";

const accessKey = "TESTACCESSKEY";
const secretKey = "test-secret-key";

/**
 * An S3 server that stores objects in a folder and checks the signature, region and credentials of
 * each request. Its proxy can return 503 instead, as S3 does when it is overloaded.
 */
export class S3 {
  /** Whether the proxy returns 503. */
  unavailable = false;
  /** Number of requests answered with 503. */
  refused = 0;
  /** Methods and paths of all requests that reached S3. */
  readonly requests: string[] = [];

  private constructor(
    private readonly folder: string,
    readonly endpoint: string,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(folder: string, options: { bucket: string; region: string }): Promise<S3> {
    fs.mkdirSync(path.join(folder, "objects", options.bucket), { recursive: true });
    const [port = 0] = await freePorts(1);
    const server = Server.start(
      toolPath("versitygw"),
      [
        ...["--access", accessKey, "--secret", secretKey, "--region", options.region],
        ...["--port", `127.0.0.1:${port}`, "--quiet"],
        ...["posix", path.join(folder, "objects")],
      ],
      path.join(folder, "s3.log"),
    );
    await eventually("S3 answers", async () => (await fetch(`http://127.0.0.1:${port}/`)).status);
    const proxy = http.createServer((request, response) => {
      if (s3.unavailable) {
        s3.refused += 1;
        request.resume();
        response.writeHead(503, { "content-type": "application/xml" });
        response.end("<Error><Code>SlowDown</Code><Message>Reduce your rate.</Message></Error>");
        return;
      }
      s3.requests.push(`${request.method} ${request.url?.split("?")[0]}`);
      const { method, url, headers } = request;
      const forwarded = http.request({ host: "127.0.0.1", port, method, path: url, headers });
      forwarded.on("response", (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      forwarded.on("error", () => response.destroy());
      request.pipe(forwarded);
    });
    const { port: proxyPort, stop } = await listen(proxy);
    const s3: S3 = new S3(
      path.join(folder, "objects", options.bucket),
      `127.0.0.1:${proxyPort}`,
      async () => {
        await stop();
        await server.stop();
      },
    );
    return s3;
  }

  /** Loki configuration that uses this server. */
  get lokiOverlay(): Values {
    return lokiStorage(this.endpoint);
  }

  /** Keys of the objects in the bucket. */
  keys(): string[] {
    return filesBelow(this.folder).filter((key) => !key.startsWith(".sgwtmp"));
  }

  /** Keys of the chunks, without the index, rules and files of the compactor. */
  chunks(): string[] {
    return this.keys().filter((key) => key.startsWith("fake/"));
  }
}

/** Loki configuration that uses S3 at a host and port. */
export function lokiStorage(endpoint: string): Values {
  return { common: { storage: { s3: { endpoint, insecure: true, s3forcepathstyle: true } } } };
}

/** Credentials as the Pod Identity agent returns them. */
export interface Credentials {
  AccessKeyId: string;
  SecretAccessKey: string;
  Token: string;
}

/** A fake EKS Pod Identity agent, which returns credentials for a token over HTTP. */
export class PodIdentityAgent {
  /** Number of requests without the token of the pod. */
  refused = 0;
  served = 0;

  private constructor(
    /** Environment variables that EKS sets in the pods of an associated service account. */
    readonly environment: Record<string, string>,
    readonly stop: () => Promise<void>,
  ) {}

  /** Default: the credentials of {@link S3}. */
  static async start(
    folder: string,
    credentials: Credentials = {
      AccessKeyId: accessKey,
      SecretAccessKey: secretKey,
      Token: "",
    },
  ): Promise<PodIdentityAgent> {
    const tokenFile = path.join(folder, "eks-pod-identity-token");
    const token = "pod-identity-token";
    fs.writeFileSync(tokenFile, token);
    const server = http.createServer((request, response) => {
      if (request.headers.authorization !== token) {
        agent.refused += 1;
        response.writeHead(401).end();
        return;
      }
      agent.served += 1;
      response.writeHead(200, { "content-type": "application/json" });
      response.end(
        JSON.stringify({
          ...credentials,
          Expiration: new Date(Date.now() + 6 * 3600 * 1000).toISOString(),
        }),
      );
    });
    const { port, stop } = await listen(server);
    const environment = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}/v1/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: tokenFile,
    };
    const agent: PodIdentityAgent = new PodIdentityAgent(environment, stop);
    return agent;
  }
}
