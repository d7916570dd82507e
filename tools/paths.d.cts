/** The absolute path of a tool; throws "NAME is not built: run npm run tools" when it is absent. */
export function toolPath(name: ToolName): string;

/** The value of kubeconform's `-schema-location` for the schemas of Kubernetes and the CRDs. */
export function schemaLocation(): string;

/** Programs, and the folders `crds` (YAML), `schemas` (for kubeconform) and `datadogPython`. */
export type ToolName =
  | "pulumi"
  | "promtool"
  | "amtool"
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
  | "datadogPython";
