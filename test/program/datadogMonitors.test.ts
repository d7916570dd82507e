import * as assert from "node:assert/strict";
import { isSecret } from "../support/mocks";
import { runProgram } from "../support/runProgram";
import { secrets } from "../support/stackConfig";

const datadogMonitors = { notify: ["@slack-ticketing-alerts"] };

describe("monitors in Datadog", () => {
  it("are disabled by default, and so is the Datadog provider", async () => {
    const { resources } = await runProgram("prod");
    assert.deepEqual(
      resources.filter(({ type }) => /^datadog:|:datadog$|DatadogMonitors/.test(type)),
      [],
    );
  });

  it("use the keys and the site of the agents", async () => {
    const { resources } = await runProgram("prod", {
      datadog: { site: "us5.datadoghq.com" },
      datadogMonitors,
    });
    const [provider] = resources.filter(({ type }) => type === "pulumi:providers:datadog");
    assert.deepEqual(provider?.inputs, {
      apiUrl: "https://api.us5.datadoghq.com/",
      apiKey: secrets.prod["monitoring:datadogApiKey"],
      appKey: secrets.prod["monitoring:datadogAppKey"],
    });
    assert.ok(isSecret(provider, "apiKey") && isSecret(provider, "appKey"));
  });

  it("cover every service of the stack, in its environment", async () => {
    const { resources } = await runProgram("prod", { datadogMonitors });
    const monitors = resources.filter(({ type }) => type === "datadog:index/monitor:Monitor");
    for (const service of ["inventory-service", "auth-service", "api-gateway"]) {
      const ofService = monitors.filter(({ inputs }) =>
        inputs["tags"].includes(`service:${service}`),
      );
      assert.equal(ofService.length, 5, service);
    }
    for (const { inputs } of monitors) {
      assert.ok(inputs["tags"].includes("env:prod"));
      assert.match(inputs["message"], /@slack-ticketing-alerts$/);
    }
  });
});
