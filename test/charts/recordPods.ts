/**
 * Records the pods of the prod stack, what they listen on and connect to, for the tests of the network
 * policies and of the kubectl commands in the documentation, after a change of a chart:
 *
 *     npm run preview -- --stack prod --out out
 *     helm pull <chart> --repo <repository> --version <version> --untar --untardir charts   (each)
 *     node --require tsx/cjs test/charts/recordPods.ts out charts prod
 *
 * `pods/distributed.json` is the same with `--config loki.mode=distributed --config
 * loki.collector=promtail --config loki.logMetricNamespaces='["ticketing"]'`. `HELM` names the helm
 * program when it is not on PATH.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { parseAllDocuments } from "yaml";
import { Pod, Reference, RecordedPods } from "./recordedPods";
import { Manifest, manifestsOf, readReleases, renderRelease } from "./render";

const [previewDir, chartsDir, name] = process.argv.slice(2);
if (previewDir === undefined || chartsDir === undefined || name === undefined) {
  throw new Error("the folders of the preview and of the charts, and a name are required");
}
const options = { previewDir, chartsDir, helm: process.env["HELM"] ?? "helm" };
const releases = readReleases(previewDir);
const manifestFolder = path.join(previewDir, "manifests");
const manifests: Manifest[] = [
  ...releases.flatMap((release) =>
    manifestsOf(renderRelease(release, options)).map((manifest) => {
      const { namespace = release.namespace } = manifest["metadata"];
      return { ...manifest, metadata: { ...manifest["metadata"], namespace } };
    }),
  ),
  ...fs
    .readdirSync(manifestFolder)
    .flatMap((file) =>
      parseAllDocuments(fs.readFileSync(path.join(manifestFolder, file), "utf8")).map(
        (document) => document.toJS() as Manifest,
      ),
    ),
];
const ofKind = (...kinds: string[]): Manifest[] =>
  manifests.filter(({ kind }) => kinds.includes(kind));

/** Containers and ports of the pods that the Prometheus operator creates for its custom resources. */
const operated: Record<string, Pick<Pod, "containers" | "ports">> = {
  Prometheus: {
    containers: ["prometheus", "config-reloader"],
    ports: [
      { name: "http-web", port: 9090, protocol: "TCP" },
      { name: "reloader-web", port: 8080, protocol: "TCP" },
    ],
  },
  Alertmanager: {
    containers: ["alertmanager", "config-reloader"],
    ports: [
      { name: "http-web", port: 9093, protocol: "TCP" },
      { name: "mesh-tcp", port: 9094, protocol: "TCP" },
      { name: "mesh-udp", port: 9094, protocol: "UDP" },
      { name: "reloader-web", port: 8080, protocol: "TCP" },
    ],
  },
};

function operatedPod({ kind, metadata, spec }: Manifest): Pod {
  const own = kind.toLowerCase() as string;
  return {
    kind,
    name: metadata.name,
    namespace: metadata.namespace,
    labels: {
      "app.kubernetes.io/name": own,
      "app.kubernetes.io/instance": metadata.name,
      "app.kubernetes.io/managed-by": "prometheus-operator",
      [own]: metadata.name,
      ...(kind === "Prometheus" && { "operator.prometheus.io/name": metadata.name }),
    },
    usesApi: spec.automountServiceAccountToken !== false,
    containers: operated[kind]?.containers ?? [],
    ports: operated[kind]?.ports ?? [],
  };
}

function podOf({ kind, metadata, spec }: Manifest): Pod {
  const { template } = spec as { template: Manifest };
  const containers = template["spec"].containers as Manifest[];
  const initContainers = (template["spec"].initContainers ?? []) as Manifest[];
  return {
    kind,
    name: metadata.name,
    namespace: metadata.namespace,
    labels: template["metadata"]?.labels ?? {},
    ...(template["spec"].hostNetwork === true && { hostNetwork: true }),
    usesApi: template["spec"].automountServiceAccountToken !== false,
    containers: containers.map(({ name }) => name as string),
    ports: [...containers, ...initContainers].flatMap(({ ports = [] }: Manifest) =>
      ports.map(({ name: port, containerPort, protocol = "TCP", hostPort }: Manifest) => ({
        name: port,
        port: containerPort,
        protocol,
        ...(hostPort !== undefined && { hostPort }),
      })),
    ),
  };
}

