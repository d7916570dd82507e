import { Finding, checkValue, resourcePolicy } from "../engine/policy";
import { ConfigOf, numberProperty } from "../engine/properties";
import { type Setting, remediationOf } from "../engine/violation";
import { helmChart, isHelmType, isTruthy } from "../facts/helm";
import { isConfiguredElsewhere, settingsInValues } from "../facts/grafanaSettings";
import { lokiWritePath } from "../facts/loki";
import { Path, Plain, UNKNOWN, at, entriesAt, formatPath, isText, listAt } from "../facts/plain";
import { Resource, kindOf } from "../facts/resource";
import { limits } from "../limits/limits";
import { isServer } from "../facts/types";
import { own } from "../shared/own";

const { prometheus, lokiReplication } = limits.replicasInProd;

const properties = {
  minReplicas: numberProperty(
    prometheus,
    "Minimum number of replicas of Prometheus and of Alertmanager.",
    { minimum: 1 },
  ),
  minLokiReplication: numberProperty(
    lokiReplication,
    "Minimum number of copies of logs that Loki has not yet written to the bucket.",
    { minimum: 1 },
  ),
};
type Config = ConfigOf<typeof properties>;

export const prodHighAvailability = resourcePolicy({
  name: "prod-high-availability",
  description:
    "In production, Prometheus, Alertmanager and Loki survive the loss of one pod, and of one node at a time; replicas of Grafana share a database.",
  why: "With a single replica, no alert fires while its node drains, which happens exactly when nodes are being replaced.",
  remediation: remediationOf({ path: "prometheus.replicas", value: prometheus }),
  severity: "high",
  baseline: { enforcementLevel: "advisory" },
  config: properties,
  prodOnly: true,
  appliesTo: (type) => isServer(type) || isHelmType(type) || type === budgetType,
  check,
  remediate: true,
});

function check(resource: Resource, config: Config): Finding[] {
  if (resource.type === budgetType) return checkBudget(resource);
  if (isServer(resource.type)) {
    return checkReplicas(resource, ["spec", "replicas"], kindOf(resource.type), config);
  }
  return own(chartChecks, helmChart(resource)?.chart ?? "")?.(resource, config) ?? [];
}

const chartChecks: Record<string, (resource: Resource, config: Config) => Finding[]> = {
  grafana: (resource) => checkGrafana(resource, ["values"]),
  "kube-prometheus-stack": checkStack,
  loki: checkLoki,
  "loki-stack": checkLokiStack,
};

function checkStack(resource: Resource, config: Config): Finding[] {
  const servers = ["Prometheus", "Alertmanager"].flatMap((part) => {
    const base: Path = ["values", part.toLowerCase()];
    const spec = [...base, `${part.toLowerCase()}Spec`];
    if (at(resource.props, ...base, "enabled") === false) return [];
    return [
      ...checkReplicas(resource, [...spec, "replicas"], part, config),
      ...checkDisruptionBudget(resource, base, part, {
        isEnabled: false,
        replicas: at(resource.props, ...spec, "replicas"),
      }),
      ...checkSpread(resource, spec, part),
    ];
  });
  return [...servers, ...checkGrafana(resource, ["values", "grafana"])];
}

function checkLokiStack(resource: Resource, { minLokiReplication }: Config): Finding[] {
  if (at(resource.props, "values", "loki", "enabled") === false) return [];
  return checkAtLeast(resource, ["values", "loki", "replicas"], minLokiReplication, 1, {
    problem: "Loki has one replica, and this chart does not support replicas that share logs",
    fix: "use the chart loki, with loki.commonConfig.replication_factor",
  });
}

/** Checks that a number is at least `least`. `fallback` applies if it is not set. */
function checkAtLeast(
  resource: Resource,
  path: Path,
  least: number,
  fallback: number,
  violation: { problem: string; setting?: Setting; fix: string; set?: number | undefined },
): Finding[] {
  return checkValue(resource, path, (value) =>
    numberOf(value ?? fallback) >= least
      ? undefined
      : { ...violation, bound: `at least ${least} (prod)` },
  );
}

/** Parses a number. Helm templates accept a string of digits. */
function numberOf(value: Plain): number {
  const isDigits = typeof value === "string" && value.trim() !== "";
  return typeof value === "number" || isDigits ? Number(value) : NaN;
}

