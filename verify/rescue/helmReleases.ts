import { LogCollector } from "../../components/logs/enums";
import type { Settings } from "../../stacks/config/parseConfiguration";
import type { Api } from "../cluster/api";
import { type ReleaseName, releasesOf, revisionOf, revisionsOf } from "../cluster/helm";
import type { Secret } from "../cluster/objects";
import type { Obstacle } from "./obstacle";

/**
 * Returns the releases that Helm refuses to install or upgrade: those whose last operation never
 * finished, because Helm cannot detect that the process is dead, and those that Helm installed after the
 * engine was killed, because the state does not contain them.
 */
export async function stuckReleases(
  kubernetes: Api,
  settings: Settings,
  installing: string[],
): Promise<Obstacle[]> {
  // The interrupted update may have been changing the collector.
  const releases = releasesOf(settings, Object.values(LogCollector));
  const obstacles = await Promise.all(
    releases.map((release) => stuck(kubernetes, release, installing)),
  );
  return obstacles.flatMap((obstacle) => obstacle ?? []);
}

async function stuck(
  kubernetes: Api,
  { namespace, name }: ReleaseName,
  installing: string[],
): Promise<Obstacle | undefined> {
  const [last, previous] = await revisionsOf(kubernetes, { namespace, name });
  if (last === undefined) return undefined;
  const status = last.metadata.labels?.["status"] ?? "";
  const isUnknown = previous === undefined && installing.includes(`${namespace}/${name}`);
  if (!status.startsWith("pending-") && !isUnknown) return undefined;
  const state = status.startsWith("pending-") ? status : `${status}, but not in the stack's state`;
  const after =
    previous === undefined
      ? "the next `pulumi up` installs it again, over the objects that it has"
      : `the next \`pulumi up\` upgrades it from revision ${revisionOf(previous)}`;
  return {
    what: `The Helm release ${namespace}/${name} is ${state}${since(last)}`,
    repair: `Delete the Secret ${last.metadata.name} of revision ${revisionOf(last)}: ${after}`,
    run: async () => {
      const path = `/api/v1/namespaces/${namespace}/secrets/${last.metadata.name}`;
      await kubernetes.text(path, { method: "DELETE" });
    },
  };
}

function since({ metadata }: Secret): string {
  const seconds = Number(metadata.labels?.["modifiedAt"] ?? metadata.labels?.["createdAt"]);
  return Number.isFinite(seconds) ? ` since ${new Date(seconds * 1000).toISOString()}` : "";
}
