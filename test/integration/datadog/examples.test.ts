import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { logPipeline } from "../../../components/logs/pipeline";
import { toolPath } from "../../../tools/paths.cjs";
import { containerEnvironment } from "../../support/kubelet";
import { projectDirectory } from "../../support/stackConfig";
import { DogStatsd, type Metric } from "./dogStatsd";
import { freePorts } from "../../support/ports";
import { Program } from "./programs";

interface Span {
  name: string;
  resource: string;
  service: string;
  trace_id: string;
  parent_id: string;
  error: number;
  meta: Record<string, string>;
}

interface Example {
  workload: { service: string; version: string; environment: string };
  /** Name of the span that the library creates for a request. */
  request: string;
  /** Starts the example on a local port. */
  start: (port: number, env: Record<string, string | undefined>) => Program;
  /** Trace ID in the line that the example logs in its span. */
  traceIdIn: (line: Record<string, string>) => string | undefined;
}

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "datadog-examples-"));
const folder = (example: string): string => path.join(projectDirectory, "examples", example);

const examples: Record<string, Example> = {
  fastapi: {
    workload: { service: "auth-service", version: "2.0.1", environment: "prod" },
    request: "fastapi.request",
    start: (port, env) => {
      const uvicorn = ["-m", "uvicorn", "main:app", "--host", "127.0.0.1", "--port", String(port)];
      // The module of the command `ddtrace-run`.
      return new Program("python3", ["-m", "ddtrace.commands.ddtrace_run", "python3", ...uvicorn], {
        cwd: folder("fastapi"),
        env: { ...pythonEnvironment(), ...env },
      });
    },
    traceIdIn: (line) => line["trace_id"],
  },
  go: {
    workload: { service: "inventory-service", version: "1.4.2", environment: "staging" },
    request: "http.request",
    start: (port, env) =>
      new Program(compiledGo(), [], {
        cwd: scratch,
        env: { ...process.env, ...env, ADDRESS: `127.0.0.1:${port}` },
      }),
    traceIdIn: (line) => line["dd.trace_id"],
  },
};

describe("examples of traced services", () => {
  after(() => fs.rmSync(scratch, { recursive: true, force: true }));

  for (const [name, { workload, request, start, traceIdIn }] of Object.entries(examples)) {
    describe(name, () => {
      let spans: Span[];
      let logged: Record<string, string>;
      let metrics: Metric[];
      let profiles: Profile[];

      before(async function () {
        // The first build of the Go example compiles the tracing library.
        this.timeout(600_000);
        const [agentPort = 0, otlpHttp = 0, otlpGrpc = 0, port = 0] = await freePorts(4);
        const agent = testAgent(agentPort, otlpHttp, otlpGrpc);
        const dogStatsd = await DogStatsd.start();
        try {
          const agentUrl = `http://127.0.0.1:${agentPort}`;
          await agent.answer(`${agentUrl}/info`);
          const service = start(port, {
            ...containerEnvironment(
              { ...workload, profiling: true },
              { nodeAddress: "127.0.0.1", uid: "7c1f" },
            ),
            // Free ports instead of the fixed ports of the agent.
            DD_TRACE_AGENT_PORT: String(agentPort),
            DD_DOGSTATSD_PORT: String(dogStatsd.port),
            // By default profiles are sent every minute; Python sends them more often, Go at exit.
            DD_PROFILING_UPLOAD_INTERVAL: "2",
            DD_PROFILING_FLUSH_ON_EXIT: "true",
          });
          try {
            assert.deepEqual(
              JSON.parse(await service.answer(`http://127.0.0.1:${port}/seats/A1`)),
              { seat: "A1" },
            );
            await dogStatsd.waitFor("tickets.seats_reserved");
          } finally {
            await service.stop();
          }
          spans = spansIn(await agent.answer(`${agentUrl}/test/traces`));
          logged = lineWith(service.output, "seat reserved");
          metrics = dogStatsd.received;
          profiles = profilesIn(await agent.answer(`${agentUrl}/test/session/requests`));
        } finally {
          dogStatsd.stop();
          await agent.stop();
        }
      });

      it("sends the span of a request with a custom span inside it", () => {
        const outer = spans.find((span) => span.name === request);
        const inner = spans.find((span) => span.name === "seats.reserve");
        assert.ok(outer && inner, JSON.stringify(spans.map((span) => span.name)));
        assert.equal(outer.resource, "GET /seats/{seat}");
        assert.equal(outer.meta["http.status_code"], "200");
        assert.equal(inner.trace_id, outer.trace_id);
        assert.notEqual(inner.parent_id, "0");
      });

      it("tags every span with env, service and version of datadogEnv", () => {
        assert.deepEqual(
          new Set(
            spans.map(({ service, meta }) => [service, meta["env"], meta["version"]].join(" ")),
          ),
          new Set([`${workload.service} ${workload.environment} ${workload.version}`]),
        );
      });

      it("sends a custom metric with the same tags and its pod", () => {
        const [metric] = metrics.filter(({ name }) => name === "tickets.seats_reserved");
        assert.ok(metric, JSON.stringify(metrics));
        assert.deepEqual([metric.value, metric.type], ["1", "c"]);
        assert.deepEqual(identityIn(metric.tags), expectedTags(workload));
        // The origin detection of the agent turns this into the tags of the pod.
        assert.ok(metric.tags.includes("dd.internal.entity_id:7c1f"), String(metric.tags));
      });

      it("uploads a profile of the same service", () => {
        assert.ok(profiles.length > 0);
        for (const { family, tags } of profiles) {
          assert.deepEqual(identityIn(tags), expectedTags(workload));
          assert.equal(family, name === "go" ? "go" : "python");
        }
      });

      it("logs the trace ID in a format that the collector of Loki reads", () => {
        assert.equal(traceIdForLoki(JSON.stringify(logged)), traceIdIn(logged));
      });

      it("logs the ID of its trace", () => {
        const hex = traceIdIn(logged) ?? "";
        assert.match(hex, /^[0-9a-f]{32}$/);
        assert.deepEqual(
          [...new Set(spans.map((span) => span.trace_id))],
          [BigInt(`0x${hex.slice(16)}`).toString()],
        );
      });
    });
  }

  it("the Python example requires the tested versions", () => {
    const locked = fs.readFileSync(
      path.join(projectDirectory, "tools/python/datadog/requirements.in"),
      "utf8",
    );
    const required = fs.readFileSync(path.join(folder("fastapi"), "requirements.txt"), "utf8");
    for (const line of required.trim().split("\n"))
      assert.ok(locked.split("\n").includes(line), line);
  });
});

