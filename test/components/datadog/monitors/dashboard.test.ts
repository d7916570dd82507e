import * as assert from "node:assert/strict";
import { datadogMonitorsSettings } from "../../../../components/datadog/monitors/settings";
import { datadogDashboard } from "../../../../components/datadog/monitors/dashboard";
import { datadogMonitors } from "../../../../components/datadog/monitors/monitors";

function settingsOf(args: object = {}) {
  const { settings, problems } = datadogMonitorsSettings({
    cluster: "ticketing-prod",
    environment: "prod",
    namespace: "ticketing",
    notify: ["@slack-ticketing-alerts"],
    services: [
      { name: "inventory-service", language: "go" },
      { name: "auth-service", language: "python" },
      { name: "api-gateway", language: "go" },
    ],
    ...args,
  });
  assert.ok(settings, JSON.stringify(problems));
  return settings;
}

interface Widget {
  definition: {
    title: string;
    requests: { queries: { name: string; query: string }[]; formulas: { formula: string }[] }[];
  };
}

const parsed = (args?: object) =>
  JSON.parse(datadogDashboard(settingsOf(args))) as {
    title: string;
    template_variables: { name: string; prefix: string }[];
    widgets: Widget[];
  };

const queriesIn = (widgets: Widget[]) =>
  widgets.flatMap(({ definition }) =>
    definition.requests.flatMap(({ queries }) => queries.map(({ query }) => query)),
  );

describe("datadogDashboard", () => {
  it("is named after the cluster and the environment", () => {
    assert.equal(parsed().title, "ticketing-prod: services (prod)");
  });

  it("has variables for the service and the version", () => {
    const { template_variables: variables, widgets } = parsed();
    assert.deepEqual(
      variables.map(({ name, prefix }) => [name, prefix]),
      [
        ["service", "service"],
        ["version", "version"],
      ],
    );
    const serviceQueries = queriesIn(widgets).filter((query) => !query.includes("dynamodb"));
    for (const query of serviceQueries) assert.match(query, /\$service,\$version\}/);
  });

  it("shows every metric that a monitor evaluates", () => {
    const metric = /\w+:((?:trace|kubernetes|aws)[\w.]*)\{/g;
    const namesIn = (queries: string[]) =>
      new Set(queries.flatMap((query) => [...query.matchAll(metric)].map(([, name]) => name)));
    const shown = namesIn(queriesIn(parsed().widgets));
    const evaluated = namesIn(
      Object.values(datadogMonitors(settingsOf())).map(({ query }) => query),
    );
    // The dashboard shows restarts instead of waiting containers.
    evaluated.delete("kubernetes_state.container.status_report.count.waiting");
    assert.ok(shown.has("kubernetes.containers.restarts"));
    for (const name of evaluated) assert.ok(shown.has(name), name);
  });

  it("queries each operation once, for any number of services", () => {
    const [requests] = parsed().widgets;
    assert.deepEqual(
      queriesIn(requests === undefined ? [] : [requests]).map((query) => query.split("{")[0]),
      ["sum:trace.fastapi.request.hits", "sum:trace.http.request.hits"],
    );
  });

  it("has formulas that refer only to their own queries", () => {
    for (const { definition } of parsed().widgets) {
      for (const { queries, formulas } of definition.requests) {
        const names = queries.map(({ name }) => name);
        for (const { formula } of formulas) {
          for (const name of formula.match(/[a-z]+/g) ?? [])
            assert.ok(names.includes(name), formula);
        }
      }
    }
  });

  it("is deterministic", () => {
    assert.equal(datadogDashboard(settingsOf()), datadogDashboard(settingsOf()));
  });
});
