import * as fs from "node:fs";
import * as path from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { type Pod, type RecordedPods, recordedPods } from "../charts/recordedPods";
import { goldenFolder, readFiles } from "../golden/render";

export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
  spec?: object;
}

/** Objects of prod that commands in the documentation can name. */
export function deployedObjects(): Manifest[] {
  const registered = [...readFiles(goldenFolder("prod"))]
    .filter(([file]) => file.startsWith("manifests/"))
    .map(([, text]) => parse(text) as Manifest);
  const { pods, services } = recordedPods("prod");
  const others = fs.readFileSync(path.join(__dirname, "objects.yaml"), "utf8");
  return [
    ...registered,
    ...pods.map(workloadOf),
    ...services.map(serviceOf),
    ...parseAllDocuments(others).map((document) => document.toJS() as Manifest),
  ];
}

/** The workload of recorded pods, with their labels, containers and names of ports. */
function workloadOf({ kind, name, namespace, labels, containers, ports }: Pod): Manifest {
  const [first = "", ...others] = containers;
  const spec = {
    containers: [
      {
        ...{ name: first, image: "none" },
        ports: ports.map(({ name, port, protocol }) => ({ name, containerPort: port, protocol })),
      },
      ...others.map((name) => ({ name, image: "none" })),
    ],
  };
  if (kind === "Job") {
    const template = { metadata: { labels }, spec: { ...spec, restartPolicy: "Never" } };
    return { apiVersion: "batch/v1", kind, metadata: { name, namespace }, spec: { template } };
  }
  const isOperated = kind === "Prometheus" || kind === "Alertmanager";
  return {
    apiVersion: "apps/v1",
    kind: isOperated ? "StatefulSet" : kind,
    metadata: { name: isOperated ? `${kind.toLowerCase()}-${name}` : name, namespace },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}

function serviceOf({
  name,
  namespace,
  selector,
  ports,
}: RecordedPods["services"][number]): Manifest {
  const metadata = { name, namespace };
  return { apiVersion: "v1", kind: "Service", metadata, spec: { selector, ports } };
}
