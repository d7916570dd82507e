import { SECONDS_PER_DAY, parseDuration } from "../shared/duration";
import { InProd, environmentProperty, isProd } from "../engine/environment";
import { Path, PlainMap, UNKNOWN, at, formatPath, isMap, setAt } from "../facts/plain";
import { canRunPrometheus, prometheusServer, retentionPath } from "../facts/prometheus";
import { Resource } from "../facts/resource";
import { limits } from "../shared/limits";
import { ResourcePolicy, Verdict, holds } from "../engine/policy";
import { parseQuantity, parseSize } from "../shared/quantity";
import { Violation, configSet, numeral, shown } from "../engine/violation";

export interface PrometheusStorageConfig extends InProd {
  maxSizeRatio: number;
  samplesPerSecond: number;
  bytesPerSample: number;
}

const { bytes, perSecond } = limits.prometheusSamples;

export const prometheusStorage: ResourcePolicy<PrometheusStorageConfig> = {
  scope: "resource",
  name: "prometheus-storage",
  description:
    "In production, Prometheus writes to a persistent volume that holds its retention, and drops its oldest blocks before the volume is full.",
  why: "Without a volume a restart forgets everything; on a full one Prometheus stops, and with it every alert.",
  remediation: configSet("prometheus.storageGb", 50),
  severity: "high",
  enforcementLevel: "mandatory",
  config: {
    environment: environmentProperty,
    maxSizeRatio: {
      type: "number",
      exclusiveMinimum: 0,
      maximum: 1,
      default: limits.retentionSizeRatio,
      description: "Largest part of the volume that retentionSize may be.",
    },
    samplesPerSecond: {
      type: "number",
      minimum: 0,
      default: perSecond,
      description: "Samples that Prometheus takes in each second, to reckon the volume with.",
    },
    bytesPerSample: {
      type: "number",
      exclusiveMinimum: 0,
      default: bytes,
      description: "Bytes that a sample takes on disk.",
    },
  },
  appliesTo: canRunPrometheus,
  judge,
  remediate,
};

interface Server {
  what: string;
  /** Where the settings of its storage are. */
  storage: Path;
  /** Where the size of the volume is. */
  size: Path;
  /** What makes a volume that does not last. */
  transient: Path[];
  retention: Path;
  retentionSize: Path;
  /** What applies where no size or volume is set. */
  sizeDefault?: string;
}

function serverOf(resource: Resource): Server | undefined {
  const server = prometheusServer(resource);
  if (server === undefined) return undefined;
  const { what, spec, release } = server;
  if (server.operated) {
    return operated(what, spec, [...spec, release === undefined ? "storage" : "storageSpec"]);
  }
  const volume: Path = [...spec, "persistentVolume"];
  return {
    what,
    storage: volume,
    size: [...volume, "size"],
    transient: at(resource.props, ...volume, "enabled") === false ? [[...volume, "enabled"]] : [],
    retention: retentionPath(server),
    retentionSize: [...spec, "retentionSize"],
    sizeDefault: "8Gi",
  };
}

function operated(what: string, spec: Path, storage: Path): Server {
  return {
    what,
    storage,
    size: [...storage, "volumeClaimTemplate", "spec", "resources", "requests", "storage"],
    transient: [
      [...storage, "emptyDir"],
      [...storage, "ephemeral"],
    ],
    retention: [...spec, "retention"],
    retentionSize: [...spec, "retentionSize"],
  };
}

