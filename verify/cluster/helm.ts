import { datadogReleaseName } from "../../components/datadog/settings";
import { LogCollector } from "../../components/logs/enums";
import { lokiName } from "../../components/loki/urls";
import type { Settings } from "../../stacks/config/parseConfiguration";
import type { Api } from "./api";
import type { List, Secret } from "./objects";

/** Namespace and name of a Helm release. */
export interface ReleaseName {
  namespace: string;
  name: string;
}

/**
 * Returns the Helm releases of a stack, including the releases of the given log collectors. Default: the
 * collector that the stack uses.
 */
export function releasesOf(
  { namespaces, prometheus, loki, datadog }: Settings,
  collectors: LogCollector[] = [loki?.collector ?? LogCollector.None],
): ReleaseName[] {
  const { monitoring: namespace } = namespaces;
  const ofLoki = [lokiName, ...collectors.filter((name) => name !== LogCollector.None)];
  return [
    ...(prometheus === undefined ? [] : [{ namespace, name: prometheus.releaseName }]),
    ...(loki === undefined ? [] : ofLoki.map((name) => ({ namespace, name }))),
    ...(datadog === undefined ? [] : [{ namespace: datadog.namespace, name: datadogReleaseName }]),
  ];
}

/** Returns the Secrets in which Helm stores the revisions of a release, latest first. */
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
