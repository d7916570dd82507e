import type { AwsCredentials } from "./awsCredentials";

/** Endpoint of an EKS cluster. */
export interface EksEndpoint {
  name: string;
  endpoint: string;
  certificateAuthority: string;
  region: string;
  /** Credentials for the token command. Default: the credentials in the command's environment. */
  credentials?: AwsCredentials;
}

/** Returns a kubeconfig without credentials. The AWS CLI requests a short-lived token for each use. */
export function eksKubeconfig({
  name,
  endpoint,
  certificateAuthority,
  region,
  credentials: { profile, roleArn } = {},
}: EksEndpoint): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    clusters: [
      {
        name,
        cluster: { server: endpoint, "certificate-authority-data": certificateAuthority },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: name } }],
    users: [
      {
        name,
        user: {
          exec: {
            apiVersion: "client.authentication.k8s.io/v1beta1",
            command: "aws",
            args: [
              ...["eks", "get-token", "--cluster-name", name, "--region", region],
              ...(profile === undefined ? [] : ["--profile", profile]),
              ...(roleArn === undefined ? [] : ["--role-arn", roleArn]),
            ],
            interactiveMode: "Never",
          },
        },
      },
    ],
  });
}

/** Returns the ARN of a cluster's OIDC provider in IAM, which is in the cluster's account. */
export function oidcProviderArn(clusterArn: string, issuerUrl: string): string {
  const [, partition, , , account] = clusterArn.split(":");
  return `arn:${partition}:iam::${account}:oidc-provider/${issuerUrl.replace(/^https:\/\//, "")}`;
}
