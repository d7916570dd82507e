import * as assert from "node:assert/strict";
import { Dashboard, DashboardFile, dashboards } from "../../../components/dashboards/dashboard";

function file(path: string, model: object = {}): DashboardFile {
  return { path, json: JSON.stringify({ title: "Latency", ...model }) };
}

function dashboardsOf(...files: DashboardFile[]): Dashboard[] {
  const checked = dashboards(files);
  assert.ok(checked.problems === undefined, JSON.stringify(checked.problems));
  return checked.settings;
}

function described(...files: DashboardFile[]): string[] {
  return (dashboards(files).problems ?? []).map(({ path, rule }) => `${path.join(".")} ${rule}`);
}

function modelOf(...files: DashboardFile[]): any {
  return JSON.parse(dashboardsOf(...files)[0]?.json ?? "");
}

describe("dashboards", () => {
  it("accepts a dashboard without placeholders unchanged", () => {
    const dashboard = file("latency.json", { uid: "latency", panels: [] });
    assert.deepEqual(dashboardsOf(dashboard), [
      {
        file: "latency.json",
        name: "dashboard-latency",
        folder: "Services",
        json: dashboard.json,
      },
    ]);
  });

  it("names the Grafana folder after the first subfolder", () => {
    const [own] = dashboardsOf(file("Checkout Team/slo/latency.json"));
    assert.equal(own?.folder, "Checkout Team");
  });

  it("derives names that Kubernetes accepts", () => {
    const paths = ["Checkout Team/SLO_(new).json", "a.b.json", "--x--.json"];
    for (const { name } of dashboardsOf(...paths.map((path) => file(path)))) {
      assert.match(name, /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
    }
  });

  it("replaces the placeholders of an export with the provisioned data sources", () => {
    const datasource = (uid: string) => ({ datasource: { uid } });
    const model = modelOf(
      file("latency.json", {
        __inputs: [
          { name: "DS_PROMETHEUS", type: "datasource", pluginId: "prometheus" },
          { name: "DS_LOGS", type: "datasource", pluginId: "loki" },
        ],
        __requires: [{ type: "panel", id: "graph" }],
        panels: [datasource("${DS_PROMETHEUS}"), datasource("${DS_LOGS}"), datasource("${other}")],
      }),
    );
    assert.deepEqual(model.panels, ["prometheus", "loki", "${other}"].map(datasource));
    assert.ok(!("__inputs" in model) && !("__requires" in model));
    assert.equal(model.title, "Latency");
  });

  it("refuses files that are not dashboards", () => {
    const rule = "must be a JSON dashboard with a title";
    for (const json of ["", "{", "[]", "null", "3", "{}", '{"title":""}', '{"title":1}']) {
      assert.deepEqual(described({ path: "a.json", json }), [`a.json ${rule}`], json);
    }
  });

  it("refuses two files that would overwrite each other", () => {
    assert.deepEqual(described(file("team/a.json"), file("team-a.json")), [
      "team-a.json has the same name as team/a.json",
    ]);
    assert.deepEqual(described(file("a.json", { uid: "x" }), file("b.json", { uid: "x" })), [
      "b.json has the same uid as a.json",
    ]);
    assert.deepEqual(described(file("a.json"), file("b.json")), [], "files without a uid are not duplicates");
  });

  it("refuses files that would replace a dashboard that is deployed next to them", () => {
    const reserved = ["kubernetes-pods"];
    const rules = (path: string, uid: string) =>
      dashboards([file(path, { uid })], reserved).problems?.map(({ rule }) => rule);
    assert.deepEqual(rules("a.json", "kubernetes-pods"), ["has the same uid as a dashboard of this library"]);
    assert.deepEqual(rules("kubernetes-pods.json", "a"), ["has the same name as a dashboard of this library"]);
    assert.equal(rules("a.json", "a"), undefined);
  });

  it("refuses files that exceed the size of a ConfigMap in bytes", () => {
    assert.deepEqual(described(file("a.json", { description: "x".repeat(990_000) })), []);
    const tooLarge = ["a.json is larger than 1 MB, which a ConfigMap cannot hold"];
    assert.deepEqual(described(file("a.json", { description: "x".repeat(1_000_001) })), tooLarge);
    assert.deepEqual(described(file("a.json", { description: "한".repeat(400_000) })), tooLarge);
  });

  it("rejects a name that is too long for Kubernetes", () => {
    assert.deepEqual(described(file(`${"x".repeat(53)}.json`)), []);
    assert.equal(described(file(`${"x".repeat(54)}.json`)).length, 1);
  });

  it("reports every invalid file", () => {
    const problems = described(
      { path: "a.json", json: "{" },
      file("b.json", { uid: "x" }),
      file("c.json", { uid: "x" }),
      { path: "d.json", json: "[]" },
    );
    assert.deepEqual(
      problems.map((problem) => problem.split(" ")[0]),
      ["a.json", "c.json", "d.json"],
    );
  });
});
