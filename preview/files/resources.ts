import { objectsIn, typeOfObject } from "../../policies/facts/manifests";
import { Plain, UNKNOWN, at, isMap, listAt, textAt } from "../../policies/facts/plain";
import { Resource } from "../../policies/facts/resource";
import { isLogQL } from "../../policies/facts/rules";
import { readDocuments } from "../../policies/facts/yaml";

/** A file or standard input. */
export interface TextFile {
  /** Path as the user wrote it. Findings refer to it. */
  path: string;
  text: string;
}

/** A part of a file that the policies do not evaluate. */
export interface Skipped {
  path: string;
  because: string;
}

/** The parts of a file that the policies evaluate, and those that they skip. */
export interface FileContent {
  resources: Resource[];
  skipped: Skipped[];
}

/**
 * Converts a file's documents to resources. Kubernetes objects are used as they are, a rule file becomes
 * a PrometheusRule, and an Alertmanager configuration becomes the Secret that contains it.
 */
export function resourcesIn({ path, text }: TextFile, stack: string): FileContent {
  const content: FileContent = { resources: [], skipped: [] };
  const documents = objectsIn(readDocuments(text));
  documents.forEach((document, index) => {
    const skip = (because: string): void => {
      const part = documents.length === 1 ? path : `${path}, document ${index + 1}`;
      content.skipped.push({ path: part, because });
    };
    const objects = objectsOf(document, path);
    if (typeof objects === "string") return skip(objects);
    for (const object of objects) {
      const type = typeOfObject(object) ?? "";
      const resource = resourceOf(path, stack, type, object);
      if (isKustomization(type)) skip("kustomize has not rendered it");
      else content.resources.push(resource);
    }
  });
  return content;
}

/** Returns the Kubernetes objects that represent a document, or the reason why there are none. */
function objectsOf(document: unknown, path: string): object[] | string {
  if (document === UNKNOWN) return "it is not valid YAML";
  if (!isMap(document)) return "it is not a map";
  if (typeOfObject(document) !== undefined) return [document];
  if (Array.isArray(at(document, "groups"))) {
    const rules = listAt(document, "groups").flatMap((group) => listAt(group, "rules"));
    if (rules.some((rule) => isLogQL(String(at(rule, "expr"))))) return "its rules are for Loki";
    return [
      {
        apiVersion: "monitoring.coreos.com/v1",
        kind: "PrometheusRule",
        metadata: { name: path },
        spec: { groups: at(document, "groups") },
      },
    ];
  }
  if (isMap(at(document, "route")) && Array.isArray(at(document, "receivers"))) {
    const metadata = { name: path };
    const data = { "alertmanager.yaml": JSON.stringify(document) };
    return [
      { apiVersion: "v1", kind: "Secret", metadata, stringData: data },
      // A ConfigMap, because credentials in a file are a violation, whereas a Secret may contain them.
      { apiVersion: "v1", kind: "ConfigMap", metadata, data },
    ];
  }
  return "it is not a Kubernetes object, a rule file or an Alertmanager configuration";
}

function isKustomization(type: string): boolean {
  return /^kubernetes:kustomize\.config\.k8s\.io\//.test(type);
}

function resourceOf(path: string, stack: string, type: string, object: object): Resource {
  const [name, namespace] = ["name", "namespace"].map((key) => textAt(object, "metadata", key));
  const place = name === path ? [path] : [path, [namespace, name].filter(Boolean).join("/")];
  const label = place.filter((part) => part !== "").join("#");
  const urn = `urn:pulumi:${stack}::files::${type}::${label}`;
  // Policies read JSON values, as they do from the engine.
  return { type, name: label, urn, props: JSON.parse(JSON.stringify(object)) as Plain };
}