/** Tags of the metrics and profiles of a workload. */
function expectedTags({ environment, service, version }: Example["workload"]): string[] {
  return [`env:${environment}`, `service:${service}`, `version:${version}`];
}

/** The distinct tags that identify a workload. */
function identityIn(tags: string[]): string[] {
  return [...new Set(tags.filter((tag) => /^(env|service|version):/.test(tag)))].sort();
}

interface Profile {
  family: string;
  tags: string[];
}

/** Profiles in requests to `/profiling/v1/input`; the form field `event` describes each of them. */
function profilesIn(requests: string): Profile[] {
  const received = JSON.parse(requests) as { url: string; body: string }[];
  return received
    .filter(({ url }) => url.endsWith("/profiling/v1/input"))
    .map(({ body }) => {
      const form = Buffer.from(body, "base64").toString("latin1");
      const [, json = "null"] = /name="event"[^]*?\r\n\r\n(\{[^]*?\})\s*\r\n--/.exec(form) ?? [];
      const event = JSON.parse(json) as { family: string; tags_profiler: string } | null;
      assert.ok(event, form.slice(0, 500));
      return { family: event.family, tags: event.tags_profiler.split(",") };
    });
}

/** Starts Datadog's test agent, which returns the received traces as JSON. */
function testAgent(port: number, otlpHttp: number, otlpGrpc: number): Program {
  const ports = ["--port", port, "--otlp-http-port", otlpHttp, "--otlp-grpc-port", otlpGrpc];
  return new Program("python3", ["-m", "ddapm_test_agent.agent", ...ports.map(String)], {
    cwd: scratch,
    env: pythonEnvironment(),
  });
}

function pythonEnvironment(): Record<string, string | undefined> {
  const { error } = spawnSync("python3", ["--version"]);
  if (error) throw new Error("python3 is not on PATH: install Python 3.11 or newer");
  return {
    ...process.env,
    PYTHONPATH: toolPath("datadogPython"),
    PYTHONDONTWRITEBYTECODE: "1",
  };
}

function compiledGo(): string {
  const program = path.join(scratch, "example");
  const { error, status, stderr } = spawnSync("go", ["build", "-o", program, "."], {
    cwd: folder("go"),
    env: { ...process.env, CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "-mod=readonly" },
    encoding: "utf8",
  });
  if (error) throw new Error("go is not on PATH: install Go 1.26 or newer");
  assert.equal(status, 0, stderr);
  return program;
}

/** Parses traces with their IDs as strings, because a JavaScript number cannot hold 64 bits. */
function spansIn(traces: string): Span[] {
  const quoted = traces.replace(/("(?:trace|span|parent)_id": )(\d+)/g, '$1"$2"');
  return (JSON.parse(quoted) as Span[][]).flat();
}

/** Value that the collector extracts from a line as structured metadata `trace_id`. */
function traceIdForLoki(line: string): string | undefined {
  const [expression] = logPipeline()
    .filter(({ name }) => name === "regex")
    .map(({ fields }) => fields["expression"] as string)
    .filter((regex) => regex.includes("<trace_id>"));
  assert.ok(expression);
  // Translates Go syntax to JavaScript syntax.
  const pattern = expression.replace(/^\(\?i\)/, "").replace("(?P<", "(?<");
  return new RegExp(pattern, "i").exec(line)?.groups?.["trace_id"];
}

function lineWith(output: string, message: string): Record<string, string> {
  const line = output
    .split("\n")
    .find((candidate) => candidate.startsWith("{") && candidate.includes(message));
  assert.ok(line, output);
  return JSON.parse(line) as Record<string, string>;
}