function checkReplicas(
  resource: Resource,
  path: Path,
  part: string,
  { minReplicas }: Config,
): Finding[] {
  const set = Math.ceil(minReplicas);
  return checkAtLeast(resource, path, minReplicas, 1, {
    problem: `${part} has too few replicas`,
    setting: { path: `${part.toLowerCase()}.replicas`, value: set },
    fix: `set ${formatPath(path)}: ${set}`,
    set,
  });
}

function checkDisruptionBudget(
  resource: Resource,
  base: Path,
  part: string,
  { isEnabled: fallback, replicas }: { isEnabled: boolean; replicas: Plain },
): Finding[] {
  const budget = [...base, "podDisruptionBudget"];
  const problem = `draining nodes can evict all pods of ${part} at once`;
  const path = [...budget, "enabled"];
  const findings = checkValue(resource, path, (value) => {
    if (isTruthy(value ?? fallback)) return undefined;
    const fix = `set ${formatPath(path)}: true`;
    return { problem, bound: "true (prod)", fix, set: true };
  });
  if (findings.length > 0) return findings;
  // If maxUnavailable is set, the charts use it instead of minAvailable.
  const limit = (key: string) => at(resource.props, ...budget, key) ?? "";
  const key = limit("maxUnavailable") === "" ? "minAvailable" : "maxUnavailable";
  const permitsAll = key === "minAvailable" ? /^0%?$/ : /^100%$/;
  const fix = `set ${formatPath([...budget, "maxUnavailable"])}: 1`;
  return checkValue(resource, [...budget, key], (value) => {
    if (!isText(value) && typeof value !== "number") return undefined;
    if (permitsAll.test(String(value))) {
      return { problem, bound: "a budget that keeps at least one pod", fix };
    }
    return permitsNone(key, value, replicas)
      ? {
          problem: `the disruption budget of ${part} blocks every eviction, so no node can be drained`,
          bound: "a budget that permits one eviction",
          fix,
        }
      : undefined;
  });
}

/** Checks that replicas may run on separate nodes. By default, the chart separates them. */
function checkSpread(resource: Resource, spec: Path, part: string): Finding[] {
  const read = (key: string) => at(resource.props, ...spec, key) ?? "";
  const isSpread = ["affinity", "topologySpreadConstraints"].some(
    (key) => entriesAt(read(key)).length > 0 || listAt(read(key)).length > 0,
  );
  const path = [...spec, "podAntiAffinity"];
  return checkValue(resource, path, (value) =>
    value === "" && !isSpread
      ? {
          problem: `all replicas of ${part} may run on the same node, and would fail with it`,
          bound: "soft or hard, or an affinity (prod)",
          fix: `set ${formatPath(path)}: soft`,
        }
      : undefined,
  );
}

/** Whether a disruption budget prevents the eviction of every pod. */
function permitsNone(key: string, value: Plain, replicas: Plain): boolean {
  if (key === "maxUnavailable") return /^0%?$/.test(String(value));
  const count = replicas === UNKNOWN ? NaN : Number(replicas);
  return value === "100%" || (count > 1 && Number(value) >= count);
}

const budgetType = "kubernetes:policy/v1:PodDisruptionBudget";

/** Checks a separate PodDisruptionBudget object for a part of the stack. */
function checkBudget(resource: Resource): Finding[] {
  const { name, props } = resource;
  const labels = entriesAt(props, "spec", "selector", "matchLabels").map(([, value]) =>
    String(value),
  );
  const isOurs = [name, ...labels].some((text) =>
    /prometheus|alertmanager|loki|grafana/i.test(text),
  );
  if (!isOurs) return [];
  return ["maxUnavailable", "minAvailable"].flatMap((key) =>
    checkValue(resource, ["spec", key], (value) =>
      value !== undefined && permitsNone(key, value, undefined)
        ? {
            problem: "the disruption budget blocks every eviction, so no node can be drained",
            bound: "a budget that permits one eviction (prod)",
            fix: "set maxUnavailable: 1",
          }
        : undefined,
    ),
  );
}

