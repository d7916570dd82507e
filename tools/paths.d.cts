/**
 * Returns the absolute path of a tool. If the tool is not built, throws an error with the command to
 * run.
 */
export function toolPath(name: ToolName): string;

/** Returns the version of a tool, regardless of whether it is built. */
export function toolEntry(name: ToolName): { version: string };

/**
 * Returns the absolute path of the cache, which the environment variable OBSERVABILITY_TOOLS_DIR
 * overrides.
 */
export function cacheFolder(): string;

/** Returns the value of the kubeconform option `-schema-location` for the schemas in the cache. */
export function schemaLocation(): string;

/** Names of the programs, and of the folders `crds`, `schemas`, `datadogPython`, `pulumiPython` and `checkov`. */
export type ToolName =
  | "pulumi"
  | "pulumi-language-yaml"
  | "pulumi-sdkgen-python"
  | "promtool"
  | "amtool"
  | "actionlint"
  | "kubeconform"
  | "crds"
  | "schemas"
  | "helm"
  | "kubectl"
  | "prometheus"
  | "alertmanager"
  | "loki"
  | "logcli"
  | "promtail"
  | "alloy"
  | "versitygw"
  | "etcd"
  | "kube-apiserver"
  | "kube-controller-manager"
  | "prometheus-operator"
  | "pulumi-resource-kubernetes"
  | "datadogPython"
  | "pulumiPython"
  | "checkov"
  | "ministack";
