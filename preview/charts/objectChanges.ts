import {
  type PlainMap,
  at,
  isMap,
  isText,
  listAt,
  mapAt,
  textAt,
} from "../../policies/facts/plain";
import { groupBy } from "../../components/shared/groupBy";
import { type Difference, changedPaths, differences, keysOf } from "../compare/differences";
import { firstOf } from "../output/firstOf";
import { isDashboard } from "../output/isDashboard";
import { crdChanges } from "./crdChanges";
import { gainedRules, roleChanges } from "./roleChanges";
import { ruleChanges } from "./ruleChanges";

/** A change to a Kubernetes object or an alert of a release. */
export type ObjectChange = {
  /** Kind and name, with the namespace if it differs from the release's. */
  object: string;
  change: string;
};

interface Change {
  kind: string;
  name: string;
  change: string;
}

/**
 * Compares the objects that a release's chart renders before and after an upgrade. Identical changes to
 * several objects of a kind are combined into one row. The only values in the result are images, role
 * rules, field types and alert thresholds, because other values may be secret.
 */
export function objectChanges(
  before: PlainMap[],
  after: PlainMap[],
  namespace: string,
): ObjectChange[] {
  const [old, current] = [byIdentity(before, namespace), byIdentity(after, namespace)];
  const changes = keysOf(old, current).flatMap((key): Change[] => {
    const [was, is] = [old.get(key), current.get(key)];
    const object = (is ?? was)!;
    const kind = textAt(object, "kind") ?? "";
    const name = nameOf(object, namespace);
    return textsOf(kind, was, is).map((change) => ({ kind, name, change }));
  });
  const rules = ruleChanges(before, after);
  const byKind = groupBy([...changes, ...rules], ({ kind }) => rank(kind));
  return byKind.flatMap(([, group]) => merged(group));
}

/** Ranks kinds for sorting: workloads first, then their permissions, then their monitoring. */
function rank(kind: string): number {
  const index = order.findIndex((pattern) => pattern.test(kind));
  return index < 0 ? order.length : index;
}

const workload = /^(Deployment|StatefulSet|DaemonSet)$/;
const role = /^(Cluster)?Role$/;

const order = [
  workload,
  role,
  /^CustomResourceDefinition$/,
  /^(alert|recording rule)$/,
  /^(Prometheus|Alertmanager|ThanosRuler)$/,
];

function merged(changes: Change[]): ObjectChange[] {
  const rows = new Map<string, { kind: string; names: string[]; change: string }>();
  for (const { kind, name, change } of changes) {
    const key = JSON.stringify([kind, change]);
    const row = rows.get(key) ?? { kind, names: [], change };
    rows.set(key, row);
    row.names.push(name);
  }
  return [...rows.values()].map(({ kind, names, change }) => ({
    object: `${kind} ${firstOf(names)}`,
    change,
  }));
}

/**
 * Indexes objects by group, kind, namespace and name. An object in another API version has the same
 * identity.
 */
function byIdentity(objects: PlainMap[], releaseNamespace: string): Map<string, PlainMap> {
  return new Map(
    objects.map((object) => {
      const [group] = /^[^/]*(?=\/)/.exec(textAt(object, "apiVersion") ?? "") ?? [""];
      const { namespace = releaseNamespace, name } = mapAt(object, "metadata");
      return [JSON.stringify([group, object["kind"], namespace, name]), object];
    }),
  );
}

function nameOf(object: PlainMap, releaseNamespace: string): string {
  const name = textAt(object, "metadata", "name") ?? "";
  const namespace = textAt(object, "metadata", "namespace") ?? releaseNamespace;
  return namespace === releaseNamespace ? name : `${namespace}/${name}`;
}

function textsOf(kind: string, was: PlainMap | undefined, is: PlainMap | undefined): string[] {
  if (was === undefined) return [role.test(kind) ? `added: ${gainedRules(is!)}` : "added"];
  if (is === undefined) return ["removed"];
  if (role.test(kind)) {
    const { rules: _before, ...otherBefore } = comparable(was);
    const { rules: _after, ...otherAfter } = comparable(is);
    return [...roleChanges(was, is), ...updates(kind, otherBefore, otherAfter)];
  }
  if (kind === "CustomResourceDefinition") {
    const changes = crdChanges(was, is);
    if (changes.length > 0) return changes;
    return updates(kind, comparable(was), comparable(is)).map(
      () => "updated: descriptions or validation",
    );
  }
  const changes = updates(kind, comparable(was), comparable(is));
  // One row covers all dashboards of a chart.
  return isDashboard(is) ? changes.map(() => "updated: dashboard") : changes;
}

