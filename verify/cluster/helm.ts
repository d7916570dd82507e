import type { Api } from "./api";
import type { List, Secret } from "./objects";

/** A Helm release, by its place in the cluster. */
export interface ReleaseName {
  namespace: string;
  name: string;
}

/** The Secrets in which Helm keeps the revisions of a release, the last one first. */
export async function revisionsOf(
  kubernetes: Api,
  { namespace, name }: ReleaseName,
): Promise<Secret[]> {
  const selector = encodeURIComponent(`owner=helm,name=${name}`);
  const path = `/api/v1/namespaces/${namespace}/secrets?labelSelector=${selector}`;
  const list = await kubernetes.find<List<Secret>>(path);
  return (list?.items ?? []).sort((a, b) => revisionOf(b) - revisionOf(a));
}

export function revisionOf({ metadata }: Secret): number {
  return Number(metadata.labels?.["version"]);
}
