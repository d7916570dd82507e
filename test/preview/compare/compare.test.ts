import { deepEqual, equal } from "node:assert/strict";
import { compare } from "../../../preview/compare/compare";
import { differences, shown } from "../../../preview/compare/differences";
import { markdown } from "../../../preview/compare/markdown";
import { noState, type PreviewState } from "../../../preview/compare/state";
import { monitoredServices, resource, stateWith } from "./states";

describe("differences between values", () => {
  it("are the smallest values that differ, with their paths", () => {
    deepEqual(differences({ a: { b: 1, c: 2 } }, { a: { b: 1, c: 3 }, d: true }), [
      { path: "a.c", before: 2, after: 3 },
      { path: "d", before: undefined, after: true },
    ]);
  });

  it("match the items of a list by name, in any order", () => {
    const before = [{ name: "a", port: 1 }, { name: "b" }];
    const after = [{ name: "b" }, { name: "a", port: 2 }];
    deepEqual(differences(before, after), [{ path: "[a].port", before: 1, after: 2 }]);
  });

  it("keep a list of plain values as one value", () => {
    deepEqual(differences({ ids: [1, 2] }, { ids: [1] }), [
      { path: "ids", before: [1, 2], after: [1] },
    ]);
  });

  it("are shown as a reader would write them", () => {
    deepEqual([undefined, "", [], ["a", "b"], { a: 1 }, 15].map(shown), [
      "-",
      '""',
      "none",
      "a, b",
      '{"a":1}',
      "15",
    ]);
  });
});