/**
 * Labels that charts set to their version. In a pod template, changing such a label restarts the pods.
 */
const versionLabels = ["helm.sh/chart", "chart", "app.kubernetes.io/version"];

/**
 * Removes an object's identity, the labels that change with each chart version, and its rules, which are
 * compared by name.
 */
function comparable(object: PlainMap): PlainMap {
  const { namespace: _namespace, ...metadata } = mapAt(object, "metadata");
  const labels = Object.entries(mapAt(metadata, "labels"));
  const otherLabels = labels.filter(([name]) => !versionLabels.includes(name));
  const copy = { ...object, metadata: { ...metadata, labels: Object.fromEntries(otherLabels) } };
  if (object["kind"] !== "PrometheusRule") return copy;
  const groups = listAt(object, "spec", "groups").map((group) =>
    isMap(group) ? { ...group, rules: [] } : group,
  );
  return { ...copy, spec: { ...mapAt(object, "spec"), groups } };
}

function updates(kind: string, was: PlainMap, is: PlainMap): string[] {
  const different = differences(was, is);
  const paths = changedPaths(was, is);
  if (paths.length === 0) return [];
  const immutable = isHook(is) ? [] : paths.filter((path) => isImmutable(kind, path));
  const inPods = workload.test(kind)
    ? paths.filter((path) => path.startsWith("spec.template."))
    : [];
  const others = paths.filter((path) => !immutable.includes(path) && !inPods.includes(path));
  const named = (changedPaths: string[]): string =>
    firstOf(withImages(changedPaths, different).map(inPod));
  const verb =
    textAt(is, "spec", "updateStrategy", "type") === "OnDelete"
      ? "changes pods when they are deleted"
      : "restarts pods";
  return [
    ...(immutable.length > 0 ? [`cannot be updated in place: ${named(immutable)}`] : []),
    ...(inPods.length > 0 ? [`${verb}: ${named(inPods)}`] : []),
    ...(others.length > 0 ? [`updated: ${named(others)}`] : []),
  ];
}

/**
 * Replaces the paths of changed images with the old and the new image. Images come first, because a long list is
 * truncated.
 */
function withImages(paths: string[], different: Difference[]): string[] {
  const images = different.filter(
    ({ path, before, after }) =>
      paths.includes(path) && /\bimage$/.test(path) && isText(before) && isText(after),
  );
  const isImage = (path: string): boolean => images.some((image) => image.path === path);
  return [
    ...images.map(({ path, before, after }) => `${path} ${String(before)} → ${String(after)}`),
    ...paths.filter((path) => !isImage(path)),
  ];
}

/** Converts a path in the pod template to a path relative to the pod. */
function inPod(path: string): string {
  return path.replace(/^spec\.template\.(spec\.)?/, "");
}

/** Whether an object is a hook, which Helm deletes and recreates instead of updating. */
function isHook(object: PlainMap): boolean {
  return at(object, "metadata", "annotations", "helm.sh/hook") !== undefined;
}

/** Fields that the API server treats as immutable. */
const immutableFields: [kind: RegExp, path: RegExp][] = [
  [
    /^StatefulSet$/,
    /^spec\.(?!(replicas|ordinals|template|updateStrategy|persistentVolumeClaimRetentionPolicy|minReadySeconds|revisionHistoryLimit)\b)/,
  ],
  [/^(Deployment|DaemonSet)$/, /^spec\.selector\b/],
  [/^Job$/, /^spec\.(selector|template|completionMode)\b/],
  [/^(Cluster)?RoleBinding$/, /^roleRef\b/],
  [/^Service$/, /^spec\.clusterIPs?\b/],
  [/^StorageClass$/, /^(provisioner|parameters|reclaimPolicy|volumeBindingMode)\b/],
  [/^PersistentVolumeClaim$/, /^spec\.(?!resources\b)/],
];

function isImmutable(kind: string, path: string): boolean {
  return immutableFields.some(([kinds, paths]) => kinds.test(kind) && paths.test(path));
}
