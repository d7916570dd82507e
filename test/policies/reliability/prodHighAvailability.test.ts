import * as assert from "node:assert/strict";
import { PlainMap, UNKNOWN, at } from "../../../policies/facts/plain";
import { Resource } from "../../../policies/facts/resource";
import { prodHighAvailability } from "../../../policies/reliability/prodHighAvailability";
import { violationText } from "../../../policies/engine/violation";
import { assertSilent, remedied, stack } from "../platformSubjects";
import { judge, problems, release, resource } from "../subjects";

const replicas = (value: unknown, environment = "prod") =>
  stack({ prometheus: { prometheusSpec: { replicas: value } } }, environment);
const loki = (values: PlainMap) => release("loki", values, "prod");

describe("policy prod-high-availability", () => {
  for (const value of [2, 3, "2"]) {
    it(`accepts ${JSON.stringify(value)} replicas`, () =>
      assert.deepEqual(problems(prodHighAvailability, replicas(value)), []));
  }
  for (const value of [1, 0, "1", "", null, undefined, true]) {
    it(`refuses ${JSON.stringify(value)} replicas`, () =>
      assert.deepEqual(problems(prodHighAvailability, replicas(value)), [
        "Prometheus has too few replicas",
      ]));
  }

  it("requires copies, replicas and a disruption budget of Loki in each mode", () => {
    assert.deepEqual(problems(prodHighAvailability, loki({ singleBinary: { replicas: 2 } })), []);
    assert.equal(
      problems(
        prodHighAvailability,
        loki({
          loki: { commonConfig: { replication_factor: 1 } },
          singleBinary: { replicas: 1, podDisruptionBudget: { enabled: false } },
        }),
      ).length,
      3,
    );
    assert.deepEqual(
      problems(prodHighAvailability, loki({ deploymentMode: "SimpleScalable" })),
      [],
    );
    assert.equal(
      problems(
        prodHighAvailability,
        loki({ deploymentMode: "Distributed", ingester: { replicas: 1 } }),
      ).length,
      1,
    );
    assert.equal(problems(prodHighAvailability, release("loki-stack", {}, "prod")).length, 1);
  });

  it("judges production and enabled parts only", () => {
    assert.deepEqual(problems(prodHighAvailability, replicas(1, "dev")), []);
    assert.equal(
      problems(prodHighAvailability, replicas(1, "dev"), { environment: "prod" }).length,
      1,
    );
    const off = { alertmanager: { enabled: false, alertmanagerSpec: { replicas: 1 } } };
    assert.deepEqual(problems(prodHighAvailability, stack(off)), []);
  });

  it("is configured by minReplicas and minLokiReplication", () => {
    assert.equal(problems(prodHighAvailability, stack(), { minReplicas: 3 }).length, 2);
    assert.deepEqual(problems(prodHighAvailability, replicas(1), { minReplicas: 1 }), []);
    const one = loki({
      loki: { commonConfig: { replication_factor: 1 } },
      singleBinary: { replicas: 1 },
    });
    assert.deepEqual(problems(prodHighAvailability, one, { minLokiReplication: 1 }), []);
  });

  for (const [budget, count] of [
    [{ enabled: true, minAvailable: 0 }, 1],
    [{ enabled: true, minAvailable: "0%" }, 1],
    [{ enabled: true, minAvailable: "", maxUnavailable: "100%" }, 1],
    [{ enabled: true, minAvailable: 1 }, 0],
    [{ enabled: true, minAvailable: 0, maxUnavailable: 1 }, 0],
  ] as const) {
    it(`finds ${count} violations in the disruption budget ${JSON.stringify(budget)}`, () => {
      const subject = stack({ prometheus: { podDisruptionBudget: budget } });
      assert.equal(problems(prodHighAvailability, subject).length, count);
    });
  }

  it("reports unknown values instead of violations", () => {
    const budget = { podDisruptionBudget: { enabled: true, minAvailable: 1 } };
    const unknownSpec = stack({ prometheus: { prometheusSpec: UNKNOWN, ...budget } }, "prod");
    assert.deepEqual(judge(prodHighAvailability, unknownSpec).violations, []);
    const verdict = judge(prodHighAvailability, replicas(UNKNOWN));
    assert.deepEqual(verdict.violations, []);
    assert.ok(verdict.unknown);
    const nothing = judge(prodHighAvailability, release("loki", UNKNOWN, "prod"));
    assert.deepEqual(nothing.violations, []);
    assert.ok(nothing.unknown);
  });

  it("names the problem, the place, the value, the bound and the fix", () => {
    const [violation] = judge(prodHighAvailability, replicas(1)).violations;
    assert.ok(violation);
    assert.equal(
      violationText(violation),
      [
        "Prometheus has too few replicas",
        '  where: release "prometheus" (kube-prometheus-stack), values.prometheus.prometheusSpec.replicas',
        "  found: 1",
        "  bound: at least 2 (prod)",
        "  fix:   set values.prometheus.prometheusSpec.replicas: 2",
      ].join("\n"),
    );
    assertSilent(prodHighAvailability, replicas);
  });

  it("remediates replicas and budgets, and Loki where its logs are in a bucket", () => {
    const after = remedied(prodHighAvailability, release("kube-prometheus-stack", {}, "prod"));
    assert.equal(at(after, "values", "alertmanager", "alertmanagerSpec", "replicas"), 2);
    assert.equal(at(after, "values", "prometheus", "podDisruptionBudget", "enabled"), true);
    const scaled = remedied(prodHighAvailability, loki({ singleBinary: { replicas: 1 } }));
    assert.equal(at(scaled, "values", "singleBinary", "replicas"), 3);
    assert.equal(remedied(prodHighAvailability, stack()), undefined);
    assert.equal(remedied(prodHighAvailability, replicas(UNKNOWN)), undefined);
    const type = "kubernetes:monitoring.coreos.com/v1:Prometheus";
    assert.equal(
      at(
        remedied(prodHighAvailability, resource(type, "p", { spec: {} }, "prod")),
        "spec",
        "replicas",
      ),
      2,
    );
    const disks = loki({
      loki: { storage: { type: "filesystem" } },
      singleBinary: { replicas: 1 },
    });
    assert.equal(remedied(prodHighAvailability, disks), undefined);
  });
});

