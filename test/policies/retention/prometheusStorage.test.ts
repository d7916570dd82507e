import * as assert from "node:assert/strict";
import { PlainMap, UNKNOWN } from "../../../policies/facts/plain";
import { limits } from "../../../policies/limits/limits";
import { prometheusStorage } from "../../../policies/retention/prometheusStorage";
import { violationText } from "../../../policies/engine/violation";
import { assertSilent, remedied, stack } from "../platformSubjects";
import { judge, problems, release, resource } from "../subjects";

const spec = (change: PlainMap, environment = "prod") =>
  stack({ prometheus: { prometheusSpec: change } }, environment);
const sized = (storage: unknown, more: PlainMap = {}) =>
  spec({
    storageSpec: { volumeClaimTemplate: { spec: { resources: { requests: { storage } } } } },
    ...more,
  });

describe("policy prometheus-storage", () => {
  for (const size of ["42.5GiB", "43520MiB", "42GB", "4GB", "45634027520B"]) {
    it(`accepts a retentionSize of ${size} on 50Gi`, () =>
      assert.deepEqual(problems(prometheusStorage, spec({ retentionSize: size })), []));
  }
  for (const [size, problem] of [
    ["42.6GiB", /too close/],
    ["43521MiB", /too close/],
    ["1KB", /deletes samples long before the end of the retention/],
    ["3GiB", /deletes samples long before the end of the retention/],
    ["", /is not set/],
    [undefined, /is not set/],
    ["0", /is not set/],
    ["40Gi", /is not a size/],
    [42, /is not a size/],
  ] as const) {
    it(`refuses a retentionSize of ${JSON.stringify(size)}`, () =>
      assert.match(problems(prometheusStorage, spec({ retentionSize: size }))[0] ?? "", problem));
  }

  it("requires a volume that holds the retention", () => {
    // 15 days of 5000 samples a second at 2 bytes are 12.07 GiB.
    const small = { retentionSize: "5GiB" };
    assert.deepEqual(problems(prometheusStorage, sized("13Gi", small)), []);
    assert.match(
      problems(prometheusStorage, sized("12Gi", small))[0] ?? "",
      /is too small for 15 days/,
    );
    assert.deepEqual(problems(prometheusStorage, sized("13e9", small)), []);
    assert.equal(problems(prometheusStorage, sized("12G", small)).length, 1);
    for (const nothing of [undefined, "", "much", 0]) {
      assert.match(problems(prometheusStorage, sized(nothing))[0] ?? "", /no persistent volume/);
    }
  });

  it("is configured by its ratio, samples and bytes", () => {
    assert.equal(problems(prometheusStorage, stack(), { maxSizeRatio: 0.5 }).length, 1);
    assert.equal(problems(prometheusStorage, stack(), { samplesPerSecond: 100_000 }).length, 1);
    assert.equal(problems(prometheusStorage, stack(), { bytesPerSample: 20 }).length, 1);
    assert.equal(prometheusStorage.config["maxSizeRatio"]?.default, limits.retentionSizeRatio);
  });

  it("judges production only, by configuration or by the name of the stack", () => {
    assert.deepEqual(problems(prometheusStorage, spec({ storageSpec: undefined }, "dev")), []);
    const asProd = { environment: "prod" };
    assert.equal(
      problems(prometheusStorage, spec({ storageSpec: undefined }, "dev"), asProd).length,
      1,
    );
  });

  it("judges the object Prometheus and the chart prometheus, and skips agents", () => {
    const type = "kubernetes:monitoring.coreos.com/v1:Prometheus";
    assert.equal(problems(prometheusStorage, resource(type, "p", { spec: {} }, "prod")).length, 1);
    const server = (values: PlainMap) => release("prometheus", { server: values }, "prod");
    assert.deepEqual(
      problems(prometheusStorage, server({ retention: "7d", retentionSize: "6GB" })),
      [],
    );
    assert.equal(
      problems(prometheusStorage, server({ persistentVolume: { enabled: false } })).length,
      1,
    );
    assert.deepEqual(problems(prometheusStorage, stack({ prometheus: { agentMode: true } })), []);
  });

  it("reports unknown values instead of violations", () => {
    for (const subject of [
      sized(UNKNOWN),
      spec({ storageSpec: UNKNOWN }),
      spec({ retentionSize: UNKNOWN }),
      release("kube-prometheus-stack", UNKNOWN, "prod"),
    ]) {
      const verdict = judge(prometheusStorage, subject);
      assert.deepEqual(verdict.violations, []);
      assert.ok(verdict.unknown);
    }
  });

  it("names the problem, the place, the value, the bound and the fix", () => {
    const [violation] = judge(prometheusStorage, spec({ retentionSize: "50GB" })).violations;
    assert.ok(violation);
    assert.equal(
      violationText(violation),
      [
        "retentionSize is too close to the volume size",
        '  where: release "prometheus" (kube-prometheus-stack), values.prometheus.prometheusSpec.retentionSize',
        "  found: a string of 4 characters",
        "  bound: at most 85% of the volume",
        "  fix:   set values.prometheus.prometheusSpec.retentionSize: 43520MiB",
      ].join("\n"),
    );
    assertSilent(prometheusStorage, (secret) => sized(secret, { retentionSize: secret }));
  });

  it("remediates retentionSize, but not the volume", () => {
    const after = remedied(prometheusStorage, spec({ retentionSize: "" }));
    const values = after?.["values"] as {
      prometheus: { prometheusSpec: { retentionSize: string } };
    };
    assert.equal(values.prometheus.prometheusSpec.retentionSize, "43520MiB");
    assert.equal(remedied(prometheusStorage, stack()), undefined);
    assert.equal(remedied(prometheusStorage, spec({ storageSpec: undefined })), undefined);
    assert.equal(remedied(prometheusStorage, spec({ retentionSize: UNKNOWN })), undefined);
  });
});

describe("the class of Prometheus' volume", () => {
  const ofClass = (storageClassName: string) => [
    stack({
      prometheus: {
        prometheusSpec: { storageSpec: { volumeClaimTemplate: { spec: { storageClassName } } } },
      },
    }),
  ];
  for (const name of ["efs-sc", "nfs-client", "azurefile-premium", "cephfs"]) {
    it(`is not a network file system: ${name}`, () =>
      assert.match(
        problems(prometheusStorage, ofClass(name)[0] as never)[0] ?? "",
        /network file system/,
      ));
  }
  for (const name of ["gp3", "premium-rwo", "ceph-rbd", "managed-csi", "prefs"]) {
    it(`may be ${name}`, () =>
      assert.deepEqual(problems(prometheusStorage, ofClass(name)[0] as never), []));
  }
});