/** The Services that a text names with a port: in a URL, as an address, or in an SRV record of DNS. */
function servicesIn(text: string): Omit<Reference, "from">[] {
  const pattern = /([a-z0-9-]+)\.([a-z0-9-]+)(?:\.svc(?:\.cluster\.local)?)?\.?:(\d+)/g;
  const services = new Set([
    // The Prometheus operator creates this one.
    "monitoring/prometheus-operated",
    ...ofKind("Service").map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
  ]);
  const records = /_([a-z-]+)\._tcp\.([a-z0-9-]+)\.([a-z0-9-]+)\.svc/g;
  return [
    ...[...text.matchAll(pattern)].map(([, service, namespace, port]) => ({
      service: String(service),
      namespace: String(namespace),
      port: Number(port),
    })),
    ...[...text.matchAll(records)].map(([, port, service, namespace]) => ({
      service: String(service),
      namespace: String(namespace),
      port: String(port),
    })),
  ].filter((found) => services.has(`${found.namespace}/${found.service}`));
}

/** The texts that a workload reads: its environment, and the ConfigMaps and Secrets that it mounts. */
function textsOf({ spec }: Manifest): string {
  const pod = spec.template.spec as Manifest;
  const volumes = (pod["volumes"] ?? []) as Manifest[];
  const names = volumes.flatMap(({ configMap, secret, projected }) => [
    configMap?.name,
    secret?.secretName,
    ...(projected?.sources ?? []).flatMap((source: Manifest) => [
      source["configMap"]?.name,
      source["secret"]?.name,
    ]),
  ]);
  const read = ofKind("ConfigMap", "Secret").filter(
    ({ metadata }) =>
      names.includes(metadata.name) ||
      // The sidecar of Grafana reads the data sources.
      (String(pod["serviceAccountName"]).includes("grafana") &&
        metadata.labels?.grafana_datasource !== undefined),
  );
  const data = read.map(({ data: plain, stringData, binaryData }) =>
    JSON.stringify({
      ...plain,
      ...stringData,
      ...binaryData,
      decoded: Object.values((plain ?? {}) as Record<string, string>).map((value) =>
        Buffer.from(String(value), "base64").toString(),
      ),
    }),
  );
  return [JSON.stringify(pod["containers"]), ...data].join("\n");
}

const workloads = ofKind("Deployment", "DaemonSet", "StatefulSet", "Job");
const customResources = ofKind("Prometheus", "Alertmanager");

const references: Reference[] = [
  ...workloads.flatMap((workload) =>
    servicesIn(textsOf(workload)).map((reference) => ({
      from: workload["metadata"].name as string,
      ...reference,
    })),
  ),
  ...ofKind("Prometheus").flatMap(({ metadata, spec }) =>
    (spec.alerting?.alertmanagers ?? []).map((alertmanager: Manifest) => ({
      from: metadata.name,
      service: alertmanager["name"],
      namespace: alertmanager["namespace"],
      port: alertmanager["port"],
    })),
  ),
];
const unique = [...new Map(references.map((each) => [JSON.stringify(each), each])).values()];

const recorded: RecordedPods = {
  charts: Object.fromEntries(releases.map(({ chart, version }) => [path.basename(chart), version])),
  pods: [...workloads.map(podOf), ...customResources.map(operatedPod)],
  services: ofKind("Service").map(({ metadata, spec }) => ({
    name: metadata.name,
    namespace: metadata.namespace,
    labels: metadata.labels ?? {},
    selector: spec.selector ?? {},
    ports: (spec.ports as Manifest[]).map(({ name: port, port: number, targetPort = number }) => ({
      name: port,
      port: number,
      targetPort,
    })),
  })),
  monitors: ofKind("ServiceMonitor").map(({ metadata, spec }) => ({
    name: metadata.name,
    namespaces: spec.namespaceSelector?.any
      ? undefined
      : (spec.namespaceSelector?.matchNames ?? [metadata.namespace]),
    selector: spec.selector,
    ports: spec.endpoints.map(({ port }: Manifest) => port),
  })),
  webhooks: ofKind("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration").flatMap(
    ({ webhooks }) =>
      webhooks.map(({ clientConfig }: Manifest) => ({
        service: clientConfig["service"].name,
        namespace: clientConfig["service"].namespace,
        port: clientConfig["service"].port ?? 443,
      })),
  ),
  references: unique,
};
const file = path.join(__dirname, "pods", `${name}.json`);
fs.mkdirSync(path.dirname(file), { recursive: true });
fs.writeFileSync(file, `${JSON.stringify(recorded, null, 2)}\n`);
console.log(`${file}: ${recorded.pods.length} pods, ${unique.length} references`);
