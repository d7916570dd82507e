import * as http from "node:http";
import { listen } from "../ports";
import { type ExposedHistogram, protobufContentType, protobufPage } from "./protobufExposition";

/** Faults that a test can inject, and the alert that detects each of them. */
export const faults = {
  errors: "HighErrorRate",
  slowness: "HighLatencyP99",
  crashLoop: "PodCrashLooping",
  memory: "HighMemory",
  cpu: "HighCPU",
  throttling: "DynamoDBThrottling",
} as const;
export type Fault = keyof typeof faults;

/** Requests per second to a healthy service. */
const requestsPerSecond = 50;
const memoryLimit = 512 * 1024 * 1024;
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * Fake services that only expose metrics: those of the monitored system, and those of
 * kube-state-metrics and cAdvisor for their pods. A fault changes the metrics at the next scrape. As
 * client libraries do, services expose native histograms, next to classic ones, in the Protobuf format.
 */
export interface FakeServices {
  /** Scrape address, as `host:port`. */
  address: string;
  inject: (service: string, fault: Fault) => void;
  /** Replaces the image of a service, whose tag is 1.4.1 at first. */
  deploy: (service: string, tag: string) => void;
  /** Removes all faults of a service. */
  heal: (service: string) => void;
  stop: () => Promise<void>;
}

export const applicationNamespace = "ticketing";

export function podOf(service: string): string {
  return `${replicaSetOf(service)}-x2x4z`;
}

const replicaSetOf = (service: string) => `${service}-7d9f8b5c4`;

export function imageOf(service: string, tag: string): string {
  return `registry.example.com/${service}:${tag}`;
}

/** Starts services; `namespaces` gives the namespace of each that is not in that of the application. */
export async function startFakeServices(
  names: string[],
  namespaces: Record<string, string> = {},
): Promise<FakeServices> {
  const services = new Map(names.map((name) => [name, new Service(name, namespaces[name])]));
  const server = http.createServer((request, response) => {
    const [, kind, name = ""] = (request.url ?? "").split("/");
    const page = services.get(kind === "services" ? name : "");
    if (
      page !== undefined &&
      request.headers.accept?.startsWith("application/vnd.google.protobuf")
    ) {
      response.setHeader("content-type", protobufContentType).end(page.protobufMetrics());
      return;
    }
    const all = [...services.values()];
    const pages: Record<string, () => string[] | undefined> = {
      services: () => services.get(name)?.serviceMetrics(),
      "kube-state-metrics": () => all.flatMap((service) => service.kubeStateMetrics()),
      cadvisor: () => [
        ...all.flatMap((service) => service.containerMetrics()),
        // Of Prometheus itself; without it, the metrics of all containers are missing.
        'container_memory_working_set_bytes{namespace="monitoring",pod="prometheus-0",container="prometheus"} 1e9',
      ],
    };
    const lines = pages[kind ?? ""]?.();
    if (lines === undefined) response.writeHead(404).end();
    else
      response.setHeader("content-type", "text/plain; version=0.0.4").end(`${lines.join("\n")}\n`);
  });
  const { port, stop } = await listen(server);
  const service = (name: string): Service => {
    const match = services.get(name);
    if (match === undefined) throw new Error(`unknown service ${name}`);
    return match;
  };
  return {
    address: `127.0.0.1:${port}`,
    inject: (name, fault) => service(name).change((current) => current.add(fault)),
    deploy: (name, tag) => {
      service(name).tag = tag;
    },
    heal: (name) => service(name).change((current) => current.clear()),
    stop,
  };
}

const startedAt = Date.now();

