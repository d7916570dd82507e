import * as http from "node:http";
import type { AddressInfo } from "node:net";

/** One message as Slack received it. */
export interface SlackMessage {
  /** When, in milliseconds since 1970. */
  at: number;
  /** Path of the webhook, or of the API's method. */
  path: string;
  /** The bot token, where one was used. */
  authorization: string | undefined;
  channel: string;
  title: string;
  titleLink: string | undefined;
  text: string;
  color: string;
}

/** How Slack behaves: takes a message, limits the rate, breaks, or never answers. */
export type Mood = "ok" | 429 | 500 | "hang";

/** Slack's side of webhooks and of `chat.postMessage`, on the loopback. */
export interface FakeSlack {
  url: string;
  /** What was accepted, in order. */
  messages: SlackMessage[];
  /** How many requests were not answered with 200. */
  refused: () => number;
  /** Everything else that was posted, such as heartbeats: paths in order. */
  posts: { at: number; path: string; body: unknown }[];
  behave: (mood: Mood) => void;
  stop: () => Promise<void>;
}

export async function startFakeSlack(): Promise<FakeSlack> {
  let mood: Mood = "ok";
  let refused = 0;
  const messages: SlackMessage[] = [];
  const posts: FakeSlack["posts"] = [];
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as SlackRequest;
      const path = request.url ?? "";
      const [attachment] = body.attachments ?? [];
      if (attachment === undefined) {
        posts.push({ at: Date.now(), path, body });
        response.end("ok");
        return;
      }
      if (mood !== "ok") {
        refused++;
        if (mood === "hang") return;
        response.writeHead(mood, { "retry-after": "1" }).end("rate_limited");
        return;
      }
      messages.push({
        at: Date.now(),
        path,
        authorization: request.headers.authorization,
        channel: body.channel ?? "",
        title: attachment.title ?? "",
        titleLink: attachment.title_link,
        text: attachment.text ?? "",
        color: attachment.color ?? "",
      });
      if (path.startsWith("/api/")) {
        response.writeHead(200, { "content-type": "application/json" }).end('{"ok":true}');
      } else response.end("ok");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    messages,
    posts,
    refused: () => refused,
    behave: (next) => (mood = next),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface SlackRequest {
  channel?: string;
  attachments?: { title?: string; title_link?: string; text?: string; color?: string }[];
}
