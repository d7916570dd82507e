import { stringify } from "yaml";
import {
  definitionConfig,
  definitionTemplates,
  isAlertManagerDefinition,
  isRuleNamespace,
} from "../../policies/facts/amp";
import type { PlainMap } from "../../policies/facts/plain";
import type { JudgedEnvironment } from "../../policies/engine/environment";
import { releaseType } from "../../policies/facts/releaseType";
import type { PolicyReport } from "../pack/policyReport";
import type { RecordedResource } from "../engine/recordedResource";
import { SECRET, UNKNOWN } from "../engine/values";
import { isDashboard } from "./isDashboard";
import type { OutFolder } from "./outFolder";

/** File that contains Alertmanager's configuration. */
export const alertmanagerFile = "alertmanager/alertmanager.yaml";
/** Secret that contains the configuration and the notification templates. */
export const alertmanagerSecret = "alertmanager-config";

export interface Exported {
  resources: RecordedResource[];
  policy: Omit<PolicyReport, "remediated"> & { passed: boolean; environment: JudgedEnvironment };
  /** Hides secret values inside texts. */
  redact: <T>(value: T) => T;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a Kubernetes object of any kind
type KubernetesObject = Record<string, any>;

/** Returns the files for `--out`, sorted by path. The same program always produces identical output. */
export function exportFiles(exported: Exported): Map<string, string> {
  const { redact } = exported;
  const files = new Map<string, string>();
  const add = (folder: OutFolder, name: string, extension: string, content: string): void => {
    const base = `${folder}/${fileName(name)}`;
    let path = `${base}.${extension}`;
    for (let copy = 2; files.has(path); copy++) path = `${base}-${copy}.${extension}`;
    files.set(path, content);
  };
  // Aliases and folded lines are valid YAML, but they are hard to read.
  const yaml = (value: unknown): string =>
    stringify(redact(value), { aliasDuplicateObjects: false, lineWidth: 0 });
  const json = (value: unknown): string => `${JSON.stringify(redact(value), null, 2)}\n`;

  files.set("resources.json", json(inOrderOfUrn(exported.resources).map(resourceEntry)));
  files.set("policy.json", json(exported.policy));
  const releases = inOrderOfUrn(exported.resources.filter(isRelease));
  files.set("releases.json", json(releases.map(releaseEntry)));
  for (const release of releases) {
    add("values", releaseName(release), "yaml", yaml(valuesOf(release)));
  }

  for (const resource of inOrderOfUrn(exported.resources.filter(isRuleNamespace))) {
    const { name, data } = resource.redactedInputs;
    add("rules", String(name), "yaml", redact(String(data)));
  }
  for (const { redactedInputs } of exported.resources.filter(isAlertManagerDefinition)) {
    const definition = { props: redactedInputs as PlainMap };
    files.set(alertmanagerFile, redact(String(definitionConfig(definition))));
    for (const [name, text] of definitionTemplates(definition)) {
      files.set(`alertmanager/${fileName(name)}`, redact(text));
    }
  }

  for (const resource of inOrderOfUrn(exported.resources.filter(isManifest))) {
    const object = resource.inputs as KubernetesObject;
    const { name: objectName = UNKNOWN } = object["metadata"] ?? {};
    const name = objectName === UNKNOWN ? resource.name : String(objectName);
    const kind = String(object["kind"]);
    add("manifests", `${kind.toLowerCase()}-${name}`, "yaml", yaml(manifestOf(resource)));
    if (kind === "PrometheusRule") {
      const { groups } = (resource.redactedInputs as KubernetesObject)["spec"] ?? {};
      add("rules", name, "yaml", yaml({ groups }));
    }
    if (kind === "ConfigMap" && isDashboard(object)) {
      for (const [key, text] of texts((resource.redactedInputs as KubernetesObject)["data"])) {
        add("dashboards", key.replace(/\.json$/, ""), "json", redact(text));
      }
    }
    // The SDK marks the whole Secret as secret. This one contains configuration that refers to
    // credentials by file, so only known secret values are hidden.
    if (kind === "Secret" && name === alertmanagerSecret) {
      for (const [key, text] of texts(object["stringData"])) {
        if (key === "alertmanager.yaml" || key.endsWith(".tmpl")) {
          files.set(`alertmanager/${fileName(key)}`, redact(text));
        }
      }
    }
  }
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Sorts resources by URN, because the order of registration depends on timing. */
function inOrderOfUrn(resources: RecordedResource[]): RecordedResource[] {
  return [...resources].sort((a, b) => (a.urn < b.urn ? -1 : 1));
}

/** Returns a resource's entry in `resources.json`. */
export function resourceEntry(resource: RecordedResource): Record<string, unknown> {
  const { options } = resource;
  return {
    urn: resource.urn,
    type: resource.type,
    name: resource.name,
    ...(resource.parent === undefined ? {} : { parent: resource.parent }),
    ...(resource.external ? { external: true } : {}),
    ...(options.protect ? { protect: true } : {}),
    ...(options.retainOnDelete ? { retainOnDelete: true } : {}),
    ...(options.provider === undefined ? {} : { provider: options.provider }),
    ...(options.dependencies.length === 0 ? {} : { dependencies: options.dependencies }),
    inputs: resource.redactedInputs,
  };
}

function isRelease(resource: RecordedResource): boolean {
  return resource.type === releaseType;
}

function isManifest(resource: RecordedResource): boolean {
  return (
    resource.type.startsWith("kubernetes:") &&
    !resource.external &&
    typeof resource.inputs["kind"] === "string" &&
    typeof resource.inputs["apiVersion"] === "string"
  );
}

function releaseName(release: RecordedResource): string {
  return String(release.inputs["name"] ?? release.name);
}

function releaseEntry(release: RecordedResource): Record<string, unknown> {
  const inputs = release.redactedInputs as KubernetesObject;
  return {
    name: releaseName(release),
    chart: inputs["chart"],
    version: inputs["version"],
    repository: inputs["repositoryOpts"]?.repo,
    namespace: inputs["namespace"],
  };
}

/** Returns the chart values without unknown leaves, which Helm cannot parse. */
function valuesOf(release: RecordedResource): unknown {
  return withoutUnknowns(release.redactedInputs["values"]) ?? {};
}

export function withoutUnknowns(value: unknown): unknown {
  if (value === UNKNOWN) return undefined;
  if (Array.isArray(value)) return value.filter((item) => item !== UNKNOWN).map(withoutUnknowns);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, item]) => [key, withoutUnknowns(item)] as const)
      .filter(([, item]) => item !== undefined),
  );
}

/**
 * Converts an object to a form that kubectl accepts. A Secret keeps only its keys. Its values are
 * deliberately invalid base64, so the API server rejects them, because a preview must never overwrite a
 * live Secret.
 */
function manifestOf(resource: RecordedResource): KubernetesObject {
  const { stringData: _text, data: _data, ...object } = resource.redactedInputs;
  if (object["kind"] !== "Secret") return resource.redactedInputs;
  const { inputs } = resource;
  const keys = [inputs["stringData"], inputs["data"]].flatMap(texts).map(([key]) => key);
  const hidden = Object.fromEntries(keys.map((key) => [key, SECRET]));
  return { ...object, data: keys.length === 0 ? { unknown: UNKNOWN } : hidden };
}

function texts(data: unknown): [string, string][] {
  if (typeof data !== "object" || data === null) return [];
  return Object.entries(data).map(([key, value]) => [key, String(value)]);
}

/**
 * Replaces characters that are unsafe in a file name, because users choose the names of dashboards and
 * templates.
 */
function fileName(name: string): string {
  return name.replace(/[^\w.-]+/g, "-").replace(/^\.+/, "");
}
