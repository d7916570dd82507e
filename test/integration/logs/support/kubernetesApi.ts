import { once } from "node:events";
import * as http from "node:http";
import * as net from "node:net";

/** A pod with one container, which a collector can discover. */
export interface Pod {
  namespace: string;
  name: string;
  uid: string;
  node: string;
  container: string;
  /** Name of the ReplicaSet that owns it. */
  replicaSet: string;
  labels: Record<string, string>;
}

/** A fake Kubernetes API that serves a list and a watch of the pods of a node. */
export class KubernetesApi {
  /** URLs of all requests. */
  readonly requests: URL[] = [];

  private constructor(
    private readonly server: http.Server,
    readonly url: string,
  ) {}

  static async start(pods: Pod[]): Promise<KubernetesApi> {
    const server = http.createServer((request, response) => {
      const url = new URL(request.url ?? "/", "http://api");
      api.requests.push(url);
      const answer = (status: number, body: object) => {
        response.writeHead(status, { "content-type": "application/json" });
        response.end(JSON.stringify(body));
      };
      const parameters = url.searchParams;
      if (url.pathname !== "/api/v1/pods") return answer(404, failure(404, "NotFound"));
      // Not supported: a client that wants the list in its watch falls back to a separate list.
      if (parameters.get("sendInitialEvents")) return answer(422, failure(422, "Invalid"));
      if (parameters.get("watch")) {
        // Nothing ever changes.
        response.writeHead(200, { "content-type": "application/json" });
        response.flushHeaders();
        return;
      }
      const node = /^spec\.nodeName=(.+)$/.exec(parameters.get("fieldSelector") ?? "")?.[1];
      const items = pods.filter((pod) => node === undefined || pod.node === node).map(manifest);
      answer(200, {
        apiVersion: "v1",
        kind: "PodList",
        metadata: { resourceVersion: "1" },
        items,
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as net.AddressInfo;
    const api: KubernetesApi = new KubernetesApi(server, `http://127.0.0.1:${port}`);
    return api;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

function failure(code: number, reason: string): object {
  return { apiVersion: "v1", kind: "Status", status: "Failure", reason, code };
}

function manifest({ namespace, name, uid, node, container, replicaSet, labels }: Pod): object {
  const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: replicaSet, uid: `${uid}-rs` };
  return {
    metadata: { namespace, name, uid, labels, ownerReferences: [{ ...owner, controller: true }] },
    spec: { nodeName: node, containers: [{ name: container, image: "app" }] },
    status: {
      phase: "Running",
      hostIP: "127.0.0.1",
      podIP: "127.0.0.1",
      containerStatuses: [{ name: container, containerID: `containerd://${uid}`, image: "app" }],
    },
  };
}
