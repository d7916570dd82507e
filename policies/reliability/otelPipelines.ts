import { Path, Plain, at, entriesAt, hasUnknown, isText, listAt, textAt } from "../facts/plain";
import { OtelCollector } from "../facts/otelCollector";
import { PlacedFinding } from "../engine/policy";
import { isLoopback, lacksPath } from "../facts/address";

/**
 * Checks that an OpenTelemetry collector can start, and that each pipeline delivers what it receives.
 */
export function checkOtelPipelines(collector: OtelCollector): PlacedFinding[] {
  const { config, written } = collector;
  const pipelines = entriesAt(config, "service", "pipelines");
  if (hasUnknown(at(config, "service")) || pipelines.length === 0) return [];
  return [
    ...pipelines.flatMap(([name, pipeline]) => checkPipeline(collector, name, pipeline)),
    ...missingExtensions(collector),
    ...unusedExporters(collector, pipelines),
    ...entriesAt(config, "processors").flatMap(([name, settings]) =>
      isUsed(pipelines, "processors", name) ? checkLimiter(collector, name, settings) : [],
    ),
    ...entriesAt(written, "exporters").flatMap(([name, settings]) =>
      checkExporter(collector, name, settings),
    ),
    ...(collector.isShared ? checkReceivers(collector) : []),
  ];
}

function isUsed(pipelines: [string, Plain][], key: string, name: string): boolean {
  return pipelines.some(([, pipeline]) => listAt(pipeline, key).includes(name));
}

/** Returns the kind of a component, such as `otlp` for `otlp/tempo`. */
function kindOf(name: Plain): string {
  return String(name).split("/")[0] ?? "";
}

/** Whether a configuration defines a component. The component's settings may be empty. */
function hasComponent(config: Plain, section: string, name: Plain): boolean {
  return isText(name) && entriesAt(config, section).some(([key]) => key === name);
}

/** Processors that must run before `batch`, which mixes data from different senders. */
const beforeBatch = /^(tail_sampling|groupbytrace)$/;

function checkPipeline(
  { config, path }: OtelCollector,
  name: string,
  pipeline: Plain,
): PlacedFinding[] {
  const place: Path = [...path, "service", "pipelines", name];
  const empty = ["receivers", "exporters"]
    .filter((key) => listAt(pipeline, key).length === 0)
    .map((key) => ({
      path: [...place, key],
      problem: `the pipeline has no ${key}, so the collector does not start`,
      bound: "a receiver and an exporter in each pipeline",
      fix: `set ${key} in the pipeline, or remove the pipeline`,
    }));
  const missing = ["receivers", "processors", "exporters"].flatMap((key) =>
    listAt(pipeline, key)
      .filter(
        (component) =>
          !hasComponent(config, key, component) &&
          (key === "processors" || !hasComponent(config, "connectors", component)),
      )
      .map((component) => ({
        path: [...place, key],
        problem: `the pipeline names a component that does not exist, so the collector does not start`,
        found: String(component),
        bound: `a name that is defined in ${key}`,
        fix: `correct the name, or define ${String(component)} in ${key}`,
      })),
  );
  const kinds = listAt(pipeline, "processors").map(kindOf);
  const batch = kinds.indexOf("batch");
  const late = batch < 0 ? [] : kinds.slice(batch).filter((kind) => isLate(kind));
  return [
    ...empty,
    ...missing,
    ...late.map((kind) => ({
      path: [...place, "processors"],
      problem:
        kind === "memory_limiter"
          ? "memory_limiter comes after batch, which has already buffered the data in memory"
          : `${kind} comes after batch, which mixes the data of several senders`,
      found: kinds.join(", "),
      bound: "memory_limiter first, and batch after the sampling",
      fix: `move ${kind} before batch`,
    })),
  ];
}

function isLate(kind: string): boolean {
  return kind === "memory_limiter" || beforeBatch.test(kind);
}

function missingExtensions({ config, path }: OtelCollector): PlacedFinding[] {
  return listAt(config, "service", "extensions")
    .filter((name) => !hasComponent(config, "extensions", name))
    .map((name) => ({
      path: [...path, "service", "extensions"],
      problem: "an extension is not defined, so the collector does not start",
      found: String(name),
      bound: "a name that is defined in extensions",
      fix: `define ${String(name)} in extensions`,
    }));
}