describe("the comparison of two previews", () => {
  const prometheus = (inputs: object) =>
    resource("monitoring:index:PrometheusStack", "prometheus", inputs);

  it("has settings by component", () => {
    const { settings, resources } = compare(
      stateWith([prometheus({ retentionDays: 15, replicas: 2 })]),
      stateWith([prometheus({ retentionDays: 30, replicas: 2 })]),
    );
    deepEqual(settings, [
      { component: "prometheus", setting: "retentionDays", before: "15", after: "30" },
    ]);
    deepEqual(resources, []);
  });

  it("has the encrypted settings that differ, without their values", () => {
    const state = (encrypted: Record<string, string>) => stateWith([], { encrypted });
    const before = state({ datadogApiKey: "01", heartbeatUrl: "02", slackWebhookUrl: "03" });
    const after = state({ datadogApiKey: "01", pagerDutyRoutingKey: "02", slackWebhookUrl: "04" });
    deepEqual(compare(before, after).secrets, [
      { setting: "heartbeatUrl", change: "removed" },
      { setting: "slackWebhookUrl", change: "new value, or the same value encrypted again" },
      { setting: "pagerDutyRoutingKey", change: "added" },
    ]);
  });

  it("has no secrets if the other revision does not list them", () => {
    const { encrypted: _encrypted, ...former } = noState;
    deepEqual(compare(former, stateWith([], { encrypted: { a: "01" } })).secrets, []);
  });

  it("has the facts on retention, cost and charts", () => {
    const facts = (version: string, cost: string) =>
      stateWith([], {
        facts: [
          { part: "Helm releases", loki: `loki ${version}` },
          { part: "Retention and cost", "Loki storage": cost },
        ],
      });
    const { charts, retentionAndCost } = compare(facts("18.11.0", "10"), facts("19.0.0", "20"));
    deepEqual(charts, [{ name: "loki", before: "loki 18.11.0", after: "loki 19.0.0" }]);
    deepEqual(retentionAndCost, [{ name: "Loki storage", before: "10", after: "20" }]);
  });

  it("has policies, and violations that are new, unchanged or resolved", () => {
    const policy = (level: string, messages: string[]) =>
      stateWith([], {
        policy: {
          policies: [{ name: "retention", level, settings: { maxDays: 90 } }],
          violations: messages.map((message) => ({ policy: "retention", message })),
          exceptions: [],
        } as unknown as PreviewState["policy"],
      });
    deepEqual(compare(policy("mandatory", ["a", "b"]), policy("advisory", ["b", "c"])).policies, [
      { policy: "retention", change: "level mandatory → advisory" },
      { policy: "retention", change: "unchanged violation: b" },
      { policy: "retention", change: "new violation: c" },
      { policy: "retention", change: "resolved violation: a" },
    ]);
  });

  it("has resources that are created, updated, replaced or deleted", () => {
    const release = (name: string, days: number) =>
      resource("kubernetes:helm.sh/v3:Release", "loki", { name, values: { days } });
    const bucket = (options: object) => resource("aws:s3/bucket:Bucket", "bucket", {}, options);
    const changesOf = (before: PreviewState, after: PreviewState) =>
      compare(before, after).resources.map((row) => (row as { change: string }).change);
    deepEqual(changesOf(stateWith([release("loki", 1)]), stateWith([release("loki", 2)])), [
      "updated: values.days",
    ]);
    deepEqual(changesOf(stateWith([release("loki", 1)]), stateWith([release("logs", 1)])), [
      "replaced: name",
    ]);
    deepEqual(changesOf(noState, stateWith([bucket({})])), ["created"]);
    deepEqual(changesOf(stateWith([bucket({})]), noState), ["deleted"]);
    deepEqual(changesOf(stateWith([bucket({ retainOnDelete: true })]), noState), [
      "no longer managed, kept",
    ]);
    deepEqual(changesOf(stateWith([bucket({ protect: true })]), noState), [
      "deletion refused: the resource is protected",
    ]);
    const named = (bucket: string) =>
      resource("aws:s3/bucket:Bucket", "bucket", { bucket }, { protect: true });
    deepEqual(changesOf(stateWith([named("a")]), stateWith([named("b")])), [
      "replacement refused, the resource is protected: bucket",
    ]);
  });

  it("has the objects that the Kubernetes provider replaces", () => {
    const changeOf = (type: string, before: object, after: object) =>
      compare(
        stateWith([resource(`kubernetes:${type}`, "a", before)]),
        stateWith([resource(`kubernetes:${type}`, "a", after)]),
      ).resources.map((row) => (row as { change: string }).change)[0];
    const [one, two] = [{ data: { a: "1" } }, { data: { a: "2" } }];
    equal(changeOf("core/v1:ConfigMap", one, two), "updated: data.a");
    equal(changeOf("core/v1:ConfigMap", {}, { metadata: { labels: {} } }), "updated: metadata");
    equal(changeOf("core/v1:Secret", one, two), "updated: data.a");
    equal(changeOf("core/v1:Secret", { type: "a" }, { type: "b" }), "replaced: type");
    const binding = (name: string) => ({ roleRef: { name } });
    const roleBinding = "rbac.authorization.k8s.io/v1:RoleBinding";
    equal(changeOf(roleBinding, binding("a"), binding("b")), "replaced: roleRef.name");
    equal(
      changeOf("monitoring.coreos.com/v1:PrometheusRule", { spec: 1 }, { spec: 2 }),
      "updated: spec",
    );
  });

  it("has dashboards and their panels, wherever the panels are", () => {
    const dashboard = (panels: object[]) =>
      stateWith([
        resource("kubernetes:core/v1:ConfigMap", "dashboard", {
          metadata: { labels: { grafana_dashboard: "1" } },
          data: { "a.json": JSON.stringify({ uid: "a", title: "Shop", panels }) },
        }),
      ]);
    const panel = (title: string, expr: string, y = 0) => ({ title, expr, gridPos: { y } });
    const row = (panels: object[]) => ({ type: "row", title: "Row", panels });
    const before = dashboard([panel("A", "a"), panel("B", "b"), row([panel("C", "c")])]);
    const after = dashboard([panel("A", "a", 8), panel("B", "bb"), panel("D", "d")]);
    deepEqual(
      compare(before, after).dashboards.map((each) => (each as { change: string }).change),
      ['panel "B" changed', 'panel "C" removed', 'panel "D" added'],
    );
    deepEqual(compare(before, noState).dashboards, [{ dashboard: "Shop", change: "removed" }]);
  });

  it("has the destinations of notifications by severity and service", () => {
    const state = (channel: string, services: object[]) =>
      stateWith([monitoredServices(services)], {
        alertmanager: {
          route: {
            receiver: "main",
            routes: [{ receiver: "team", matchers: ['team="payments"'] }],
          },
          receivers: [
            { name: "main", slack_configs: [{ channel: "#main", api_url: "https://a.example" }] },
            { name: "team", slack_configs: [{ channel, api_url: "https://b.example" }] },
          ],
        },
      });
    const services = [{ name: "cart" }, { name: "billing", team: "payments" }];
    const { notifications } = compare(state("#old", services), state("#new", services));
    deepEqual(notifications, [
      { alerts: "critical: billing", before: "#old", after: "#new" },
      { alerts: "warning: billing", before: "#old", after: "#new" },
      { alerts: "info: billing", before: "#old", after: "#new" },
    ]);
    const without = stateWith([monitoredServices(services)]);
    deepEqual(compare(state("#old", services), without).notifications.at(-1), {
      alerts: "Watchdog",
      before: "#main",
      after: "no notification",
    });
  });

  describe("has who is not notified at what times", () => {
    const alertmanager = (mutes: boolean, channel = "#main") => ({
      route: {
        receiver: "main",
        routes: [
          { receiver: "pager", matchers: ['severity="warning"'], continue: true },
          {
            receiver: "main",
            matchers: ['severity="warning"'],
            ...(mutes && { mute_time_intervals: ["quiet-hours"] }),
          },
          { receiver: "pager", matchers: ['severity="critical"'] },
        ],
      },
      receivers: [
        { name: "main", slack_configs: [{ channel }] },
        { name: "pager", pagerduty_configs: [{}] },
      ],
      time_intervals: [{ name: "quiet-hours" }],
    });
    const quiet = { from: "22:00", to: "07:00", timezone: "Asia/Seoul", weekends: false };
    const night = "#main: warnings are muted from 22:00 to 07:00";

    it("in quiet hours", () => {
      const state = (quietHours?: object, channel?: string) =>
        stateWith([resource("monitoring:index:SlackAlerting", "slack", { quietHours })], {
          alertmanager: alertmanager(quietHours !== undefined, channel),
        });
      const changes = (before: PreviewState, after: PreviewState) =>
        compare(before, after).notifications.map((row) => Object.values(row));
      deepEqual(changes(state(), state(quiet)), [["quiet hours", "-", `${night} (Asia/Seoul)`]]);
      const holidays = { ...quiet, weekends: true, holidays: ["2026-12-25"] };
      deepEqual(changes(state(holidays), state(quiet)), [
        [
          "quiet hours",
          `${night} and on weekends, 2026-12-25 (Asia/Seoul)`,
          `${night} (Asia/Seoul)`,
        ],
      ]);
      deepEqual(
        changes(state(quiet), state(quiet, "#new")).map(([alerts]) => alerts),
        ["warning: the platform", "info: the platform", "Watchdog"],
      );
    });

    it("in the planned maintenance of a service", () => {
      const state = (maintenance: object[], config?: PreviewState["alertmanager"]) =>
        stateWith([monitoredServices([{ name: "cart", maintenance }])], { alertmanager: config });
      const window = { from: "2026-12-01T22:00Z", to: "2026-12-02T02:00Z", reason: "OPS-7" };
      const [before, after] = [[], [window]].map((windows) => state(windows, alertmanager(false)));
      deepEqual(compare(before!, after!).notifications, [
        {
          alerts: "all severities: cart",
          before: "-",
          after:
            "pager (pagerduty), #main: no notification from 2026-12-01T22:00Z to 2026-12-02T02:00Z (OPS-7)",
        },
      ]);
      deepEqual(compare(state([]), state([window])).notifications, []);
      const silent = { route: { receiver: "null" }, receivers: [{ name: "null" }] };
      deepEqual(compare(state([], silent), state([window], silent)).notifications, []);
    });
  });

  it("has the receivers that no longer notify, and those that newly do", () => {
    const state = (team: string, kind: string) =>
      stateWith([monitoredServices([{ name: "billing", team: "payments" }])], {
        alertmanager: {
          route: {
            receiver: "main",
            routes: [
              { receiver: "pager", matchers: [`team="${team}"`], continue: true },
              { receiver: "main" },
            ],
          },
          receivers: [
            { name: "main", slack_configs: [{ channel: "#main" }] },
            { name: "pager", [`${kind}_configs`]: [{}] },
          ],
        },
      });
    const changes = (old: PreviewState, current: PreviewState) =>
      compare(old, current).notifications.map(({ before, after }) => [before, after])[0];
    const [without, paged] = [state("others", "pagerduty"), state("payments", "pagerduty")];
    deepEqual(changes(without, paged), ["#main", "pager (pagerduty), #main"]);
    deepEqual(changes(paged, without), ["pager (pagerduty), #main", "#main"]);
    deepEqual(changes(paged, state("payments", "opsgenie")), [
      "pager (pagerduty), #main",
      "pager (opsgenie), #main",
    ]);
  });

  it("is Markdown in which no value breaks a table", () => {
    const comparison = compare(
      stateWith([prometheus({ pattern: "a|b" })]),
      stateWith([prometheus({ pattern: "a\n|c" })]),
    );
    equal(
      markdown("Changes", comparison, "Passed"),
      [
        "## Changes",
        "",
        "### Settings",
        "",
        "| Component | Setting | Before | After |",
        "| --- | --- | --- | --- |",
        "| prometheus | pattern | a\\|b | a \\|c |",
        "",
        "Passed",
        "",
      ].join("\n"),
    );
    equal(
      markdown("Changes", compare(noState, noState), "Passed"),
      "## Changes\n\nNo changes.\n\nPassed\n",
    );
  });
});
