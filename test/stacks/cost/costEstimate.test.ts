import * as assert from "node:assert/strict";
import { parseConfiguration } from "../../../stacks/config/parseConfiguration";
import { deletedVersionDays } from "../../../components/loki/settings";
import { lokiVolumeCount } from "../../../components/loki/volumes";
import { lokiValues } from "../../../components/loki/values";
import { costEstimate, logVolumeGib } from "../../../stacks/cost/costEstimate";
import { runProgram } from "../../support/runProgram";
import { configuration } from "../../support/stackConfig";

const day = 86_400;
const gib = 1024 ** 3;

function estimate(changes: Record<string, unknown>) {
  const { settings, problems } = parseConfiguration(configuration("prod", changes));
  assert.deepEqual(problems, undefined);
  const { prometheus, ...others } = costEstimate(settings);
  assert.ok(prometheus, "the stack deploys Prometheus");
  return { prometheus, ...others };
}

describe("costEstimate of Prometheus", () => {
  const prometheus = { retentionDays: 15, storageGb: 100, replicas: 2 };

  it("states the load that the volume holds, if the load is unknown", () => {
    const { fitSamplesPerSecond, ...rest } = estimate({ prometheus }).prometheus;
    // 85 % of 100 GiB, 15 days, 2 bytes a sample.
    assert.equal(fitSamplesPerSecond, Math.floor((85 * gib) / (15 * day * 2)));
    assert.deepEqual(rest, { givenGib: 100 });
  });

  it("states the volume that the load needs, of which samples fill 85%", () => {
    const { neededGib = 0, keptDays } = estimate({
      prometheus,
      cost: { samplesPerSecond: 20_000 },
    }).prometheus;
    assert.equal(Math.round(neededGib * gib * 0.85), 15 * day * 20_000 * 2);
    assert.equal(keptDays, 15);
  });

  it("states how long a volume that is too small retains samples", () => {
    const { neededGib = 0, keptDays = 0 } = estimate({
      prometheus,
      cost: { samplesPerSecond: 70_422 },
    }).prometheus;
    assert.ok(neededGib > 199 && neededGib < 201);
    assert.ok(keptDays > 7.4 && keptDays < 7.6);
  });

  it("is consistent: the load that fits needs the configured volume", () => {
    const { fitSamplesPerSecond } = estimate({ prometheus }).prometheus;
    const fits = { samplesPerSecond: fitSamplesPerSecond };
    const { neededGib = 0, keptDays } = estimate({ prometheus, cost: fits }).prometheus;
    assert.ok(neededGib <= 100 && neededGib > 99.9);
    assert.equal(keptDays, 15);
  });

  it("uses the configured bytes per sample", () => {
    const measured = { samplesPerSecond: 20_000, bytesPerSample: 1 };
    const needed = (cost: object) => estimate({ prometheus, cost }).prometheus.neededGib ?? 0;
    assert.equal(needed(measured) * 2, needed({ samplesPerSecond: 20_000 }));
  });
});

describe("costEstimate of Loki", () => {
  const cost = { logGbPerDay: 20 };

  it("counts the retention period and a week of deleted versions", () => {
    const { loki } = estimate({ cost, loki: { retentionDays: 15 } });
    assert.equal(loki?.storedDays, 22);
    assert.equal(loki?.storedGb, (20 / 5) * 22);
    assert.equal(loki?.givenGib, undefined);
  });

  it("counts only the retention period of an existing bucket", () => {
    const { loki } = estimate({ cost, loki: { retentionDays: 15, createBucket: false } });
    assert.equal(loki?.storedDays, 15);
  });

  it("has as many writers as the mode has copies of a line", () => {
    const writers = (mode: string) => estimate({ loki: { mode } }).loki?.writers;
    assert.deepEqual([writers("singleBinary"), writers("highAvailability")], [1, 3]);
  });

  it("compares with the volume if the logs are stored on it", () => {
    const { loki } = estimate({
      cost,
      loki: { mode: "singleBinary", storage: "filesystem", retentionDays: 15, volumeGb: 10 },
    });
    assert.equal(loki?.givenGib, 10);
    assert.equal(loki?.storedGb, 60);
    assert.equal(Math.ceil((loki && logVolumeGib(loki)) ?? 0), 56);
  });

  it("keeps deleted versions as long as the lifecycle of the bucket does", async () => {
    const { resources } = await runProgram("prod");
    const lifecycle = resources.find(({ name }) => name === "loki-bucket-lifecycle");
    assert.ok(JSON.stringify(lifecycle?.inputs).includes(`"noncurrentDays":${deletedVersionDays}`));
  });
});

