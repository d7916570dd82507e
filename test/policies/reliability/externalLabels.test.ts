import * as assert from "node:assert/strict";
import { PlainMap } from "../../../policies/facts/plain";
import { Resource } from "../../../policies/facts/resource";
import { externalLabels } from "../../../policies/reliability/externalLabels";
import { problems, release, resource } from "../subjects";

const url = "https://mimir.shop.io/api/v1/push";
const remoteWrite = [{ url }];
const thanos = { objectStorageConfig: { name: "thanos", key: "objstore.yml" } };
const write = (change: PlainMap): PlainMap => ({ remoteWrite: [{ url, ...change }] });
const object = (spec: PlainMap): Resource =>
  resource("kubernetes:monitoring.coreos.com/v1:Prometheus", "k8s", { spec });
const stack = (prometheusSpec: PlainMap, prometheus: PlainMap = {}): Resource =>
  release("kube-prometheus-stack", { prometheus: { prometheusSpec, ...prometheus } });
const server = (settings: PlainMap): Resource => release("prometheus", { server: settings });

const wrong: Record<string, Resource> = {
  "remote write of a chart": stack({ remoteWrite }),
  "remote write of an object": object({ remoteWrite }),
  "remote write of the chart prometheus": server({ remoteWrite }),
  "a Thanos sidecar": object({ thanos }),
  "labels of replicas only": stack({ remoteWrite, externalLabels: { replica: "0" } }),
  "an empty label": object({ remoteWrite, externalLabels: { cluster: "" } }),
  "relabeling that only drops": stack(
    write({ writeRelabelConfigs: [{ action: "drop", regex: "go_.*" }] }),
  ),
};

const sound: Record<string, Resource> = {
  "a cluster": stack({ remoteWrite, externalLabels: { cluster: "shop-eu" } }),
  "an environment": stack({ remoteWrite, externalLabels: { env: "prod" } }),
  "a region of an object": object({ thanos, externalLabels: { region: "eu-west-1" } }),
  "a cluster of the chart prometheus": server({
    remoteWrite,
    global: { external_labels: { cluster: "shop" } },
  }),
  "a label of the remote write": stack(
    write({ writeRelabelConfigs: [{ targetLabel: "cluster", replacement: "shop" }] }),
  ),
  "a tenant for each cluster": object(write({ headers: { "X-Scope-OrgID": "shop-eu" } })),
  "no long-term storage": stack({}),
  "an object without long-term storage": object({ retention: "15d" }),
  "a Thanos sidecar without uploads": object({ thanos: { version: "0.39.0" } }),
  "a disabled Prometheus": stack({ remoteWrite }, { enabled: false }),
  "another chart": release("grafana", { remoteWrite }),
};

describe("policy external-labels", () => {
  for (const [name, subject] of Object.entries(wrong)) {
    it(`refuses ${name}`, () => assert.equal(problems(externalLabels, subject).length, 1));
  }
  for (const [name, subject] of Object.entries(sound)) {
    it(`accepts ${name}`, () => assert.deepEqual(problems(externalLabels, subject), []));
  }
});

describe("remote writes", () => {
  const labels = { externalLabels: { cluster: "shop" } };
  const secret = { name: "mimir", key: "token" };
  for (const [name, spec, problem] of [
    [
      "an added one without a path",
      { additionalRemoteWrite: [{ url: "https://mimir.shop.io" }] },
      /no path/,
    ],
    [
      "two kinds of credentials",
      write({ authorization: { credentials: secret }, basicAuth: { username: secret } }),
      /two kinds of credentials/,
    ],
    [
      "one over the internet to a name that starts like a private address",
      write({ url: "http://10.shop.io/api/v1/push" }),
      /over the internet without TLS/,
    ],
    [
      "one to its own pod by another loopback address",
      write({ url: "http://prometheus.localhost:9090/api/v1/write" }),
      /Prometheus's own pod/,
    ],
    ["a role and a token", write({ sigv4: {}, oauth2: { clientId: {} } }), /two kinds/],
  ] as const) {
    it(`may not have ${name}`, () =>
      assert.match(problems(externalLabels, stack({ ...labels, ...spec })).join(), problem));
  }

  it("may go to a name that starts like a loopback address", () => {
    const spec = write({ url: "https://localhost.shop.io/api/v1/push" });
    assert.deepEqual(problems(externalLabels, stack({ ...labels, ...spec })), []);
  });

  it("are read with those that the chart adds", () => {
    const additionalRemoteWrite = [{ url, basicAuth: { username: secret } }];
    assert.deepEqual(problems(externalLabels, stack({ ...labels, additionalRemoteWrite })), []);
    assert.match(
      problems(externalLabels, stack({ additionalRemoteWrite })).join(),
      /distinguishes this cluster/,
    );
  });
});
