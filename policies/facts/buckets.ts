import { Plain, UNKNOWN, at, entriesAt, isPresent, listAt, textAt } from "./plain";
import { Resource } from "./resource";
import { defaultIndexPrefixes, lokiRelease } from "./loki";

/**
 * Returns the kind of an S3 resource without `V2`, such as `bucketAcl` for
 * `aws:s3/bucketAclV2:BucketAclV2`.
 */
function s3KindOf(type: string): string | undefined {
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
  "bucketIntelligentTieringConfiguration",
] as const;
export type BucketPart = (typeof parts)[number];

export function isBucketType(type: string): boolean {
  const kind = s3KindOf(type);
  return kind === "bucket" || parts.some((part) => part === kind);
}

/** A bucket in which Loki stores logs, and the resources of the stack that configure it. */
export interface Bucket {
  /** `Bucket "loki-bucket"`. */
  where: string;
  urn: string;
  props: Plain;
  /** Resources that configure the bucket, by kind. */
  parts: Record<BucketPart, Resource[]>;
  /** Kinds of resources that may configure this bucket, because a bucket's name is unknown. */
  perhaps: Set<BucketPart>;
  /** Location of the unknown value. */
  unknown?: { urn: string; path: (string | number)[] };
  /** The longest retention among the Loki releases. */
  retentionDays: number | undefined;
  indexPrefixes: string[];
}

/** Returns the buckets that a Loki release names, and those whose own name contains "loki". */
export function lokiBuckets(resources: Resource[]): Bucket[] {
  const releases = resources.flatMap((resource) => lokiRelease(resource) ?? []);
  const named = new Set(releases.flatMap(({ buckets }) => buckets));
  const isUnsure = releases.some(({ unknownBuckets }) => unknownBuckets);
  const retentions = releases.flatMap(({ retentionDays }) => retentionDays ?? []);
  const retentionDays = retentions.length > 0 ? Math.max(...retentions) : undefined;
  const indexPrefixes = [
    ...new Set([...defaultIndexPrefixes, ...releases.flatMap((release) => release.indexPrefixes)]),
  ];
  return resources
    .filter(({ type }) => s3KindOf(type) === "bucket")
    .filter((resource) => {
      const name = bucketName(resource);
      if (/loki/i.test(`${resource.name} ${name ?? ""}`)) return true;
      if (name !== undefined) return named.has(name);
      // The bucket's name is unknown, so it may be the one that a release names.
      return isUnsure || (resource.props === UNKNOWN && named.size > 0);
    })
    .map((resource) => ({ ...withParts(resource, resources), retentionDays, indexPrefixes }));
}

/** Whether a resource is a bucket of a cloud provider whose settings the policies do not read. */
export function isOtherBucket(type: string): boolean {
  return /^(?:aws-native:s3:Bucket|gcp:storage\/bucket:Bucket|azure-native:storage:BlobContainer|azure:storage\/container:Container)$/.test(
    type,
  );
}

/** Returns Loki's buckets at other cloud providers. */
export function otherBuckets(resources: Resource[]): Resource[] {
  const named = resources.flatMap((resource) => lokiRelease(resource)?.buckets ?? []);
  return resources.filter(({ type, name, props }) => {
    if (!isOtherBucket(type)) return false;
    const names = ["name", "bucketName", "containerName"].map((key) => textAt(props, key) ?? "");
    return /loki/i.test([name, ...names].join(" ")) || names.some((each) => named.includes(each));
  });
}

/** Returns a bucket's name; undefined if it is unknown, or if S3 or Pulumi generates it. */
function bucketName({ props }: Resource): string | undefined {
  return textAt(props, "bucket") ?? textAt(props, "id");
}

function withParts(resource: Resource, resources: Resource[]) {
  const { name: resourceName, urn, props } = resource;
  const name = bucketName(resource);
  const bucket: Omit<Bucket, "retentionDays" | "indexPrefixes"> = {
    where: `Bucket "${resourceName}"`,
    urn,
    props,
    parts: Object.fromEntries(parts.map((part) => [part, []])) as unknown as Bucket["parts"],
    perhaps: new Set(),
    ...(props === UNKNOWN && { unknown: { urn, path: ["bucket"] } }),
  };
  for (const candidate of resources) {
    const part = parts.find((kind) => kind === s3KindOf(candidate.type));
    if (part === undefined) continue;
    const target = at(candidate.props, "bucket");
    if (typeof target === "string" && name !== undefined) {
      if ([name, textAt(props, "arn")].includes(target)) bucket.parts[part].push(candidate);
    } else if (target === UNKNOWN || target === undefined || name === undefined) {
      // `bucket.id` is unknown until the bucket exists, so the resource may configure this bucket.
      bucket.perhaps.add(part);
      bucket.unknown ??= { urn: candidate.urn, path: ["bucket"] };
    }
  }
  return bucket;
}

