import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { charts } from "../../../components/charts/charts";
import { DatadogAgent, DatadogAgentArgs } from "../../../components/datadog/datadogAgent";
import {
  RecordProgramOptions,
  RecordedResource,
  recordProgram,
  isSecret,
  isUnknown,
} from "../../support/mocks";

const apiKey = "0123456789abcdef0123456789abcdef";
const appKey = "fedcba9876543210fedcba9876543210fedcba98";
const drawn = "drawnByTheProvider";
const identity = { cluster: "ticketing-prod", environment: "prod" };

async function recordAgent(
  args: Partial<DatadogAgentArgs> = { apiKey, appKey },
  options: RecordProgramOptions = {},
): Promise<RecordedResource[]> {
  const { resources } = await recordProgram(() => {
    new DatadogAgent("datadog", { ...identity, ...args });
  }, options);
  return resources;
}

function named(resources: RecordedResource[], type: string, name: string): RecordedResource {
  const match = resources.find(
    (resource) => resource.type.endsWith(type) && resource.name === name,
  );
  assert.ok(match, `${type} ${name} is registered`);
  return match;
}

describe("DatadogAgent", () => {
  it("registers the release datadog-agent in the namespace datadog", async () => {
    const release = named(await recordAgent(), ":Release", "datadog");
    assert.equal(release.inputs["name"], "datadog-agent");
    assert.equal(release.inputs["namespace"], "datadog");
    assert.equal(release.inputs["chart"], "datadog");
    assert.equal(release.inputs["version"], charts.datadog.version);
    assert.deepEqual(release.inputs["repositoryOpts"], { repo: charts.datadog.repository });
  });

  it("stores the keys in the Secret datadog-secret, as secrets", async () => {
    const secret = named(await recordAgent(), ":Secret", "datadog-keys");
    assert.equal(secret.inputs["metadata"].name, "datadog-secret");
    assert.equal(secret.inputs["metadata"].namespace, "datadog");
    assert.deepEqual(secret.inputs["stringData"], { "api-key": apiKey, "app-key": appKey });
    assert.ok(isSecret(secret, "stringData", "api-key"));
    assert.ok(isSecret(secret, "stringData", "app-key"));
  });

  it("shows the keys neither in values nor in the component's inputs", async () => {
    for (const resource of await recordAgent()) {
      if (resource.name === "datadog-keys") continue;
      const text = JSON.stringify([resource.inputs, resource.outputs]);
      assert.ok(!text.includes(apiKey) && !text.includes(appKey), resource.urn);
    }
  });

  it("stores no application key without one", async () => {
    const resources = await recordAgent({ apiKey: pulumi.secret(apiKey) });
    assert.deepEqual(named(resources, ":Secret", "datadog-keys").inputs["stringData"], {
      "api-key": apiKey,
    });
  });

  it("uses an existing Secret and creates none", async () => {
    const resources = await recordAgent({ existingSecret: "team-keys" });
    assert.ok(!resources.some(({ name }) => name === "datadog-keys"));
    const release = named(resources, ":Release", "datadog");
    assert.equal(release.inputs["values"].datadog.apiKeyExistingSecret, "team-keys");
  });

  it("generates the token of the Cluster Agent once and stores it in a Secret", async () => {
    const resources = await recordAgent(undefined, {
      preview: false,
      computed: ({ type }) => (type.endsWith(":RandomPassword") ? { result: drawn } : {}),
    });
    const token = named(resources, ":RandomPassword", "datadog-cluster-agent-token");
    assert.ok(token.inputs["length"] >= 32);
    assert.equal(token.inputs["special"], false);
    const secret = named(resources, ":Secret", "datadog-cluster-agent-token");
    assert.deepEqual(secret.inputs["stringData"], { token: drawn });
    assert.ok(isSecret(secret, "stringData", "token"));
    assert.ok(secret.options.dependencies.includes(token.urn));
    const { clusterAgent } = named(resources, ":Release", "datadog").inputs["values"];
    assert.equal(clusterAgent.tokenExistingSecret, secret.inputs["metadata"].name);
  });

  it("installs the chart after the Secrets", async () => {
    const resources = await recordAgent();
    const { dependencies } = named(resources, ":Release", "datadog").options;
    for (const name of ["datadog-keys", "datadog-cluster-agent-token"]) {
      assert.ok(dependencies.includes(named(resources, ":Secret", name).urn), name);
    }
  });

  it("has values that are known completely in a first preview", async () => {
    const resources = await recordAgent();
    const release = named(resources, ":Release", "datadog");
    assert.ok(!isUnknown(release, "values"));
    assert.ok(!isSecret(release, "values"));
    const { inputs } = named(resources, ":DatadogAgent", "datadog");
    assert.equal(inputs["site"], "datadoghq.com");
    assert.equal(inputs["apm"], true);
  });

  it("merges the caller's values last", async () => {
    const resources = await recordAgent({
      apiKey,
      values: { agents: { tolerations: [] }, datadog: { networkMonitoring: { enabled: true } } },
    });
    const { values } = named(resources, ":Release", "datadog").inputs;
    assert.deepEqual(values.agents.tolerations, []);
    assert.deepEqual(values.datadog.networkMonitoring, { enabled: true });
    assert.equal(values.datadog.logs.enabled, true);
  });

  it("registers all resources under one parent", async () => {
    const resources = await recordAgent();
    const component = named(resources, ":DatadogAgent", "datadog");
    for (const resource of resources) {
      if (resource !== component) assert.equal(resource.parent, component.urn, resource.name);
    }
  });

  it("returns the names of the DaemonSet and the Secret", async () => {
    const { outputs } = named(await recordAgent(), ":DatadogAgent", "datadog");
    assert.equal(outputs["daemonSetName"], "datadog-agent");
    assert.equal(outputs["secretName"], "datadog-secret");
    assert.equal(outputs["chartVersion"], charts.datadog.version);
  });

  it("registers nothing and lists every problem if its arguments are invalid", async () => {
    await assert.rejects(
      recordAgent({ site: "datadog.com" as never, instrumentedNamespaces: ["datadog"] }),
      (error: Error) => {
        assert.match(error.message, /^DatadogAgent "datadog": 3 problems/);
        for (const field of ["apiKey", "site", "instrumentedNamespaces[0]"]) {
          assert.ok(error.message.includes(`\n  ${field} `), field);
        }
        return true;
      },
    );
  });
});
