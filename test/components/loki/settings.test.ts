import * as assert from "node:assert/strict";
import { Problem } from "../../../components/shared/problems";
import { LokiSettings, lokiSettings } from "../../../components/loki/settings";

const required = {
  cluster: "ticketing-prod",
  environment: "prod",
  bucket: "ticketing-loki-chunks",
};

function settings(args: object = {}): LokiSettings {
  const checked = lokiSettings({ ...required, ...args });
  assert.deepEqual(checked.problems, undefined);
  return checked.settings;
}

function problems(args: object): Problem[] {
  const checked = lokiSettings({ ...required, ...args });
  assert.ok(checked.problems, "expected problems");
  return checked.problems;
}

/** The rules that an argument breaks when it is the only one. */
function rules(args: object): string[] {
  return problems(args).map(({ path, rule }) => `${path.join(".")} ${rule}`);
}

describe("lokiSettings", () => {
  it("checks fractions in addition to the rules between fields", () => {
    const replicated = { mode: "highAvailability", storage: "filesystem", retentionDays: 1.5 };
    assert.deepEqual(rules(replicated), [
      "retentionDays must be a whole number",
      "storage must be s3 when mode is highAvailability: replicas cannot share a volume",
    ]);
  });

  it("requires only the cluster, the environment and, with S3, the bucket", () => {
    assert.deepEqual(settings(), {
      cluster: "ticketing-prod",
      environment: "prod",
      labels: {},
      alertRules: {},
      logAlerts: [],
      disabledRedactions: [],
      redactionPatterns: [],
      logMetricNamespaces: [],
      remoteWriteUrls: [],
      namespace: "monitoring",
      nodeSelector: {},
      tolerations: [],
      chartVersion: "18.11.0",
      repository: "https://grafana-community.github.io/helm-charts",
      mode: "singleBinary",
      size: "small",
      retentionDays: 15,
      storage: "s3",
      bucket: "ticketing-loki-chunks",
      createBucket: true,
      awsIdentity: "podIdentity",
      volumeGb: 20,
      storageClassName: "gp3",
      protectData: true,
      networkPolicies: false,
      deleteDataOnDestroy: false,
      serviceMonitors: true,
      collector: "alloy",
      kubernetesEvents: false,
    });
  });

  it("protects the data in every environment, unless the caller says otherwise", () => {
    for (const environment of ["prod", "production", "live", "dev"]) {
      assert.equal(settings({ environment }).protectData, true, environment);
      assert.equal(settings({ environment }).deleteDataOnDestroy, false, environment);
      assert.equal(settings({ environment, protectData: false }).protectData, false);
    }
  });

  it("permits to delete data only where nothing protects it", () => {
    assert.deepEqual(rules({ deleteDataOnDestroy: true }), [
      "deleteDataOnDestroy must be false while protectData is true",
    ]);
    const permitted = { protectData: false, deleteDataOnDestroy: true };
    assert.equal(settings(permitted).deleteDataOnDestroy, true);
  });

  it("permits to delete a bucket only while the stack creates one", () => {
    for (const change of [{ createBucket: false }, { storage: "filesystem" }]) {
      const [problem, ...others] = problems({
        protectData: false,
        deleteDataOnDestroy: true,
        ...change,
      });
      assert.deepEqual(others, []);
      assert.deepEqual(problem?.path, Object.keys(change));
      assert.match(problem.rule, /deleteDataOnDestroy, which would delete the bucket/);
      assert.match(JSON.stringify(problem.fix), /set deleteDataOnDestroy: false and run pulumi up/);
    }
  });

  it("accepts an unwise retention, which the policies judge", () => {
    assert.equal(settings({ retentionDays: 1 }).retentionDays, 1);
    assert.equal(settings({ retentionDays: 4000 }).retentionDays, 4000);
    assert.deepEqual(rules({ retentionDays: 0 }), ["retentionDays must be at least 1"]);
    assert.deepEqual(rules({ retentionDays: 1.5 }), ["retentionDays must be a whole number"]);
  });

  it("supports high availability only on object storage", () => {
    assert.equal(settings({ mode: "highAvailability" }).storage, "s3");
    const [problem, ...others] = problems({ mode: "highAvailability", storage: "filesystem" });
    assert.deepEqual(others, []);
    assert.deepEqual(problem, {
      path: ["storage"],
      value: "filesystem",
      code: "invalid",
      rule: "must be s3 when mode is highAvailability: replicas cannot share a volume",
      fix: { kind: "set", example: "s3" },
    });
  });

  it("supports the distributed mode only on object storage", () => {
    assert.deepEqual(rules({ mode: "distributed", storage: "filesystem" }), [
      "storage must be s3 when mode is distributed: replicas cannot share a volume",
    ]);
  });

  it("requires another bucket for the access log, and a bucket that it creates", () => {
    assert.equal(settings({ accessLogBucket: "access-logs" }).accessLogBucket, "access-logs");
    assert.deepEqual(rules({ accessLogBucket: "logs", bucket: "logs" }), [
      "accessLogBucket must not be the log bucket, because each access log would cause another access",
    ]);
    assert.deepEqual(rules({ accessLogBucket: "access-logs", createBucket: false }), [
      "accessLogBucket requires createBucket, because the stack does not change an existing bucket",
    ]);
  });

  it("requires an Alertmanager for alerts on logs", () => {
    const logAlerts = [{ namespace: "ticketing", service: "order-service" }];
    assert.deepEqual(
      settings({ logAlerts, alertmanagerUrl: "http://alertmanager:9093" }).logAlerts,
      [{ ...logAlerts[0], errorsPerMinute: 10, silentMinutes: 15 }],
    );
    assert.deepEqual(rules({ logAlerts }), [
      "alertmanagerUrl is required with logAlerts, to deliver the alerts",
    ]);
  });

  it("collects Kubernetes events only with Alloy", () => {
    assert.equal(settings({ kubernetesEvents: true }).kubernetesEvents, true);
    for (const collector of ["promtail", "none"]) {
      assert.deepEqual(rules({ kubernetesEvents: true, collector }), [
        "kubernetesEvents requires the collector alloy",
      ]);
    }
  });

  describe("redaction", () => {
    const pattern = (expression: string) =>
      rules({ redactionPatterns: [{ name: "own", expression }] });

    it("accepts custom patterns, and disables built-in patterns by name", () => {
      const redaction = {
        disabledRedactions: ["cardNumber"],
        redactionPatterns: [{ name: "customer-number", expression: "\\bKD-(\\d{8})\\b" }],
      };
      const { disabledRedactions, redactionPatterns } = settings(redaction);
      assert.deepEqual({ disabledRedactions, redactionPatterns }, redaction);
    });

    it("refuses unknown names of built-in patterns", () => {
      const [problem] = rules({ disabledRedactions: ["cardNumbers"] });
      assert.match(problem ?? "", /^disabledRedactions\.0 must be one of .*cardNumber/);
    });

    it("refuses an expression that would keep the collectors from starting", () => {
      assert.deepEqual(pattern("(?<=KD-)(\\d+)"), [
        "redactionPatterns.0.expression must be a valid RE2 expression: invalid named capture: `(?<=KD-)(\\d+)`",
      ]);
    });

    it("refuses an expression without exactly one group", () => {
      const rule =
        "redactionPatterns.0.expression must have one group ( ) around the text to replace; groups (?: ) do not count";
      assert.deepEqual(pattern("KD-\\d{8}"), [rule]);
      assert.deepEqual(pattern("(KD)-(\\d{8})"), [rule]);
      settings({ redactionPatterns: [{ name: "own", expression: "(?:KD|CU)-(\\d{8})" }] });
    });

    it("refuses an expression that matches every line", () => {
      for (const expression of ["(\\d*)", "(?i)(x?)", "()"]) {
        assert.deepEqual(pattern(expression), [
          "redactionPatterns.0.expression must not match an empty string, which every line contains",
        ]);
      }
    });

    it("refuses an expression that Promtail's chart would evaluate as a template", () => {
      assert.deepEqual(pattern("{{(.+)}}"), [
        "redactionPatterns.0.expression must not contain {{: write \\{\\{",
      ]);
      settings({ redactionPatterns: [{ name: "own", expression: "\\{\\{(.+)}}" }] });
    });

    it("refuses two patterns with the same name", () => {
      const duplicate = { name: "own", expression: "(x)" };
      assert.deepEqual(rules({ redactionPatterns: [duplicate, duplicate] }), [
        "redactionPatterns.1.name must be unique in redactionPatterns",
      ]);
    });
  });

  it("requires a remote write URL for log metrics", () => {
    const logMetricNamespaces = ["ticketing"];
    const remoteWriteUrls = ["http://prometheus:9090/api/v1/write"];
    assert.deepEqual(settings({ logMetricNamespaces, remoteWriteUrls }).remoteWriteUrls, [
      "http://prometheus:9090/api/v1/write",
    ]);
    assert.deepEqual(rules({ logMetricNamespaces }), [
      "remoteWriteUrls is required with logMetricNamespaces, to store the recorded series",
    ]);
    assert.deepEqual(rules({ remoteWriteUrls: ["prometheus:9090"] }), [
      "remoteWriteUrls.0 must be a URL that starts with https:// or http://",
    ]);
  });

  describe("bucket", () => {
    for (const bucket of ["abc", "a".repeat(63), "logs.example.com", "1-bucket-2"]) {
      it(`accepts ${bucket}`, () => assert.equal(settings({ bucket }).bucket, bucket));
    }

    for (const [bucket, rule] of [
      ["ab", /3 to 63/],
      ["a".repeat(64), /3 to 63/],
      ["Ticketing-logs", /a-z/],
      ["ticketing_logs", /a-z/],
      ["-ticketing", /start and end/],
      ["ticketing-", /start and end/],
      ["ticketing..logs", /two consecutive dots/],
      ["192.168.5.4", /IP address/],
      ["xn--ticketing", /start with xn--/],
      ["sthree-ticketing", /start with xn--/],
      ["amzn-s3-demo-bucket", /start with xn--/],
      ["ticketing-s3alias", /end with -s3alias/],
      ["ticketing--ol-s3", /end with -s3alias/],
      ["ticketing--x-s3", /end with -s3alias/],
      ["ticketing.mrap", /end with -s3alias/],
      ["ticketing--table-s3", /end with -s3alias/],
      ["chunks", /chunks, ruler or admin/],
      ["ruler", /chunks, ruler or admin/],
      ["admin", /chunks, ruler or admin/],
    ] as const) {
      it(`refuses ${bucket}`, () => {
        const [problem, ...others] = problems({ bucket });
        assert.deepEqual(others, []);
        assert.match(problem?.rule ?? "", rule);
        assert.deepEqual(problem?.fix, { kind: "set", example: "acme-loki-chunks" });
      });
    }
  });

  for (const region of ["eu-central-1", "us-gov-west-1", "cn-northwest-1", "ap-southeast-7"]) {
    it(`accepts the region ${region}`, () => assert.equal(settings({ region }).region, region));
  }

  for (const region of ["us-east", "US-EAST-1", "us-east-1a", "frankfurt"]) {
    it(`refuses the region ${region}`, () =>
      assert.deepEqual(rules({ region }), ["region must be an AWS region, like us-east-1"]));
  }

  it("accepts a KMS key only by ARN, and only in the region of the bucket", () => {
    const kmsKeyArn = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab";
    assert.equal(settings({ kmsKeyArn, region: "eu-west-1" }).kmsKeyArn, kmsKeyArn);
    assert.deepEqual(rules({ kmsKeyArn, region: "us-east-1" }), [
      "kmsKeyArn must be a key in us-east-1, the region of the bucket",
    ]);
    assert.deepEqual(rules({ kmsKeyArn: "arn:aws:kms:us-east-1:123456789012:alias/logs" }), [
      "kmsKeyArn must be the ARN of a KMS key (not of an alias)",
    ]);
  });

  it("requires the name of the bucket only with S3", () => {
    const bucket = undefined;
    assert.equal(settings({ bucket, storage: "filesystem" }).bucket, undefined);
    const [problem] = problems({ bucket });
    assert.equal(problem?.rule, "is required, unless storage is filesystem");
    assert.equal(problem.code, "required");
  });

  it("requires both arguments about the OIDC provider for IRSA, known or unknown", () => {
    const facts = {
      oidcProviderArn: Promise.resolve("arn:aws:iam::123456789012:oidc-provider/x"),
      oidcIssuerUrl: "https://x",
    };
    assert.equal(settings({ awsIdentity: "irsa", ...facts }).awsIdentity, "irsa");
    assert.deepEqual(rules({ awsIdentity: "irsa" }), [
      "oidcProviderArn is required when awsIdentity is irsa",
      "oidcIssuerUrl is required when awsIdentity is irsa",
    ]);
    assert.equal(settings({ awsIdentity: "irsa", storage: "filesystem" }).storage, "filesystem");
  });

  it("ignores the arguments about the OIDC provider without IRSA", () => {
    assert.equal(
      "oidcProviderArn" in settings({ oidcProviderArn: "arn", oidcIssuerUrl: "u" }),
      false,
    );
  });

  it("accepts an empty name for the default storage class", () => {
    assert.equal(settings({ storageClassName: "" }).storageClassName, "");
  });

  it("reports all problems at once", () => {
    const fields = problems({
      cluster: undefined,
      mode: "highAvailability",
      storage: "filesystem",
      bucket: 7,
      retentionDays: "15",
      colector: "alloy",
    }).map(({ path }) => path.join("."));
    assert.deepEqual(fields.sort(), ["bucket", "cluster", "colector", "retentionDays", "storage"]);
  });

  it("reports missing arguments of IRSA together with all other problems", () => {
    assert.deepEqual(
      problems({ awsIdentity: "irsa", volumeGb: 0 }).map(({ path }) => path.join(".")),
      ["volumeGb", "oidcProviderArn", "oidcIssuerUrl"],
    );
  });

  it("suggests the right spelling of a misspelled argument", () => {
    assert.deepEqual(problems({ colector: "alloy" })[0]?.fix, { kind: "rename", to: "collector" });
  });
});
