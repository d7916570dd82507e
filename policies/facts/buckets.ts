import { Plain, UNKNOWN, at, listAt, textAt } from "./plain";
import { Resource } from "./resource";
import { lokiRelease } from "./loki";

/** Kind of a resource without its version: `bucketPolicy` for `aws:s3/bucketPolicyV2:BucketPolicyV2`. */
function kindOf(type: string): string | undefined {
  const name = /^aws:s3\/(\w+):\w+$/.exec(type)?.[1];
  return name?.replace(/V2$/, "");
}

const parts = [
  "bucketPublicAccessBlock",
  "bucketServerSideEncryptionConfiguration",
  "bucketOwnershipControls",
  "bucketPolicy",
  "bucketAcl",
  "bucketVersioning",
  "bucketLifecycleConfiguration",
] as const;
export type BucketPart = (typeof parts)[number];

export function isBucketType(type: string): boolean {
  const kind = kindOf(type);
  return kind === "bucket" || parts.some((part) => part === kind);
}

/** A bucket with all resources of the stack that configure it. */
export interface Bucket {
  /** `Bucket "loki-bucket"`. */
  where: string;
  urn: string;
  props: Plain;
  /** Resources that configure it, by kind. */
  parts: Record<BucketPart, Resource[]>;
  /** Kinds with a resource that may configure this bucket but names an unknown bucket. */
  perhaps: Set<BucketPart>;
  /** Location of the unknown value. */
  unknown?: { urn: string; path: (string | number)[] };
}

/** The buckets in which Loki stores logs, each with the longest retention of the releases that use it. */
export interface LokiBucket extends Bucket {
  retentionDays: number | undefined;
  indexPrefixes: string[];
}

/** The buckets that a Loki release names, or whose names contain Loki. */
export function lokiBuckets(resources: Resource[]): LokiBucket[] {
  const releases = resources.flatMap((resource) => lokiRelease(resource) ?? []);
  const named = new Set(releases.flatMap(({ buckets }) => buckets));
  const unsure = releases.some(({ unknownBuckets }) => unknownBuckets);
  const days = releases.flatMap(({ retentionDays }) => retentionDays ?? []);
  return resources
    .filter(({ type }) => kindOf(type) === "bucket")
    .filter((resource) => {
      const name = bucketName(resource);
      if (/loki/i.test(`${resource.name} ${String(name ?? "")}`)) return true;
      if (name !== undefined) return named.has(name);
      // The bucket is unknown, so it may be the one that a release names.
      return unsure || (resource.props === UNKNOWN && named.size > 0);
    })
    .map((resource) => ({
      ...joined(resource, resources),
      retentionDays: days.length > 0 ? Math.max(...days) : undefined,
      indexPrefixes: [
        ...new Set([
          "index/",
          "loki_index_",
          ...releases.flatMap(({ indexPrefixes }) => indexPrefixes),
        ]),
      ],
    }));
}

/** Name of a bucket; undefined if it is unknown or if S3 or Pulumi generates it. */
function bucketName(resource: Resource): string | undefined {
  return textAt(resource.props, "bucket") ?? textAt(resource.props, "id");
}

function joined(resource: Resource, resources: Resource[]): Bucket {
  const name = bucketName(resource);
  const bucket: Bucket = {
    where: `Bucket "${resource.name}"`,
    urn: resource.urn,
    props: resource.props,
    parts: Object.fromEntries(parts.map((part) => [part, []])) as unknown as Bucket["parts"],
    perhaps: new Set(),
  };
  if (resource.props === UNKNOWN) bucket.unknown = { urn: resource.urn, path: ["bucket"] };
  for (const candidate of resources) {
    const part = parts.find((one) => one === kindOf(candidate.type));
    if (part === undefined) continue;
    const of = at(candidate.props, "bucket");
    if (typeof of === "string" && name !== undefined) {
      if (of === name || of === textAt(resource.props, "arn")) bucket.parts[part].push(candidate);
    } else if (of === UNKNOWN || of === undefined || name === undefined) {
      // `bucket.id` is unknown until the bucket exists, so the resource may configure this one.
      bucket.perhaps.add(part);
      bucket.unknown ??= { urn: candidate.urn, path: ["bucket"] };
    }
  }
  return bucket;
}

