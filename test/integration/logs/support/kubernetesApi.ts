import * as http from "node:http";
import { listen } from "../../../support/ports";

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

/** An event on an object. */
export interface KubernetesEvent {
  namespace: string;
  object: { kind: string; name: string };
  type: "Normal" | "Warning";
  reason: string;
  message: string;
  count: number;
  lastTimestamp: string;
}

/** A fake Kubernetes API that serves lists and watches of the pods of a node, and of events. */
export class KubernetesApi {
  /** URLs of all requests. */
  readonly requests: URL[] = [];

  private constructor(
    readonly url: string,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(pods: Pod[], events: KubernetesEvent[] = []): Promise<KubernetesApi> {
    const server = http.createServer((request, response) => {
      const url = new URL(request.url ?? "/", "http://api");
      api.requests.push(url);
      const answer = (status: number, body: object) => {
        response.writeHead(status, { "content-type": "application/json" });
        response.end(JSON.stringify(body));
      };
      const parameters = url.searchParams;
      // A client of events asks which resources exist.
      const discovered = discovery[url.pathname];
      if (discovered !== undefined) return answer(200, discovered);
      const kind = { "/api/v1/pods": "Pod", "/api/v1/events": "Event" }[url.pathname];
      if (kind === undefined) return answer(404, failure(404, "NotFound"));
      // Not supported: a client that wants the list in its watch falls back to a separate list.
      if (parameters.get("sendInitialEvents")) return answer(422, failure(422, "Invalid"));
      if (parameters.get("watch")) {
        // Nothing ever changes.
        response.writeHead(200, { "content-type": "application/json" });
        response.flushHeaders();
        return;
      }
      const node = /^spec\.nodeName=(.+)$/.exec(parameters.get("fieldSelector") ?? "")?.[1];
      const podsOfNode = pods.filter((pod) => node === undefined || pod.node === node);
      const items = kind === "Pod" ? podsOfNode.map(manifest) : events.map(eventManifest);
      answer(200, {
        apiVersion: "v1",
        kind: `${kind}List`,
        metadata: { resourceVersion: "1" },
        items,
      });
    });
    const { port, stop } = await listen(server);
    const api: KubernetesApi = new KubernetesApi(`http://127.0.0.1:${port}`, stop);
    return api;
  }
}

function failure(code: number, reason: string): object {
  return { apiVersion: "v1", kind: "Status", status: "Failure", reason, code };
}

/** Which resources the API has, by path. */
const discovery: Record<string, object> = {
  "/api": { kind: "APIVersions", versions: ["v1"] },
  "/apis": { kind: "APIGroupList", apiVersion: "v1", groups: [] },
  "/api/v1": {
    kind: "APIResourceList",
    groupVersion: "v1",
    resources: [{ name: "events", namespaced: true, kind: "Event", verbs: ["list", "watch"] }],
  },
};

function eventManifest(
  { namespace, object, type, reason, message, count, lastTimestamp }: KubernetesEvent,
  index: number,
): object {
  return {
    metadata: { namespace, name: `event-${index}`, uid: `event-${index}`, resourceVersion: "1" },
    involvedObject: { ...object, namespace, apiVersion: "v1" },
    source: { component: "kubelet" },
    type,
    reason,
    message,
    count,
    firstTimestamp: lastTimestamp,
    lastTimestamp,
  };
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
