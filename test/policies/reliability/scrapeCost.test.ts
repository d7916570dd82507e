import * as assert from "node:assert/strict";
import { PlainMap, UNKNOWN, at } from "../../../policies/facts/plain";
import { limits } from "../../../policies/limits/limits";
import { scrapeCost } from "../../../policies/reliability/scrapeCost";
import { violationText } from "../../../policies/engine/violation";
import { assertSilent, remedied, stack } from "../platformSubjects";
import { judge, problems, resource, serviceMonitor } from "../subjects";

const spec = (change: PlainMap) => stack({ prometheus: { prometheusSpec: change } }, "dev");

describe("policy scrape-cost", () => {
  for (const scrapeInterval of ["15s", "60s", "1m", "", undefined]) {
    it(`accepts an interval of ${JSON.stringify(scrapeInterval)}`, () =>
      assert.deepEqual(problems(scrapeCost, spec({ scrapeInterval })), []));
  }
  for (const [interval, problem] of [
    ["14s", /too short/],
    ["61s", /too long/],
    [30, /not a duration/],
    ["often", /not a duration/],
  ] as const) {
    it(`refuses an interval of ${JSON.stringify(interval)}`, () =>
      assert.match(problems(scrapeCost, spec({ scrapeInterval: interval }))[0] ?? "", problem));
  }

  it("requires a timeout below the interval", () => {
    assert.deepEqual(problems(scrapeCost, spec({ scrapeTimeout: "29s" })), []);
    assert.equal(problems(scrapeCost, spec({ scrapeTimeout: "30s" })).length, 1);
    const endpoint = (more: PlainMap) => serviceMonitor("a", "b", { endpoints: [more] });
    assert.deepEqual(problems(scrapeCost, endpoint({ interval: "20s", scrapeTimeout: "19s" })), []);
    assert.equal(
      problems(scrapeCost, endpoint({ interval: "20s", scrapeTimeout: "20s" })).length,
      1,
    );
  });

  it("requires a sample limit within bounds on the server", () => {
    const { max } = limits.samplesPerScrape;
    assert.deepEqual(problems(scrapeCost, spec({ sampleLimit: max })), []);
    assert.equal(problems(scrapeCost, spec({ sampleLimit: max + 1 })).length, 1);
    assert.deepEqual(problems(scrapeCost, spec({ sampleLimit: "1000" })), []);
    assert.deepEqual(
      problems(scrapeCost, spec({ sampleLimit: undefined, enforcedSampleLimit: 1000 })),
      [],
    );
    assert.equal(problems(scrapeCost, spec({ sampleLimit: undefined })).length, 1);
    assert.deepEqual(problems(scrapeCost, serviceMonitor("a")), []);
  });

  it("is configured by its bounds", () => {
    assert.deepEqual(
      problems(scrapeCost, spec({ scrapeInterval: "5s" }), { minIntervalSeconds: 5 }).filter(
        (problem) => problem.includes("interval"),
      ),
      [],
    );
    assert.equal(problems(scrapeCost, spec({}), { maxIntervalSeconds: 20 }).length, 1);
    assert.equal(problems(scrapeCost, spec({}), { maxSamplesPerScrape: 10 }).length, 1);
  });

  it("reads monitors, scrape configurations and the object Prometheus", () => {
    const scrape = "kubernetes:monitoring.coreos.com/v1alpha1:ScrapeConfig";
    assert.equal(
      problems(scrapeCost, resource(scrape, "s", { spec: { scrapeInterval: "1s" } })).length,
      1,
    );
    const type = "kubernetes:monitoring.coreos.com/v1:Prometheus";
    assert.equal(problems(scrapeCost, resource(type, "p", { spec: {} })).length, 1);
    const pod = "kubernetes:monitoring.coreos.com/v1:PodMonitor";
    const monitor = { spec: { podMetricsEndpoints: [{ interval: "1s" }] } };
    assert.equal(problems(scrapeCost, resource(pod, "m", monitor)).length, 1);
  });

  it("names the setting of a service for the interval of its monitor", () => {
    const endpoints = [{ interval: "600s" }];
    const [violation] = judge(scrapeCost, serviceMonitor("a", "b", { endpoints })).violations;
    assert.equal(violation?.setting, undefined);
    assert.match(violation?.fix ?? "", /^scrapeIntervalSeconds: 60 of the service/);
  });

  it("reports unknown values instead of violations", () => {
    for (const field of ["scrapeInterval", "scrapeTimeout", "sampleLimit"]) {
      const verdict = judge(scrapeCost, spec({ [field]: UNKNOWN }));
      assert.deepEqual(verdict.violations, []);
      assert.deepEqual(verdict.unknown?.path.at(-1), field);
    }
  });

  it("names the problem, the place, the value, the bound and the fix", () => {
    const [violation] = judge(scrapeCost, spec({ scrapeInterval: "5s" })).violations;
    assert.ok(violation);
    assert.equal(
      violationText(violation),
      [
        "the scrape interval is too short",
        '  where: release "prometheus" (kube-prometheus-stack), values.prometheus.prometheusSpec.scrapeInterval',
        "  found: 5s",
        "  bound: 15 to 60 seconds",
        "  fix:   scrapeInterval: 15s",
      ].join("\n"),
    );
    assertSilent(scrapeCost, (secret) =>
      spec({ scrapeInterval: secret, scrapeTimeout: secret, sampleLimit: secret }),
    );
  });

  it("remediates the server's interval, timeout and limit", () => {
    const after = remedied(
      scrapeCost,
      spec({ scrapeInterval: "1s", scrapeTimeout: "2m", sampleLimit: false }),
    );
    const mended = at(after, "values", "prometheus", "prometheusSpec") as PlainMap;
    assert.equal(mended["scrapeInterval"], "15s");
    assert.equal(mended["scrapeTimeout"], "10s");
    assert.equal(mended["sampleLimit"], limits.samplesPerScrape.default);
    assert.equal(remedied(scrapeCost, spec({})), undefined);
    assert.equal(remedied(scrapeCost, spec({ sampleLimit: UNKNOWN })), undefined);
  });
});