describe("costEstimate of Datadog", () => {
  const cost = { logGbPerDay: 20, nodes: 6 };

  it("has a host for each node, and the logs that it collects", () => {
    assert.deepEqual(estimate({ cost }).datadog, { hosts: 6, logGbPerDay: 20 });
    assert.deepEqual(estimate({}).datadog, {});
  });

  it("has no logs if they are disabled or the services are excluded", () => {
    for (const datadog of [{ logs: false }, { excludedLogNamespaces: ["ticketing"] }]) {
      assert.deepEqual(estimate({ cost, datadog }).datadog, { hosts: 6 });
    }
  });

  it("is absent without Datadog", () => {
    assert.equal(estimate({ cost, datadog: undefined }).datadog, undefined);
  });
});

describe("costEstimate of the monthly cost", () => {
  const cost = { logGbPerDay: 20, nodes: 6 };

  it("is empty without prices", () => {
    assert.equal(estimate({ cost }).monthly, undefined);
    assert.equal(estimate({ cost: { ...cost, prices: {} } }).monthly, undefined);
  });

  it("adds up everything with a price and a quantity", () => {
    const prices = {
      currency: "EUR",
      volumeGbMonth: 0.1,
      bucketGbMonth: 0.02,
      datadogHostMonth: 15,
      datadogLogGb: 0.1,
    };
    const { currency, items, total = 0 } = estimate({ cost: { ...cost, prices } }).monthly ?? {};
    assert.equal(currency, "EUR");
    assert.deepEqual(
      items?.map(({ name, amount }) => [name, Math.round(amount * 100) / 100]),
      [
        // Two replicas of 100 GiB and two of 5 GiB; three replicas of Loki with 50 GiB each.
        ["volumes", 36],
        // 88 GB.
        ["log bucket", 1.76],
        ["Datadog hosts", 90],
        // 600 GB a month.
        ["Datadog logs", 60],
      ],
    );
    assert.equal(Math.round(total * 100) / 100, 187.76);
  });

  /** GiB of all volumes, at a price of 1. */
  const volumesOf = (changes: Record<string, unknown>) =>
    estimate({ ...changes, cost: { prices: { volumeGbMonth: 1 } } }).monthly?.total;

  it("adds up the volumes of Prometheus, Alertmanager and Loki", () => {
    const prometheus = { storageGb: 100, replicas: 2 };
    const alertmanager = { storageGb: 5, replicas: 3 };
    assert.equal(volumesOf({ prometheus, alertmanager, loki: undefined }), 215);
    const grafana = { storageGb: 10 };
    assert.equal(volumesOf({ prometheus, alertmanager, grafana, loki: undefined }), 225);
    for (const [mode, size, count] of [
      ["singleBinary", "small", 1],
      ["highAvailability", "small", 3],
      ["distributed", "small", 7],
    ] as const) {
      const loki = { mode, size, volumeGb: 20 };
      assert.equal(volumesOf({ prometheus, alertmanager, loki }), 215 + 20 * count, mode);
    }
  });

  it("counts the volumes of Loki that the chart values create", () => {
    const volumesIn = (value: unknown): number => {
      if (typeof value !== "object" || value === null) return 0;
      const { persistence, replicas } = value as Record<string, any>;
      const volumes = persistence?.enabled === true ? Number(replicas) : 0;
      return Object.values(value).reduce((sum: number, inner) => sum + volumesIn(inner), volumes);
    };
    for (const mode of ["singleBinary", "highAvailability", "distributed"]) {
      for (const size of ["small", "medium", "large"]) {
        const { settings } = parseConfiguration(configuration("prod", { loki: { mode, size } }));
        assert.ok(settings?.loki);
        assert.equal(lokiVolumeCount(settings.loki), volumesIn(lokiValues(settings.loki)));
      }
    }
  });

  it("counts the volume of the logs once where they are stored on it", () => {
    const loki = { mode: "singleBinary", storage: "filesystem", volumeGb: 10 };
    assert.equal(volumesOf({ loki }), 220);
  });

  it("omits everything without a quantity", () => {
    const prices = { datadogHostMonth: 15, volumeGbMonth: 0.1 };
    const { items } = estimate({ cost: { prices } }).monthly ?? {};
    assert.deepEqual(
      items?.map(({ name }) => name),
      ["volumes"],
    );
  });
});
