import { type PlainMap, at, entriesAt, isMap, listAt, textAt } from "../../policies/facts/plain";
import { firstOf } from "../output/firstOf";

/**
 * Returns the versions and fields that a CRD loses, and the fields whose type changes. Compares fields
 * per version.
 */
export function crdChanges(before: PlainMap, after: PlainMap): string[] {
  const [old, current] = [versionsOf(before), versionsOf(after)];
  const scopes = [before, after].map((crd) => textAt(crd, "spec", "scope") ?? "");
  return [
    ...(scopes[0] === scopes[1] ? [] : [`cannot be updated in place: scope ${scopes.join(" → ")}`]),
    ...[...old].flatMap(([version, was]): string[] => {
      const is = current.get(version);
      if (is === undefined) return [`version ${version} is no longer served`];
      const removed = topmost([...was.keys()].filter((field) => !is.has(field)));
      const added = topmost([...is.keys()].filter((field) => !was.has(field)));
      const retyped = [...was].flatMap(([field, type]) => {
        const now = is.get(field);
        return now === undefined || now === type ? [] : [`${field} ${type} → ${now}`];
      });
      return [
        ...(removed.length > 0 ? [`${version} loses ${firstOf(removed)}`] : []),
        ...(retyped.length > 0 ? [`${version} has other types: ${firstOf(retyped)}`] : []),
        ...(added.length > 0 ? [`${version} gains ${firstOf(added)}`] : []),
      ];
    }),
    ...[...current.keys()]
      .filter((version) => !old.has(version))
      .map((version) => `version ${version} is newly served`),
  ];
}

/** Returns the types of all fields by path, for each version that the API server serves. */
function versionsOf(crd: PlainMap): Map<string, Map<string, string>> {
  return new Map(
    listAt(crd, "spec", "versions")
      .filter((version) => at(version, "served") === true)
      .map((version) => {
        const fields = new Map<string, string>();
        addFields(at(version, "schema", "openAPIV3Schema"), "", fields);
        return [textAt(version, "name") ?? "", fields];
      }),
  );
}

function addFields(schema: unknown, path: string, fields: Map<string, string>): void {
  if (!isMap(schema)) return;
  if (path !== "") fields.set(path, typeOf(schema));
  for (const [name, property] of entriesAt(schema, "properties")) {
    addFields(property, path === "" ? name : `${path}.${name}`, fields);
  }
  addFields(schema["items"], `${path}[]`, fields);
  addFields(schema["additionalProperties"], `${path}.*`, fields);
}

function typeOf(schema: PlainMap): string {
  if (schema["x-kubernetes-int-or-string"] === true) return "int-or-string";
  return textAt(schema, "type") ?? "any";
}

/** Removes paths that are under another path in the list. */
function topmost(paths: string[]): string[] {
  const all = new Set(paths);
  return paths.filter((path) => {
    const parents = [...path.matchAll(/\.|\[\]/g)].map(({ index }) => path.slice(0, index));
    return !parents.some((parent) => all.has(parent));
  });
}