describe("replicas that are lost together", () => {
  const found = (subject: Resource) => problems(prodHighAvailability, subject).join();
  const spread = (prometheusSpec: PlainMap) => stack({ prometheus: { prometheusSpec } });

  it("are those that may run on the same node", () => {
    assert.match(found(spread({ podAntiAffinity: "" })), /may run on the same node/);
    assert.match(
      found(stack({ alertmanager: { alertmanagerSpec: { podAntiAffinity: "" } } })),
      /all replicas of Alertmanager/,
    );
    for (const spec of [
      {},
      { podAntiAffinity: "hard" },
      { podAntiAffinity: "", affinity: { podAntiAffinity: {} } },
      { podAntiAffinity: "", topologySpreadConstraints: [{ maxSkew: 1 }] },
    ]) {
      assert.equal(found(spread(spec)), "");
    }
  });

  const ring = (change: PlainMap) =>
    loki({ singleBinary: { replicas: 3 }, loki: { storage: { type: "s3" }, ...change } });
  it("are those of a Loki with a ring for each, or without a log of its writes", () => {
    const memory = { ring: { kvstore: { store: "inmemory" } } };
    assert.match(found(ring({ commonConfig: memory })), /its own ring/);
    assert.match(
      found(ring({ ingester: { wal: { enabled: false } } })),
      /whenever Loki restarts, it loses/,
    );
    for (const change of [
      {},
      { commonConfig: { ring: { kvstore: { store: "memberlist" } } } },
      { ingester: { wal: { enabled: true } } },
    ]) {
      assert.equal(found(ring(change)), "");
    }
  });
});
