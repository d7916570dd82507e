import { Path, Plain, UNKNOWN, at, isMap, isPresent, isText } from "./plain";
import { Resource, describeObject } from "./resource";
import { own } from "../shared/own";
import { secretType } from "./types";

/** The value of one key in a Kubernetes Secret. */
export interface SecretText {
  /** UNKNOWN if a controller sets the value in the cluster. */
  text: Plain;
  path: Path;
  /** Why the text is UNKNOWN, unless the deployment will reveal it. */
  because?: string;
}

/** Kinds whose controllers create a Secret, with the path to that Secret's name. */
const creators: Record<string, Path> = {
  SealedSecret: ["spec", "template", "metadata", "name"],
  ExternalSecret: ["spec", "target", "name"],
  VaultStaticSecret: ["spec", "destination", "name"],
  VaultDynamicSecret: ["spec", "destination", "name"],
  OnePasswordItem: ["metadata", "name"],
};

const creatorForm =
  /^kubernetes:(?:bitnami\.com|external-secrets\.io|secrets\.hashicorp\.com|onepassword\.com)\/\w+:(\w+)$/;

export function isSecret({ type }: Pick<Resource, "type">): boolean {
  return /^kubernetes:core\/v1:Secret(Patch)?$/.test(type) || creatorOf(type) !== undefined;
}

function creatorOf(type: string): Path | undefined {
  const [, kind = ""] = creatorForm.exec(type) ?? [];
  return own(creators, kind);
}

/** Returns the name of the Secret that a resource is or creates. */
export function secretName(resource: Resource): Plain {
  const path = creatorOf(resource.type) ?? ["metadata", "name"];
  return at(resource.props, ...path) ?? at(resource.props, "metadata", "name") ?? resource.name;
}

/**
 * Returns the value of a key in a Secret: plain text in `stringData`, base64 in `data`, or the template
 * of an ExternalSecret. The engine provides only `data`, because the provider encodes `stringData`.
 */
export function secretText(resource: Resource, key: string): SecretText | undefined {
  const { props, type } = resource;
  if (creatorOf(type) !== undefined) {
    const path: Path = ["spec", "target", "template", "data", key];
    const text = at(props, ...path);
    if (text !== undefined) return { text, path };
    const because = `${describeObject(resource)} creates it in the cluster`;
    return { text: UNKNOWN, path: ["spec"], because };
  }
  for (const field of ["stringData", "data"]) {
    const value = at(props, field, key);
    if (value === undefined) continue;
    const isEncoded = field === "data" && typeof value === "string";
    const text = isEncoded ? Buffer.from(value, "base64").toString("utf8") : value;
    if (isText(text) && text.startsWith("ENC[")) {
      return { text: UNKNOWN, path: [field, key], because: "SOPS encrypts it" };
    }
    return { text, path: at(props, field) === UNKNOWN ? [field] : [field, key] };
  }
  return undefined;
}

/**
 * Returns a Secret's keys; undefined if the stack does not contain the Secret or its keys are unknown.
 */
export type SecretKeys = (name: string) => ReadonlySet<string> | undefined;

/**
 * Collects the keys of the stack's Secrets. Secrets with the same name in different namespaces are
 * treated as one.
 */
export function secretKeysIn(resources: Resource[]): SecretKeys {
  const known = new Map<string, Set<string> | undefined>();
  for (const resource of resources.filter(isSecret)) {
    const name = secretName(resource);
    if (!isText(name)) continue;
    const contents = ["stringData", "data"].map((field) => at(resource.props, field));
    const isKnown =
      resource.type === secretType &&
      // Secrets without data are usually filled by a controller.
      contents.some((content) => isMap(content) && Object.keys(content).length > 0) &&
      contents.every((content) => !isPresent(content) || isMap(content)) &&
      (!known.has(name) || known.get(name) !== undefined);
    const keys = contents.flatMap((content) => (isMap(content) ? Object.keys(content) : []));
    known.set(name, isKnown ? new Set([...(known.get(name) ?? []), ...keys]) : undefined);
  }
  return (name) => known.get(name);
}

/** Returns all known texts in a Secret. */
export function secretTexts(resource: Resource): string[] {
  const keys = ["stringData", "data"].flatMap((field) =>
    Object.keys(at(resource.props, field) ?? {}),
  );
  return keys.flatMap((key) => {
    const text = secretText(resource, key)?.text;
    return typeof text === "string" ? [text] : [];
  });
}
