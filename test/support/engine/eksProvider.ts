/**
 * A fake `@pulumi/eks` provider. Its only resource is a component with an EKS cluster and the outputs
 * that the program reads.
 */
import * as aws from "@pulumi/aws/eks";
import * as pulumi from "@pulumi/pulumi";
import { main } from "@pulumi/pulumi/provider";
import { recordCall } from "./callLog";
import { packageVersion } from "./versions";

const clusterType = "eks:index:Cluster";

recordCall({
  operation: "start",
  package: "eks",
  type: "eks",
  name: "eks",
  preview: false,
  pid: process.pid,
});

void main(
  {
    version: packageVersion("eks"),
    construct(name, type, inputs, options) {
      if (type !== clusterType) throw new Error(`the fake provider does not support ${type}`);
      recordCall({
        operation: "construct",
        package: "eks",
        type,
        name,
        preview: pulumi.runtime.isDryRun(),
      });
      const { urn, kubeconfigJson, oidcIssuer, oidcProviderArn } = new Cluster(
        name,
        inputs,
        options,
      );
      return Promise.resolve({ urn, state: { kubeconfigJson, oidcIssuer, oidcProviderArn } });
    },
  },
  process.argv.slice(3),
);

class Cluster extends pulumi.ComponentResource {
  readonly kubeconfigJson: pulumi.Output<string>;
  readonly oidcIssuer: pulumi.Output<string>;
  readonly oidcProviderArn: pulumi.Output<string>;

  constructor(name: string, inputs: pulumi.Inputs, options: pulumi.ComponentResourceOptions) {
    super(clusterType, name, {}, options);
    const cluster = new aws.Cluster(
      `${name}-eksCluster`,
      {
        name: inputs["name"] as pulumi.Input<string>,
        roleArn: "arn:aws:iam::123456789012:role/cluster",
        vpcConfig: { subnetIds: (inputs["privateSubnetIds"] as string[] | undefined) ?? [] },
      },
      { parent: this },
    );
    this.kubeconfigJson = pulumi.jsonStringify({
      clusters: [{ cluster: { server: cluster.endpoint } }],
    });
    this.oidcIssuer = cluster.identities.apply(([identity]) => identity?.oidcs?.[0]?.issuer ?? "");
    this.oidcProviderArn = pulumi.interpolate`arn:aws:iam::123456789012:oidc-provider/${this.oidcIssuer}`;
    this.registerOutputs({});
  }
}
