import { deepEqual } from "node:assert/strict";
import { notificationsOf } from "../../../preview/backtest/notifications";
import type { AlertEpisode } from "../../../preview/backtest/result";
import { stateWith } from "../compare/states";

function state(route: object) {
  const integration = { slack_configs: [{ channel: "#a", api_url: "https://a.example" }] };
  return stateWith([], {
    alertmanager: {
      route: { receiver: "main", group_by: ["alertname", "service"], ...route },
      receivers: [
        { name: "main", ...integration },
        { name: "team", ...integration },
        { name: "none" },
      ],
    },
  });
}

function episode(start: number, end: number | undefined, parts: Partial<AlertEpisode> = {}) {
  return { alert: "A", severity: "critical", labels: { service: "cart" }, start, end, ...parts };
}

describe("the number of notifications", () => {
  const numbers = (route: object, ...episodes: AlertEpisode[]) =>
    Object.fromEntries(notificationsOf(state(route), episodes));

  it("is one for episodes of a group that overlap", () => {
    const pod = (name: string) => ({ labels: { service: "cart", pod: name } });
    deepEqual(numbers({}, episode(10, 20, pod("b")), episode(0, 15, pod("a")), episode(30, 40)), {
      critical: 2,
    });
    deepEqual(numbers({}, episode(0, undefined, pod("a")), episode(50, 60, pod("b"))), {
      critical: 1,
    });
  });

  it("is by severity, alert and the labels of the group", () => {
    const other = { labels: { service: "search" } };
    deepEqual(
      numbers(
        {},
        episode(0, 10),
        episode(0, 10, other),
        episode(0, 10, { alert: "B" }),
        episode(0, 10, { severity: "warning" }),
      ),
      { critical: 3, warning: 1 },
    );
    deepEqual(numbers({ group_by: [] }, episode(0, 10), episode(0, 10, other)), { critical: 1 });
    deepEqual(numbers({ group_by: ["..."] }, episode(0, 10), episode(5, 10, other)), {
      critical: 2,
    });
  });

  it("is one for each route with an integration", () => {
    const routes = [
      { receiver: "team", matchers: ['service="cart"'], continue: true },
      { receiver: "main", matchers: ['severity="critical"'] },
      { receiver: "none" },
    ];
    deepEqual(numbers({ routes }, episode(0, 10)), { critical: 2 });
    deepEqual(
      numbers({ routes }, episode(0, 10, { severity: "info", labels: { service: "search" } })),
      {},
    );
  });

  it("is zero without Alertmanager", () => {
    deepEqual([...notificationsOf(stateWith([]), [episode(0, 10)])], []);
  });
});
