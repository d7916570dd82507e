import type { Bucket } from "@pulumi/aws/s3";
import type { ServiceAccount } from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";
import { Problem } from "../shared/problems";
import { settingsOrThrow } from "../shared/settingsOrThrow";
import { LokiStorage } from "./options";
import { LokiSettings } from "./settings";

/** Returns the deployed bucket, or fails if its name or region differs from the arguments. */
export function unchanged(
  name: string,
  location: Record<"bucket" | "region", pulumi.Input<string>>,
  bucket: Bucket,
): pulumi.Output<Bucket> {
  const { bucket: bucketName, region } = bucket;
  const both = { args: location, deployed: { bucket: bucketName, region } };
  return pulumi.output(both).apply(({ args, deployed }) =>
    kept(
      name,
      bucket,
      (["bucket", "region"] as const)
        .filter((key) => deployed[key] !== undefined && args[key] !== deployed[key])
        .map((key) => ({
          path: [key],
          value: args[key],
          rule: `must stay ${JSON.stringify(deployed[key])}: Pulumi would replace the bucket`,
          fix: `run pulumi up with protectData: false and deleteDataOnDestroy: false, and again with createBucket: false, which retains the bucket; then change ${key}`,
        })),
    ),
  );
}

/** Annotation of the ServiceAccount while the deployed bucket may be deleted with its logs. */
const deletableAnnotation = "observability.data/delete-on-destroy";

/**
 * Remembers that the deployed bucket may be deleted. The engine deletes a resource that is no longer
 * in the program by its deployed options, which the program cannot read. So while the component has no
 * bucket, its ServiceAccount keeps the annotation, and `bucketIsKept` reads it.
 */
export function bucketMemory(settings: LokiSettings): {
  annotations: Record<string, string>;
  ignoreChanges: string[];
} {
  return {
    annotations: settings.deleteDataOnDestroy ? { [deletableAnnotation]: "true" } : {},
    ignoreChanges: createsBucket(settings)
      ? []
      : [`metadata.annotations["${deletableAnnotation}"]`],
  };
}

function createsBucket({ storage, createBucket }: LokiSettings): boolean {
  return storage !== LokiStorage.Filesystem && createBucket;
}

/** Returns the ServiceAccount, or fails if the component would remove a bucket that may be deleted. */
export function bucketIsKept(
  name: string,
  settings: LokiSettings,
  serviceAccount: ServiceAccount,
): pulumi.Input<ServiceAccount> {
  if (createsBucket(settings)) return serviceAccount;
  return pulumi.output(serviceAccount.metadata).apply((metadata) => {
    const key = settings.createBucket ? "storage" : "createBucket";
    const isDeletable = metadata?.annotations?.[deletableAnnotation] !== undefined;
    const problem = {
      path: [key],
      rule: "would delete the bucket with its logs, which was deployed with deleteDataOnDestroy",
      fix: `run pulumi up with deleteDataOnDestroy: false alone; then change ${key}`,
    };
    return kept(name, serviceAccount, isDeletable ? [problem] : []);
  });
}

function kept<T>(
  name: string,
  resource: T,
  problems: { path: string[]; value?: unknown; rule: string; fix: string }[],
): T {
  const all = problems.map(({ fix, ...problem }): Problem => ({
    ...problem,
    code: "invalid",
    fix: { kind: "do", text: fix },
  }));
  return settingsOrThrow(
    "LokiStack",
    name,
    all.length > 0 ? { problems: all } : { settings: resource },
  );
}
