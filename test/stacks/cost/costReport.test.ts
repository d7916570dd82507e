import * as assert from "node:assert/strict";
import { parseConfiguration } from "../../../stacks/config/parseConfiguration";
import { costEstimate } from "../../../stacks/cost/costEstimate";
import { costReport } from "../../../stacks/cost/costReport";
import { configuration } from "../../support/stackConfig";

function reportOf(changes: Record<string, unknown>) {
  const { settings, problems } = parseConfiguration(configuration("prod", changes));
  assert.deepEqual(problems, undefined);
  return costReport(settings, costEstimate(settings));
}

const oneOwner = { datadog: { logs: false } };

describe("costReport", () => {
  it("states the capacity of the volumes without assumptions, and how to get an estimate", () => {
    assert.deepEqual(reportOf(oneOwner), {
      lines: {
        "Prometheus volume":
          "100 GiB keep 15 days of up to 35,211 samples/s (2 B per sample; set monitoring:cost.samplesPerSecond to compare)",
        "Loki storage":
          "each GB per day becomes 4.4 GB over 22 days (15, then 7 as deleted versions), compressed 5 times, up to 3 times that with 3 writers (set monitoring:cost.logGbPerDay for a total)",
        Datadog: "a host for each node (set monitoring:cost.nodes for a total)",
      },
      warnings: [],
    });
  });

  it("compares the needed with the configured volumes, and adds up the cost", () => {
    const { lines, warnings } = reportOf({
      ...oneOwner,
      loki: { mode: "singleBinary", createBucket: false },
      cost: {
        samplesPerSecond: 20_000,
        logGbPerDay: 20,
        nodes: 6,
        prices: { volumeGbMonth: 0.1, datadogHostMonth: 15 },
      },
    });
    assert.deepEqual(lines, {
      "Prometheus volume":
        "15 days of 20,000 samples/s need 56.8 GiB (2 B per sample), each replica has 100 GiB",
      "Loki storage": "20 GB per day become 60 GB over 15 days, compressed 5 times",
      Datadog: "6 hosts, no service logs",
      "Cost per month": "volumes 26.00 + Datadog hosts 90.00 = 116.00 USD",
    });
    assert.deepEqual(warnings, []);
  });

  it("reports a volume of Prometheus that is too small, and the size that suffices", () => {
    const { lines, warnings } = reportOf({ ...oneOwner, cost: { samplesPerSecond: 60_000 } });
    assert.match(lines["Prometheus volume"] ?? "", /^too small: .* and keeps 8.8 days$/);
    assert.equal(warnings.length, 1);
    assert.match(
      warnings[0] ?? "",
      /need 170.4 GiB, and with 100 GiB Prometheus deletes the oldest samples after 8.8 days/,
    );
    assert.match(warnings[0] ?? "", /storageGb to 171,/);
    const enough = { ...oneOwner, prometheus: { storageGb: 171 } };
    assert.deepEqual(reportOf({ ...enough, cost: { samplesPerSecond: 60_000 } }).warnings, []);
  });

  it("reports a volume of Loki that is too small, and the size that suffices", () => {
    const loki = { mode: "singleBinary", storage: "filesystem", volumeGb: 55 };
    const cost = { logGbPerDay: 20 };
    const { lines, warnings } = reportOf({ ...oneOwner, loki, cost });
    assert.match(lines["Loki storage"] ?? "", /^too small: .*; the volume has 55 GiB$/);
    assert.match(warnings.join(), /volumeGb to 56,/);
    const enough = { ...loki, volumeGb: 56 };
    assert.deepEqual(reportOf({ ...oneOwner, loki: enough, cost }).warnings, []);
  });

  describe("of logs that Loki and Datadog both store", () => {
    it("warns, with the settings that split them", () => {
      const [warning = "", ...others] = reportOf({}).warnings;
      assert.deepEqual(others, []);
      assert.match(warning, /^Loki and Datadog both store every log line of ticketing/);
      assert.match(warning, /monitoring:datadog.logs to false/);
      assert.match(warning, /monitoring:datadog.excludedLogNamespaces \[ticketing\]/);
      assert.match(warning, /monitoring:loki.collector to none/);
    });

    const split: Record<string, Record<string, unknown>> = {
      "Datadog collects no logs": { datadog: { logs: false } },
      "Datadog excludes the logs of the services": {
        datadog: { excludedLogNamespaces: ["ticketing"] },
      },
      "Datadog excludes the namespace of the services": {
        datadog: { excludedNamespaces: ["ticketing"] },
      },
      "Loki has no collector": { loki: { collector: "none" } },
      "there is no Loki": { loki: undefined },
      "there is no Datadog": { datadog: undefined },
    };
    for (const [when, changes] of Object.entries(split)) {
      it(`does not warn where ${when}`, () => assert.deepEqual(reportOf(changes).warnings, []));
    }

    it("still warns where only another namespace is excluded", () => {
      const datadog = { excludedLogNamespaces: ["kube-system"] };
      assert.equal(reportOf({ datadog }).warnings.length, 1);
    });
  });

  it("omits parts that the stack does not have", () => {
    const { lines } = reportOf({ loki: undefined, datadog: undefined });
    assert.deepEqual(Object.keys(lines), ["Prometheus volume"]);
  });
});
