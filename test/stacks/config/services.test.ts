import * as assert from "node:assert/strict";
import { parseConfiguration } from "../../../stacks/config/parseConfiguration";
import { servicesComponents } from "../../../stacks/config/services";
import { configuration } from "../../support/stackConfig";

function servicesOf(changes: Record<string, unknown>) {
  const { settings, problems } = parseConfiguration(configuration("prod", changes));
  assert.equal(problems, undefined);
  return servicesComponents(settings.services);
}

function problemsOf(changes: Record<string, unknown>): string[] {
  const { problems = [] } = parseConfiguration(configuration("prod", changes));
  return problems.map(({ path, rule }) => `${path.join(".")} ${rule}`);
}

describe("the services of a stack", () => {
  it("are in the namespace of the application, which is judged even without services", () => {
    const [[name, { namespace, services }], ...others] = servicesOf({ services: [] }) as [
      ReturnType<typeof servicesOf>[0],
    ];
    assert.deepEqual([name, namespace, services, others], ["services", "ticketing", [], []]);
  });

  it("form one component for each other namespace", () => {
    const components = servicesOf({
      services: [{ name: "a" }, { name: "b", namespace: "shop" }, { name: "c" }],
    });
    assert.deepEqual(
      components.map(([name, { namespace, services }]) => [
        name,
        namespace,
        ...services.map((service) => service.name),
      ]),
      [
        ["services", "ticketing", "a", "c"],
        ["services[shop]", "shop", "b"],
      ],
    );
  });

  it("inherit the objective of their team if they answer requests, and its thresholds of jobs if they are jobs", () => {
    const [[, { services }]] = servicesOf({
      teams: { shop: { slo: { availabilityPercent: 99.9 }, alerts: { jobMaxAgeHours: 2 } } },
      services: [
        { name: "a", team: "shop" },
        { name: "b", team: "shop", kind: "job" },
        { name: "c", team: "shop", kind: "probe", probe: "https://c.example.com/" },
      ],
    }) as [ReturnType<typeof servicesOf>[0]];
    assert.deepEqual(
      services.map(({ slo, alerts }) => [slo?.availabilityPercent, alerts?.jobMaxAgeHours]),
      [
        [99.9, undefined],
        [undefined, 2],
        [undefined, undefined],
      ],
    );
  });

  it("can have the same name in two namespaces, but not in one", () => {
    const services = [{ name: "a" }, { name: "a", namespace: "shop" }];
    assert.equal(servicesOf({ services }).length, 2);
    const twice = [...services, { name: "b" }, { name: "a", namespace: "shop" }];
    assert.deepEqual(problemsOf({ services: twice }), [
      "services.3.name must be unique in the namespace shop",
    ]);
  });

  it("know the key of their namespace, also when it is misspelled", () => {
    const services = [{ name: "a", namespce: "shop" }];
    const { problems = [] } = parseConfiguration(configuration("prod", { services }));
    assert.deepEqual(
      problems.map(({ path, fix }) => ({ path, fix })),
      [{ path: ["services", 0, "namespce"], fix: { kind: "rename", to: "namespace" } }],
    );
    assert.match(problems[0]?.rule ?? "", /, name, namespace, path, /);
  });

  it("inherit the namespace, the objective and the thresholds of their team", () => {
    const teams = {
      payments: {
        namespace: "payments",
        slo: { availabilityPercent: "99.5" },
        alerts: { p99LatencyMs: 200 },
      },
    };
    const [, [, { namespace, services }]] = servicesOf({
      teams,
      services: [
        { name: "a", team: "payments" },
        { name: "b", team: "payments", alerts: { p99LatencyMs: 100, errorRatePercent: 1 } },
        { name: "c", team: "other" },
      ],
    }) as [unknown, ReturnType<typeof servicesOf>[0]];
    assert.equal(namespace, "payments");
    assert.deepEqual(
      services.map(({ name, slo, alerts }) => ({ name, slo, alerts })),
      [
        { name: "a", slo: { availabilityPercent: 99.5 }, alerts: { p99LatencyMs: 200 } },
        {
          name: "b",
          slo: { availabilityPercent: 99.5 },
          alerts: { p99LatencyMs: 100, errorRatePercent: 1 },
        },
      ],
    );
  });

  it("are refused once, at the position of their team, for what they inherit", () => {
    const teams = { shop: { slo: { availabilityPercent: 99.9, windowDays: 60 } } };
    const services = [
      { name: "a", team: "shop" },
      { name: "b", team: "shop" },
      { name: "c", team: "shop", slo: { windowDays: 50 } },
      { name: "d", team: "shop", slo: { windowDays: 14, latencyMs: 300 } },
    ];
    const tooLong =
      "slo.windowDays must be at most 15, the days that Prometheus retains samples (retentionDays)";
    assert.deepEqual(problemsOf({ teams, services }), [
      `teams.shop.${tooLong}`,
      `services.2.${tooLong}`,
      "services.3.slo.latencyPercent is required with latencyMs",
    ]);
    const alerts = { errorRatePercent: 5, warning: { errorRatePercent: 6 } };
    const inShop = [
      { name: "a", namespace: "a" },
      { name: "b", namespace: "b", alerts },
    ];
    const lax = "must be less than alerts.errorRatePercent (5)";
    assert.deepEqual(problemsOf({ services: inShop }), [
      `services.1.alerts.warning.errorRatePercent ${lax}`,
    ]);
    assert.deepEqual(problemsOf({ teams: { shop: { alerts } }, services: services.slice(0, 2) }), [
      `teams.shop.alerts.warning.errorRatePercent ${lax}`,
    ]);
    const incomplete = { shop: { slo: { latencyMs: 300 } } };
    assert.deepEqual(problemsOf({ teams: incomplete, services: services.slice(0, 2) }), [
      "teams.shop.slo.latencyPercent is required with latencyMs",
    ]);
  });

  it("are refused at their position in the configuration", () => {
    const services = [
      { name: "a", namespace: "shop" },
      { name: "b", namespace: "Not A Name" },
      { name: "c", namespace: "shop", slo: { availabilityPercent: 100 } },
    ];
    const problems = problemsOf({ services });
    assert.equal(problems.length, 2, problems.join("\n"));
    assert.match(problems[0] ?? "", /^services\.1\.namespace must be /);
    assert.match(problems[1] ?? "", /^services\.2\.slo\.availabilityPercent must be less than 100/);
  });

  it("are refused once for a team whose defaults are wrong", () => {
    const teams = { payments: { alerts: { p99LatencyMs: -1 }, chanel: "#payments" } };
    const problems = problemsOf({ teams, services: [{ name: "a", team: "payments" }] });
    assert.deepEqual(
      problems.map((problem) => problem.split(" ")[0]),
      ["teams.payments.alerts.p99LatencyMs", "teams.payments.chanel"],
    );
  });
});
