import * as assert from "node:assert/strict";
import { dashboardUids } from "../../components/alerting/dashboardLinks";
import { modelsOf, panelsOf, servicesInAllLanguages } from "../components/dashboards/grafanaModels";
import { documentedQueries } from "./dashboardQueries";
import { readPage } from "./markdown";

describe("docs/dashboards.md", () => {
  it("lists every dashboard by title and UID", () => {
    const text = readPage("docs/dashboards.md");
    for (const { title, uid } of modelsOf({
      services: [servicesInAllLanguages],
      logCollector: "alloy",
    })) {
      assert.ok(text.includes(`${title} (\`${uid}\`)`), uid);
    }
    assert.ok(dashboardUids.every((uid) => text.includes(uid)));
  });

  it("links each query to the panel that shows it", () => {
    const models = modelsOf({ services: [servicesInAllLanguages], logCollector: "alloy" });
    const queries = documentedQueries();
    assert.equal(queries.length, 11);
    for (const { query, dashboard, panelTitle, panelId } of queries) {
      const model = models.find(({ uid }) => uid === dashboard);
      const panel = model && panelsOf(model).find(({ id }) => id === panelId);
      assert.equal(panel?.title, panelTitle, query);
    }
  });
});
