import * as fs from "node:fs";
import { UNKNOWN as UNREADABLE } from "../../policies/facts/plain";
import { objectsIn, typeOfObject } from "../../policies/facts/manifests";
import { readDocuments } from "../../policies/facts/yaml";
import type { RecordedResource } from "./recordedResource";
import type { WireObject } from "./values";

/** An object that a provider registers as a child of a remote component. */
interface RenderedObject {
  type: string;
  name: string;
  properties: WireObject;
}

/**
 * Returns the objects that the Kubernetes provider would register for a `ConfigGroup` or `ConfigFile` of
 * `yaml.v2`. Returns none if any of them is unknown, secret, invalid or not on this machine, because a
 * partial list would look complete.
 */
export function renderedObjects({ type, name, properties }: RecordedResource): RenderedObject[] {
  if (!/^kubernetes:yaml\/v2:Config(Group|File)$/.test(type)) return [];
  const { yaml = [], objs = [], files = [], file = [] } = properties;
  const texts = [...[yaml].flat(), ...[files, file].flat().map(textOfFile)];
  if (!texts.every((text) => typeof text === "string") || !Array.isArray(objs)) return [];
  const prefix =
    typeof properties["resourcePrefix"] === "string" ? properties["resourcePrefix"] : name;
  const objects = objectsIn([...texts.flatMap(readDocuments), ...objs]);
  const rendered = objects.map((object) => {
    const objectType = typeOfObject(object);
    const { name: objectName, namespace } = (object as { metadata?: WireObject }).metadata ?? {};
    const path = [namespace, objectName].filter((part) => typeof part === "string").join("/");
    return {
      type: objectType ?? "",
      name: `${prefix}:${path}`,
      properties: object as WireObject,
    };
  });
  return rendered.every((object) => object.type !== "") ? rendered : [];
}

/**
 * Parses the objects in a text. The result has the format of the provider function that decodes YAML.
 */
export function decodeYaml(text: unknown): unknown[] {
  const documents = typeof text === "string" ? readDocuments(text) : [UNREADABLE];
  if (documents.includes(UNREADABLE))
    throw new Error("a YAML text in the program cannot be parsed");
  return documents.filter((document) => document !== null && document !== undefined);
}

function textOfFile(file: unknown): string | undefined {
  return typeof file === "string" && fs.existsSync(file)
    ? fs.readFileSync(file, "utf8")
    : undefined;
}
