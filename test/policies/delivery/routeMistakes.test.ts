import * as assert from "node:assert/strict";
import { rejectedFields, routeMistakes } from "../../../policies/delivery/routeMistakes";
import { PlainMap, UNKNOWN } from "../../../policies/facts/plain";
import { readRoutes } from "../../../policies/facts/routes";

const pages = { receiver: "pages", matchers: ['severity="critical"'] };
const find = (...routes: PlainMap[]) => {
  const receivers = ["archive", "chat", "pages"].map((name) => ({ name }));
  const tree = readRoutes({ route: { receiver: "chat", routes }, receivers });
  assert.ok(tree !== UNKNOWN && tree.root !== undefined);
  return routeMistakes(tree.root, new Set(["critical", "warning"])).map(({ problem }) => problem);
};
const archive = (matcher: string, change: PlainMap = {}) => ({
  receiver: "archive",
  matchers: [matcher],
  ...change,
});

describe("a route that matches each alert", () => {
  for (const matcher of [
    'alertname=~".+"',
    'alertname!=""',
    'namespace=~".*"',
    'cluster=~".*"',
    'severity=~".+"',
  ]) {
    it(`hides the routes after it: ${matcher}`, () =>
      assert.match(find(archive(matcher), pages)[0] ?? "", /^no alert reaches the route/));
  }

  it("hides them from the alerts with a namespace", () => {
    for (const matcher of ['namespace=~".+"', 'namespace!=""']) {
      assert.match(find(archive(matcher), pages)[0] ?? "", /^no alert with a namespace reaches/);
    }
  });

  for (const [name, routes] of Object.entries({
    "it continues": [archive('namespace=~".+"', { continue: true }), pages],
    "it comes last": [pages, archive('alertname=~".+"')],
    "both have one receiver": [archive('namespace=~".+"', { receiver: "pages" }), pages],
    "it has routes of its own": [archive('namespace=~".+"', { routes: [pages] }), pages],
    "some alerts lack the label": [archive('cluster=~".+"'), pages],
    "it is for some namespaces": [archive('namespace=~"shop.+"'), pages],
    "the later route is for chat": [
      archive('namespace=~".+"'),
      { receiver: "chat", matchers: ['severity=~"critical|warning"'] },
    ],
    "the later route is for an alert": [
      archive('namespace=~".+"'),
      { receiver: "pages", matchers: ['alertname="NodeDown"'] },
    ],
  })) {
    it(`hides nothing if ${name}`, () => assert.deepEqual(find(...routes), []));
  }
});

describe("values that Alertmanager rejects", () => {
  const rejected = (config: PlainMap) => rejectedFields(config).map(({ where }) => where);
  const receiver = (integration: PlainMap) => ({ receivers: [{ name: "chat", ...integration }] });

  for (const [where, config] of [
    ["global.resolve_timeout", { global: { resolve_timeout: 5 } }],
    ["global.resolve_timeout", { global: { resolve_timeout: "five minutes" } }],
    ["route.continue", { route: { receiver: "chat", continue: true } }],
    [
      "receivers[0].email_configs[0].to",
      receiver({ email_configs: [{ to: ["a@shop.io", "b@shop.io"] }] }),
    ],
    [
      "receivers[0].opsgenie_configs[0].responders",
      receiver({ opsgenie_configs: [{ responders: [{ type: "team" }] }] }),
    ],
  ] as const) {
    it(`include ${JSON.stringify(config)}`, () => assert.deepEqual(rejected(config), [where]));
  }

  it("include the name of a chat of Telegram, and not its number", () => {
    const chat = (chat_id: unknown) => rejected(receiver({ telegram_configs: [{ chat_id }] }));
    assert.deepEqual(chat("@alerts"), ["receivers[0].telegram_configs[0].chat_id"]);
    assert.deepEqual(chat(-100123), []);
  });

  for (const config of [
    { global: { resolve_timeout: "5m" } },
    { global: { resolve_timeout: 0 } },
    { route: { receiver: "chat", routes: [{ continue: true }] } },
    receiver({ email_configs: [{ to: "a@shop.io, b@shop.io" }] }),
    receiver({ opsgenie_configs: [{ responders: [{ type: "team", name: "shop" }] }] }),
  ]) {
    it(`do not include ${JSON.stringify(config)}`, () => assert.deepEqual(rejected(config), []));
  }
});

describe("a label of a route", () => {
  const labeled = (label: string) => find({ receiver: "pages", matchers: [`${label}="critical"`] });

  for (const label of ["serverity", "Severity", "alert_name", "namspace"]) {
    it(`is misspelled: ${label}`, () =>
      assert.match(labeled(label).join(), new RegExp(`no alert has the label ${label}`)));
  }

  for (const label of ["severity", "service", "team", "event", "exported_namespace"]) {
    it(`may be ${label}`, () => assert.deepEqual(labeled(label), []));
  }
});
