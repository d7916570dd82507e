import { PlainMap } from "../../../policies/facts/plain";
import { base, itJudges, manifests, pinned } from "../stacks/subjects";

const stack = (change: PlainMap) => [pinned(change), ...base().slice(1)];
const image = (value: unknown) =>
  stack({ prometheus: { prometheusSpec: { image: value as PlainMap } } });
const operated = (tag: string) => [
  ...base(),
  ...manifests(`
apiVersion: monitoring.coreos.com/v1
kind: ThanosRuler
metadata: {name: rules, namespace: monitoring}
spec: {image: 'quay.io/thanos/thanos:${tag}', alertmanagersUrl: ['http://alertmanager:9093'], queryEndpoints: [q]}
`),
];
const policy = "pinned-charts";

describe("tags of images", () => {
  itJudges(
    {
      "the latest image": [policy, image({ tag: "latest" })],
      "the image of a branch": [policy, stack({ grafana: { image: { tag: "main" } } })],
      "the latest image as a text": [
        policy,
        stack({
          prometheus: { prometheusSpec: { thanos: { image: "quay.io/thanos/thanos:latest" } } },
        }),
      ],
      "the latest image of the operator": [policy, operated("latest")],
    },
    {
      "one version": image({ tag: "v3.5.0" }),
      "a version as a text": operated("v0.39.2"),
      "a tag with a digest": image({ tag: "latest", sha: "0a1b2c" }),
      "a tag that only contains the word": stack({ grafana: { image: { tag: "12.1.0-main.7" } } }),
      "a registry with a port": stack({
        prometheus: { prometheusSpec: { thanos: { image: "registry.shop.io:5000/thanos" } } },
      }),
    },
  );
});
