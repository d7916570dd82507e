import { Path, Plain, at, entriesAt, isMap, isText, listAt, textAt } from "./plain";
import { Resource, kindOf } from "./resource";
import { own } from "../shared/own";
import { configMapType, isWorkload, secretType } from "./types";
import { isTruthy } from "./helm";

/** A Grafana setting, from the configuration file or an environment variable. */
export interface GrafanaSetting {
  /** Section and key in the form of the environment variable: `AUTH_ANONYMOUS_ENABLED`. */
  id: string;
  value: Plain;
  path: Path;
  /** Value that disables the setting at its path; undefined if remediation cannot change it. */
  disabled?: false | "false";
}

/** Returns the settings in the Grafana chart's values. */
export function settingsInValues({ props }: Resource, base: Path): GrafanaSetting[] {
  const ini: Path = [...base, "grafana.ini"];
  const file = at(props, ...ini);
  const variables = ["env", "extraEnv", "extraEnvs", "envRenderSecret"].flatMap((field) => {
    const path = [...base, field];
    return variablesIn(at(props, ...path), path);
  });
  return [...(isText(file) ? settingsInText(file, ini) : sectionsIn(file, ini)), ...variables];
}

/** Reads settings from sections, including nested ones: `auth: {anonymous: {enabled: true}}`. */
function sectionsIn(value: Plain, path: Path, names: string[] = []): GrafanaSetting[] {
  return entriesAt(value).flatMap(([name, inner]): GrafanaSetting[] => {
    const inside = [...path, name];
    if (isMap(inner)) return sectionsIn(inner, inside, [...names, name]);
    return [{ id: idOf([...names, name].join("_")), value: inner, path: inside, disabled: false }];
  });
}

function idOf(name: string): string {
  return name.replace(/[\s"]/g, "").replace(/[.-]/g, "_").toUpperCase();
}

/** Reads environment variables with the prefix `GF_` from a map, or from a list of names and values. */
function variablesIn(value: Plain, path: Path): GrafanaSetting[] {
  const named: [name: string, value: Plain, path: Path][] = Array.isArray(value)
    ? value.map((item, index) => [
        textAt(item, "name") ?? "",
        at(item, "value"),
        [...path, index, "value"],
      ])
    : entriesAt(value).map(([name, item]) => [name, item, [...path, name]]);
  return named.flatMap(([name, item, itemPath]): GrafanaSetting[] => {
    const [, id] = /^\s*GF_(\w+)\s*$/i.exec(name) ?? [];
    if (id === undefined) return [];
    const disabled = Array.isArray(value) ? {} : { disabled: "false" as const };
    return [{ id: id.toUpperCase(), value: item, path: itemPath, ...disabled }];
  });
}

/** Parses settings from a configuration file or a file of environment variables. */
function settingsInText(text: string, path: Path): GrafanaSetting[] {
  if (!/\[[ \t]*(?:auth|security|users)|GF_/i.test(text)) return [];
  const settings: GrafanaSetting[] = [];
  let section = "";
  for (const line of text.split(/\r?\n/)) {
    section = /^\s*\[([^\]]*)\]/.exec(line)?.[1] ?? section;
    const [, key = "", raw = ""] = /^\s*([\w.-]+)\s*[=:]\s*(.*?)\s*(?:[;#].*)?$/.exec(line) ?? [];
    const [, variable] = /^GF_(\w+)$/i.exec(key) ?? [];
    const value = raw.replace(/^["'`](.*)["'`]$/, "$1");
    if (key !== "") settings.push({ id: idOf(variable ?? `${section}_${key}`), value, path });
  }
  return settings;
}

/** Fields whose text Grafana may load as environment variables or as its configuration file. */
const textFields: Record<string, string[]> = {
  [configMapType]: ["data"],
  [secretType]: ["stringData", "data"],
};

export function holdsGrafanaSettings(type: string): boolean {
  return own(textFields, type) !== undefined || isWorkload(type);
}

/** Returns the settings in a ConfigMap, a Secret or a workload's containers. */
export function settingsInObject(resource: Resource): GrafanaSetting[] {
  const { props, type } = resource;
  const containers = containersOf(resource).flatMap(({ container, path }) =>
    variablesIn(at(container, "env"), [...path, "env"]),
  );
  const texts = (own(textFields, type) ?? []).flatMap((field) =>
    entriesAt(props, field).flatMap(([key, value]): GrafanaSetting[] => {
      if (!isText(value)) return [];
      const isEncoded = field === "data" && type === secretType;
      const text = isEncoded ? Buffer.from(value, "base64").toString("utf8") : value;
      const variable = variablesIn({ [key]: text }, []).map(({ id }) => ({ id, value: text }));
      return [...settingsInText(text, [field, key]), ...variable].map((setting) => ({
        ...setting,
        path: [field, key],
      }));
    }),
  );
  return [...containers, ...texts];
}

/** Returns a workload's containers. */
export function containersOf({ props, type }: Resource): { container: Plain; path: Path }[] {
  if (!isWorkload(type)) return [];
  const pod: Path = kindOf(type) === "Pod" ? ["spec"] : ["spec", "template", "spec"];
  return listAt(props, ...pod, "containers").map((container, index) => ({
    container,
    path: [...pod, "containers", index],
  }));
}

/** Whether a Grafana may have settings that its values do not contain. */
export function isConfiguredElsewhere(values: Plain): boolean {
  return (
    isText(at(values, "grafana.ini")) ||
    ["envFromSecret", "envFromSecrets", "envFromConfigMaps", "envValueFrom"].some((key) => {
      const value = at(values, key);
      return Array.isArray(value) ? value.length > 0 : isTruthy(value);
    })
  );
}

/** Whether Grafana reads a value as true. */
export function isEnabled(value: Plain): boolean {
  if (!isText(value)) return value === true || value === 1;
  return /^(1|t|true|y|yes|on)$/i.test(value.trim().replace(/^["'`](.*)["'`]$/, "$1"));
}
