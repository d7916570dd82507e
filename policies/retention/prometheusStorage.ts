import { Finding, checkValue, resourcePolicy } from "../engine/policy";
import { ConfigOf, numberProperty } from "../engine/properties";
import { numeral, remediationOf, shown } from "../engine/violation";
import { isTruthy } from "../facts/helm";
import { Path, UNKNOWN, at, formatPath, isMap, isSet, isText } from "../facts/plain";
import {
  PrometheusServer,
  canRunPrometheus,
  forwardsSamples,
  prometheusServer,
  retentionPath,
} from "../facts/prometheus";
import { Resource } from "../facts/resource";
import { SECONDS_PER_DAY, parseDuration } from "../shared/duration";
import { limits } from "../limits/limits";
import { parseQuantity, parseSize } from "../shared/quantity";

const { bytes, perSecond } = limits.prometheusSamples;

const properties = {
  maxSizeRatio: numberProperty(
    limits.retentionSizeRatio,
    "Maximum ratio of retentionSize to the volume size.",
    { exclusiveMinimum: 0, maximum: 1 },
  ),
  samplesPerSecond: numberProperty(
    perSecond,
    "Samples that Prometheus ingests per second, to calculate the volume size.",
    { minimum: 0 },
  ),
  bytesPerSample: numberProperty(bytes, "Number of bytes per sample on disk."),
};
type Config = ConfigOf<typeof properties>;

/** Setting that violations suggest for a volume without a valid size. */
const setting = { path: "prometheus.storageGb", value: 50 };

export const prometheusStorage = resourcePolicy({
  name: "prometheus-storage",
  description:
    "In production, Prometheus writes to a persistent volume that holds its retention, and deletes the oldest blocks before the volume is full.",
  why: "Without a persistent volume, a restart loses all samples. On a full volume Prometheus stops, and no alert fires.",
  remediation: remediationOf(setting),
  severity: "high",
  config: properties,
  prodOnly: true,
  appliesTo: canRunPrometheus,
  check,
  // Remediation sets only `retentionSize`, because changing the claim template does not resize the
  // volume.
  remediate: true,
});

function check(resource: Resource, config: Config): Finding[] {
  const server = prometheusServer(resource);
  if (server === undefined) return [];
  const { size, ephemeral, claim } = volumePaths(server);
  const read = (path: Path) => at(resource.props, ...path);
  // The size of an existing claim is unknown, because the stack does not manage it.
  if (claim !== undefined && isTruthy(read(claim))) {
    return checkRetentionSize(resource, server, Number.POSITIVE_INFINITY, config);
  }
  const lost = ephemeral.find((path) => isMap(read(path)) || read(path) === false);
  // The `prometheus` chart has a default size. The operator has none.
  const volume = parseQuantity(read(size) ?? (server.operated ? undefined : "8Gi"));
  const unknown = [size, retentionSizePath(server), retentionPath(server)]
    .filter((path) => read(path) === UNKNOWN)
    .map((path) => ({ unknown: path }));
  if (lost !== undefined || (volume === undefined && read(size) !== UNKNOWN)) {
    return [
      ...unknown,
      {
        path: lost ?? size,
        problem:
          lost === undefined
            ? "there is no persistent volume with a valid size"
            : "the volume is deleted with the pod",
        found: shown(read(lost ?? size)),
        bound: "a volume claim with a size (prod)",
        setting,
        fix: `set ${formatPath(size)}: ${setting.value}Gi`,
      },
    ];
  }
  if (volume === undefined) return unknown;
  return [
    ...unknown,
    ...checkDeletion(resource, server),
    ...checkClass(resource, size),
    ...checkRetentionSize(resource, server, volume, config),
    ...checkVolume(resource, server, volume, config),
  ];
}

/**
 * Checks that the volumes survive a replacement of the StatefulSet. Some changes make the operator
 * replace it.
 */
function checkDeletion(resource: Resource, server: PrometheusServer): Finding[] {
  if (!server.operated || forwardsSamples(resource, server)) return [];
  const path = [...server.spec, "persistentVolumeClaimRetentionPolicy", "whenDeleted"];
  return checkValue(resource, path, (value) =>
    value === "Delete"
      ? {
          problem: "the volume is deleted with the StatefulSet, which the operator may replace",
          bound: "Retain (prod)",
          fix: `set ${formatPath(path)}: Retain`,
        }
      : undefined,
  );
}

/**
 * Checks the storage class. Network file systems do not provide the locking and sync that Prometheus's
 * database requires.
 */
