import * as http from "node:http";
import { listen } from "../ports";

/** A message that the fake Slack received. */
export interface SlackMessage {
  /** Time of arrival, in milliseconds since 1970. */
  at: number;
  /** Path of the webhook or of the API method. */
  path: string;
  /** The `Authorization` header; requests with a bot token have one. */
  authorization: string | undefined;
  channel: string;
  title: string;
  titleLink: string | undefined;
  text: string;
  color: string;
}

/** How Slack responds: with success, rate limiting, a server error, or not at all. */
export type SlackBehavior = "ok" | 429 | 500 | "hang";

/** A local server for Slack webhooks and `chat.postMessage`. */
export interface FakeSlack {
  url: string;
  /** Accepted messages, in order. */
  messages: SlackMessage[];
  /** Number of requests that were not answered with 200. */
  refused: () => number;
  /** All other requests, such as heartbeats, in order. */
  posts: { at: number; path: string; body: unknown }[];
  behave: (behavior: SlackBehavior) => void;
  stop: () => Promise<void>;
}

export async function startFakeSlack(): Promise<FakeSlack> {
  let behavior: SlackBehavior = "ok";
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
      if (behavior !== "ok") {
        refused++;
        if (behavior === "hang") return;
        response.writeHead(behavior, { "retry-after": "1" }).end("rate_limited");
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
  const { port, stop } = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    messages,
    posts,
    refused: () => refused,
    behave: (next) => (behavior = next),
    stop,
  };
}

interface SlackRequest {
  channel?: string;
  attachments?: { title?: string; title_link?: string; text?: string; color?: string }[];
}

/** The Secrets of a stack with one webhook and a heartbeat, whose URLs are those of the fake Slack. */
export function secretsAt(url: string): Record<string, string> {
  return {
    "webhook-url": `${url}/services/default`,
    "heartbeat-url": `${url}/beat`,
  };
}

/** Configuration with these secrets, for a preview, which does not use their URLs. */
export const exampleSecrets = {
  "monitoring:slackWebhookUrl": "https://hooks.example.com/default",
  "monitoring:heartbeatUrl": "https://heartbeat.example.com/beat",
};
