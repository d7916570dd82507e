import { Plain, UNKNOWN, at, listAt, textAt } from "./plain";
import { Resource } from "./resource";
import { lokiRelease } from "./loki";

/** `bucketPolicy` of `aws:s3/bucketPolicy:BucketPolicy` and `aws:s3/bucketPolicyV2:BucketPolicyV2`. */
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

/** A bucket with everything in the stack that is about it. */
export interface Bucket {
  /** `Bucket "loki-bucket"`. */
  where: string;
  urn: string;
  props: Plain;
  /** The resources that say something of it, by what they are about. */
  parts: Record<BucketPart, Resource[]>;
  /** Parts of which one may be about this bucket, once its name is known. */
  perhaps: Set<BucketPart>;
  /** Where to look for what is not known yet. */
  unknown?: { urn: string; path: (string | number)[] };
}

/** The buckets in which Loki keeps its logs, with the longest retention of those who use them. */
export interface LokiBucket extends Bucket {
  retentionDays: number | undefined;
  indexPrefixes: string[];
}

/** The buckets that a release of Loki names, or that are called after it. */
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
      // Nothing of it is known: it may be the one that a release names.
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

/** Undefined when S3 or Pulumi will choose one; a name that is not known yet is that too. */
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
      // `bucket.id` is not known before the bucket exists; its name then tells what it is about.
      bucket.perhaps.add(part);
      bucket.unknown ??= { urn: candidate.urn, path: ["bucket"] };
    }
  }
  return bucket;
}

/** A property of the bucket itself; what only the provider computes counts as absent. */
export function inline(bucket: Bucket, property: string): Plain {
  const value = at(bucket.props, property);
  return value === UNKNOWN || value === null ? undefined : value;
}

/** A rule of a lifecycle, in both forms that the provider has. */
export interface LifecycleRule {
  where: string;
  /** Whether it is about all objects of the bucket. */
  wide: boolean;
  /** The prefix that it is about; empty when it is about all. */
  prefix: string;
  abortDays: number | undefined;
  noncurrentDays: number | undefined;
  /** Noncurrent versions that are kept whatever their age. */
  keptVersions: number;
  /** Whether it deletes current objects, and after how many days: 0 for a date. */
  expirationDays: number | undefined;
  unknown: boolean;
}

/** The lifecycle rules in force, or none. */
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
  // The provider shows the rules of the other resource on the bucket too.
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

/** The provider writes single blocks as lists of one in some versions. */
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
