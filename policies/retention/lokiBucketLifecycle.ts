import {
  LifecycleRule,
  LokiBucket,
  isBucketType,
  lifecycleRules,
  lokiBuckets,
} from "../facts/buckets";
import { UNKNOWN, at } from "../facts/plain";
import { isHelmType } from "../facts/helm";
import { Resource } from "../facts/resource";
import { limits } from "../shared/limits";
import { StackPolicy, Verdict } from "../engine/policy";
import { Violation, numeral } from "../engine/violation";

export interface LokiBucketLifecycleConfig {
  maxAbortDays: number;
  maxNoncurrentDays: number;
  marginDays: number;
}

const { maxAbort, maxNoncurrent, margin } = limits.bucketLifecycleDays;

export const lokiBucketLifecycle: StackPolicy<LokiBucketLifecycleConfig> = {
  scope: "stack",
  name: "loki-bucket-lifecycle",
  description:
    "The bucket of Loki drops broken uploads and replaced versions, and leaves current objects to Loki.",
  why: "Without it, pieces of uploads and old versions are paid for and never seen; a rule that expires everything takes the index from under Loki, and all its logs with it.",
  remediation:
    "a BucketLifecycleConfiguration with abortIncompleteMultipartUpload: {daysAfterInitiation: 7} and noncurrentVersionExpiration: {noncurrentDays: 7}, both with filter: {}, and no expiration of days",
  severity: "high",
  enforcementLevel: "mandatory",
  config: {
    maxAbortDays: {
      type: "number",
      minimum: 1,
      default: maxAbort,
      description: "Most days before an incomplete upload is dropped.",
    },
    maxNoncurrentDays: {
      type: "number",
      minimum: 1,
      default: maxNoncurrent,
      description: "Most days before a replaced version is dropped.",
    },
    marginDays: {
      type: "number",
      minimum: 0,
      default: margin,
      description: "Fewest days between Loki's retention and an expiration of current objects.",
    },
  },
  reads: (type) => isBucketType(type) || isHelmType(type),
  judge,
};

function judge(resources: Resource[], config: LokiBucketLifecycleConfig): Verdict {
  const verdicts = lokiBuckets(resources).map((bucket) => judgeOne(bucket, config));
  return {
    violations: verdicts.flatMap(({ violations }) => violations),
    unknown: verdicts.find(({ unknown }) => unknown !== undefined)?.unknown,
  };
}

function judgeOne(bucket: LokiBucket, config: LokiBucketLifecycleConfig): Verdict {
  const rules = lifecycleRules(bucket);
  const unknownPart = bucket.parts.bucketLifecycleConfiguration.find(
    ({ props }) => at(props, "rules") === UNKNOWN,
  );
  const unsure =
    bucket.props === UNKNOWN ||
    bucket.perhaps.has("bucketLifecycleConfiguration") ||
    unknownPart !== undefined ||
    rules.some(({ unknown }) => unknown);
  const missing = unsure ? [] : missingRules(bucket, rules, config);
  const violations = [...missing, ...rules.flatMap((rule) => expiry(bucket, rule, config))];
  const unknown = unknownPart && { urn: unknownPart.urn, path: ["rules"] };
  return {
    violations: violations.map((violation) => ({ ...violation, urn: bucket.urn })),
    unknown: unsure ? (unknown ?? bucket.unknown) : undefined,
  };
}

function missingRules(
  bucket: LokiBucket,
  rules: LifecycleRule[],
  config: LokiBucketLifecycleConfig,
): Violation[] {
  const wide = rules.filter((rule) => rule.wide);
  const violations: Violation[] = [];
  const aborts = wide.flatMap(({ abortDays }) => abortDays ?? []);
  if (!aborts.some((days) => days <= config.maxAbortDays)) {
    violations.push({
      problem: "incomplete uploads are kept",
      where: `${bucket.where}, lifecycle`,
      found:
        aborts.length > 0
          ? `after ${numeral(Math.min(...aborts))} days`
          : "no rule for all objects",
      bound: `dropped after at most ${numeral(config.maxAbortDays)} days`,
      fix: `add a rule {status: "Enabled", filter: {}, abortIncompleteMultipartUpload: {daysAfterInitiation: ${numeral(config.maxAbortDays)}}}`,
    });
  }
  const noncurrent = wide.flatMap(({ noncurrentDays, keptVersions }) =>
    noncurrentDays !== undefined && keptVersions === 0 ? [noncurrentDays] : [],
  );
  if (!noncurrent.some((days) => days <= config.maxNoncurrentDays)) {
    const days = Math.min(config.maxNoncurrentDays, 7);
    violations.push({
      problem: "replaced versions are kept",
      where: `${bucket.where}, lifecycle`,
      found:
        noncurrent.length > 0
          ? `after ${numeral(Math.min(...noncurrent))} days`
          : "no rule for all objects",
      bound: `dropped after at most ${numeral(config.maxNoncurrentDays)} days`,
      fix: `add a rule {status: "Enabled", filter: {}, noncurrentVersionExpiration: {noncurrentDays: ${numeral(days)}}}`,
    });
  }
  return violations;
}

/** What becomes of current objects: Loki alone knows which of them it needs. */
function expiry(
  { retentionDays, indexPrefixes }: LokiBucket,
  rule: LifecycleRule,
  config: LokiBucketLifecycleConfig,
): Violation[] {
  const { expirationDays, prefix, where, wide } = rule;
  if (expirationDays === undefined) return [];
  const eatsIndex = indexPrefixes.some(
    (index) => index.startsWith(prefix) || prefix.startsWith(index),
  );
  if (wide || eatsIndex) {
    return [
      {
        problem: wide
          ? "a rule expires all objects of the bucket, and Loki's index with them"
          : "a rule expires Loki's index",
        where,
        bound: "no expiration of current objects, or only with the prefix of chunks",
        fix: "remove the expiration from this rule: Loki's compactor deletes what is past its retention",
      },
    ];
  }
  if (retentionDays === undefined || expirationDays >= retentionDays + config.marginDays) return [];
  const least = retentionDays + config.marginDays;
  return [
    {
      problem: "a rule expires objects that Loki still keeps",
      where,
      found: expirationDays === 0 ? "a date" : `${numeral(expirationDays)} days`,
      bound: `at least ${numeral(least)} days: the retention of ${numeral(retentionDays)} and ${numeral(config.marginDays)} to spare`,
      fix: `remove the expiration from this rule, or set days: ${Math.ceil(least)}`,
    },
  ];
}
