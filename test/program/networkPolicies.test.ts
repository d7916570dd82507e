import * as assert from "node:assert/strict";
import { charts } from "../../components/charts/charts";
import { Expression, Labels, Pod, RecordedPods, recordedPods } from "../charts/recordedPods";
import { End, PolicyManifest, Port, isAllowed } from "../support/networkPolicy";
import { runProgram } from "../support/runProgram";

/** A connection between pods that something rendered requires. */
interface Connection {
  from: Pod;
  to: Pod;
  port: Port;
}

const variants = [
  { name: "prod", changes: {} },
  {
    name: "distributed",
    changes: {
      loki: {
        bucket: "ticketing-loki-chunks",
        mode: "distributed",
        collector: "promtail",
        logMetricNamespaces: ["ticketing"],
      },
    },
  },
];

const apiServer: End = { address: "10.0.0.1" };
const internet: End = { address: "203.0.113.10" };
const https: Port = { port: 443, protocol: "TCP" };
const service = pod("inventory-service", "ticketing", {
  "app.kubernetes.io/name": "inventory-service",
});
const neighbor = pod("other", "monitoring", { app: "other" });

function pod(name: string, namespace: string, labels: Labels): Pod {
  return { kind: "Deployment", name, namespace, labels, containers: [], ports: [], usesApi: false };
}

for (const { name, changes } of variants) {
  describe(`network policies of ${name}`, () => {
    const recorded = recordedPods(name);
    const { pods } = recorded;
    const needed = neededConnections(recorded);
    let policies: PolicyManifest[];

    before(async () => {
      const { resources } = await runProgram("prod", changes);
      policies = resources
        .filter(({ type }) => type === "kubernetes:networking.k8s.io/v1:NetworkPolicy")
        .map(({ inputs }) => inputs as unknown as PolicyManifest);
    });

    const allowed = (from: End, to: End, port: Port) => isAllowed(policies, from, to, port);

    it("are tested with the pods of the pinned charts", () => {
      for (const [chart, version] of Object.entries(recorded.charts)) {
        assert.equal(Object.values(charts).find((known) => known.name === chart)?.version, version);
      }
    });

    it("apply to every pod, except in the network of the node", () => {
      const isolated = ({ namespace, labels }: Pod) =>
        policies.some(
          ({ metadata, spec }) =>
            metadata.namespace === namespace &&
            Object.entries(spec.podSelector.matchLabels ?? {}).every(
              ([key, value]) => labels[key] === value,
            ),
        );
      assert.deepEqual(
        pods.filter((each) => !isolated(each)).map((each) => each.name),
        ["prometheus-prometheus-node-exporter"],
      );
    });

    it("allow every connection that the rendered objects require", () => {
      assert.ok(needed.length > 10);
      const denied = needed.filter(({ from, to, port }) => !allowed(from, to, port));
      assert.deepEqual(denied.map(describeConnection), []);
    });

    it("allow no other connection between the pods", () => {
      const expected = new Set(needed.map(describeGroups));
      const extra = new Set<string>();
      for (const from of pods) {
        for (const to of pods.filter(({ hostNetwork }) => !hostNetwork)) {
          for (const port of to.ports.filter((each) => !isOpenPort(to, each))) {
            const connection = { from, to, port };
            if (!allowed(from, to, port)) continue;
            if (!expected.has(describeGroups(connection))) extra.add(describeGroups(connection));
          }
        }
      }
      assert.deepEqual([...extra], []);
    });

    it("accept from unrelated pods only what the API server and services send", () => {
      for (const stranger of [service, neighbor]) {
        const reachable = pods
          .filter(({ hostNetwork }) => !hostNetwork)
          .flatMap((to) =>
            to.ports
              .filter((port) => allowed(stranger, to, port))
              .map((port) => `${to.name}:${port.port}/${port.protocol}`),
          );
        assert.deepEqual(reachable, [
          "datadog-agent:8125/UDP",
          "datadog-agent:8126/TCP",
          "datadog-agent-cluster-agent:8000/TCP",
          "prometheus-kube-prometheus-operator:10250/TCP",
        ]);
      }
    });

    it("let the API server call every webhook", () => {
      assert.ok(recorded.webhooks.length > 0);
      for (const webhook of recorded.webhooks) {
        for (const { to, port } of targets(recorded, webhook)) {
          assert.equal(allowed(apiServer, to, port), true, `${to.name}:${port.port}`);
        }
      }
    });

    it("let pods with a token reach the API server", () => {
      // The chart mounts a token into the caches, which do not use it.
      const isCache = ({ name: workload }: Pod) => workload.endsWith("-cache");
      for (const each of pods.filter((all) => all.usesApi && !isCache(all))) {
        for (const port of [443, 6443]) {
          assert.equal(allowed(each, apiServer, { port, protocol: "TCP" }), true, each.name);
        }
      }
    });

    it("let every pod resolve names", () => {
      for (const each of pods) {
        for (const protocol of ["UDP", "TCP"]) {
          const dns = pod("coredns", "kube-system", { "k8s-app": "kube-dns" });
          assert.equal(allowed(each, dns, { port: 53, protocol }), true, each.name);
          assert.equal(allowed(each, internet, { port: 53, protocol }), true, each.name);
        }
      }
    });

    it("let pods reach what is outside of the cluster", () => {
      const podIdentity: End = { address: "169.254.170.23" };
      const metadata: End = { address: "169.254.169.254" };
      const http: Port = { port: 80, protocol: "TCP" };
      const smtp: Port = { port: 587, protocol: "TCP" };
      for (const [prefix, end, port] of [
        ["loki", internet, https],
        ["loki", podIdentity, http],
        ["prometheus-grafana", internet, https],
        ["prometheus-kube-prometheus-alertmanager", internet, https],
        ["prometheus-kube-prometheus-alertmanager", internet, smtp],
        ["datadog-agent", internet, https],
        ["datadog-agent-cluster-agent", metadata, http],
      ] as const) {
        const sources = pods.filter(
          ({ kind, name: workload }) =>
            kind !== "Job" &&
            (workload === prefix || (prefix === "loki" && workload.startsWith("loki-"))),
        );
        assert.ok(sources.length > 0, prefix);
        for (const source of sources) assert.equal(allowed(source, end, port), true, source.name);
      }
    });

    it("deny pods the rest, except those that connect to anything by their purpose", () => {
      const port: Port = { port: 8080, protocol: "TCP" };
      const free = (end: End) =>
        pods
          .filter((each) => !each.hostNetwork && allowed(each, end, port))
          .map((each) => each.name);
      const expected = [
        "datadog-agent",
        "prometheus-kube-prometheus-alertmanager",
        "prometheus-kube-prometheus-prometheus",
      ];
      assert.deepEqual(free(service), expected);
      assert.deepEqual(free(internet), expected);
    });
  });
}

