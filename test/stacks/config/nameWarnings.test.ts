import * as assert from "node:assert/strict";
import { parsedProd } from "../../support/stackConfig";

function warningsOf(changes: Record<string, unknown>): string[] {
  const { settings, text } = parsedProd(changes);
  assert.equal(text, "");
  return settings?.warnings ?? [];
}

/** The first line of each warning. */
function described(changes: Record<string, unknown>): string[] {
  return warningsOf(changes).map((warning) => warning.split("\n")[0] ?? "");
}

const teams = { payments: { namespace: "payments" } };

describe("warnings about names", () => {
  it("do not exist for the shipped configuration", () => {
    assert.deepEqual(warningsOf({}), []);
  });

  it("have the commands that correct the name, once for a team without other services", () => {
    const services = [
      { name: "a", team: "search" },
      { name: "b", team: "pyments" },
    ];
    assert.deepEqual(warningsOf({ teams, services }), [
      'monitoring:services[1].team = "pyments" has no defaults in monitoring:teams; did you mean payments?\n' +
        "  fix: pulumi config set --path 'monitoring:services[1].team' payments",
    ]);
  });

  it("name a team without services", () => {
    assert.deepEqual(warningsOf({ teams, services: [{ name: "a", team: "search" }] }), [
      "monitoring:teams.payments does not apply to any service\n" +
        '  fix: set "team: payments" in its services, or remove it from teams',
    ]);
  });

  it("name routes and receivers for a misspelled team or namespace", () => {
    const services = [{ name: "a", team: "payments" }];
    const channel = "#ticketing-alerts";
    const slack = {
      channel,
      routes: [
        { team: "payment", channel },
        { namespace: "paymnets", channel },
        { namespace: "ticketting", channel },
        { team: "payments", namespace: "monitoring", channel },
        { team: "platform", namespace: "argocd", channel },
      ],
    };
    const receivers = { pager: { kind: "pagerduty", teams: ["payments", "paymens"] } };
    const receiverSecrets = { pager: "0123456789abcdef0123456789abcdef" };
    assert.deepEqual(described({ teams, services, slack, receivers, receiverSecrets }), [
      'monitoring:slack.routes[0].team = "payment" is not the team of any service; did you mean payments?',
      'monitoring:receivers.pager.teams[1] = "paymens" is not the team of any service; did you mean payments?',
      'monitoring:slack.routes[1].namespace = "paymnets" is not the namespace of any service; did you mean payments?',
      'monitoring:slack.routes[2].namespace = "ticketting" is not the namespace of any service; did you mean ticketing?',
    ]);
  });

  it("name services in a namespace that resembles one of the stack", () => {
    const services = [{ name: "a", namespace: "ticketting" }];
    const rule =
      "is not a namespace of the stack or in namespaces.existing; did you mean ticketing?";
    assert.deepEqual(described({ services }), [
      `monitoring:services[0].namespace = "ticketting" ${rule}`,
    ]);
    const existing = { application: "ticketing", existing: ["ticketting"] };
    assert.deepEqual(described({ services, namespaces: existing }), []);
  });

  it("do not name different teams and namespaces with similar names", () => {
    for (const [known, other] of [
      ["team-a", "team-b"],
      ["sre", "sra"],
      ["shop-eu", "shop-us"],
      ["squad1-core", "squad2-core"],
      ["payments", "payment-batch"],
      ["orders-basket", "order-baskets"],
      ["orders", "search"],
    ] as const) {
      const services = [
        { name: "a", team: known },
        { name: "b", team: other },
      ];
      assert.deepEqual(described({ teams: { [known]: {} }, services }), [], `${known} ${other}`);
    }
  });
});
