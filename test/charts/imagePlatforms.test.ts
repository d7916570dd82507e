import * as assert from "node:assert/strict";
import { PrometheusStack } from "../../components";
import { charts } from "../../components/charts/charts";
import { recordProgram } from "../support/mocks";

// The build files of the projects, read in November 2026, list these platforms.
const prometheusProjects = "linux/amd64 linux/arm64 linux/arm linux/ppc64le linux/s390x";
const datadog = "linux/amd64 linux/arm64";

/** Charts whose images the table below covers. Review it when a version changes. */
const reviewed = {
  "kube-prometheus-stack": "88.5.3",
  loki: "18.11.0",
  alloy: "1.11.1",
  promtail: "6.17.1",
  datadog: "3.240.0",
};

/** Platforms of every image that the components deploy, and the file that lists them. */
const images: Record<string, [platforms: string, source: string]> = {
  "prometheus/prometheus": [prometheusProjects, "prometheus/prometheus: Makefile, DOCKER_ARCHS"],
  "prometheus/blackbox-exporter": [
    prometheusProjects,
    "prometheus/blackbox_exporter: Makefile, DOCKER_ARCHS",
  ],
  "prometheus/alertmanager": [
    prometheusProjects,
    "prometheus/alertmanager: Makefile, DOCKER_ARCHS",
  ],
  "prometheus/node-exporter": [
    `${prometheusProjects} linux/riscv64`,
    "prometheus/node_exporter: Makefile, DOCKER_ARCHS",
  ],
  "prometheus-operator/prometheus-operator": [
    "linux/amd64 linux/arm64 linux/arm",
    "prometheus-operator/prometheus-operator: scripts/push-docker-image.sh, CPU_ARCHS",
  ],
  "prometheus-operator/prometheus-config-reloader": [
    "linux/amd64 linux/arm64 linux/arm",
    "prometheus-operator/prometheus-operator: scripts/push-docker-image.sh, CPU_ARCHS",
  ],
  "kube-state-metrics/kube-state-metrics": [
    "linux/amd64 linux/arm64 linux/arm linux/ppc64le linux/s390x",
    "kubernetes/kube-state-metrics: Makefile, ALL_ARCH",
  ],
  // The Jobs that upgrade the CRDs.
  kubectl: [
    "linux/amd64 linux/arm64 linux/ppc64le linux/s390x",
    "kubernetes/kubernetes v1.36.3: hack/lib/golang.sh, KUBE_SUPPORTED_SERVER_PLATFORMS",
  ],
  "library/busybox": [
    "linux/amd64 linux/arm64 linux/arm linux/386 linux/ppc64le linux/s390x",
    "docker-library/official-images: library/busybox",
  ],
  "jkroepke/kube-webhook-certgen": [
    "linux/amd64 linux/arm64 linux/s390x",
    "jkroepke/kube-webhook-certgen: .goreleaser.yaml",
  ],
  "grafana/grafana": [
    "linux/amd64 linux/arm64 linux/arm linux/s390x",
    "grafana/grafana: .github/workflows/release-build.yml",
  ],
  // Loads dashboards and data sources into Grafana, and runs the Job that expands volumes.
  "kiwigrid/k8s-sidecar": [
    "linux/amd64 linux/arm64 linux/arm linux/ppc64le linux/riscv64",
    "kiwigrid/k8s-sidecar: docker-bake.hcl",
  ],
  "grafana/loki": [
    "linux/amd64 linux/arm64 linux/arm",
    "grafana/loki v3.7.8: .github/release-workflows.jsonnet",
  ],
  // The gateway and the caches of the mode `distributed`.
  "nginxinc/nginx-unprivileged": [
    "linux/amd64 linux/arm64 linux/arm linux/386 linux/ppc64le linux/riscv64 linux/s390x",
    "nginx/docker-nginx-unprivileged: .github/workflows/alpine-mainline.yml",
  ],
  "jkroepke/access-log-exporter": [
    "linux/amd64 linux/arm64",
    "jkroepke/access-log-exporter: .goreleaser.yaml",
  ],
  "library/memcached": [
    "linux/amd64 linux/arm64 linux/arm linux/386 linux/ppc64le linux/s390x",
    "docker-library/official-images: library/memcached",
  ],
  "prom/memcached-exporter": [
    "linux/amd64 linux/arm64 linux/arm",
    "prometheus/memcached_exporter: Makefile, DOCKER_ARCHS",
  ],
  "grafana/alloy": [
    "linux/amd64 linux/arm64 linux/ppc64le linux/s390x windows/amd64",
    "grafana/alloy v1.18.1: scripts/docker-containers, BUILD_PLATFORMS",
  ],
  "grafana/promtail": [
    "linux/amd64 linux/arm64 linux/arm",
    "grafana/loki v3.5.1: .github/release-workflows.jsonnet",
  ],
  "datadog/agent": [`${datadog} windows/amd64`, "docs.datadoghq.com: containers/docker"],
  "datadog/cluster-agent": [datadog, "DataDog/datadog-agent: issue 7295"],
};

/** Values of a node label that are accepted as the only nodes of all pods. */
async function accepted(label: string, values: string[]): Promise<string[]> {
  const results = await Promise.all(
    values.map(async (value) => {
      const args = { cluster: "c", environment: "e", nodeSelector: { [label]: value } };
      const program = () => void new PrometheusStack("prometheus", args);
      return recordProgram(program).then(
        () => [value],
        () => [],
      );
    }),
  );
  return results.flat();
}

describe("the platforms of images", () => {
  const platforms = Object.values(images).map(([list]) => list.split(" "));
  const all = [...new Set(platforms.flat())];
  const common = all.filter((platform) => platforms.every((list) => list.includes(platform)));

  it("are known for the versions of the charts", () => {
    const versions = Object.values(charts).map(({ name, version }) => [name, version]);
    assert.deepEqual(Object.fromEntries(versions), reviewed);
  });

  it("are those of the nodes that the components accept", async () => {
    const partOf = (part: number) => [
      ...new Set(all.map((platform) => platform.split("/")[part] ?? "")),
    ];
    const systems = await accepted("kubernetes.io/os", partOf(0));
    const architectures = await accepted("kubernetes.io/arch", partOf(1));
    assert.deepEqual(
      systems.flatMap((system) => architectures.map((each) => `${system}/${each}`)),
      common,
    );
  });
});
