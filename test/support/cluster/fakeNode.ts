import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Api } from "../../../verify/cluster/api";
import type { List, ObjectMeta } from "../../../verify/cluster/objects";

const node = "node-1";

interface Pod {
  metadata: ObjectMeta & { namespace: string; deletionTimestamp?: string };
  spec: {
    nodeName?: string;
    restartPolicy?: string;
    serviceAccountName?: string;
    containers: Container[];
  };
  status: { phase: string };
}

interface Container {
  name: string;
  command?: string[];
  env?: { name: string; value: string }[];
}

interface Claim {
  metadata: ObjectMeta & { namespace: string };
  spec: { resources: { requests: { storage: string } } };
  status: { phase: string; capacity?: { storage: string } };
}

/**
 * The scheduler, the kubelet and the volume driver of a cluster without machines: pods become ready,
 * jobs succeed, and claims are bound and expanded. Python programs of jobs really run.
 */
export class FakeNode {
  /** Whether new pods stay pending. */
  paused = false;
  #stopped = false;
  #loop: Promise<void> = Promise.resolve();

  /** Output of the Python programs of jobs. */
  output = "";

  constructor(
    private readonly api: Api,
    private readonly server: { url: URL; certificate: string },
  ) {}

  async start(): Promise<void> {
    await this.api.post("/api/v1/nodes", { metadata: { name: node } });
    await patch(this.api, `/api/v1/nodes/${node}/status`, {
      status: {
        conditions: [{ type: "Ready", status: "True" }],
        allocatable: { cpu: "64", memory: "256Gi", pods: "500" },
        capacity: { cpu: "64", memory: "256Gi", pods: "500" },
      },
    });
    // The API server adds a taint until the node is ready, with which DaemonSets have no pods.
    await patch(this.api, `/api/v1/nodes/${node}`, { spec: { taints: null } });
    await this.api.post("/apis/storage.k8s.io/v1/storageclasses", {
      metadata: {
        name: "gp3",
        annotations: { "storageclass.kubernetes.io/is-default-class": "true" },
      },
      provisioner: "ebs.csi.aws.com",
      allowVolumeExpansion: true,
    });
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        const pods = await this.api.json<List<Pod>>("/api/v1/pods");
        for (const pod of pods.items) await this.#advance(pod);
        const claims = await this.api.json<List<Claim>>("/api/v1/persistentvolumeclaims");
        for (const claim of claims.items) await this.#bind(claim);
      } catch {
        // Another client changed the object, or the API server is not available: the next round tries again.
      }
      await sleep(200);
    }
  }

  async #advance({ metadata, spec, status }: Pod): Promise<void> {
    const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;
    if (metadata.deletionTimestamp !== undefined) {
      await this.api.text(`${path}?gracePeriodSeconds=0`, { method: "DELETE" });
      return;
    }
    if (status.phase !== "Pending" || this.paused) return;
    if (spec.nodeName === undefined) {
      await this.api.post(`${path}/binding`, {
        metadata: { name: metadata.name },
        target: { kind: "Node", name: node },
      });
    }
    const finishes = spec.restartPolicy !== undefined && spec.restartPolicy !== "Always";
    const exitCode = finishes ? await this.#runPython(metadata.namespace, spec) : 0;
    const now = new Date().toISOString();
    const state = finishes
      ? { terminated: { exitCode, finishedAt: now } }
      : { running: { startedAt: now } };
    await patch(this.api, `${path}/status`, {
      status: {
        phase: finishes ? (exitCode === 0 ? "Succeeded" : "Failed") : "Running",
        conditions: finishes
          ? []
          : ["Initialized", "ContainersReady", "Ready", "PodScheduled"].map((type) => ({
              type,
              status: "True",
            })),
        containerStatuses: spec.containers.map(({ name }) => ({
          ...{ name, image: "none", imageID: "none", restartCount: 0 },
          ...{ ready: !finishes, started: !finishes, state },
        })),
      },
    });
  }

  /** Runs the Python programs of a pod with the token of its account, and returns the exit code. */
  async #runPython(namespace: string, spec: Pod["spec"]): Promise<number> {
    const mounted = "/var/run/secrets/kubernetes.io/serviceaccount";
    for (const { command, env = [] } of spec.containers) {
      const [program, option, script] = command ?? [];
      if (program !== "python" || option !== "-c" || script === undefined) continue;
      const account = `/api/v1/namespaces/${namespace}/serviceaccounts/${spec.serviceAccountName}`;
      const { status } = JSON.parse(
        await this.api.post(`${account}/token`, {
          apiVersion: "authentication.k8s.io/v1",
          kind: "TokenRequest",
        }),
      ) as { status: { token: string } };
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), "account-"));
      fs.writeFileSync(path.join(folder, "token"), status.token);
      fs.copyFileSync(this.server.certificate, path.join(folder, "ca.crt"));
      const exitCode = await new Promise<number>((resolve) => {
        execFile(
          "python3",
          ["-c", script.replaceAll(mounted, folder)],
          {
            env: {
              ...Object.fromEntries(env.map(({ name, value }) => [name, value])),
              KUBERNETES_SERVICE_HOST: this.server.url.hostname,
              KUBERNETES_SERVICE_PORT: this.server.url.port,
              PATH: process.env["PATH"],
            },
          },
          (error, stdout, stderr) => {
            this.output += stdout + stderr;
            resolve(error === null ? 0 : 1);
          },
        );
      });
      fs.rmSync(folder, { recursive: true });
      if (exitCode !== 0) return exitCode;
    }
    return 0;
  }

  async #bind({ metadata, spec, status }: Claim): Promise<void> {
    const { storage } = spec.resources.requests;
    if (status.phase === "Bound" && status.capacity?.storage === storage) return;
    await patch(
      this.api,
      `/api/v1/namespaces/${metadata.namespace}/persistentvolumeclaims/${metadata.name}/status`,
      { status: { phase: "Bound", capacity: { storage } } },
    );
  }
}

async function patch(api: Api, path: string, body: unknown): Promise<void> {
  await api.text(path, {
    method: "PATCH",
    headers: { "content-type": "application/merge-patch+json" },
    body: JSON.stringify(body),
  });
}