/** Finds exporters that no pipeline uses. Routing connectors may refer to exporters by name. */
function unusedExporters(
  { config, written, path }: OtelCollector,
  pipelines: [string, Plain][],
): PlacedFinding[] {
  if (entriesAt(config, "connectors").length > 0) return [];
  return entriesAt(written, "exporters")
    .filter(([name]) => hasComponent(config, "exporters", name))
    .filter(([name]) => !/^(debug|logging|nop)$/.test(kindOf(name)))
    .filter(([name]) => !isUsed(pipelines, "exporters", name))
    .map(([name]) => ({
      path: [...path, "exporters", name],
      problem: "no pipeline uses the exporter, so it sends nothing",
      bound: "an exporter in service.pipelines",
      fix: `add ${name} to exporters of a pipeline in service.pipelines`,
    }));
}

function checkLimiter({ path }: OtelCollector, name: string, settings: Plain): PlacedFinding[] {
  if (kindOf(name) !== "memory_limiter" || hasUnknown(settings)) return [];
  const place: Path = [...path, "processors", name];
  const [limit, spike] = ["limit_mib", "spike_limit_mib"].map((key) => Number(at(settings, key)));
  const interval = at(settings, "check_interval") ?? "";
  const problem =
    limit !== undefined && !(limit > 0) && !(Number(at(settings, "limit_percentage")) > 0)
      ? "memory_limiter has no limit, so the collector does not start"
      : interval === "" || interval === 0 || (isText(interval) && /^0\D*$/.test(interval))
        ? "memory_limiter has no check_interval, so the collector does not start"
        : limit !== undefined && spike !== undefined && spike >= limit
          ? "the spike limit of memory_limiter is not below its limit, so the collector does not start"
          : undefined;
  return problem === undefined
    ? []
    : [
        {
          path: place,
          problem,
          bound: "a limit, a lower spike limit and a check interval",
          fix: "set check_interval: 1s, limit_percentage: 80 and spike_limit_percentage: 25",
        },
      ];
}

/** Matches hosts inside the cluster. No public authority issues certificates for them. */
const inCluster = /^(?:[\w-]+|[\w.-]+\.svc(?:\.[\w.-]+)?)(?::\d+|$)/;

function checkExporter({ path }: OtelCollector, name: string, settings: Plain): PlacedFinding[] {
  const kind = kindOf(name);
  const endpoint = textAt(settings, "endpoint") ?? "";
  if (endpoint === "" || /[{$]/.test(endpoint)) return [];
  const findingAt = (problem: string, bound: string, fix: string) => [
    { path: [...path, "exporters", name, "endpoint"], problem, found: endpoint, bound, fix },
  ];
  if (kind === "otlphttp" || kind === "otlp_http") {
    if (!/^https?:\/\//.test(endpoint)) {
      return findingAt(
        "the OTLP/HTTP endpoint has no scheme",
        "a URL such as http://tempo.monitoring.svc:4318",
        "put http:// or https:// before it",
      );
    }
    return /:4317\/?$/.test(endpoint)
      ? findingAt(
          "the OTLP/HTTP endpoint has the port of OTLP/gRPC",
          "port 4318",
          "use port 4318, or the exporter otlp",
        )
      : [];
  }
  if (kind === "otlp" || kind === "otlp_grpc") {
    if (/:4318\b|\/v1\/|\/otlp/.test(endpoint)) {
      return findingAt(
        "the OTLP/gRPC endpoint has the port or the path of OTLP/HTTP",
        "host:4317",
        "use host:4317, or the exporter otlphttp",
      );
    }
    return inCluster.test(endpoint) && at(settings, "tls") === undefined
      ? findingAt(
          "the exporter uses TLS, but no public certificate authority signs a Service's certificate",
          "tls.insecure: true, or tls.ca_file",
          "set tls: {insecure: true}, or configure the Service's certificate authority",
        )
      : [];
  }
  return kind === "prometheusremotewrite" && lacksPath(endpoint)
    ? findingAt(
        "the remote-write URL has no path, so the storage rejects the samples",
        "a URL such as https://<host>/api/v1/push",
        "write the URL that the storage documents for remote write",
      )
    : [];
}

/** Finds receivers that listen on the loopback interface, where other pods cannot connect. */
function checkReceivers({ written, path }: OtelCollector): PlacedFinding[] {
  return entriesAt(written, "receivers").flatMap(([name, receiver]) =>
    entriesAt(receiver, "protocols")
      .filter(([, settings]) => isLoopback(textAt(settings, "endpoint") ?? ""))
      .map(([protocol]) => ({
        path: [...path, "receivers", name, "protocols", protocol, "endpoint"],
        problem:
          "the receiver listens only on the pod's loopback interface, so no other pod can send to it",
        bound: "0.0.0.0, or the address of the pod",
        fix: "write 0.0.0.0, or ${env:MY_POD_IP}, instead of localhost",
      })),
  );
}
