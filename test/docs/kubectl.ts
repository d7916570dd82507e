/** Kinds by what kubectl lets a person write. */
const kinds: Record<string, string> = {
  svc: "service",
  sa: "serviceaccount",
  pods: "pod",
  deploy: "deployment",
  ds: "daemonset",
  sts: "statefulset",
};

/** What a reader puts in place of a capital word, of <this>, and of an ellipsis is theirs. */
const placeholder = /^(POD|TABLE|N|<[\w-]+>|…)$/;

/**
 * The objects that a kubectl command names, as `namespace kind/name`, or `namespace kind` where it
 * lists a kind. Those with a name that the reader chooses are left out, as are all pods of a label.
 */
export function objectsIn(command: string): string[] {
  // What runs in the pod, or on what kubectl prints, is no concern of kubectl.
  const [own = ""] = command.split(/ -- | \| /);
  const [, verb = "", ...rest] = own.split(" ");
  const words = verb === "rollout" ? rest.slice(1) : rest;
  const namespace = /(?:^| )-n (\S+)/.exec(own)?.[1] ?? "ticketing";
  // Of these, the word after is their value.
  const plain = words.filter(
    (word, index) => !word.startsWith("-") && !/^-[nclo]$/.test(words[index - 1] ?? ""),
  );
  const [first = "", second] = plain;
  const named = plain.filter((word) => word.includes("/"));
  if (named.length > 0) {
    return named
      .map((word) => word.split("/"))
      .filter(([, name = ""]) => !placeholder.test(name))
      .map(([kind = "", name = ""]) => `${namespace} ${kinds[kind] ?? kind}/${name}`);
  }
  if (["exec", "logs", "port-forward"].includes(verb)) {
    return first === "" || placeholder.test(first) ? [] : [`${namespace} pod/${first}`];
  }
  const kind = kinds[first] ?? first;
  if (second === undefined) return kind === "pod" ? [] : [`${namespace} ${kind}`];
  return placeholder.test(second) ? [] : [`${namespace} ${kind}/${second}`];
}
