import { PlainMap } from "../../../policies/facts/plain";
import { stringify } from "yaml";
import { base, chart, itJudges, manifests } from "../stacks/subjects";

const probing = (spec: PlainMap, exporter?: PlainMap) => [
  ...base(),
  ...(exporter === undefined ? [] : [chart("prometheus-blackbox-exporter", exporter)]),
  ...manifests(
    stringify({
      apiVersion: "monitoring.coreos.com/v1",
      kind: "Probe",
      metadata: { name: "web", namespace: "monitoring", labels: { release: "prometheus" } },
      spec: {
        interval: "30s",
        module: "http_2xx",
        prober: { url: "blackbox-exporter.monitoring.svc:9115" },
        targets: { staticConfig: { static: ["https://shop.io"] } },
        ...spec,
      },
    }),
  ),
];
const policy = "rules-are-loaded";
const modules = { config: { modules: { tcp_connect: { prober: "tcp" } } } };

describe("probes", () => {
  itJudges(
    {
      "a prober with a scheme": [
        policy,
        probing({ prober: { url: "http://blackbox-exporter.monitoring.svc:9115" } }),
      ],
      "no targets": [policy, probing({ targets: undefined })],
      "an empty list of targets": [policy, probing({ targets: { staticConfig: { static: [] } } })],
      "a module that the exporter lacks": [policy, probing({ module: "http_3xx" }, modules)],
      "a module that the chart's default lacks": [policy, probing({ module: "icmp" }, {})],
    },
    {
      "the module of the chart": probing({}, modules),
      "a module of the exporter": probing({ module: "tcp_connect" }, modules),
      "an exporter of another stack": probing({ module: "http_3xx" }),
      "modules in a Secret": probing(
        { module: "http_3xx" },
        { configExistingSecretName: "modules" },
      ),
      "targets of an ingress": probing({
        targets: { ingress: { selector: { matchLabels: { probe: "true" } } } },
      }),
    },
  );
});