function judge(resource: Resource, config: PrometheusStorageConfig): Verdict {
  const server = serverOf(resource);
  if (server === undefined || !isProd(resource, config)) return holds;
  const read = (path: Path) => at(resource.props, ...path);
  const unknown = [server.storage, server.size, server.retentionSize, server.retention].find(
    (path) => read(path) === UNKNOWN,
  );
  const volume = volumeBytes(resource, server);
  const violations: (Omit<Violation, "where"> & { path: Path })[] = [];

  const transient = server.transient.find((path) => path.at(-1) === "enabled" || isMap(read(path)));
  if (transient !== undefined || (volume === undefined && !isHidden(resource, server.size))) {
    violations.push({
      path: transient ?? server.size,
      problem:
        transient === undefined
          ? "there is no persistent volume of a known size"
          : "the volume does not outlive the pod",
      found: shown(read(transient ?? server.size)),
      bound: "a volume claim with a size (prod)",
      fix: `${configSet("prometheus.storageGb", 50)}, or storageSpec.volumeClaimTemplate.spec.resources.requests.storage: 50Gi in the values`,
    });
  } else if (volume !== undefined) {
    violations.push(...sizes(resource, server, volume, config));
  }
  return {
    violations: violations.map(({ path, ...violation }) => ({
      ...violation,
      where: `${server.what}, ${formatPath(path)}`,
    })),
    unknown: unknown && { path: unknown },
  };
}

function isHidden(resource: Resource, path: Path): boolean {
  return at(resource.props, ...path) === UNKNOWN;
}

function volumeBytes(resource: Resource, server: Server): number | undefined {
  const value = at(resource.props, ...server.size);
  const set = value === undefined || value === null ? server.sizeDefault : value;
  return parseQuantity(set);
}

function sizes(
  resource: Resource,
  server: Server,
  volume: number,
  config: PrometheusStorageConfig,
): (Omit<Violation, "where"> & { path: Path })[] {
  const violations: (Omit<Violation, "where"> & { path: Path })[] = [];
  const size = at(resource.props, ...server.retentionSize);
  const most = volume * config.maxSizeRatio;
  const used = parseSize(size);
  if (size !== UNKNOWN && (used === undefined || used <= 0 || used > most)) {
    violations.push({
      path: server.retentionSize,
      problem: sizeProblem(size, used, most),
      found: shown(size),
      bound: `at most ${numeral(config.maxSizeRatio * 100)} % of the volume`,
      fix: `set retentionSize: ${formatSize(most)}`,
    });
  }
  const retention = at(resource.props, ...server.retention);
  const seconds = typeof retention === "string" ? parseDuration(retention) : undefined;
  const needed = (seconds ?? 0) * config.samplesPerSecond * config.bytesPerSample;
  if (needed > volume) {
    const gib = Math.ceil(needed / 1024 ** 3);
    violations.push({
      path: server.size,
      problem: `the volume does not hold ${numeral((seconds ?? 0) / SECONDS_PER_DAY)} days of ${config.samplesPerSecond} samples a second`,
      found: shown(at(resource.props, ...server.size)),
      bound: `at least ${gib}Gi, at ${numeral(config.bytesPerSample)} bytes a sample`,
      fix: `${configSet("prometheus.storageGb", gib)}, or storage: ${gib}Gi in the values`,
    });
  }
  return violations;
}

function sizeProblem(size: unknown, used: number | undefined, most: number): string {
  if (size === undefined || size === null || size === "" || used === 0) {
    return "retentionSize is not set, so Prometheus fills its volume and stops";
  }
  if (used === undefined) return 'retentionSize is no size that Prometheus reads, such as "40GiB"';
  return used > most ? "retentionSize is too near to the size of the volume" : "retentionSize is 0";
}

function formatSize(size: number): string {
  return `${Math.floor(size / 1024 ** 2)}MiB`;
}

/** Only retentionSize: a volume is made by hand, and never grows by itself. */
function remediate(resource: Resource, props: PlainMap, config: PrometheusStorageConfig): boolean {
  const server = serverOf(resource);
  if (server === undefined || !isProd(resource, config)) return false;
  const volume = volumeBytes(resource, server);
  const size = at(resource.props, ...server.retentionSize);
  if (volume === undefined || size === UNKNOWN) return false;
  const most = volume * config.maxSizeRatio;
  const used = parseSize(size);
  if (used !== undefined && used > 0 && used <= most) return false;
  return setAt(props, server.retentionSize, formatSize(most));
}
