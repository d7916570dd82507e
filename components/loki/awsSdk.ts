import type * as eks from "@pulumi/aws/eks";
import type * as iam from "@pulumi/aws/iam";
import type * as s3 from "@pulumi/aws/s3";
import * as pulumi from "@pulumi/pulumi";

/** The modules of `@pulumi/aws` that define Loki's bucket and role. */
export interface AwsSdk {
  eks: typeof eks;
  iam: typeof iam;
  s3: typeof s3;
}

/**
 * Loads `@pulumi/aws` when a component first needs it. The package is an optional peer
 * dependency: only `LokiStack` with the storage `s3` creates AWS resources.
 */
export function awsSdk(): AwsSdk {
  try {
    return {
      eks: require("@pulumi/aws/eks") as typeof eks,
      iam: require("@pulumi/aws/iam") as typeof iam,
      s3: require("@pulumi/aws/s3") as typeof s3,
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    throw new pulumi.RunError(
      "The storage s3 of LokiStack requires the package @pulumi/aws, which is not installed\n" +
        '  fix: npm install @pulumi/aws (or set storage: "filesystem")',
    );
  }
}
