import type * as amp from "@pulumi/aws/amp";
import type * as region from "@pulumi/aws/getRegion";
import type * as provider from "@pulumi/aws/provider";
import type * as eks from "@pulumi/aws/eks";
import type * as iam from "@pulumi/aws/iam";
import type * as kms from "@pulumi/aws/kms";
import type * as s3 from "@pulumi/aws/s3";
import type * as sns from "@pulumi/aws/sns";
import * as pulumi from "@pulumi/pulumi";
import { defined } from "./defined";

/**
 * Loads `@pulumi/aws` when a component first needs it. The package is an optional peer dependency,
 * because only `LokiStack` with `s3` storage, `PrometheusStack` with a long-term store of kind `amp`,
 * and `MonitoredServices` with `ampWorkspaceArn` create AWS resources.
 */
export function awsSdk() {
  try {
    return {
      amp: require("@pulumi/aws/amp") as typeof amp,
      eks: require("@pulumi/aws/eks") as typeof eks,
      iam: require("@pulumi/aws/iam") as typeof iam,
      kms: require("@pulumi/aws/kms") as typeof kms,
      s3: require("@pulumi/aws/s3") as typeof s3,
      sns: require("@pulumi/aws/sns") as typeof sns,
      region: require("@pulumi/aws/getRegion") as typeof region,
      provider: require("@pulumi/aws/provider") as typeof provider,
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    throw new pulumi.RunError(
      "ampWorkspaceArn of MonitoredServices, the storage s3 of LokiStack and longTerm.kind amp of PrometheusStack require the package @pulumi/aws, which is not installed\n" +
        '  fix: npm install @pulumi/aws (or, for LokiStack, set storage: "filesystem")',
    );
  }
}

/** Returns the region of a component's AWS provider. */
export function providerRegion(opts: pulumi.ComponentResourceOptions = {}): pulumi.Output<string> {
  const { region, provider } = awsSdk();
  const providers = [opts.provider, ...Object.values(opts.providers ?? {})];
  const awsProvider = providers.find((candidate) => provider.Provider.isInstance(candidate));
  return region.getRegionOutput({}, defined({ parent: opts.parent, provider: awsProvider })).region;
}
