import { once } from "node:events";
import * as net from "node:net";

/**
 * Ports below the ephemeral range of Linux and macOS, so that no outgoing connection takes one before its
 * server starts. Each worker of Mocha has its own, because it also reserves ports for servers that start
 * later.
 */
const firstPort = 10_000;
const portsOfWorker = 1_000;
const workers = 22;

const worker = Number(process.env["MOCHA_WORKER_ID"] ?? 0) % workers;
let next = Math.floor(Math.random() * portsOfWorker);

/** Distinct unused ports of the loopback interface, which this process does not return again soon. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = firstPort + worker * portsOfWorker + next;
    next = (next + 1) % portsOfWorker;
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

async function isFree(port: number): Promise<boolean> {
  const server = net.createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  await once(server.close(), "close");
  return true;
}

/** A server that listens on the loopback interface. */
export interface Listening {
  port: number;
  /** Stops the server, and ends all of its connections. */
  stop: () => Promise<void>;
}

/** Makes a server listen on an unused port of the loopback interface. */
export async function listen(server: net.Server): Promise<Listening> {
  const sockets = new Set<net.Socket>();
  server.on("connection", (socket) => sockets.add(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as net.AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
