import { InProd, environmentProperty, isProd } from "../engine/environment";
import { helmChart, isHelmType } from "../facts/helm";
import { Path, Plain, PlainMap, UNKNOWN, at, formatPath, setAt } from "../facts/plain";
import { Resource } from "../facts/resource";
import { limits } from "../shared/limits";
import { ResourcePolicy, Verdict, holds } from "../engine/policy";
import { Violation, configSet, shown } from "../engine/violation";

export interface ProdHighAvailabilityConfig extends InProd {
  minReplicas: number;
  minLokiReplication: number;
}

const { prometheus, lokiReplication } = limits.replicasInProd;
const operated: Record<string, string> = {
  "kubernetes:monitoring.coreos.com/v1:Prometheus": "Prometheus",
  "kubernetes:monitoring.coreos.com/v1:Alertmanager": "Alertmanager",
};

export const prodHighAvailability: ResourcePolicy<ProdHighAvailabilityConfig> = {
  scope: "resource",
  name: "prod-high-availability",
  description:
    "In production, Prometheus, Alertmanager and Loki survive the loss of one pod, and of one node at a time.",
  why: "With one replica, the drain of a node is an hour without alerts, just when nodes are being changed.",
  remediation: configSet("prometheus.replicas", prometheus),
  severity: "high",
  enforcementLevel: "mandatory",
  config: {
    environment: environmentProperty,
    minReplicas: {
      type: "number",
      minimum: 1,
      default: prometheus,
      description: "Fewest replicas of Prometheus and of Alertmanager.",
    },
    minLokiReplication: {
      type: "number",
      minimum: 1,
      default: lokiReplication,
      description: "Fewest copies that Loki keeps of what is not in the bucket yet.",
    },
  },
  appliesTo: (type) => operated[type] !== undefined || isHelmType(type),
  judge,
  remediate,
};

/** A number that must be large enough, or a switch that must be on. */
interface Need {
  path: Path;
  problem: string;
  /** The fewest, or true for a switch. */
  least: number | true;
  /** What applies where nothing is set. */
  fallback: number | boolean;
  /** What remediation sets; undefined where that takes more than a number. */
  wanted?: number | true;
  fix: string;
}

function judge(resource: Resource, config: ProdHighAvailabilityConfig): Verdict {
  if (!isProd(resource, config)) return holds;
  const found = needsOf(resource, config).map((need) => ({
    need,
    value: at(resource.props, ...need.path),
  }));
  const chart = helmChart(resource);
  const what =
    chart === undefined
      ? `${operated[resource.type] ?? resource.type} "${resource.name}"`
      : `release "${chart.release}" (${chart.chart})`;
  return {
    violations: found
      .filter(({ need, value }) => value !== UNKNOWN && !isMet(need, value))
      .map(({ need, value }): Violation => ({
        problem: need.problem,
        where: `${what}, ${formatPath(need.path)}`,
        found: shown(value),
        bound: need.least === true ? "true (prod)" : `at least ${need.least} (prod)`,
        fix: need.fix,
      })),
    unknown: unknownOf(found),
  };
}

function unknownOf(found: { need: Need; value: Plain }[]): Verdict["unknown"] {
  const hidden = found.find(({ value }) => value === UNKNOWN);
  return hidden && { path: hidden.need.path };
}

function isMet({ least, fallback }: Need, value: Plain): boolean {
  const set = value === undefined || value === null ? fallback : value;
  // Templates take a text for the number in it, and any text for true.
  if (least === true) return set !== false && set !== "" && set !== 0;
  const number = typeof set === "string" && set.trim() !== "" ? Number(set) : set;
  return typeof number === "number" && number >= least;
}

