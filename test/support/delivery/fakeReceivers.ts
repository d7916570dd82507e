import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import * as net from "node:net";
import * as path from "node:path";
import * as tls from "node:tls";
import { listen } from "../ports";

/** A certificate that clients trust with `caFile`. */
export interface Certificate {
  caFile: string;
  key: string;
  cert: string;
}

/** Creates a certificate for these host names with openssl. */
export function createCertificate(folder: string, hosts: string[]): Certificate {
  const keyFile = path.join(folder, "key.pem");
  const caFile = path.join(folder, "cert.pem");
  const names = hosts.map((host) => `DNS:${host}`).join(",");
  const { status, stderr, error } = spawnSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
      ...["-keyout", keyFile, "-out", caFile, "-days", "2", "-subj", `/CN=${hosts[0]}`],
      ...["-addext", `subjectAltName=${names}`],
    ],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`openssl: ${error?.message ?? stderr}`);
  return { caFile, key: fs.readFileSync(keyFile, "utf8"), cert: fs.readFileSync(caFile, "utf8") };
}

/** A request that a fake API received. */
export interface ReceivedRequest {
  path: string;
  authorization: string | undefined;
  body: any;
}

/** A local server that accepts every JSON request. */
export interface FakeApi {
  url: string;
  requests: ReceivedRequest[];
  stop: () => Promise<void>;
}

export async function startFakeApi(): Promise<FakeApi> {
  const requests: ReceivedRequest[] = [];
  const server = http.createServer(recorder(requests, () => ({})));
  const { port, stop } = await listen(server);
  return { url: `http://127.0.0.1:${port}`, requests, stop };
}

/** Slack's API behind a proxy, because Alertmanager updates messages only at slack.com. */
export interface FakeSlackApi {
  proxyUrl: string;
  requests: ReceivedRequest[];
  stop: () => Promise<void>;
}

export async function startFakeSlackApi({ key, cert }: Certificate): Promise<FakeSlackApi> {
  const requests: ReceivedRequest[] = [];
  const answer = (body: { channel?: string; ts?: string }) => ({
    ok: true,
    channel: `ID of ${body.channel}`,
    ts: body.ts ?? `${requests.length}.0`,
  });
  const api = https.createServer({ key, cert }, recorder(requests, answer));
  const { port: apiPort, stop: stopApi } = await listen(api);
  const proxy = http.createServer();
  proxy.on("connect", (request, client: net.Socket) => {
    if (request.url !== "slack.com:443") return void client.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    const upstream = net.connect(apiPort, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      upstream.pipe(client).pipe(upstream);
    });
    for (const socket of [client, upstream]) socket.on("error", () => socket.destroy());
  });
  const { port, stop } = await listen(proxy);
  return {
    proxyUrl: `http://127.0.0.1:${port}`,
    requests,
    stop: async () => {
      await Promise.all([stop(), stopApi()]);
    },
  };
}

/** An email that the fake SMTP server received. */
export interface Email {
  from: string;
  to: string[];
  /** The decoded credentials of `AUTH PLAIN`. */
  auth: string;
  subject: string;
  text: string;
}

/** A local SMTP server that accepts emails only after STARTTLS and authentication. */
export interface FakeSmtp {
  /** `localhost:<port>`. */
  smarthost: string;
  emails: Email[];
  stop: () => Promise<void>;
}

export async function startFakeSmtp({ key, cert }: Certificate): Promise<FakeSmtp> {
  const emails: Email[] = [];
  const server = net.createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.write("220 localhost\r\n");
    converse(socket, false);
  });
  function converse(socket: net.Socket, isEncrypted: boolean): void {
    let buffer = "";
    let data: string[] | undefined;
    let email: Email = { from: "", to: [], auth: "", subject: "", text: "" };
    const reply = (text: string): void => void socket.write(`${text}\r\n`);
    const command = (line: string): void => {
      const [verb = "", argument = ""] = line.split(/ (.*)/s);
      const address = /<(.*)>/.exec(argument)?.[1] ?? "";
      switch (verb) {
        case "EHLO":
          return reply(
            isEncrypted ? "250-localhost\r\n250 AUTH PLAIN" : "250-localhost\r\n250 STARTTLS",
          );
        case "STARTTLS":
          reply("220 go ahead");
          socket.removeAllListeners("data");
          return converse(new tls.TLSSocket(socket, { isServer: true, key, cert }), true);
        case "AUTH":
          email.auth = Buffer.from(argument.split(" ")[1] ?? "", "base64").toString();
          return reply("235 accepted");
        case "MAIL":
          if (email.auth === "") return reply("530 authentication required");
          email.from = address;
          return reply("250 ok");
        case "RCPT":
          email.to.push(address);
          return reply("250 ok");
        case "DATA":
          data = [];
          return reply("354 go ahead");
        case "QUIT":
          reply("221 bye");
          return void socket.end();
        default:
          return reply("500 unknown command");
      }
    };
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk: Buffer) => {
      buffer += chunk.toString("utf8");
      const lines = buffer.split("\r\n");
      buffer = lines.pop() ?? "";
      for (const line of lines) {
        if (data === undefined) command(line);
        else if (line !== ".") data.push(line);
        else {
          emails.push({ ...email, ...parsedMessage(data) });
          email = { ...email, to: [] };
          data = undefined;
          reply("250 queued");
        }
      }
    });
  }
  const { port, stop } = await listen(server);
  return { smarthost: `localhost:${port}`, emails, stop };
}

/** The subject and the decoded text of a multipart message. */
function parsedMessage(lines: string[]): Pick<Email, "subject" | "text"> {
  const message = lines.join("\n");
  const subject = /^Subject: (.*)$/m.exec(message)?.[1] ?? "";
  const part = /Content-Type: text\/plain[^]*?\n\n([^]*?)\n--/.exec(message)?.[1] ?? "";
  const bytes = part
    .replace(/=\n/g, "")
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return { subject, text: Buffer.from(bytes, "latin1").toString("utf8") };
}

function recorder(
  requests: ReceivedRequest[],
  answer: (body: ReceivedRequest["body"]) => object,
): http.RequestListener {
  return (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(chunks).toString());
      const { authorization } = request.headers;
      requests.push({ path: request.url ?? "", authorization, body });
      response.setHeader("content-type", "application/json").end(JSON.stringify(answer(body)));
    });
  };
}