/** A property of the bucket itself; computed properties count as absent. */
export function inline(bucket: Bucket, property: string): Plain {
  const value = at(bucket.props, property);
  return value === UNKNOWN || value === null ? undefined : value;
}

/** A lifecycle rule, from either form of the provider. */
export interface LifecycleRule {
  where: string;
  /** Whether it applies to all objects of the bucket. */
  wide: boolean;
  /** Prefix of the objects to which it applies; empty for all objects. */
  prefix: string;
  abortDays: number | undefined;
  noncurrentDays: number | undefined;
  /** Number of noncurrent versions that are kept regardless of age. */
  keptVersions: number;
  /** Days until it deletes current objects: 0 for a date, undefined if it does not. */
  expirationDays: number | undefined;
  unknown: boolean;
}

/** The enabled lifecycle rules. */
export function lifecycleRules(bucket: Bucket): LifecycleRule[] {
  const separate = bucket.parts.bucketLifecycleConfiguration.flatMap((resource) =>
    listAt(resource.props, "rules").flatMap((rule, index) =>
      textAt(rule, "status") === "Disabled"
        ? []
        : [separateRule(rule, `${resource.name}, rules[${index}]`)],
    ),
  );
  const own = [inline(bucket, "lifecycleRules")].flatMap((rules) =>
    listAt(rules).flatMap((rule, index) =>
      at(rule, "enabled") === false
        ? []
        : [inlineRule(rule, `${bucket.where}, lifecycleRules[${index}]`)],
    ),
  );
  // The provider also copies the rules of the lifecycle resource to the bucket.
  return separate.length > 0 ? separate : own;
}

function separateRule(rule: Plain, where: string): LifecycleRule {
  const filter = first(at(rule, "filter"));
  const and = first(at(filter, "and"));
  const prefix = textAt(filter, "prefix") || textAt(and, "prefix") || textAt(rule, "prefix") || "";
  const tagged =
    at(filter, "tag") !== undefined && at(filter, "tag") !== null
      ? true
      : Object.keys((at(and, "tags") as object | null) ?? {}).length > 0;
  const expiration = first(at(rule, "expiration"));
  const noncurrent = first(at(rule, "noncurrentVersionExpiration"));
  return {
    where,
    prefix,
    wide: prefix === "" && !tagged,
    abortDays: days(at(first(at(rule, "abortIncompleteMultipartUpload")), "daysAfterInitiation")),
    noncurrentDays: days(at(noncurrent, "noncurrentDays")),
    keptVersions: Number(at(noncurrent, "newerNoncurrentVersions") ?? 0) || 0,
    expirationDays: expirationDays(expiration),
    unknown: filter === UNKNOWN || expiration === UNKNOWN || noncurrent === UNKNOWN,
  };
}

function inlineRule(rule: Plain, where: string): LifecycleRule {
  const prefix = textAt(rule, "prefix") ?? "";
  const noncurrent = first(at(rule, "noncurrentVersionExpiration"));
  return {
    where,
    prefix,
    wide: prefix === "" && Object.keys((at(rule, "tags") as object | null) ?? {}).length === 0,
    abortDays: days(at(rule, "abortIncompleteMultipartUploadDays")),
    noncurrentDays: days(at(noncurrent, "days")),
    keptVersions: 0,
    expirationDays: expirationDays(first(at(rule, "expiration"))),
    unknown: false,
  };
}

/** Some versions of the provider represent a single block as a list. */
function first(value: Plain): Plain {
  return Array.isArray(value) ? value[0] : value;
}

function days(value: Plain): number | undefined {
  const number = typeof value === "string" ? Number(value) : value;
  return typeof number === "number" && number > 0 ? number : undefined;
}

function expirationDays(expiration: Plain): number | undefined {
  const date = textAt(expiration, "date");
  return date === undefined || date === "" ? days(at(expiration, "days")) : 0;
}
