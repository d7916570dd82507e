import * as assert from "node:assert/strict";
import { integrationsOf } from "../../../policies/facts/integrations";

const obstacle = (channel: string) =>
  integrationsOf(
    {
      receivers: [
        {
          name: "chat",
          slack_configs: [{ channel, api_url: "https://hooks.slack.com/services/T0/B0/x1" }],
        },
      ],
    },
    "chat",
  ).map((integration) => integration.obstacle);

describe("the channel of Slack", () => {
  it("is not the URL of a webhook", () => {
    for (const url of ["https://hooks.slack.com/services/T0/B0/x1", "http://relay:8080/slack"]) {
      assert.deepEqual(obstacle(url), ["channel is a URL"]);
    }
  });

  it("is a name or an ID", () => {
    for (const name of ["#alerts", "alerts", "C012AB3CD", "@oncall"]) {
      assert.deepEqual(obstacle(name), [undefined]);
    }
  });
});

describe("a webhook", () => {
  const obstacles = (webhook: Record<string, unknown>) =>
    integrationsOf({ receivers: [{ name: "chat", webhook_configs: [webhook] }] }, "chat").map(
      (integration) => integration.obstacle,
    );
  const url = "https://chat.googleapis.com/v1/spaces/A/messages";

  it("cannot send Alertmanager's default payload to Google Chat", () => {
    const rejected = "url points to a service that does not accept Alertmanager's webhook format";
    assert.deepEqual(obstacles({ url }), [rejected]);
  });

  it("can be in a private network without TLS", () => {
    for (const host of [
      "alerts.shop.corp",
      "alerts.shop.home",
      "alerts.shop.internal",
      "10.2.3.4",
    ]) {
      assert.deepEqual(obstacles({ url: `http://${host}/hook` }), [undefined]);
    }
  });

  it("can send its own payload to Google Chat", () => {
    assert.deepEqual(obstacles({ url, payload: { text: "{{ .GroupLabels }}" } }), [undefined]);
  });
});
