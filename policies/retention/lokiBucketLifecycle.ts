import { StackFinding, stackPolicy } from "../engine/policy";
import { ConfigOf, numberProperty } from "../engine/properties";
import { numeral } from "../engine/violation";
import {
  Bucket,
  LifecycleRule,
  isBucketType,
  isOtherBucket,
  lifecycleRules,
  lokiBuckets,
  otherBuckets,
} from "../facts/buckets";
import { isHelmType } from "../facts/helm";
import { UNKNOWN, at, listAt } from "../facts/plain";
import { limits } from "../limits/limits";

const { maxAbort, maxNoncurrent, margin } = limits.bucketLifecycleDays;

const properties = {
  maxAbortDays: numberProperty(
    maxAbort,
    "Maximum number of days before incomplete uploads are deleted.",
    { minimum: 1 },
  ),
  maxNoncurrentDays: numberProperty(
    maxNoncurrent,
    "Maximum number of days before noncurrent versions are deleted.",
    { minimum: 1 },
  ),
  marginDays: numberProperty(
    margin,
    "Minimum number of days between Loki's retention and the expiration of current objects.",
    { minimum: 0 },
  ),
};
type Config = ConfigOf<typeof properties>;

export const lokiBucketLifecycle = stackPolicy({
  name: "loki-bucket-lifecycle",
  description:
    "Loki's bucket deletes incomplete uploads and noncurrent versions, and Loki alone deletes current objects.",
  why: "Incomplete uploads and noncurrent versions cost money and are never read. A rule that expires all objects deletes Loki's index, and all logs become unreadable.",
  remediation:
    "add a BucketLifecycleConfiguration with abortIncompleteMultipartUpload: {daysAfterInitiation: 7} and noncurrentVersionExpiration: {noncurrentDays: 7}, both with filter: {}, and without an expiration in days",
  severity: "high",
  config: properties,
  reads: (type) => isBucketType(type) || isHelmType(type) || isOtherBucket(type),
  check: (resources, config) => [
    ...lokiBuckets(resources).flatMap((bucket) => checkBucket(bucket, config)),
    ...otherBuckets(resources).map(({ urn }) => ({
      unknown: [],
      urn,
      because: "the policies evaluate only buckets from the aws provider",
    })),
  ],
});

function checkBucket(bucket: Bucket, config: Config): StackFinding[] {
  const rules = lifecycleRules(bucket);
  const unknownPart = bucket.parts.bucketLifecycleConfiguration.find(
    ({ props }) => at(props, "rules") === UNKNOWN,
  );
  const isUnsure =
    bucket.props === UNKNOWN ||
    bucket.perhaps.has("bucketLifecycleConfiguration") ||
    unknownPart !== undefined ||
    rules.some(({ unknown }) => unknown);
  const expirations = rules.flatMap((rule) => [
    ...checkRemoval(bucket, rule, { ...config, verb: "expires", days: rule.expirationDays }),
    ...checkRemoval(bucket, rule, { ...config, verb: "archives", days: rule.archiveDays }),
  ]);
  expirations.push(...checkTiers(bucket), ...checkClasses(bucket, rules));
  if (!isUnsure) return [...checkDeletions(bucket, rules, config), ...expirations];
  const unknown = unknownPart ? { urn: unknownPart.urn, path: ["rules"] } : bucket.unknown;
  return unknown === undefined
    ? expirations
    : [...expirations, { unknown: unknown.path, urn: unknown.urn }];
}

/**
 * Checks that S3 does not automatically move objects to a tier from which they must be restored before
 * Loki can read them.
 */
function checkTiers({ parts, where, urn }: Bucket): StackFinding[] {
  return parts.bucketIntelligentTieringConfiguration
    .filter(({ props }) => at(props, "status") !== "Disabled")
    .filter(({ props }) => listAt(props, "tierings").length > 0)
    .map(({ name }) => ({
      urn,
      problem:
        "objects that are not read for a while move to an archive tier, which Loki cannot read",
      where: `${where}, ${name}`,
      bound: "no archive tiers",
      fix: "remove the BucketIntelligentTieringConfiguration, because the other tiers do not need one",
    }));
}

