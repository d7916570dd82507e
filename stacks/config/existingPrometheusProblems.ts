import { z } from "zod";
import { hideSecrets } from "../../components/shared/hideSecrets";
import { Problem, check } from "../../components/shared/problems";
import { partSchemas } from "./readPart";
import type { Configuration } from "./schema";

/** Parts that configure the stack's own Prometheus. Only `externalUrl` applies to an existing one. */
const partsOfStack = ["prometheus", "alertmanager", "grafana"] as const;

/** Other settings that configure the stack's own Prometheus. */
const settingsOfStack = [
  ["loki", "logMetricNamespaces"],
  ["cost", "samplesPerSecond"],
  ["cost", "bytesPerSample"],
] as const;

/**
 * Reports settings of the stack's own Prometheus, which are not available with an existing Prometheus.
 */
export function existingPrometheusProblems(configuration: Configuration): Problem[] {
  const ofParts = partsOfStack.flatMap((part) =>
    Object.keys(configuration[part])
      .filter((key) => key !== "externalUrl")
      .map((key) => [part, key] as const),
  );
  const others = settingsOfStack.filter(([part, key]) => configuration[part]?.[key] !== undefined);
  return [...ofParts, ...others].map((path) => {
    const [part, key] = path;
    return {
      path: [...path],
      value: hideSecrets([...path], configuration[part]?.[key]),
      code: "invalid",
      rule: "is not available with existingPrometheus, which the stack does not configure",
      fix: { kind: "remove" },
    };
  });
}

/** Checks the URLs of the existing Prometheus, Alertmanager and Grafana. */
export function externalUrlProblems(configuration: Configuration): Problem[] {
  return partsOfStack.flatMap((part) => {
    const { externalUrl } = partSchemas[part].shape;
    const { problems = [] } = check(z.object({ externalUrl }), configuration[part]);
    return problems.map((problem) => ({ ...problem, path: [part, ...problem.path] }));
  });
}
