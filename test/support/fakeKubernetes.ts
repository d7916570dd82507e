import { once } from "node:events";
import * as fs from "node:fs";
import * as http from "node:http";
import * as net from "node:net";
import * as path from "node:path";
import { kubeconfigOf } from "./kubeconfig";

/** The part of `ws` that this file uses. It has no types, and comes with the Kubernetes client. */
const { WebSocketServer } = require("ws") as { WebSocketServer: any };

/**
 * A fake of the Kubernetes API on loopback: the caller answers requests for objects, and port-forwards
 * of pods lead to local ports, by the port of the pod.
 */
export class FakeKubernetes {
  readonly #server: http.Server;

  constructor(
    answer: http.RequestListener,
    readonly localPorts: Record<number, number>,
  ) {
    this.#server = http.createServer(answer);
    const sockets = new WebSocketServer({
      server: this.#server,
      handleProtocols: () => "v4.channel.k8s.io",
    });
    sockets.on("connection", (socket: any, request: http.IncomingMessage) => {
      const port = Number(new URL(request.url ?? "", "http://fake").searchParams.get("ports"));
      this.#forward(socket, port);
    });
  }

  /** Starts the server, and returns the path of a kubeconfig for it. */
  async start(folder: string): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const { port } = this.#server.address() as net.AddressInfo;
    const file = path.join(folder, "kubeconfig");
    const cluster = { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true };
    fs.writeFileSync(file, kubeconfigOf("fake", cluster, "token"));
    return file;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** Each message starts with its channel: 0 for data, 1 for errors. The first has the port. */
  #forward(socket: any, port: number): void {
    const send = (channel: number, data: Buffer) =>
      socket.send(Buffer.concat([Buffer.from([channel]), data]));
    const number = Buffer.alloc(2);
    number.writeUInt16LE(port);
    send(0, number);
    send(1, number);
    const local = net.connect(this.localPorts[port] ?? 9, "127.0.0.1");
    local.on("data", (data) => send(0, data));
    local.on("error", (error) => send(1, Buffer.from(error.message)));
    local.on("close", () => socket.close());
    socket.on("message", (data: Buffer) => local.write(data.subarray(1)));
    socket.on("close", () => local.destroy());
  }
}
