import { mergeValues } from "../shared/mergeValues";
import { helmChart } from "./helm";
import { isCollector } from "./lokiWriters";
import { Path, Plain, UNKNOWN, at, isMap } from "./plain";
import { Resource } from "./resource";
import { readConfig } from "./yaml";

/** Configuration of an OpenTelemetry collector. */
export interface OtelCollector {
  /** Path of the configuration in the resource's properties. */
  path: Path;
  /** The configuration as written, without chart defaults. */
  written: Plain;
  /** The effective configuration. */
  config: Plain;
  /** Whether other pods send data to the collector. */
  isShared: boolean;
}

/**
 * Defaults of the opentelemetry-collector chart, versions 0.120 to 0.140. Contains only what pipelines
 * need.
 */
const chartDefaults = {
  receivers: { jaeger: {}, otlp: {}, prometheus: {}, zipkin: {} },
  processors: {
    batch: {},
    memory_limiter: { check_interval: "5s", limit_percentage: 80, spike_limit_percentage: 25 },
  },
  exporters: { debug: {} },
  extensions: { health_check: {} },
  service: {
    pipelines: {
      logs: {
        receivers: ["otlp"],
        processors: ["memory_limiter", "batch"],
        exporters: ["debug"],
      },
      metrics: {
        receivers: ["otlp", "prometheus"],
        processors: ["memory_limiter", "batch"],
        exporters: ["debug"],
      },
      traces: {
        receivers: ["otlp", "jaeger", "zipkin"],
        processors: ["memory_limiter", "batch"],
        exporters: ["debug"],
      },
    },
  },
};

/** Components that each of the chart's presets adds. */
const presets: Record<string, object> = {
  logsCollection: { receivers: { filelog: {} } },
  hostMetrics: { receivers: { hostmetrics: {} } },
  kubeletMetrics: { receivers: { kubeletstats: {} } },
  clusterMetrics: { receivers: { k8s_cluster: {} } },
  kubernetesEvents: { receivers: { k8sobjects: {} } },
  annotationDiscovery: { receivers: { receiver_creator: {} }, extensions: { k8s_observer: {} } },
  kubernetesAttributes: { processors: { k8sattributes: {} } },
  resourceDetection: { processors: { resourcedetection: {} } },
};

/**
 * Returns the collector that a chart or the OpenTelemetry operator installs, if its configuration is
 * known.
 */
export function otelCollector(resource: Resource): OtelCollector | undefined {
  const { type, props } = resource;
  if (isCollector(type)) {
    const config = readConfig(at(props, "spec", "config"));
    const isShared = at(props, "spec", "mode") !== "sidecar";
    return isMap(config)
      ? { path: ["spec", "config"], written: config, config, isShared }
      : undefined;
  }
  const { chart, values } = helmChart(resource) ?? {};
  if (chart !== "opentelemetry-collector" || values === undefined || values === UNKNOWN) {
    return undefined;
  }
  const alternate = at(values, "alternateConfig");
  if (isMap(alternate) && Object.keys(alternate).length > 0) {
    const path: Path = ["values", "alternateConfig"];
    return { path, written: alternate, config: alternate, isShared: true };
  }
  const written = at(values, "config") ?? {};
  if (!isMap(written)) return undefined;
  const enabled = Object.entries(presets)
    .filter(([preset]) => at(values, "presets", preset, "enabled") === true)
    .map(([, components]) => components);
  const defaults = enabled.reduce<Record<string, unknown>>(
    (merged, components) => mergeValues(merged, components),
    chartDefaults,
  );
  const config = withoutNulls(mergeValues(defaults, written));
  return { path: ["values", "config"], written, config, isShared: true };
}

/**
 * Removes null values from sections and pipelines, as Helm does. Outside Helm, null is a valid
 * configuration of a component.
 */
function withoutNulls(config: object): Plain {
  return JSON.parse(
    JSON.stringify(config, (_, value: unknown) =>
      isMap(value)
        ? Object.fromEntries(Object.entries(value).filter(([, item]) => item !== null))
        : value,
    ),
  );
}
