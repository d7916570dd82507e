import { setTimeout as sleep } from "node:timers/promises";
import type { Api } from "../../../verify/cluster/api";
import type { List, ObjectMeta } from "../../../verify/cluster/objects";

const node = "node-1";

interface Pod {
  metadata: ObjectMeta & { namespace: string; deletionTimestamp?: string };
  spec: { nodeName?: string; restartPolicy?: string; containers: { name: string }[] };
  status: { phase: string };
}

interface Claim {
  metadata: ObjectMeta & { namespace: string };
  spec: { resources: { requests: { storage: string } } };
  status: { phase: string; capacity?: { storage: string } };
}

/**
 * The scheduler, the kubelet and the volume driver of a cluster without machines: pods become ready,
 * jobs succeed, and claims are bound and expanded.
 */
export class FakeNode {
  /** Whether new pods stay pending. */
  paused = false;
  #stopped = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(private readonly api: Api) {}

  async start(): Promise<void> {
    await this.api.post("/api/v1/nodes", { metadata: { name: node } });
    await patch(this.api, `/api/v1/nodes/${node}/status`, {
      status: {
        conditions: [{ type: "Ready", status: "True" }],
        allocatable: { cpu: "64", memory: "256Gi", pods: "500" },
        capacity: { cpu: "64", memory: "256Gi", pods: "500" },
      },
    });
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
    const now = new Date().toISOString();
    const state = finishes
      ? { terminated: { exitCode: 0, finishedAt: now } }
      : { running: { startedAt: now } };
    await patch(this.api, `${path}/status`, {
      status: {
        phase: finishes ? "Succeeded" : "Running",
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
