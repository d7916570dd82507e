import * as dgram from "node:dgram";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

/** A metric in the DogStatsD format: `name:value|type|@rate|#tag,tag`. */
export interface Metric {
  name: string;
  value: string;
  type: string;
  tags: string[];
}

/** Receives metrics on a local UDP port, as the agent does on port 8125 of each node. */
export class DogStatsd {
  readonly received: Metric[] = [];

  private constructor(private readonly socket: dgram.Socket) {
    socket.on("message", (datagram) => {
      const lines = datagram.toString().split("\n");
      this.received.push(...lines.filter((line) => line !== "").map(metricOf));
    });
  }

  static async start(): Promise<DogStatsd> {
    const socket = dgram.createSocket("udp4").bind(0, "127.0.0.1");
    await once(socket, "listening");
    return new DogStatsd(socket);
  }

  get port(): number {
    return this.socket.address().port;
  }

  /** Waits until it has received a metric with this name. */
  async waitFor(name: string): Promise<void> {
    for (const deadline = Date.now() + 60_000; Date.now() < deadline;) {
      if (this.received.some((metric) => metric.name === name)) return;
      await sleep(50);
    }
    throw new Error(
      `did not receive ${name}, only ${this.received.map((metric) => metric.name).join()}`,
    );
  }

  stop(): void {
    this.socket.close();
  }
}

function metricOf(line: string): Metric {
  const [head = "", type = "", ...fields] = line.split("|");
  const colon = head.indexOf(":");
  const tags = fields.find((field) => field.startsWith("#"));
  return {
    name: head.slice(0, colon),
    value: head.slice(colon + 1),
    type,
    tags: tags?.slice(1).split(",") ?? [],
  };
}
