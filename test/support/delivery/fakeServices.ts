import * as http from "node:http";
import type { AddressInfo } from "node:net";

/** The faults that the six contract alerts are there for. */
export const faults = {
  errors: "HighErrorRate",
  slowness: "HighLatencyP99",
  crashLoop: "PodCrashLooping",
  memory: "HighMemory",
  cpu: "HighCPU",
  throttling: "DynamoDBThrottling",
} as const;
export type Fault = keyof typeof faults;

/** Requests a second of a healthy service. */
const requestsPerSecond = 50;
const memoryLimit = 512 * 1024 * 1024;
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * Services that do nothing but measure themselves, with the metrics of the system that this project
 * watches, and beside them what kube-state-metrics and cAdvisor say of their pods. Faults change what
 * is measured, from one scrape to the next.
 */
export interface FakeServices {
  /** `host:port`, to scrape. */
  address: string;
  inject: (service: string, fault: Fault) => void;
  /** Everything is well again. */
  heal: (service: string) => void;
  stop: () => Promise<void>;
}

export const applicationNamespace = "ticketing";

export function podOf(service: string): string {
  return `${service}-7d9f8b5c4-x2x4z`;
}

export async function startFakeServices(names: string[]): Promise<FakeServices> {
  const services = new Map(names.map((name) => [name, new Service(name)]));
  const server = http.createServer((request, response) => {
    const [, kind, name = ""] = (request.url ?? "").split("/");
    const every = [...services.values()];
    const pages: Record<string, () => string[] | undefined> = {
      services: () => services.get(name)?.ownMetrics(),
      "kube-state-metrics": () => every.flatMap((service) => service.kubeStateMetrics()),
      cadvisor: () => every.flatMap((service) => service.containerMetrics()),
    };
    const lines = pages[kind ?? ""]?.();
    if (lines === undefined) response.writeHead(404).end();
    else
      response.setHeader("content-type", "text/plain; version=0.0.4").end(`${lines.join("\n")}\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const service = (name: string): Service => {
    const found = services.get(name);
    if (found === undefined) throw new Error(`there is no service ${name}`);
    return found;
  };
  return {
    address: `127.0.0.1:${port}`,
    inject: (name, fault) => service(name).change((current) => current.add(fault)),
    heal: (name) => service(name).change((current) => current.clear()),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const born = Date.now();

/** What Prometheus has of healthy services once their labels are attached, for many at a time. */
export function serviceMetrics(names: string[]): string[] {
  return names.flatMap((name) => {
    const service = (everyone[name] ??= new Service(name, born));
    const labels = `namespace="${applicationNamespace}",service="${name}",pod="${podOf(name)}"`;
    const own = service
      .ownMetrics()
      .map((line) =>
        /^\w+\{/.test(line) ? line.replace("{", `{${labels},`) : line.replace(" ", `{${labels}} `),
      );
    return [...own, ...service.kubeStateMetrics(), ...service.containerMetrics()];
  });
}

const everyone: Record<string, Service> = {};

class Service {
  private readonly faults = new Set<Fault>();
  private ok = 0;
  private failed = 0;
  private slow = 0;
  private throttled = 0;
  private cpuSeconds = 0;

  constructor(
    private readonly name: string,
    private last = Date.now(),
  ) {}

  /** What happened before the change is counted as it was. */
  change(faults: (current: Set<Fault>) => void): void {
    this.advance();
    faults(this.faults);
  }

  /** Counts what happened since the last look. */
  private advance(): void {
    const now = Date.now();
    const seconds = (now - this.last) / 1000;
    this.last = now;
    const requests = seconds * requestsPerSecond;
    const share = (fault: Fault, part: number): number => (this.faults.has(fault) ? part : 0);
    this.failed += requests * share("errors", 0.3);
    this.ok += requests * (1 - share("errors", 0.3));
    this.slow += requests * share("slowness", 0.05);
    this.throttled += seconds * share("throttling", 50);
    this.cpuSeconds += seconds * (this.faults.has("cpu") ? 0.95 : 0.2);
  }

  ownMetrics(): string[] {
    this.advance();
    const all = this.ok + this.failed;
    return [
      `http_requests_total{method="GET",route="/tickets",status="200"} ${this.ok}`,
      `http_requests_total{method="GET",route="/tickets",status="500"} ${this.failed}`,
      `grpc_server_handled_total{grpc_method="Reserve",grpc_code="OK"} ${all}`,
      `grpc_server_handled_total{grpc_method="Reserve",grpc_code="Internal"} 0`,
      ...histogram("http_request_duration_seconds", 'route="/tickets"', all, this.slow),
      ...histogram("dynamodb_operation_duration_seconds", 'operation="GetItem"', all, 0),
      ...histogram("redis_command_duration_seconds", 'command="get"', all, 0),
      `dynamodb_throttled_requests_total{table="tickets"} ${this.throttled}`,
      `redis_connection_pool_active_connections 3`,
      `go_goroutines 42`,
    ];
  }

  kubeStateMetrics(): string[] {
    const container = `namespace="${applicationNamespace}",pod="${podOf(this.name)}",container="app"`;
    const crashes = this.faults.has("crashLoop") ? 1 : 0;
    return [
      `kube_pod_info{namespace="${applicationNamespace}",pod="${podOf(this.name)}"} 1`,
      `kube_pod_container_info{${container}} 1`,
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
    const container = `namespace="${applicationNamespace}",pod="${podOf(this.name)}",container="app"`;
    const used = memoryLimit * (this.faults.has("memory") ? 0.95 : 0.4);
    return [
      `container_memory_working_set_bytes{${container}} ${used}`,
      `container_cpu_usage_seconds_total{${container}} ${this.cpuSeconds}`,
    ];
  }
}

/** `slow` of `all` took two seconds, the others two milliseconds. */
function histogram(name: string, labels: string, all: number, slow: number): string[] {
  return [
    ...buckets.map((le) => `${name}_bucket{${labels},le="${le}"} ${le < 2 ? all - slow : all}`),
    `${name}_bucket{${labels},le="+Inf"} ${all}`,
    `${name}_sum{${labels}} ${(all - slow) * 0.002 + slow * 2}`,
    `${name}_count{${labels}} ${all}`,
  ];
}