/** Checks that Grafana's replicas share a database. By default, each has its own SQLite database. */
function checkGrafana(resource: Resource, base: Path): Finding[] {
  const read = (...path: Path) => at(resource.props, ...base, ...path);
  const hasDatabase = settingsInValues(resource, base).some(({ id }) =>
    /^DATABASE_(TYPE|URL|HOST)$/.test(id),
  );
  if (read("enabled") === false || hasDatabase || isConfiguredElsewhere(read())) return [];
  const paths = [["replicas"], ["autoscaling", "minReplicas"]].filter(
    ([key]) => key === "replicas" || isTruthy(read("autoscaling", "enabled")),
  );
  return paths.flatMap((path) =>
    checkValue(resource, [...base, ...path], (value) =>
      Number(value) > 1
        ? {
            problem:
              "each replica of Grafana has its own database, so users lose their sessions and changes",
            bound: "one replica, or a database that the replicas share (prod)",
            fix: "set grafana.ini: {database: {type: postgres, host: <host>}}, or replicas: 1",
          }
        : undefined,
    ),
  );
}

function checkLoki(resource: Resource, { minLokiReplication: least }: Config): Finding[] {
  const read = (...path: Path) => at(resource.props, "values", ...path);
  const replicas = Math.max(3, Math.ceil(least));
  // With a separate volume for each replica, the replicas could not read each other's logs.
  const set = read("loki", "storage", "type") === "filesystem" ? undefined : replicas;
  const part = lokiWritePath(at(resource.props, "values"));
  const correction = (value: string[]) => ({
    setting: { path: "loki.mode", value: "highAvailability" },
    fix: `set ${formatPath(["values", ...value])}: ${replicas}`,
  });
  const factor = ["loki", "commonConfig", "replication_factor"];
  return [
    ...checkAtLeast(resource, ["values", ...factor], least, 3, {
      problem: "Loki has too few copies of logs that are not yet in the bucket",
      ...correction(factor),
      set,
    }),
    ...checkAtLeast(resource, ["values", part, "replicas"], least, part === "write" ? 3 : 0, {
      problem: "Loki has too few replicas",
      ...correction([part, "replicas"]),
      set,
    }),
    ...checkDisruptionBudget(resource, ["values", part], "Loki", {
      isEnabled: true,
      replicas: read(part, "replicas"),
    }),
    ...checkDisk(resource, ["values", part, "persistence", "enabled"]),
    ...checkRing(resource, part),
    ...(read("loki", "storage", "type") === "filesystem"
      ? checkValue(resource, ["values", part, "replicas"], (value) =>
          typeof value === "number" && value > numberOf(read(...factor) ?? 3)
            ? {
                problem: "a Loki replica cannot read the logs on the disks of other replicas",
                bound: "as many copies as replicas, or a bucket (prod)",
                fix: "set loki.storage.type: s3",
              }
            : undefined,
        )
      : []),
  ];
}

/** Checks that Loki's replicas can find each other and keep their logs across a restart. */
function checkRing(resource: Resource, part: string): Finding[] {
  const read = (...path: Path) => at(resource.props, "values", ...path);
  const replicas = numberOf(read(part, "replicas") ?? NaN);
  const store: Path = ["loki", "commonConfig", "ring", "kvstore", "store"];
  const log: Path = ["values", "loki", "ingester", "wal", "enabled"];
  return [
    ...checkValue(resource, ["values", ...store], (value) =>
      value === "inmemory" && !(replicas <= 1)
        ? {
            problem:
              "each Loki replica has its own ring, so the replicas do not discover each other",
            bound: "memberlist, the chart's default",
            fix: `remove ${formatPath(["values", ...store])}`,
          }
        : undefined,
    ),
    ...checkValue(resource, log, (value) =>
      value === false
        ? {
            problem: "whenever Loki restarts, it loses the logs that are not yet in the bucket",
            bound: "true, the default (prod)",
            fix: `remove ${formatPath(log)}`,
          }
        : undefined,
    ),
  ];
}

/** Checks that logs are not stored on a container's disk, which is deleted with the pod. */
function checkDisk(resource: Resource, path: Path): Finding[] {
  if (at(resource.props, "values", "loki", "storage", "type") !== "filesystem") return [];
  return checkValue(resource, path, (value) =>
    value === false
      ? {
          problem: "Loki stores its logs on the container's disk, and loses them with the pod",
          bound: "a volume, or a bucket (prod)",
          fix: `set ${formatPath(path)}: true, or loki.storage.type: s3`,
        }
      : undefined,
  );
}
