import * as assert from "node:assert/strict";
import { irsaTrust, podIdentityTrust, roleName } from "../../../components/shared/iam";

const pods = { cluster: "ticketing-prod", namespace: "monitoring", serviceAccount: "loki" };

function statements(document: string): Record<string, unknown>[] {
  return (JSON.parse(document) as { Statement: Record<string, unknown>[] }).Statement;
}

describe("podIdentityTrust", () => {
  it("trusts EKS Pod Identity for one service account of one cluster", () => {
    const [statement, ...others] = statements(podIdentityTrust("Pods", pods));
    assert.deepEqual(others, []);
    assert.deepEqual(statement?.["Principal"], { Service: "pods.eks.amazonaws.com" });
    assert.deepEqual(statement?.["Action"], ["sts:AssumeRole", "sts:TagSession"]);
    assert.deepEqual(statement?.["Condition"], {
      StringEquals: {
        "aws:RequestTag/eks-cluster-name": "ticketing-prod",
        "aws:RequestTag/kubernetes-namespace": "monitoring",
        "aws:RequestTag/kubernetes-service-account": "loki",
      },
    });
  });
});

describe("irsaTrust", () => {
  it("trusts the OIDC provider for one service account", () => {
    const provider =
      "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/E";
    const [statement, ...others] = statements(
      irsaTrust("Pods", pods, provider, "https://oidc.eks.us-east-1.amazonaws.com/id/E"),
    );
    assert.deepEqual(others, []);
    assert.deepEqual(statement?.["Principal"], { Federated: provider });
    assert.deepEqual(statement?.["Action"], ["sts:AssumeRoleWithWebIdentity"]);
    assert.deepEqual(statement?.["Condition"], {
      StringEquals: {
        "oidc.eks.us-east-1.amazonaws.com/id/E:aud": "sts.amazonaws.com",
        "oidc.eks.us-east-1.amazonaws.com/id/E:sub": "system:serviceaccount:monitoring:loki",
      },
    });
  });

  it("accepts the issuer with and without https://", () => {
    const issuer = "oidc.eks.us-east-1.amazonaws.com/id/E";
    assert.equal(
      irsaTrust("Pods", pods, "arn", `https://${issuer}`),
      irsaTrust("Pods", pods, "arn", issuer),
    );
  });
});

describe("roleName", () => {
  const location = { cluster: "ticketing-prod", namespace: "monitoring", region: "us-east-1" };

  it("differs between clusters, namespaces and regions", () => {
    const names = [
      location,
      { ...location, cluster: "ticketing-dev" },
      { ...location, namespace: "team" },
      { ...location, region: "eu-west-1" },
    ].map((each) => roleName("loki", each));
    assert.equal(names[0], "ticketing-prod-monitoring-loki-us-east-1");
    assert.equal(new Set(names).size, names.length);
  });

  it("has at most the 64 characters of IAM, and stays distinct", () => {
    const long = { ...location, cluster: "c".repeat(63) };
    const names = [long, { ...long, region: "eu-west-1" }].map((each) => roleName("loki", each));
    for (const name of names) assert.equal(name.length, 64);
    assert.notEqual(names[0], names[1]);
  });
});