function needsOf(resource: Resource, config: ProdHighAvailabilityConfig): Need[] {
  const kind = operated[resource.type];
  if (kind !== undefined) {
    return [replicas(kind, ["spec", "replicas"], config, 1, kind.toLowerCase())];
  }
  const chart = helmChart(resource);
  if (chart?.chart === "kube-prometheus-stack") return ofStack(resource, config);
  if (chart?.chart === "loki") return ofLoki(resource, config);
  if (chart?.chart === "loki-stack" && at(chart.values, "loki", "enabled") !== false) {
    return [
      {
        path: ["values", "loki", "replicas"],
        problem: "Loki runs with one replica, and this chart cannot run more that share their logs",
        least: config.minLokiReplication,
        fallback: 1,
        fix: "move to the chart loki, with loki.commonConfig.replication_factor",
      },
    ];
  }
  return [];
}

function replicas(
  of: string,
  path: Path,
  { minReplicas }: ProdHighAvailabilityConfig,
  fallback: number,
  setting: string,
): Need {
  const name = setting === "alertmanager" ? "alertmanager.replicas" : "prometheus.replicas";
  return {
    path,
    problem: `${of} has too few replicas`,
    least: minReplicas,
    fallback,
    wanted: Math.ceil(minReplicas),
    fix: `${configSet(name, Math.ceil(minReplicas))}, or replicas: ${Math.ceil(minReplicas)} in the values`,
  };
}

function budget(of: string, path: Path, fallback: boolean): Need {
  return {
    path: [...path, "enabled"],
    problem: `nothing keeps the drain of nodes from taking all pods of ${of}`,
    least: true,
    fallback,
    wanted: true,
    fix: `set ${formatPath([...path.slice(1), "enabled"])}: true in the values`,
  };
}

function ofStack(resource: Resource, config: ProdHighAvailabilityConfig): Need[] {
  return (["prometheus", "alertmanager"] as const).flatMap((part) => {
    const base: Path = ["values", part];
    if (at(resource.props, ...base, "enabled") === false) return [];
    const of = part === "prometheus" ? "Prometheus" : "Alertmanager";
    return [
      replicas(of, [...base, `${part}Spec`, "replicas"], config, 1, part),
      budget(of, [...base, "podDisruptionBudget"], false),
    ];
  });
}

const wide = ["SimpleScalable", "SimpleScalable<->Distributed", "SingleBinary<->SimpleScalable"];

function ofLoki(resource: Resource, config: ProdHighAvailabilityConfig): Need[] {
  const mode = at(resource.props, "values", "deploymentMode");
  const least = config.minLokiReplication;
  const filesystem = at(resource.props, "values", "loki", "storage", "type") === "filesystem";
  const copies: Need = {
    path: ["values", "loki", "commonConfig", "replication_factor"],
    problem: "Loki keeps too few copies of what is not in the bucket yet",
    least,
    fallback: 3,
    // Replicas with a disk of their own each would not see each other's logs.
    ...(filesystem ? {} : { wanted: Math.max(3, Math.ceil(least)) }),
    fix: `${configSet("loki.mode", "highAvailability")}, or loki.commonConfig.replication_factor: ${Math.max(3, least)} in the values`,
  };
  const parts =
    mode === "Distributed"
      ? ["ingester"]
      : wide.includes(String(mode))
        ? ["write"]
        : ["singleBinary"];
  return [
    copies,
    ...parts.flatMap((part) => {
      const base: Path = ["values", part];
      return [
        {
          path: [...base, "replicas"],
          problem: "Loki has too few replicas",
          least,
          fallback: part === "write" ? 3 : 0,
          ...(filesystem ? {} : { wanted: Math.max(3, Math.ceil(least)) }),
          fix: `${configSet("loki.mode", "highAvailability")}, or ${part}.replicas: ${Math.max(3, least)} in the values`,
        },
        budget("Loki", [...base, "podDisruptionBudget"], true),
      ];
    }),
  ];
}

function remediate(
  resource: Resource,
  props: PlainMap,
  config: ProdHighAvailabilityConfig,
): boolean {
  if (!isProd(resource, config)) return false;
  return needsOf(resource, config)
    .filter((need) => {
      const value = at(resource.props, ...need.path);
      return need.wanted !== undefined && value !== UNKNOWN && !isMet(need, value);
    })
    .map((need) => setAt(props, need.path, need.wanted))
    .some(Boolean);
}