function checkClass(resource: Resource, size: Path): Finding[] {
  const [key] = size.slice(-3) as string[];
  const path =
    key === "resources"
      ? [...size.slice(0, -3), "storageClassName"]
      : [...size.slice(0, -1), "storageClass"];
  return checkValue(resource, path, (value) =>
    isText(value) && /(?:^|[-_.])(?:efs|nfs|azurefile|cephfs|glusterfs)(?:$|[-_.])/i.test(value)
      ? {
          problem:
            "the volume is on a network file system, where Prometheus can corrupt its samples",
          bound: "a block volume (prod)",
          fix: `set ${formatPath(path)} to a class such as gp3`,
        }
      : undefined,
  );
}

function retentionSizePath({ spec }: PrometheusServer): Path {
  return [...spec, "retentionSize"];
}

function volumePaths({ operated, release, spec }: PrometheusServer) {
  if (!operated) {
    const volume = [...spec, "persistentVolume"];
    return {
      size: [...volume, "size"],
      ephemeral: [[...volume, "enabled"]],
      claim: [...volume, "existingClaim"],
    };
  }
  const storage = [...spec, release === undefined ? "storage" : "storageSpec"];
  return {
    size: [...storage, "volumeClaimTemplate", "spec", "resources", "requests", "storage"],
    ephemeral: [
      [...storage, "emptyDir"],
      [...storage, "ephemeral"],
    ],
  };
}

function checkRetentionSize(
  resource: Resource,
  server: PrometheusServer,
  volume: number,
  config: Config,
): Finding[] {
  const { maxSizeRatio } = config;
  const most = volume * maxSizeRatio;
  const isAmple =
    Number.isFinite(volume) && neededBytes(resource, server, config) * AMPLE <= volume;
  return checkValue(resource, retentionSizePath(server), (value) => {
    if (value === undefined && isAmple) return undefined;
    const problem = sizeProblem(value, most);
    if (problem === undefined) return undefined;
    const set = Number.isFinite(most) ? `${Math.floor(most / 1024 ** 2)}MiB` : undefined;
    return {
      problem,
      bound: `at most ${numeral(maxSizeRatio * 100)}% of the volume`,
      fix: `set ${formatPath(retentionSizePath(server))}: ${set ?? "<size>GiB"}`,
      set,
    };
  });
}

function sizeProblem(value: unknown, most: number): string | undefined {
  const size = parseSize(value);
  if (!isSet(value) || size === 0) {
    return "retentionSize is not set, so Prometheus fills its volume and stops";
  }
  if (size === undefined)
    return 'retentionSize is not a size that Prometheus accepts, such as "40GiB"';
  return size > most ? "retentionSize is too close to the volume size" : undefined;
}

/**
 * Ratio of volume size to required space above which a volume cannot fill up even without a size limit.
 */
const AMPLE = 10;

function retentionSeconds({ props }: Resource, server: PrometheusServer): number {
  const retention = at(props, ...retentionPath(server)) ?? server.defaultRetention;
  return parseDuration(retention) ?? 0;
}

/** Estimates the size of the samples that Prometheus retains, based on an estimated sample rate. */
function neededBytes(
  resource: Resource,
  server: PrometheusServer,
  { samplesPerSecond, bytesPerSample }: Config,
): number {
  return retentionSeconds(resource, server) * samplesPerSecond * bytesPerSample;
}

function checkVolume(
  resource: Resource,
  server: PrometheusServer,
  volume: number,
  config: Config,
): Finding[] {
  const { samplesPerSecond, bytesPerSample } = config;
  const seconds = retentionSeconds(resource, server);
  const needed = neededBytes(resource, server, config);
  const limitPath = retentionSizePath(server);
  const limit = parseSize(at(resource.props, ...limitPath)) ?? 0;
  // The sample rate is an estimate, so only a much smaller limit is a violation.
  if (needed <= volume && limit > 0 && limit < needed / 4) {
    return [
      {
        path: limitPath,
        problem: "retentionSize deletes samples long before the end of the retention period",
        found: shown(at(resource.props, ...limitPath)),
        bound: `at least ${Math.ceil(needed / 1024 ** 3)}GiB for the retention`,
        fix: `set ${formatPath(limitPath)}: ${Math.ceil(needed / 1024 ** 3)}GiB, or a shorter retention`,
      },
    ];
  }
  if (needed <= volume) return [];
  const { size } = volumePaths(server);
  const gib = Math.ceil(needed / 1024 ** 3);
  return [
    {
      path: size,
      problem: `the volume is too small for ${numeral(seconds / SECONDS_PER_DAY)} days of ${samplesPerSecond} samples per second`,
      found: shown(at(resource.props, ...size)),
      bound: `at least ${gib}Gi, at ${numeral(bytesPerSample)} bytes per sample`,
      setting: { path: "prometheus.storageGb", value: gib },
      fix: `set ${formatPath(size)}: ${gib}Gi`,
    },
  ];
}