describe("network policies", () => {
  const policiesOf = async (stack: "dev" | "prod", changes: Record<string, unknown>) => {
    const { resources } = await runProgram(stack, changes);
    return resources.filter(({ type }) => type.endsWith(":NetworkPolicy"));
  };

  it("are disabled in dev, and a setting", async () => {
    assert.equal((await policiesOf("dev", {})).length, 0);
    assert.notEqual((await policiesOf("dev", { networkPolicies: true })).length, 0);
    assert.equal((await policiesOf("prod", { networkPolicies: false })).length, 0);
  });

  it("let any address reach Grafana only if it has an ingress or an external URL", async () => {
    const acceptsStrangers = async (grafana: object) => {
      const policies = (await policiesOf("prod", { grafana })).map(
        ({ inputs }) => inputs as unknown as PolicyManifest,
      );
      const server = pod("prometheus-grafana", "monitoring", {
        "app.kubernetes.io/name": "grafana",
        "app.kubernetes.io/instance": "prometheus",
      });
      return isAllowed(policies, internet, server, { port: 3000, protocol: "TCP" });
    };
    assert.equal(await acceptsStrangers({}), false);
    const ingress = { host: "grafana.example.com", className: "alb" };
    assert.equal(await acceptsStrangers({ ingress }), true);
    assert.equal(await acceptsStrangers({ externalUrl: "https://grafana.example.com" }), true);
  });
});

/** Ports that are open to every address, because their clients have no addresses that a policy can name. */
function isOpenPort({ name }: Pod, { port }: Port): boolean {
  const open: Record<string, number[]> = {
    "datadog-agent": [8125, 8126],
    "datadog-agent-cluster-agent": [8000],
    "prometheus-kube-prometheus-operator": [10250],
  };
  return open[name]?.includes(port) ?? false;
}

