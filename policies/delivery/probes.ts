import { StackFinding } from "../engine/policy";
import { helmChart } from "../facts/helm";
import { Plain, at, entriesAt, hasUnknown, textAt } from "../facts/plain";
import { Resource } from "../facts/resource";
import { probeType } from "../facts/types";

/**
 * Checks that each Probe can reach its prober, that the prober has the Probe's module, and that the
 * Probe has targets.
 */
export function checkProbes(resources: Resource[]): StackFinding[] {
  const probes = resources.filter(({ type }) => type === probeType);
  if (probes.length === 0) return [];
  const modules = modulesIn(resources);
  return probes.flatMap((probe) => checkProbe(probe, modules));
}

/**
 * Returns the modules of the stack's blackbox exporter; undefined if they are unknown or there are
 * several exporters.
 */
function modulesIn(resources: Resource[]): string[] | undefined {
  const exporters = resources
    .map(helmChart)
    .filter((chart) => chart?.chart === "prometheus-blackbox-exporter");
  const [exporter, ...others] = exporters;
  if (exporter === undefined || others.length > 0 || hasUnknown(exporter.values)) return undefined;
  // The configuration may be in a Secret or a YAML file.
  const config = at(exporter.values, "config") ?? {};
  const isElsewhere = ["configExistingSecretName", "secretConfig", "extraConfigmapMounts"].some(
    (key) => Boolean(at(exporter.values, key)),
  );
  if (isElsewhere || typeof config === "string") return undefined;
  // Helm merges these modules with the chart's default module.
  return ["http_2xx", ...entriesAt(config, "modules").map(([name]) => name)];
}

function checkProbe(probe: Resource, modules: string[] | undefined): StackFinding[] {
  const { urn, props, name } = probe;
  const spec = at(props, "spec");
  const url = textAt(spec, "prober", "url") ?? "";
  const module = textAt(spec, "module");
  const findingAt = (path: string, problem: string, bound: string, fix: string): StackFinding => ({
    urn,
    problem,
    where: `Probe "${name}", ${path}`,
    bound,
    fix,
  });
  return [
    // The operator uses the prober's URL as the target address, which must not have a scheme.
    ...(url.includes("://")
      ? [
          findingAt(
            "spec.prober.url",
            "the prober's address has a scheme, so Prometheus cannot reach it",
            "<service>.<namespace>.svc:<port>",
            "remove the scheme from spec.prober.url, and set spec.prober.scheme if it is https",
          ),
        ]
      : []),
    ...(hasTargets(at(spec, "targets"))
      ? []
      : [
          findingAt(
            "spec.targets",
            "the Probe has no targets, so it probes nothing",
            "targets.staticConfig.static, or targets.ingress",
            "set spec.targets.staticConfig.static: [https://<host>]",
          ),
        ]),
    ...(module !== undefined && modules !== undefined && !modules.includes(module)
      ? [
          findingAt(
            "spec.module",
            "the blackbox exporter does not have this module, so every probe fails",
            [...new Set(modules)].join(", "),
            "correct the name, or add the module to the exporter's config.modules",
          ),
        ]
      : []),
  ];
}

function hasTargets(targets: Plain): boolean {
  if (hasUnknown(targets)) return true;
  const addresses = at(targets, "staticConfig", "static");
  return at(targets, "ingress") !== undefined || (Array.isArray(addresses) && addresses.length > 0);
}
