/** Kinds by their short names and plurals in kubectl. */
const kinds: Record<string, string> = {
  pvc: "persistentvolumeclaim",
  svc: "service",
  sa: "serviceaccount",
  nodes: "node",
  pods: "pod",
  deploy: "deployment",
  ds: "daemonset",
  sts: "statefulset",
};

/** Placeholders for names that the reader chooses. Names in Kubernetes have no capital letters. */
const placeholder = /^([A-Z]+|<[\w-]+>|…)$/;

/**
 * Objects in a kubectl command, as `namespace kind/name`, or `namespace kind` if the command lists a
 * kind. Placeholders and label selectors are skipped.
 */
export function objectsIn(command: string): string[] {
  // Removes the command in the pod and the commands after a pipe.
  const [kubectlCommand = ""] = command.split(/ -- | \| /);
  const [, verb = "", ...rest] = kubectlCommand.split(" ");
  // The object does not exist yet.
  if (verb === "create") return [];
  const words = verb === "rollout" ? rest.slice(1) : rest;
  const namespace = /(?:^| )-n (\S+)/.exec(kubectlCommand)?.[1] ?? "ticketing";
  // Skips options and the values of -n, -c, -l and -o.
  const positional = words.filter(
    (word, index) => !word.startsWith("-") && !/^-[nclo]$/.test(words[index - 1] ?? ""),
  );
  const [first = "", second] = positional;
  const named = positional.filter((word) => word.includes("/"));
  if (named.length > 0) {
    return named
      .map((word) => word.split("/"))
      .filter(([, name = ""]) => !placeholder.test(name))
      .map(([kind = "", name = ""]) => `${namespace} ${kinds[kind] ?? kind}/${name}`);
  }
  if (["exec", "logs", "port-forward"].includes(verb)) {
    return first === "" || placeholder.test(first) ? [] : [`${namespace} pod/${first}`];
  }
  // `kubectl cordon NODE` names no kind.
  if (placeholder.test(first)) return [];
  if (second === undefined) {
    // Every cluster has pods and nodes, and services have jobs.
    const listed = first.split(",").map((kind) => kinds[kind] ?? kind);
    return listed
      .filter((kind) => !/^(pod|node|job|cronjob)$/.test(kind))
      .map((kind) => `${namespace} ${kind}`);
  }
  const kind = kinds[first] ?? first;
  return placeholder.test(second) ? [] : [`${namespace} ${kind}/${second}`];
}
