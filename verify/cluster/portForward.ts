import { once } from "node:events";
import * as net from "node:net";
import { PassThrough } from "node:stream";
import type { KubeConfig } from "@kubernetes/client-node" with { "resolution-mode": "import" };
import { ExpectedError } from "../../preview/config/errors";
import type { Api } from "./api";
import { type Pod, type Service, isReady } from "./objects";

/** A port on the loopback interface that is forwarded to a pod. */
export interface Forward {
  url: string;
  close: () => Promise<void>;
}

/** A port of a Service. */
export interface ServicePort {
  namespace: string;
  service: string;
  port: number;
}

export interface ForwardOptions extends ServicePort {
  config: KubeConfig;
  kubernetes: Api;
}

/** Forwards a local port to a ready pod of a Service, like `kubectl port-forward`. */
export async function forwardService(options: ForwardOptions, localPort = 0): Promise<Forward> {
  const { PortForward } = await import("@kubernetes/client-node");
  const { pod, port } = await podOf(options);
  const forwarder = new PortForward(options.config);
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    // The kubelet reports a refused connection on this channel, but keeps the data channel open.
    const errors = new PassThrough().on("data", () => socket.destroy());
    forwarder
      .portForward(options.namespace, pod, [port], socket, errors, socket)
      .then((connection: unknown) => {
        const webSocket = connection as { onclose: () => void; onerror: () => void };
        webSocket.onclose = () => socket.end();
        webSocket.onerror = () => socket.destroy();
      })
      .catch(() => socket.destroy());
  });
  server.listen(localPort, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch (error) {
    throw new ExpectedError(`port ${localPort} is not available: ${(error as Error).message}`);
  }
  const { port: bound } = server.address() as net.AddressInfo;
  return {
    url: `http://127.0.0.1:${bound}`,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** Returns a ready pod of a Service, and the pod's port that the Service targets. */
async function podOf({ kubernetes, namespace, service, port }: ForwardOptions) {
  const path = `/api/v1/namespaces/${namespace}`;
  const object = await kubernetes.find<Service>(`${path}/services/${service}`);
  if (object === undefined) throw new Error(`the Service ${namespace}/${service} does not exist`);
  const selector = Object.entries(object.spec.selector ?? {}).map((entry) => entry.join("="));
  const { items } = await kubernetes.json<{ items: Pod[] }>(
    `${path}/pods?labelSelector=${encodeURIComponent(selector.join(","))}`,
  );
  const pod = items.find(isReady);
  if (pod === undefined) throw new Error(`the Service ${namespace}/${service} has no ready pod`);
  const target =
    object.spec.ports?.find((candidate) => candidate.port === port)?.targetPort ?? port;
  const named = (pod.spec?.containers ?? [])
    .flatMap((container) => container.ports ?? [])
    .find(({ name }) => name === target);
  if (typeof target === "string" && named === undefined) {
    throw new Error(`the pod ${pod.metadata.name} has no port ${target}`);
  }
  return { pod: pod.metadata.name, port: named?.containerPort ?? Number(target) };
}
