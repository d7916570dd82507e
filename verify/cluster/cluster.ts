import * as http from "node:http";
import * as https from "node:https";
import type { KubeConfig } from "@kubernetes/client-node" with { "resolution-mode": "import" };
import { ExpectedError } from "../../preview/config/errors";
import type { Settings } from "../../stacks/config/parseConfiguration";
import { Api, type Send, requestTimeoutSeconds, sendTo } from "./api";
import { type Forward, type ServicePort, forwardService } from "./portForward";

/** A live cluster, with its own API and, through port-forwards, the APIs of its Services. */
export interface Cluster {
  /** Context in the kubeconfig. */
  context: string;
  /** URL of the context's cluster. */
  server: string;
  kubernetes: Api;
  /** Forwards a port of a Service to the loopback interface. */
  forward: (service: ServicePort, localPort?: number) => Promise<Forward>;
  /** Ends all port-forwards. */
  close: () => Promise<void>;
}

/** Connects to a stack's cluster, with credentials from the kubeconfig, like kubectl. */
export async function connect(settings: Settings, context?: string): Promise<Cluster> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  const { kubeconfig } = settings.cluster;
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig.replace(/^~(?=\/)/, process.env["HOME"] ?? "~"));
  } catch (error) {
    throw new ExpectedError(`the kubeconfig cannot be read: ${(error as Error).message}`);
  }
  const selected = context ?? settings.cluster.context;
  if (selected !== undefined) {
    if (config.getContextObject(selected) === null) {
      const names = config.getContexts().map(({ name }) => name);
      throw new ExpectedError(
        `the kubeconfig has no context ${selected}; contexts: ${names.join(", ") || "none"}`,
      );
    }
    config.setCurrentContext(selected);
  }
  const server = config.getCurrentCluster()?.server;
  if (server === undefined) {
    throw new ExpectedError(
      "the kubeconfig has no current context\n  fix: aws eks update-kubeconfig --name <cluster>, or --context <name>",
    );
  }
  const kubernetes = new Api("the Kubernetes API", kubernetesSend(config, server));
  try {
    await kubernetes.json("/version");
  } catch (error) {
    throw new ExpectedError(
      `cannot connect to ${server} (context ${config.currentContext}): ${reasonOf(error)}\n  next: kubectl version`,
    );
  }
  const forwards: Forward[] = [];
  return {
    context: config.currentContext,
    server,
    kubernetes,
    forward: async (service, localPort) => {
      const forward = await forwardService({ config, kubernetes, ...service }, localPort);
      forwards.push(forward);
      return forward;
    },
    close: async () => {
      await Promise.all(forwards.map((forward) => forward.close()));
    },
  };
}

/** Connects to a stack's cluster while `use` runs. The error of a failed request has no stack trace. */
export async function withCluster<T>(
  settings: Settings,
  context: string | undefined,
  use: (cluster: Cluster) => Promise<T>,
): Promise<T> {
  const cluster = await connect(settings, context);
  try {
    return await use(cluster);
  } catch (error) {
    throw error instanceof ExpectedError || isBug(error)
      ? error
      : new ExpectedError(reasonOf(error));
  } finally {
    await cluster.close();
  }
}

/** Whether an error is a bug in this program. `fetch` also throws a TypeError, but with a cause. */
function isBug(error: unknown): boolean {
  const isInternal = error instanceof TypeError || error instanceof RangeError;
  return isInternal && error.cause === undefined;
}

/** Returns the API of a Service, through a port-forward. */
export async function serviceApi(
  cluster: Pick<Cluster, "forward">,
  name: string,
  service: ServicePort,
  headers?: Record<string, string>,
): Promise<Api> {
  const { url } = await cluster.forward(service);
  return new Api(name, sendTo(url, headers));
}

/**
 * Returns the messages of an error and its cause. If `fetch` fails, only the cause contains the reason.
 */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { code?: string };
  const message = error.message || (code ?? error.name);
  return error.cause === undefined ? message : `${message}: ${reasonOf(error.cause)}`;
}

function kubernetesSend(config: KubeConfig, server: string): Send {
  const base = new URL(server);
  const { request: open } = base.protocol === "http:" ? http : https;
  return async (path, { method = "GET", headers, body } = {}) => {
    const options: https.RequestOptions = { method, headers: { ...headers } };
    await config.applyToHTTPSOptions(options);
    const url = new URL(base.pathname.replace(/\/$/, "") + path, base);
    return new Promise((resolve, reject) => {
      const request = open(url, options, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          resolve({
            status: response.statusCode ?? 0,
            text: Buffer.concat(chunks).toString(),
          });
        });
      });
      request.setTimeout(requestTimeoutSeconds * 1000, () =>
        request.destroy(new Error(`no answer within ${requestTimeoutSeconds} s`)),
      );
      request.on("error", reject);
      request.end(body);
    });
  };
}
