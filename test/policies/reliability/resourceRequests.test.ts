import * as assert from "node:assert/strict";
import { PlainMap } from "../../../policies/facts/plain";
import { Resource } from "../../../policies/facts/resource";
import { resourceRequests } from "../../../policies/reliability/resourceRequests";
import { problems, release, resource } from "../subjects";

const memory = { resources: { requests: { memory: "2Gi" } } };
const inProd = (subject: Resource): Resource => ({
  ...subject,
  urn: subject.urn.replace(":dev:", ":prod:"),
});
const object = (kind: string, spec: PlainMap): Resource =>
  inProd(resource(`kubernetes:monitoring.coreos.com/v1:${kind}`, "k8s", { spec }));
const stack = (prometheusSpec: PlainMap, change: PlainMap = {}): Resource =>
  release(
    "kube-prometheus-stack",
    { prometheus: { prometheusSpec }, alertmanager: { alertmanagerSpec: memory }, ...change },
    "prod",
  );
const chart = (name: string, values: PlainMap, stackName = "prod"): Resource =>
  release(name, values, stackName);
const limitRange = (...limits: PlainMap[]): Resource =>
  resource("kubernetes:core/v1:LimitRange", "defaults", { spec: { limits } }, "prod");

const wrong: Record<string, Resource[]> = {
  "Prometheus of a chart": [stack({})],
  "Alertmanager of a chart": [stack(memory, { alertmanager: {} })],
  "a request of CPU only": [stack({ resources: { requests: { cpu: "1" } } })],
  "a Prometheus object": [object("Prometheus", {})],
  "an Alertmanager object": [object("Alertmanager", { resources: {} })],
  "the chart prometheus": [chart("prometheus", { server: {} })],
  "Loki as one binary": [chart("loki", { write: memory })],
  "the ingesters of Loki": [chart("loki", { deploymentMode: "Distributed", singleBinary: memory })],
  "a LimitRange for volumes": [stack({}), limitRange({ type: "PersistentVolumeClaim" })],
};

const sound: Record<string, Resource[]> = {
  "a request": [stack(memory)],
  "a limit, which is the request": [stack({ resources: { limits: { memory: "4Gi" } } })],
  "a request of an object": [object("Prometheus", memory)],
  "a request of the chart prometheus": [chart("prometheus", { server: memory })],
  "a request of Loki": [chart("loki", { singleBinary: memory })],
  "a request of the write path": [
    chart("loki", { deploymentMode: "SimpleScalable", write: memory }),
  ],
  "a request of the ingesters": [
    chart("loki", { deploymentMode: "Distributed", ingester: memory }),
  ],
  "defaults of a LimitRange": [
    stack({}),
    limitRange({ type: "Container", defaultRequest: { memory: "256Mi" } }),
  ],
  "a vertical autoscaler": [
    stack({}, { prometheus: { verticalPodAutoscaler: { enabled: true }, prometheusSpec: {} } }),
  ],
  "disabled parts": [
    stack({}, { prometheus: { enabled: false }, alertmanager: { enabled: false } }),
  ],
  "an environment for development": [chart("loki", {}, "dev")],
  "another chart": [chart("grafana", {})],
};

describe("policy resource-requests", () => {
  for (const [name, subjects] of Object.entries(wrong)) {
    it(`refuses ${name}`, () => assert.equal(problems(resourceRequests, subjects).length, 1));
  }
  for (const [name, subjects] of Object.entries(sound)) {
    it(`accepts ${name}`, () => assert.deepEqual(problems(resourceRequests, subjects), []));
  }
});
