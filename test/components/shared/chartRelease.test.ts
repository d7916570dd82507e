import * as assert from "node:assert/strict";
import { ChartReleaseArgs, chartRelease } from "../../../components/shared/chartRelease";
import { recordProgram } from "../../support/mocks";

async function release(args: Partial<ChartReleaseArgs["settings"]>, overrides?: object) {
  const { resources } = await recordProgram(() => {
    const settings = {
      cluster: "ticketing-prod",
      environment: "prod",
      labels: {},
      namespace: "monitoring",
      chartVersion: "1.2.3",
      repository: "https://charts.example.com",
      ...args,
    };
    const values = { replicas: 1, image: { tag: "a" } };
    const release = { releaseName: "the-app", chart: "app", settings, values };
    const source = { component: "App", name: "app", field: "values" } as const;
    chartRelease("app", { ...release, overrides: { ...source, values: overrides } }, {});
  });
  const [release] = resources;
  assert.ok(release);
  return release.inputs;
}

describe("chartRelease", () => {
  it("pins chart, version and repository", async () => {
    const inputs = await release({});
    assert.equal(inputs["name"], "the-app");
    assert.equal(inputs["namespace"], "monitoring");
    assert.equal(inputs["chart"], "app");
    assert.equal(inputs["version"], "1.2.3");
    assert.deepEqual(inputs["repositoryOpts"], { repo: "https://charts.example.com" });
  });

  it("pulls a chart from an OCI registry by its full URL", async () => {
    const inputs = await release({ repository: "oci://registry.example.com/charts" });
    assert.equal(inputs["chart"], "oci://registry.example.com/charts/app");
    assert.ok(!("repositoryOpts" in inputs));
  });

  it("merges the caller's values last and preserves null, which removes a chart default", async () => {
    const inputs = await release({}, { image: { tag: null }, extra: [1] });
    assert.deepEqual(inputs["values"], { replicas: 1, image: { tag: null }, extra: [1] });
    assert.equal(inputs["allowNullValues"], true);
  });

  it("limits the history and sets a timeout for large clusters", async () => {
    const inputs = await release({});
    assert.ok(inputs["maxHistory"] > 0 && inputs["maxHistory"] <= 10);
    assert.ok(inputs["timeout"] >= 600);
  });
});
