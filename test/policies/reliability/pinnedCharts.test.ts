import * as assert from "node:assert/strict";
import { charts } from "../../../components/charts/charts";
import { PlainMap, UNKNOWN } from "../../../policies/facts/plain";
import { limits } from "../../../policies/limits/limits";
import { pinnedCharts } from "../../../policies/reliability/pinnedCharts";
import { violationText } from "../../../policies/engine/violation";
import { fake } from "../fakes";
import { judge, problems, release, resource } from "../subjects";

const repo = "https://grafana.github.io/helm-charts";
const installed = (props: PlainMap, type = "kubernetes:helm.sh/v3:Release") =>
  resource(type, "alloy", {
    chart: "alloy",
    version: "1.11.1",
    repositoryOpts: { repo },
    ...props,
  });
const oci = (chart: string, version?: string) =>
  installed({ chart, version, repositoryOpts: undefined });
const registry = { allowedRepositories: ["oci://registry.shop.io/charts"] };

describe("policy pinned-charts", () => {
  it("trusts the repositories of this library", () => {
    for (const { repository } of Object.values(charts)) {
      assert.ok((limits.chartRepositories as readonly string[]).includes(repository), repository);
    }
  });

  for (const version of ["1.11.1", "v1.11.1", "1.11.1-rc.1", "1.11.1+build.5"]) {
    it(`accepts ${version}`, () =>
      assert.deepEqual(problems(pinnedCharts, installed({ version })), []));
  }

  for (const [version, problem] of [
    [undefined, "the chart has no version"],
    ["", "the chart version is not exact"],
    ["latest", "the chart version is not exact"],
    ["1", "the chart version is not exact"],
    ["1.11", "the chart version is not exact"],
    ["1.11.x", "the chart version is not exact"],
    ["^1.11.1", "the chart version is not exact"],
    ["~1.11.1", "the chart version is not exact"],
    [">=1.11.1", "the chart version is not exact"],
    ["1.11.1 - 2.0.0", "the chart version is not exact"],
    ["1.11.1 || 1.11.2", "the chart version is not exact"],
  ] as const) {
    it(`refuses ${JSON.stringify(version)}`, () =>
      assert.deepEqual(problems(pinnedCharts, installed({ version })), [problem]));
  }

  it("refuses development versions", () =>
    assert.deepEqual(problems(pinnedCharts, installed({ devel: true })), [
      "the chart may be a development version",
    ]));

  for (const [value, problem] of [
    [repo, undefined],
    [`${repo}/`, undefined],
    [
      undefined,
      "the chart has no repository, so it depends on the repositories that are configured on this machine",
    ],
    [
      "",
      "the chart has no repository, so it depends on the repositories that are configured on this machine",
    ],
    ["https://charts.bitnami.com/bitnami", "the chart repository is not allowed"],
    [`${repo}.evil.io`, "the chart repository is not allowed"],
    [`${repo}-evil`, "the chart repository is not allowed"],
    [`${repo}/../evil`, "the chart repository is not allowed"],
    ["http://grafana.github.io/helm-charts", "the chart repository is not allowed"],
  ] as const) {
    it(`${problem === undefined ? "accepts" : "refuses"} the repository ${String(value)}`, () =>
      assert.deepEqual(
        problems(pinnedCharts, installed({ repositoryOpts: { repo: value } })),
        problem === undefined ? [] : [problem],
      ));
  }

  it("reads what every type of chart resource has", () => {
    const v3 = { repositoryOpts: undefined, fetchOpts: { repo } };
    assert.deepEqual(problems(pinnedCharts, installed(v3, "kubernetes:helm.sh/v3:Chart")), []);
    assert.deepEqual(problems(pinnedCharts, installed({}, "kubernetes:helm.sh/v4:Chart")), []);
    const none = { repositoryOpts: undefined, version: undefined };
    for (const type of ["v3:Release", "v3:Chart", "v4:Chart"]) {
      const found = problems(pinnedCharts, installed(none, `kubernetes:helm.sh/${type}`));
      assert.equal(found.length, 2, type);
    }
  });

  it("reads charts that are named by their address", () => {
    const base = "oci://registry.shop.io/charts";
    const digest = `@sha256:${"0".repeat(64)}`;
    for (const accepted of [
      oci(`${base}/alloy`, "1.11.1"),
      oci(`${base}/alloy:1.11.1`),
      oci(`${base}/alloy${digest}`),
    ]) {
      assert.deepEqual(problems(pinnedCharts, accepted, registry), []);
      assert.equal(problems(pinnedCharts, accepted).length, 1);
    }
    for (const refused of [oci(`${base}/alloy`), oci(`${base}/alloy:latest`)]) {
      assert.equal(problems(pinnedCharts, refused, registry).length, 1);
    }
    assert.deepEqual(problems(pinnedCharts, oci(`${repo}/alloy-1.11.1.tgz`)), []);
    assert.equal(problems(pinnedCharts, oci(`${repo}/alloy.tgz`)).length, 1);
  });

  it("refuses the alias of a repository, and skips charts of the project", () => {
    const alias = installed({ chart: "grafana/alloy", repositoryOpts: undefined });
    assert.equal(problems(pinnedCharts, alias).length, 1);
    for (const chart of ["./charts/alloy", "../alloy", "/srv/alloy.tgz"]) {
      assert.deepEqual(problems(pinnedCharts, oci(chart)), []);
    }
  });

  it("reports unknown values, and judges the rest", () => {
    for (const [props, path, violations] of [
      [{ chart: UNKNOWN }, ["chart"], 0],
      [{ version: UNKNOWN }, ["version"], 0],
      [{ repositoryOpts: UNKNOWN, version: "1" }, ["repositoryOpts", "repo"], 1],
    ] as [PlainMap, string[], number][]) {
      const verdict = judge(pinnedCharts, installed(props));
      assert.deepEqual(verdict.unknown?.path, path);
      assert.equal(verdict.violations.length, violations);
    }
  });

  it("names the place and the fix", () => {
    const [violation] = judge(pinnedCharts, release("loki", {})).violations;
    assert.ok(violation);
    assert.equal(
      violationText(violation),
      [
        "the chart has no repository, so it depends on the repositories that are configured on this machine",
        '  where: release "prometheus" (loki), repositoryOpts.repo',
        "  bound: a repository in allowedRepositories, or below it",
        '  fix:   repositoryOpts.repo: "https://…"',
      ].join("\n"),
    );
  });

  it("never shows a secret", () => {
    for (const secret of [...Object.values(fake), "hunter2"]) {
      const url = `https://user:${secret}@charts.example.com/x?token=${secret}`;
      const subject = installed({ version: secret, repositoryOpts: { repo: url } });
      const { violations } = judge(pinnedCharts, subject);
      assert.equal(violations.length, 2);
      assert.ok(
        !violations
          .map((violation) => violationText(violation))
          .join("")
          .includes(secret),
      );
    }
  });
});
