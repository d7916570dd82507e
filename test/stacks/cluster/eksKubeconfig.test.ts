import * as assert from "node:assert/strict";
import type { AwsCredentials } from "../../../stacks/cluster/awsCredentials";
import { eksKubeconfig, oidcProviderArn } from "../../../stacks/cluster/eksKubeconfig";

describe("eksKubeconfig", () => {
  const kubeconfig = JSON.parse(
    eksKubeconfig({
      name: "ticketing-prod",
      endpoint: "https://ABC.eks.amazonaws.com",
      certificateAuthority: "Q0E=",
      region: "us-east-1",
    }),
  ) as Record<string, unknown>;

  it("names the endpoint and the certificate authority of the cluster", () => {
    assert.deepEqual(kubeconfig["clusters"], [
      {
        name: "ticketing-prod",
        cluster: { server: "https://ABC.eks.amazonaws.com", "certificate-authority-data": "Q0E=" },
      },
    ]);
    assert.equal(kubeconfig["current-context"], "ticketing-prod");
    assert.deepEqual(kubeconfig["contexts"], [
      { name: "ticketing-prod", context: { cluster: "ticketing-prod", user: "ticketing-prod" } },
    ]);
  });

  it("contains no credential: each use requests a token, without a prompt", () => {
    const [user] = kubeconfig["users"] as [{ name: string; user: Record<string, unknown> }];
    assert.deepEqual(Object.keys(user.user), ["exec"]);
    assert.deepEqual(user.user["exec"], {
      apiVersion: "client.authentication.k8s.io/v1beta1",
      command: "aws",
      args: ["eks", "get-token", "--cluster-name", "ticketing-prod", "--region", "us-east-1"],
      interactiveMode: "Never",
    });
  });
});

describe("eksKubeconfig of a provider with a profile or a role", () => {
  const tokenArgs = (credentials: AwsCredentials): string[] => {
    const endpoint = { name: "c", endpoint: "e", certificateAuthority: "", region: "eu-west-1" };
    const config = JSON.parse(eksKubeconfig({ ...endpoint, credentials })) as {
      users: [{ user: { exec: { args: string[] } } }];
    };
    return config.users[0].user.exec.args.slice("eks get-token".split(" ").length);
  };
  const common = ["--cluster-name", "c", "--region", "eu-west-1"];
  const roleArn = "arn:aws:iam::123456789012:role/deploy";

  it("requests the token with them", () => {
    assert.deepEqual(tokenArgs({}), common);
    assert.deepEqual(tokenArgs({ profile: "ops" }), [...common, "--profile", "ops"]);
    assert.deepEqual(tokenArgs({ profile: "ops", roleArn }), [
      ...common,
      ...["--profile", "ops", "--role-arn", roleArn],
    ]);
  });
});

describe("oidcProviderArn", () => {
  const issuer = "https://oidc.eks.us-east-1.amazonaws.com/id/ABC";

  it("is in the account of the cluster", () => {
    assert.equal(
      oidcProviderArn("arn:aws:eks:us-east-1:123456789012:cluster/ticketing", issuer),
      "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/ABC",
    );
  });

  it("is in the partition of the cluster", () => {
    assert.match(
      oidcProviderArn("arn:aws-cn:eks:cn-north-1:123456789012:cluster/ticketing", issuer),
      /^arn:aws-cn:iam::/,
    );
  });
});