/**
 * Checks when rules move objects to an infrequent-access class. S3 rejects rules that do so within 30
 * days.
 */
function checkClasses({ urn }: Bucket, rules: LifecycleRule[]): StackFinding[] {
  return rules
    .filter(({ infrequentDays = 0 }) => infrequentDays > 0 && infrequentDays < 30)
    .map(({ where, infrequentDays = 0 }) => ({
      urn,
      problem: "S3 rejects a transition to an infrequent-access class in the first 30 days",
      where,
      found: `${numeral(infrequentDays)} days`,
      bound: "at least 30 days",
      fix: "set days: 30, or remove the transition",
    }));
}

/** Checks that rules for all objects delete incomplete uploads and noncurrent versions in time. */
function checkDeletions(
  { where, urn }: Bucket,
  rules: LifecycleRule[],
  { maxAbortDays, maxNoncurrentDays }: Config,
): StackFinding[] {
  const wide = rules.filter((rule) => rule.wide);
  const deletions = [
    {
      problem: "incomplete uploads are retained",
      days: wide.flatMap(({ abortDays }) => abortDays ?? []),
      most: maxAbortDays,
      action: `abortIncompleteMultipartUpload: {daysAfterInitiation: ${numeral(maxAbortDays)}}`,
    },
    {
      problem: "noncurrent versions are retained",
      days: wide.flatMap(({ noncurrentDays, keptVersions }) =>
        keptVersions === 0 ? (noncurrentDays ?? []) : [],
      ),
      most: maxNoncurrentDays,
      action: `noncurrentVersionExpiration: {noncurrentDays: ${numeral(Math.min(maxNoncurrentDays, 7))}}`,
    },
  ];
  return deletions
    .filter(({ days, most }) => !days.some((count) => count <= most))
    .map(({ problem, days, most, action }) => ({
      urn,
      problem,
      where: `${where}, lifecycle`,
      found: days.length > 0 ? `for ${numeral(Math.min(...days))} days` : "no rule for all objects",
      bound: `deleted after at most ${numeral(most)} days`,
      fix: `add a rule {status: "Enabled", filter: {}, ${action}}`,
    }));
}

/**
 * Checks the expiration and archival of current objects. Only Loki can determine which objects it still
 * needs, and it cannot read archived objects.
 */
function checkRemoval(
  { urn, retentionDays, indexPrefixes }: Bucket,
  { prefix, where, wide }: LifecycleRule,
  { marginDays, verb, days }: Config & { verb: string; days: number | undefined },
): StackFinding[] {
  if (days === undefined) return [];
  const action = verb === "expires" ? "expiration" : "transition";
  const coversIndex = indexPrefixes.some(
    (index) => index.startsWith(prefix) || prefix.startsWith(index),
  );
  if (wide || coversIndex) {
    const subject = wide ? "all objects in the bucket, including" : "the objects of";
    return [
      {
        urn,
        problem: `a rule ${verb} ${subject} Loki's index`,
        where,
        bound: `no ${action} of current objects, except under the prefix of the chunks`,
        fix: `remove the ${action} from this rule: Loki's compactor deletes logs after their retention`,
      },
    ];
  }
  const least = (retentionDays ?? 0) + marginDays;
  if (retentionDays === undefined || days >= least) return [];
  return [
    {
      urn,
      problem: `a rule ${verb} objects that Loki retains`,
      where,
      found: days === 0 ? "a date" : `${numeral(days)} days`,
      bound: `at least ${numeral(least)} days: the retention of ${numeral(retentionDays)} days and a margin of ${numeral(marginDays)}`,
      fix: `remove the ${action} from this rule, or set days: ${Math.ceil(least)}`,
    },
  ];
}