/** Returns a property of the bucket itself; undefined if the property is computed and still unknown. */
export function inline(bucket: Bucket, property: string): Plain {
  const value = at(bucket.props, property);
  return value === UNKNOWN || value === null ? undefined : value;
}

/** A lifecycle rule, from a lifecycle resource or from the bucket itself. */
export interface LifecycleRule {
  where: string;
  /** Whether the rule applies to all objects in the bucket. */
  wide: boolean;
  /** Prefix of the objects to which the rule applies; empty for any prefix. */
  prefix: string;
  abortDays: number | undefined;
  noncurrentDays: number | undefined;
  /** Number of noncurrent versions that the rule keeps regardless of age. */
  keptVersions: number;
  /**
   * Days until the rule deletes current objects: 0 for a fixed date, undefined if it never deletes them.
   */
  expirationDays: number | undefined;
  /** Days until the rule moves current objects to an archive class, which Loki cannot read. */
  archiveDays: number | undefined;
  /** Days until the rule moves current objects to an infrequent-access class. */
  infrequentDays: number | undefined;
  unknown: boolean;
}

/** Returns a bucket's enabled lifecycle rules. */
export function lifecycleRules(bucket: Bucket): LifecycleRule[] {
  const separate = bucket.parts.bucketLifecycleConfiguration.flatMap(({ name, props }) =>
    listAt(props, "rules").map((rule, index) => readRule(rule, `${name}, rules[${index}]`)),
  );
  const inside = listAt(inline(bucket, "lifecycleRules")).map((rule, index) =>
    readRule(rule, `${bucket.where}, lifecycleRules[${index}]`),
  );
  // The provider also copies the rules of the lifecycle resource into the bucket's own properties.
  return (separate.length > 0 ? separate : inside).filter((rule) => rule !== undefined);
}

/** Parses a rule of a lifecycle resource or of the bucket itself; undefined if it is disabled. */
function readRule(rule: Plain, where: string): LifecycleRule | undefined {
  if (at(rule, "status") === "Disabled" || at(rule, "enabled") === false) return undefined;
  const filter = first(at(rule, "filter"));
  const and = first(at(filter, "and"));
  const abort = first(at(rule, "abortIncompleteMultipartUpload"));
  const expiration = first(at(rule, "expiration"));
  const noncurrent = first(at(rule, "noncurrentVersionExpiration"));
  const transitionDays = (...classes: string[]) => {
    const counts = listAt(rule, "transitions")
      .filter((transition) => classes.includes(textAt(transition, "storageClass") ?? ""))
      .map((transition) => days(at(transition, "days")) ?? 0);
    return counts.length === 0 ? undefined : Math.min(...counts);
  };
  const prefix = textAt(filter, "prefix") || textAt(and, "prefix") || textAt(rule, "prefix") || "";
  const isTagged =
    isPresent(at(filter, "tag")) ||
    [...entriesAt(and, "tags"), ...entriesAt(rule, "tags")].length > 0;
  return {
    where,
    prefix,
    wide: prefix === "" && !isTagged,
    abortDays: days(
      at(abort, "daysAfterInitiation") ?? at(rule, "abortIncompleteMultipartUploadDays"),
    ),
    noncurrentDays: days(at(noncurrent, "noncurrentDays") ?? at(noncurrent, "days")),
    keptVersions: Number(at(noncurrent, "newerNoncurrentVersions") ?? 0) || 0,
    expirationDays: textAt(expiration, "date") ? 0 : days(at(expiration, "days")),
    archiveDays: transitionDays("GLACIER", "DEEP_ARCHIVE"),
    infrequentDays: transitionDays("STANDARD_IA", "ONEZONE_IA"),
    unknown: [filter, expiration, noncurrent].includes(UNKNOWN),
  };
}

/** Unwraps a single block, because some versions of the provider represent it as a list. */
export function first(value: Plain): Plain {
  return Array.isArray(value) ? value[0] : value;
}

function days(value: Plain): number | undefined {
  const number = typeof value === "string" ? Number(value) : value;
  return typeof number === "number" && number > 0 ? number : undefined;
}
