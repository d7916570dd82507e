import * as assert from "node:assert/strict";
import { PlainMap, UNKNOWN } from "../../../policies/facts/plain";
import { limits } from "../../../policies/limits/limits";
import { lokiBucketLifecycle } from "../../../policies/retention/lokiBucketLifecycle";
import { violationText } from "../../../policies/engine/violation";
import { assertSilent, lokiBucketStack } from "../platformSubjects";
import { judge, problems } from "../subjects";

const wide = { status: "Enabled", filter: {} };
const abort = (daysAfterInitiation: unknown) => ({
  ...wide,
  abortIncompleteMultipartUpload: { daysAfterInitiation },
});
const versions = (noncurrentDays: unknown) => ({
  ...wide,
  noncurrentVersionExpiration: { noncurrentDays },
});
const chunks = (days: unknown) => ({
  status: "Enabled",
  filter: { prefix: "fake/" },
  expiration: { days },
});
const rules = (...list: PlainMap[]) =>
  lokiBucketStack({ bucketLifecycleConfiguration: { rules: list } });

describe("policy loki-bucket-lifecycle", () => {
  it("requires both rules, within their bounds", () => {
    assert.deepEqual(problems(lokiBucketLifecycle, rules(abort(7), versions(30))), []);
    assert.deepEqual(problems(lokiBucketLifecycle, rules(abort(8), versions(30))), [
      "incomplete uploads are retained",
    ]);
    assert.deepEqual(problems(lokiBucketLifecycle, rules(abort(7), versions(31))), [
      "noncurrent versions are retained",
    ]);
    const none = lokiBucketStack({ bucketLifecycleConfiguration: undefined });
    assert.equal(problems(lokiBucketLifecycle, none).length, 2);
  });

  it("allows chunks to expire after Loki's retention and a margin", () => {
    const good = [abort(7), versions(7)];
    assert.deepEqual(problems(lokiBucketLifecycle, rules(...good, chunks(22))), []);
    assert.match(
      problems(lokiBucketLifecycle, rules(...good, chunks(21)))[0] ?? "",
      /objects that Loki retains/,
    );
    assert.deepEqual(
      problems(lokiBucketLifecycle, rules(...good, chunks(21)), { marginDays: 6 }),
      [],
    );
  });

  it("never lets current objects of the whole bucket expire", () => {
    const everything = { ...wide, expiration: { days: 3650 } };
    assert.match(
      problems(lokiBucketLifecycle, rules(abort(7), versions(7), everything))[0] ?? "",
      /expires all objects/,
    );
  });

  for (const [name, rule, problem] of [
    ["the whole bucket", { ...wide }, /archives all objects in the bucket, including Loki's index/],
    ["the index", { status: "Enabled", filter: { prefix: "index/" } }, /archives the objects of/],
    ["chunks", { status: "Enabled", filter: { prefix: "fake/" } }, /archives objects that Loki/],
  ] as const) {
    it(`finds an archive from which Loki cannot read: ${name}`, () => {
      const found = (storageClass: string, days = 10) =>
        problems(
          lokiBucketLifecycle,
          rules(abort(7), versions(7), { ...rule, transitions: [{ days, storageClass }] }),
        );
      assert.match(found("GLACIER")[0] ?? "", problem);
      assert.match(found("DEEP_ARCHIVE")[0] ?? "", problem);
      assert.deepEqual(found("GLACIER_IR"), []);
      assert.deepEqual(found("STANDARD_IA", 30), []);
    });
  }

  it("accepts the lifecycle rules of the bucket itself", () => {
    const lifecycleRules = [
      { enabled: true, abortIncompleteMultipartUploadDays: 7 },
      { enabled: true, noncurrentVersionExpiration: { days: 7 } },
    ];
    const stack = lokiBucketStack({
      bucket: { lifecycleRules },
      bucketLifecycleConfiguration: undefined,
    });
    assert.deepEqual(problems(lokiBucketLifecycle, stack), []);
  });

  it("is configured by its bounds", () => {
    assert.equal(
      problems(lokiBucketLifecycle, rules(abort(7), versions(7)), { maxAbortDays: 3 }).length,
      1,
    );
    assert.equal(
      problems(lokiBucketLifecycle, rules(abort(7), versions(7)), { maxNoncurrentDays: 3 }).length,
      1,
    );
    assert.equal(
      lokiBucketLifecycle.config["marginDays"]?.default,
      limits.bucketLifecycleDays.margin,
    );
  });

  it("reports unknown values instead of violations", () => {
    for (const subject of [
      lokiBucketStack({}, "", UNKNOWN),
      lokiBucketStack({ bucketLifecycleConfiguration: { rules: UNKNOWN } }),
      lokiBucketStack().map((one) => ({ ...one, props: UNKNOWN })),
    ]) {
      assert.deepEqual(judge(lokiBucketLifecycle, subject).violations, []);
    }
    assert.ok(judge(lokiBucketLifecycle, lokiBucketStack({}, "", UNKNOWN)).unknown?.urn);
  });

  it("names the problem, the place, the value, the bound and the fix", () => {
    const [violation] = judge(lokiBucketLifecycle, rules(abort(30), versions(7))).violations;
    assert.ok(violation);
    assert.equal(
      violationText(violation),
      [
        "incomplete uploads are retained",
        '  where: Bucket "logs-bucket", lifecycle',
        "  found: for 30 days",
        "  bound: deleted after at most 7 days",
        '  fix:   add a rule {status: "Enabled", filter: {}, abortIncompleteMultipartUpload: {daysAfterInitiation: 7}}',
      ].join("\n"),
    );
    assertSilent(lokiBucketLifecycle, (secret) =>
      rules({ ...wide, filter: { prefix: secret }, expiration: { date: secret } }),
    );
  });
});
