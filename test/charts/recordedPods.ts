import * as fs from "node:fs";
import * as path from "node:path";

export type Labels = Record<string, string>;

export interface Pod {
  /** Kind of the workload, or of the custom resource for which the Prometheus operator creates it. */
  kind: string;
  /** Name of the workload or the custom resource. */
  name: string;
  namespace: string;
  labels: Labels;
  containers: string[];
  /** Ports of all containers. */
  ports: { name: string; port: number; protocol: string; hostPort?: number }[];
  /** Whether the pod mounts a token for the API server. */
  usesApi: boolean;
  hostNetwork?: boolean;
}

/** A Service that a configuration names. */
export interface Reference {
  /** Name of the workload with the configuration. */
  from: string;
  service: string;
  namespace: string;
  /** Number or name of a port of the Service. */
  port: number | string;
}

/** What `recordPods.ts` records of the objects that helm renders and the program registers. */
export interface RecordedPods {
  charts: Record<string, string>;
  pods: Pod[];
  services: {
    name: string;
    namespace: string;
    labels: Labels;
    selector: Labels;
    ports: { name: string; port: number; targetPort: number | string }[];
  }[];
  monitors: {
    name: string;
    namespaces?: string[] | undefined;
    selector: { matchLabels?: Labels; matchExpressions?: Expression[] };
    ports: string[];
  }[];
  webhooks: Omit<Reference, "from">[];
  references: Reference[];
}

export interface Expression {
  key: string;
  operator: string;
  values?: string[];
}

export function recordedPods(name: string): RecordedPods {
  const file = path.join(__dirname, "pods", `${name}.json`);
  return JSON.parse(fs.readFileSync(file, "utf8")) as RecordedPods;
}
