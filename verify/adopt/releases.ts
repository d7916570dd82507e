import { releaseType } from "../../policies/facts/releaseType";
import { gunzipSync } from "node:zlib";
import type { Api } from "../cluster/api";
import { type ReleaseName, revisionsOf } from "../cluster/helm";
import type { List, ObjectMeta } from "../cluster/objects";
import { Fate, type Finding } from "./finding";
import { idOf } from "./objects";
import type { Registered } from "./registered";

/** A Helm release of the program. */
export interface ReleaseInputs extends ReleaseName {
  chart: string;
  version: string;
}

/** Fields that Helm stores about a release. */
interface StoredRelease {
  chart: { metadata: { name: string; version: string } };
}

export function isRelease({ entry }: Registered): boolean {
  return entry.type === releaseType;
}

/**
 * Returns the existing release with the same name as a release of the program. It is upgraded if it has
 * the same chart, unless it contains objects that the program creates outside the release. Helm would
 * delete those, because the new revision does not contain them.
 */
export async function existingRelease(
  kubernetes: Api,
  resource: Registered,
  owners: Set<string | undefined>,
): Promise<Finding | undefined> {
  const inputs = releaseInputs(resource);
  const stored = await storedRelease(kubernetes, inputs);
  if (stored === undefined) return undefined;
  const { name: chart, version } = stored.chart.metadata;
  const id = idOf(inputs);
  const what = `release ${id} (${chart} ${version})`;
  const volumes = await volumesOf(kubernetes, inputs);
  if (chart === inputs.chart && !owners.has(id)) {
    return {
      fate: Fate.Adopted,
      what,
      effect: `upgraded to ${inputs.version}; ${volumes}`,
      adopts: { resource, id },
    };
  }
  return {
    fate: Fate.Replaced,
    what,
    effect: `${inputs.chart} ${inputs.version} takes its place; ${volumes}`,
    command: `helm uninstall ${inputs.name} -n ${inputs.namespace}`,
  };
}

export function releaseInputs({ inputs }: Registered): ReleaseInputs {
  return inputs as unknown as ReleaseInputs;
}

/**
 * Returns the last revision of a release. Helm stores it as compressed JSON that is base64-encoded
 * twice.
 */
async function storedRelease(
  kubernetes: Api,
  release: ReleaseInputs,
): Promise<StoredRelease | undefined> {
  const [last] = await revisionsOf(kubernetes, release);
  const data = last?.data?.["release"];
  if (data === undefined) return undefined;
  const compressed = Buffer.from(Buffer.from(data, "base64").toString(), "base64");
  return JSON.parse(gunzipSync(compressed).toString()) as StoredRelease;
}

/** Describes what happens to a release's volumes. Neither an upgrade nor an uninstall deletes claims. */
async function volumesOf(kubernetes: Api, { namespace, name }: ReleaseInputs): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/persistentvolumeclaims`;
  const list = await kubernetes.find<List<{ metadata: ObjectMeta }>>(path);
  const claims = (list?.items ?? [])
    .map(({ metadata }) => metadata.name)
    // Claims of a StatefulSet end with the name and number of the pod.
    .filter((claim) => new RegExp(`(^|-)${name}-`).test(claim));
  return claims.length === 0
    ? "it has no volumes, so what its pods store is lost with the pods"
    : `its volumes remain: ${claims.join(", ")}`;
}
