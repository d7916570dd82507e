import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { workspaceAccessPolicy } from "../../../components/prometheus/longTerm";
import {
  PrometheusStack,
  PrometheusStackArgs,
} from "../../../components/prometheus/prometheusStack";
import { podIdentityTrust } from "../../../components/shared/iam";
import { RecordedResource, recordProgram, unknownPaths } from "../../support/mocks";

const url = "https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1234abcd";

async function recordStack(args: Partial<PrometheusStackArgs>): Promise<RecordedResource[]> {
  const { resources } = await recordProgram(() => {
    new PrometheusStack("prometheus", {
      cluster: "ticketing-prod",
      environment: "prod",
      labels: { team: "platform" },
      ...args,
    });
  });
  return resources;
}

const ofAws = (resources: RecordedResource[]) =>
  resources.filter(({ type }) => type.startsWith("aws:"));

function single(resources: RecordedResource[], type: string): RecordedResource {
  const [match, ...others] = resources.filter((resource) => resource.type.endsWith(`:${type}`));
  assert.ok(match !== undefined && others.length === 0, `one ${type}`);
  return match;
}

describe("the role for Amazon Managed Service for Prometheus", () => {
  it("exists only for this kind of store", async () => {
    const mimir = { kind: "mimir", url: "https://mimir.example.com/api/v1/push" } as const;
    assert.deepEqual(ofAws(await recordStack({})), []);
    assert.deepEqual(ofAws(await recordStack({ longTerm: mimir })), []);
    assert.equal(ofAws(await recordStack({ longTerm: { kind: "amp", url } })).length, 3);
  });

  it("may write to the workspace, for the service account that the chart creates", async () => {
    const resources = await recordStack({
      namespace: "observe",
      releaseName: "team",
      longTerm: { kind: "amp", url },
    });
    const pods = {
      cluster: "ticketing-prod",
      namespace: "observe",
      serviceAccount: "team-kube-prometheus-stack-prometheus",
    };
    const tags = { cluster: "ticketing-prod", env: "prod", team: "platform" };
    const role = single(resources, "Role").inputs;
    assert.equal(role["name"], "ticketing-prod-observe-prometheus-eu-west-1");
    assert.equal(role["assumeRolePolicy"], podIdentityTrust("PrometheusPodsOfOneCluster", pods));
    assert.deepEqual(role["tags"], tags);
    const access = single(resources, "RolePolicy").inputs;
    assert.deepEqual(access["policy"], workspaceAccessPolicy(url));
    const { roleArn: _arn, ...association } = single(resources, "PodIdentityAssociation").inputs;
    const { cluster, ...others } = pods;
    assert.deepEqual(association, { clusterName: cluster, ...others, tags });
  });

  it("exists before the pods of Prometheus start, which receive its credentials then", async () => {
    const resources = await recordStack({ longTerm: { kind: "amp", url } });
    const release = single(resources, "Release");
    for (const type of ["RolePolicy", "PodIdentityAssociation"]) {
      assert.ok(release.options.dependencies.includes(single(resources, type).urn), type);
    }
  });

  it("has no unknown input in a first preview, except the ARN of the role", async () => {
    const resources = ofAws(await recordStack({ longTerm: { kind: "amp", url } }));
    const unknown = resources.flatMap((each) => unknownPaths(each).map((path) => path.join(".")));
    assert.deepEqual(unknown, ["roleArn"]);
  });

  it("waits for the URL of a workspace that the program creates", async () => {
    const longTerm = { kind: "amp", url: pulumi.output(Promise.resolve(`${url}/`)) } as const;
    const access = single(await recordStack({ longTerm }), "RolePolicy").inputs;
    assert.deepEqual(access["policy"], workspaceAccessPolicy(url));
  });
});
