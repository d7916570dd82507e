import type { Bucket } from "@pulumi/aws/s3";
import type { ServiceAccount } from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";
import { Location, rememberSettings, unchangedLocation } from "../shared/dataLocation";
import { Inputs } from "../shared/inputs";
import { Problem, withProblems } from "../shared/problems";
import { settingsOrThrow } from "../shared/settingsOrThrow";
import { usesBucket } from "./enums";
import { LokiSettings } from "./settings";

/** Returns the deployed bucket, or fails if its name or region differs from the arguments. */
export function unchanged(
  name: string,
  location: Record<"bucket" | "region", pulumi.Input<string>>,
  bucket: Bucket,
): pulumi.Output<Bucket> {
  const deployed = { bucket: bucket.bucket, region: bucket.region };
  return unchangedLocation(["LokiStack", name], location, [bucket, deployed], (key) => ({
    effect: "Pulumi would replace the bucket",
    fix: `run pulumi up with protectData: false and deleteDataOnDestroy: false, and again with createBucket: false, which retains the bucket; then change ${key}`,
  }));
}

/** Returns a resource for `dependsOn`, or fails if protected logs would no longer be available. */
export function logsAreKept(
  name: string,
  { settings, fill }: Inputs<LokiSettings>,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<pulumi.Resource> {
  const { protectData } = settings;
  const location = fill(({ storage, createBucket, namespace }) => ({
    storage,
    createBucket: String(createBucket),
    namespace,
  }));
  const memory = rememberSettings(`${name}-data-location`, location, protectData, opts);
  const { storage, createBucket, namespace } = location;
  const planned: Location = { storage };
  if (!usesBucket(settings)) planned["namespace"] = namespace;
  else if (!settings.createBucket) planned["createBucket"] = createBucket;
  const retain = "run pulumi up with protectData: false, which retains the logs; then change";
  return unchangedLocation(["LokiStack", name], planned, [memory, memory.keepers], (key) => ({
    effect: keptEffects[key] ?? "",
    fix: `keep ${key}, or ${retain} ${key}`,
  }));
}

/** Effect of changing a setting, keyed by setting name. */
const keptEffects: Record<string, string> = {
  storage: "Loki would start without its logs",
  createBucket: "the bucket is protected",
  namespace: "Loki would start with an empty volume",
};

/**
 * Annotation on the ServiceAccount that is set while the deployed bucket may be deleted with its logs.
 */
const deletableAnnotation = "observability.data/delete-on-destroy";

/**
 * Records on the ServiceAccount whether the deployed bucket may be deleted. When a resource is removed
 * from the program, the engine applies the options that it was deployed with, and the program cannot
 * read them. So while the component has no bucket, its ServiceAccount keeps the annotation, which
 * `bucketIsKept` reads.
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

function createsBucket(settings: LokiSettings): boolean {
  return usesBucket(settings) && settings.createBucket;
}

/**
 * Returns the ServiceAccount, or fails if removing the bucket from the program would delete the bucket.
 */
export function bucketIsKept(
  name: string,
  settings: LokiSettings,
  serviceAccount: ServiceAccount,
): pulumi.Input<ServiceAccount> {
  if (createsBucket(settings)) return serviceAccount;
  return pulumi.output(serviceAccount.metadata).apply((metadata) => {
    const key = settings.createBucket ? "storage" : "createBucket";
    const isDeletable = metadata?.annotations?.[deletableAnnotation] !== undefined;
    const text = `run pulumi up with deleteDataOnDestroy: false alone; then change ${key}`;
    const problem: Problem = {
      path: [key],
      code: "invalid",
      rule: "would delete the bucket with its logs, because it was deployed with deleteDataOnDestroy",
      fix: { kind: "do", text },
    };
    const checked = withProblems({ settings: serviceAccount }, isDeletable ? [problem] : []);
    return settingsOrThrow("LokiStack", name, checked);
  });
}
