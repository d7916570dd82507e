import { format } from "node:util";
import { cannotShrink, setBack, type Volumes } from "../../components/shared/growVolumes";
import { helmChart } from "../../policies/facts/helm";
import { type Plain, at, listAt, textAt } from "../../policies/facts/plain";
import { parseQuantity } from "../../policies/shared/quantity";
import { policyResource } from "../engine/policyResource";
import type { PreviewState } from "./state";

export type Problem = {
  problem: string;
  fix: string;
};

/** Returns the volumes that became smaller, with the error messages that a deployment would show. */
export function volumeProblems(before: PreviewState, after: PreviewState): Problem[] {
  const current = new Map(volumesOf(after).map((volume) => [volume.id, volume]));
  return volumesOf(before).flatMap(({ id, what, size }) => {
    const smaller = current.get(id);
    const [bytes, bytesAfter] = [parseQuantity(size), parseQuantity(smaller?.size)];
    if (smaller === undefined || !bytes || !bytesAfter || bytesAfter >= bytes) return [];
    return [
      {
        problem: format(what, size, smaller.size),
        fix: format(setBack, smaller.setting, size),
      },
    ];
  });
}

interface Volume {
  id: string;
  /** The problem, without the two sizes. */
  what: string;
  setting: string;
  size: string | undefined;
}

function volumesOf({ resources }: PreviewState): Volume[] {
  return resources.flatMap((resource) => {
    const chart = helmChart(policyResource(resource));
    if (chart === undefined) return [];
    const { values } = chart;
    const jobs = ["extraManifests", "extraObjects"].flatMap((key) => listAt(values, key));
    const ofStatefulSets = jobs.flatMap(grownVolumes).map((volume): Volume => {
      const { statefulSet, claimTemplate, setting } = volume;
      return {
        id: JSON.stringify([resource.urn, statefulSet, claimTemplate]),
        what: cannotShrink.replace("%s", statefulSet),
        setting,
        size: valueOf(volume.size, values),
      };
    });
    // The chart creates a separate claim, and the API server rejects a smaller size.
    const claim = at(values, "grafana", "persistence");
    if (at(claim, "enabled") !== true) return ofStatefulSets;
    const ofGrafana = {
      id: JSON.stringify([resource.urn, "grafana"]),
      what: "the volume of Grafana has %s and cannot shrink to %s",
      setting: "grafana.storageGb",
      size: textAt(claim, "size"),
    };
    return [...ofStatefulSets, ofGrafana];
  });
}

/** Returns the volumes that an object grows, if the object is the resize Job. */
function grownVolumes(object: Plain): Volumes[] {
  const variables = listAt(object, "spec", "template", "spec", "containers", 0, "env");
  const volumes = variables.find((variable) => textAt(variable, "name") === "VOLUMES");
  return volumes === undefined ? [] : (JSON.parse(textAt(volumes, "value") ?? "[]") as Volumes[]);
}

/**
 * Returns the value that a size template refers to, such as `{{ (first .Values.ingester.claims).size
 * }}`.
 */
function valueOf(template: string, values: Plain): string | undefined {
  const [, path = ""] = /\.Values\.([\w.)]+)/.exec(template) ?? [];
  const value = path
    .replaceAll(")", "")
    .split(".")
    .reduce<Plain>((parent, key) => at(Array.isArray(parent) ? parent[0] : parent, key), values);
  return typeof value === "string" ? value : undefined;
}