/** Connections between pods that follow from the recorded objects. */
function neededConnections(recorded: RecordedPods): Connection[] {
  const { pods, monitors, services, references } = recorded;
  const named = (name: string) => pods.filter((each) => each.name === name);
  const of = (key: string, value: string) => pods.filter(({ labels }) => labels[key] === value);
  const between = (from: Pod[], to: Pod[], portNames: string[]): Connection[] =>
    from.flatMap((source) =>
      to.flatMap((target) =>
        target.ports
          .filter((port) => portNames.includes(port.name))
          .map((port) => ({ from: source, to: target, port })),
      ),
    );

  const scrapes = monitors.flatMap(({ namespaces, selector, ports }) =>
    services
      .filter(
        ({ namespace, labels }) =>
          (namespaces?.includes(namespace) ?? true) &&
          Object.entries(selector.matchLabels ?? {}).every(([k, v]) => labels[k] === v) &&
          (selector.matchExpressions ?? []).every((each) => holds(each, labels)),
      )
      .flatMap(({ name, namespace }) =>
        ports.flatMap((port) => targets(recorded, { service: name, namespace, port })),
      ),
  );
  const prometheus = of("app.kubernetes.io/name", "prometheus");
  const alertmanager = of("app.kubernetes.io/name", "alertmanager");
  const members = of("app.kubernetes.io/part-of", "memberlist");
  return [
    ...scrapes.flatMap(({ to, port }) => prometheus.map((from) => ({ from, to, port }))),
    ...references.flatMap((reference) =>
      targets(recorded, reference).flatMap(({ to, port }) =>
        named(reference.from).map((from) => ({ from, to, port })),
      ),
    ),
    // Replicas find each other by gossip.
    ...between(alertmanager, alertmanager, ["mesh-tcp", "mesh-udp"]),
    ...between(members, members, ["http-memberlist", "grpc"]),
    // Agents read events and metadata from the Cluster Agent, and scrape it with their own check.
    ...between(named("datadog-agent"), named("datadog-agent-cluster-agent"), [
      "agentport",
      "agentmetrics",
    ]),
    // Replicas forward requests to their leader.
    ...between(named("datadog-agent-cluster-agent"), named("datadog-agent-cluster-agent"), [
      "agentport",
    ]),
  ];
}

/** The pods behind a port of a Service, and their port. */
function targets(
  { pods, services }: RecordedPods,
  { service, namespace, port }: { service: string; namespace: string; port: number | string },
): { to: Pod; port: Port }[] {
  if (service === "prometheus-operated") {
    return pods
      .filter(({ labels }) => labels["app.kubernetes.io/name"] === "prometheus")
      .map((to) => ({ to, port: { port: Number(port), protocol: "TCP" } }));
  }
  const match = services.find((each) => each.name === service && each.namespace === namespace);
  assert.ok(match, `${namespace}/${service}`);
  const servicePort = match.ports.find((each) => each.port === port || each.name === port);
  if (servicePort === undefined || Object.keys(match.selector).length === 0) return [];
  return pods
    .filter(
      (each) =>
        each.namespace === namespace &&
        Object.entries(match.selector).every(([key, value]) => each.labels[key] === value),
    )
    .flatMap((to) =>
      to.ports
        .filter(({ name, port: number }) =>
          [name, number].includes(servicePort.targetPort as never),
        )
        .map((found) => ({ to, port: found })),
    );
}

function holds({ key, operator, values = [] }: Expression, labels: Labels): boolean {
  const value = labels[key];
  if (operator === "Exists") return value !== undefined;
  if (operator === "DoesNotExist") return value === undefined;
  const isIn = value !== undefined && values.includes(value);
  return operator === "In" ? isIn : !isIn;
}

function describeConnection({ from, to, port }: Connection): string {
  return `${from.name} -> ${to.name}:${port.port}/${port.protocol}`;
}

/** Pods with the same name in their labels have the same policies: all parts of Loki, for example. */
function describeGroups({ from, to, port }: Connection): string {
  const group = ({ name, labels }: Pod) =>
    labels["app.kubernetes.io/component"]?.includes("agent")
      ? name
      : (labels["app.kubernetes.io/name"] ?? name);
  return `${group(from)} -> ${group(to)}:${port.port}/${port.protocol}`;
}
