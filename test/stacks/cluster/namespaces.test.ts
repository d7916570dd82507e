import * as assert from "node:assert/strict";
import * as kubernetes from "@pulumi/kubernetes";
import { parseConfiguration } from "../../../stacks/config/parseConfiguration";
import { createNamespaces } from "../../../stacks/cluster/namespaces";
import { RecordedResource, recordProgram } from "../../support/mocks";
import { configuration } from "../../support/stackConfig";

async function namespacesOf(
  stack: "dev" | "prod",
  changes: Record<string, unknown> = {},
): Promise<RecordedResource[]> {
  const { settings, problems } = parseConfiguration(configuration(stack, changes));
  assert.deepEqual(problems, undefined);
  const { resources } = await recordProgram(() => {
    const provider = new kubernetes.Provider("cluster", {});
    createNamespaces(settings, provider);
  });
  return resources.filter(({ type }) => type === "kubernetes:core/v1:Namespace");
}

const names = (namespaces: RecordedResource[]) =>
  namespaces.map(({ inputs }) => inputs["metadata"].name as string);

const enforced = (namespace: RecordedResource | undefined) =>
  namespace?.inputs["metadata"].labels["pod-security.kubernetes.io/enforce"] as string;

describe("createNamespaces", () => {
  it("creates monitoring and ticketing, in the cluster of the stack", async () => {
    const namespaces = await namespacesOf("dev");
    assert.deepEqual(names(namespaces), ["monitoring", "ticketing"]);
    for (const { options } of namespaces) assert.match(options.provider ?? "", /::cluster$/);
  });

  it("creates the configured namespaces", async () => {
    const namespaces = { monitoring: "observe", application: "shop" };
    assert.deepEqual(names(await namespacesOf("dev", { namespaces })), ["observe", "shop"]);
  });

  it("creates a single namespace if all parts share it", async () => {
    const namespaces = { monitoring: "all", application: "all" };
    assert.deepEqual(names(await namespacesOf("dev", { namespaces })), ["all"]);
  });

  it("does not create existing namespaces", async () => {
    assert.deepEqual(
      names(await namespacesOf("dev", { namespaces: { existing: ["ticketing"] } })),
      ["monitoring"],
    );
    const existing = ["ticketing", "monitoring"];
    assert.deepEqual(names(await namespacesOf("dev", { namespaces: { existing } })), []);
  });

  it("creates a separate namespace for the Datadog Agent, but not without Datadog", async () => {
    const namespaces = { datadog: "datadog" };
    assert.deepEqual(names(await namespacesOf("dev", { namespaces })), [
      "monitoring",
      "ticketing",
      "datadog",
    ]);
    const without = { namespaces, datadog: undefined };
    assert.deepEqual(names(await namespacesOf("dev", without)), ["monitoring", "ticketing"]);
  });

  it("admits node agents only where they run", async () => {
    const [monitoring, application] = await namespacesOf("dev");
    assert.deepEqual([enforced(monitoring), enforced(application)], ["privileged", "privileged"]);
    const [, withoutDatadog] = await namespacesOf("dev", { datadog: undefined });
    assert.equal(enforced(withoutDatadog), "baseline");
    const [, services, agents] = await namespacesOf("dev", { namespaces: { datadog: "datadog" } });
    assert.deepEqual([enforced(services), enforced(agents)], ["baseline", "privileged"]);
  });

  it("keeps namespaces and their volumes when a setting changes or the stack is destroyed", async () => {
    for (const stack of ["prod", "dev"] as const)
      for (const { options } of await namespacesOf(stack))
        assert.equal(options.retainOnDelete, true);
  });

  it("adds the labels of the user", async () => {
    const [monitoring] = await namespacesOf("dev", { labels: { team: "platform" } });
    const { labels } = monitoring?.inputs["metadata"] as { labels: Record<string, string> };
    assert.equal(labels["team"], "platform");
    assert.equal(labels["app.kubernetes.io/managed-by"], "pulumi");
  });
});
