import { fluentBitSections } from "./fluentBit";
import { helmChart, namespaceOf } from "./helm";
import { Path, Plain, UNKNOWN, at, entriesAt, formatPath, isText, listAt, textAt } from "./plain";
import { Resource, describeObject } from "./resource";
import { readConfig } from "./yaml";
import { own } from "../shared/own";

/** An output of a collector that sends logs to Loki. */
export interface LokiWriter {
  urn: string;
  where: string;
  /** Path of the output in the values. */
  path: Path;
  url: string;
  /** Settings of the output, as a map or as the text of a block. */
  settings: Plain;
  /** Chart values of the collector. */
  values: Plain;
  /** Namespace of the collector. */
  namespace: Plain;
}

/** Default client of the promtail chart. */
const promtailClient = { url: "http://loki-gateway/loki/api/v1/push" };

/** Path of Alloy's configuration, which is text, in the values of the charts that install it. */
export const alloyConfigPaths = {
  alloy: ["alloy", "configMap", "content"],
  "grafana-agent": ["agent", "configMap", "content"],
};

type Output = [path: Path, url: Plain, settings: Plain];

const readers: Record<string, (values: Plain) => Output[]> = {
  promtail: (values) => {
    const clients = at(values, "config", "clients") ?? [promtailClient];
    // A custom file replaces the configuration that the chart generates.
    if (values === UNKNOWN || at(values, "config", "file") !== undefined) return [];
    return listAt(clients).map((client, index) => [
      ["config", "clients", index],
      at(client, "url"),
      client,
    ]);
  },
  alloy: (values) => riverOutputs(values, alloyConfigPaths.alloy),
  "grafana-agent": (values) => riverOutputs(values, alloyConfigPaths["grafana-agent"]),
  vector: (values) =>
    outputsIn(values, ["customConfig", "sinks"], "endpoint", (sink) => at(sink, "type") === "loki"),
  "k8s-monitoring": (values) => [
    ...outputsIn(values, ["destinations"], "url", (each) => at(each, "type") === "loki"),
    ...listAt(values, "destinations")
      .map((each, index): Output => [["destinations", index], at(each, "url"), each])
      .filter(([, , each]) => at(each, "type") === "loki"),
  ],
  "fluent-bit": fluentBitOutputs,
  "opentelemetry-collector": otelOutputs,
};

/** Whether a type is a collector managed by the OpenTelemetry operator. */
export function isCollector(type: string): boolean {
  return /^kubernetes:opentelemetry\.io\/v1(?:alpha1|beta1):OpenTelemetryCollector$/.test(type);
}

/** Returns the Loki outputs of a collector that a chart or the OpenTelemetry operator installs. */
export function lokiWriters(resource: Resource): LokiWriter[] {
  if (isCollector(resource.type)) {
    const { urn, props } = resource;
    const config = readConfig(at(props, "spec", "config"));
    const namespace = namespaceOf(resource);
    return otelOutputs({ config }).flatMap(([path, url, settings]) => {
      const where = `${describeObject(resource)}, ${formatPath(["spec", ...path])}`;
      return isText(url) ? [{ urn, where, path, url, settings, values: config, namespace }] : [];
    });
  }
  const { chart = "", release, values } = helmChart(resource) ?? {};
  const read = own(readers, chart);
  return (read?.(values) ?? []).flatMap(([path, url, settings]) => {
    if (!isText(url)) return [];
    const where = `release "${release}", ${formatPath(["values", ...path])}`;
    const namespace = namespaceOf(resource);
    return [{ urn: resource.urn, where, path, url, settings, values, namespace }];
  });
}

/** Returns an OpenTelemetry collector's exporters that send logs to Loki. */
function otelOutputs(values: Plain): Output[] {
  return ["endpoint", "logs_endpoint"].flatMap((key) =>
    outputsIn(
      values,
      ["config", "exporters"],
      key,
      (exporter, name) =>
        /^(?:loki|otlp_?http)\b/.test(name) &&
        /^\w+:\/\/[^/]*loki/.test(textAt(exporter, key) ?? ""),
    ),
  );
}

function outputsIn(
  values: Plain,
  path: Path,
  urlKey: string,
  isLoki: (output: Plain, name: string) => boolean,
): Output[] {
  return entriesAt(values, ...path)
    .filter(([name, output]) => isLoki(output, name))
    .map(([name, output]) => [[...path, name], at(output, urlKey), output]);
}

/** Returns the Loki endpoints in an Alloy configuration. */
function riverOutputs(values: Plain, path: Path): Output[] {
  const text = withoutComments(textAt(values, ...path) ?? "");
  const endpoints = blocksIn(text, /\bloki\.write\s+"[^"\n]{0,99}"\s*\{/g).flatMap((block) =>
    blocksIn(block, /\bendpoint\s*\{/g),
  );
  const exporters = blocksIn(text, /\botelcol\.exporter\.otlphttp\s+"[^"\n]{0,99}"\s*\{/g).filter(
    (block) => /\bendpoint\s*=\s*"\w+:\/\/[^/"]*loki/.test(block),
  );
  return [...endpoints, ...exporters].map((block) => [
    path,
    /\b(?:url|endpoint)\s*=\s*"([^"]*)"/.exec(block)?.[1],
    block,
  ]);
}

/** Removes the comments from an Alloy configuration. */
export function withoutComments(text: string): string {
  return text.replace(/^\s*\/\/.*$/gm, "");
}

/** Maximum length of a block, which limits the time spent on unterminated blocks. */
const MAX_BLOCK = 10_000;

/** Returns the bodies of all blocks whose opening matches `head`. */
function blocksIn(text: string, head: RegExp): string[] {
  return [...text.matchAll(head)].map(({ 0: opening, index }) => {
    const rest = text.slice(index + opening.length, index + opening.length + MAX_BLOCK);
    let depth = 1;
    for (const brace of rest.matchAll(/[{}]/g)) {
      depth += brace[0] === "{" ? 1 : -1;
      if (depth === 0) return rest.slice(0, brace.index);
    }
    return rest;
  });
}

/** Whether a Fluent Bit output sends logs to Loki. */
export function isLokiOutput({ name = "" }: Record<string, string>): boolean {
  return /^(?:grafana-)?loki$/i.test(name);
}

function fluentBitOutputs(values: Plain): Output[] {
  return fluentBitSections(values)
    .filter(({ kind, settings }) => kind === "output" && isLokiOutput(settings))
    .map(({ settings, path }) => {
      const { host = "127.0.0.1", port = "3100", tls = "", url } = settings;
      const scheme = /^(on|true)$/i.test(tls) ? "https" : "http";
      return [path, url ?? `${scheme}://${host}:${port}`, settings];
    });
}