/** Metrics of healthy services, with the target labels that Prometheus adds. */
export function serviceMetrics(names: string[]): string[] {
  return names.flatMap((name) => {
    const service = (healthyServices[name] ??= new Service(name, applicationNamespace, startedAt));
    const labels = `namespace="${applicationNamespace}",service="${name}",pod="${podOf(name)}"`;
    const scraped = service
      .serviceMetrics()
      .map((line) =>
        /^\w+\{/.test(line) ? line.replace("{", `{${labels},`) : line.replace(" ", `{${labels}} `),
      );
    return [...scraped, ...service.kubeStateMetrics(), ...service.containerMetrics()];
  });
}

const healthyServices: Record<string, Service> = {};

class Service {
  tag = "1.4.1";
  private readonly faults = new Set<Fault>();
  private ok = 0;
  private failed = 0;
  private slow = 0;
  private throttled = 0;
  private cpuSeconds = 0;

  constructor(
    private readonly name: string,
    private readonly namespace = applicationNamespace,
    private lastUpdate = Date.now(),
  ) {}

  /** Changes the faults, after counting the time before the change with the current ones. */
  change(faults: (current: Set<Fault>) => void): void {
    this.advance();
    faults(this.faults);
  }

  /** Advances all counters to the current time. */
  private advance(): void {
    const now = Date.now();
    const seconds = (now - this.lastUpdate) / 1000;
    this.lastUpdate = now;
    const requests = seconds * requestsPerSecond;
    const rate = (fault: Fault, value: number): number => (this.faults.has(fault) ? value : 0);
    this.failed += requests * rate("errors", 0.3);
    this.ok += requests * (1 - rate("errors", 0.3));
    this.slow += requests * rate("slowness", 0.05);
    this.throttled += seconds * rate("throttling", 50);
    this.cpuSeconds += seconds * (this.faults.has("cpu") ? 0.95 : 0.2);
  }

  serviceMetrics(): string[] {
    return [...this.numbers(), ...this.histograms().flatMap(textOf)];
  }

  protobufMetrics(): Buffer {
    return protobufPage(this.numbers(), this.histograms());
  }

  private numbers(): string[] {
    this.advance();
    const all = this.ok + this.failed;
    return [
      `http_requests_total{method="GET",route="/tickets",status="200"} ${this.ok}`,
      `http_requests_total{method="GET",route="/tickets",status="500"} ${this.failed}`,
      `grpc_server_handled_total{grpc_method="Reserve",grpc_code="OK"} ${all}`,
      `grpc_server_handled_total{grpc_method="Reserve",grpc_code="Internal"} 0`,
      `dynamodb_throttled_requests_total{table="tickets"} ${this.throttled}`,
      `redis_connection_pool_active_connections 3`,
      `go_goroutines 42`,
    ];
  }

  private histograms(): ExposedHistogram[] {
    const all = this.ok + this.failed;
    return [
      histogram("http_request_duration_seconds", { route: "/tickets" }, all, this.slow),
      histogram("grpc_server_handling_seconds", { grpc_method: "Reserve" }, all, 0),
      histogram("dynamodb_operation_duration_seconds", { operation: "GetItem" }, all, 0),
      histogram("redis_command_duration_seconds", { command: "get" }, all, 0),
    ];
  }

  kubeStateMetrics(): string[] {
    const pod = `namespace="${this.namespace}",pod="${podOf(this.name)}"`;
    const container = `${pod},container="app"`;
    const crashes = this.faults.has("crashLoop") ? 1 : 0;
    return [
      `kube_pod_info{${pod}} 1`,
      `kube_pod_owner{${pod},owner_kind="ReplicaSet",owner_name="${replicaSetOf(this.name)}"} 1`,
      `kube_pod_container_info{${container},image="${imageOf(this.name, this.tag)}"} 1`,
      `kube_pod_container_status_waiting_reason{${container},reason="CrashLoopBackOff"} ${crashes}`,
      `kube_pod_container_status_restarts_total{${container}} ${crashes * 7}`,
      `kube_pod_container_resource_limits{${container},resource="memory",unit="byte"} ${memoryLimit}`,
      `kube_pod_container_resource_limits{${container},resource="cpu",unit="core"} 1`,
      `kube_pod_container_resource_requests{${container},resource="memory",unit="byte"} ${memoryLimit}`,
      `kube_pod_container_resource_requests{${container},resource="cpu",unit="core"} 0.5`,
    ];
  }

  containerMetrics(): string[] {
    this.advance();
    const container = `namespace="${this.namespace}",pod="${podOf(this.name)}",container="app"`;
    const used = memoryLimit * (this.faults.has("memory") ? 0.95 : 0.4);
    return [
      `container_memory_working_set_bytes{${container}} ${used}`,
      `container_cpu_usage_seconds_total{${container}} ${this.cpuSeconds}`,
    ];
  }
}

/** A histogram of `all` observations: `slow` took two seconds, the rest two milliseconds. */
function histogram(
  name: string,
  labels: Record<string, string>,
  all: number,
  slow: number,
): ExposedHistogram {
  const observations = [
    { seconds: 0.002, count: all - slow },
    { seconds: 2, count: slow },
  ];
  return { name, labels, observations, classicBounds: buckets };
}

function textOf({ name, labels, observations, classicBounds = [] }: ExposedHistogram): string[] {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const upTo = (bound: number) =>
    observations
      .filter(({ seconds }) => seconds <= bound)
      .reduce((sum, { count }) => sum + count, 0);
  const sum = observations.reduce((total, { seconds, count }) => total + seconds * count, 0);
  const bucket = (le: string) => `${name}_bucket{${[...pairs, `le="${le}"`].join(",")}}`;
  return [
    ...classicBounds.map((bound) => `${bucket(String(bound))} ${upTo(bound)}`),
    `${bucket("+Inf")} ${upTo(Infinity)}`,
    `${name}_sum{${pairs.join(",")}} ${sum}`,
    `${name}_count{${pairs.join(",")}} ${upTo(Infinity)}`,
  ];
}
