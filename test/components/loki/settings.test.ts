import * as assert from "node:assert/strict";
import { Problem } from "../../../components/shared/problems";
import { LokiSettings, lokiSettings } from "../../../components/loki/settings";

const required = { cluster: "ticketing-prod", environment: "prod" };

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
  it("checks a number beside the rules between fields, not instead of them", () => {
    const replicated = { mode: "highAvailability", storage: "filesystem", retentionDays: 1.5 };
    assert.deepEqual(rules(replicated), [
      "retentionDays must be a whole number",
      "storage must be s3 when mode is highAvailability: replicas cannot share a volume",
    ]);
  });

  it("needs only the cluster and the environment", () => {
    assert.deepEqual(settings(), {
      cluster: "ticketing-prod",
      environment: "prod",
      labels: {},
      logAlerts: [],
      disabledRedactions: [],
      redactionPatterns: [],
      logMetricNamespaces: [],
      remoteWriteUrls: [],
      runbookBaseUrl: "https://github.com/ticketing/observability/blob/main/docs/runbooks",
      namespace: "monitoring",
      chartVersion: "18.11.0",
      repository: "https://grafana-community.github.io/helm-charts",
      mode: "singleBinary",
      size: "small",
      retentionDays: 15,
      storage: "s3",
      bucket: "ticketing-loki-chunks",
      region: "us-east-1",
      createBucket: true,
      awsIdentity: "podIdentity",
      volumeGb: 20,
      storageClassName: "gp3",
      protectData: true,
      serviceMonitors: true,
      collector: "alloy",
    });
  });

  it("protects the data in prod and nowhere else, unless told", () => {
    assert.equal(settings({ environment: "prod" }).protectData, true);
    assert.equal(settings({ environment: "dev" }).protectData, false);
    assert.equal(settings({ environment: "dev", protectData: true }).protectData, true);
    assert.equal(settings({ environment: "prod", protectData: false }).protectData, false);
  });

  it("accepts a retention that is merely unwise: policies judge that", () => {
    assert.equal(settings({ retentionDays: 1 }).retentionDays, 1);
    assert.equal(settings({ retentionDays: 4000 }).retentionDays, 4000);
    assert.deepEqual(rules({ retentionDays: 0 }), ["retentionDays must be at least 1"]);
    assert.deepEqual(rules({ retentionDays: 1.5 }), ["retentionDays must be a whole number"]);
  });

  it("knows high availability only on object storage", () => {
    assert.equal(settings({ mode: "highAvailability" }).storage, "s3");
    const [problem, ...others] = problems({ mode: "highAvailability", storage: "filesystem" });
    assert.deepEqual(others, []);
    assert.deepEqual(problem, {
      path: ["storage"],
      value: "filesystem",
      rule: "must be s3 when mode is highAvailability: replicas cannot share a volume",
      fix: { kind: "set", example: "s3" },
    });
  });

  it("knows distributed only on object storage", () => {
    assert.deepEqual(rules({ mode: "distributed", storage: "filesystem" }), [
      "storage must be s3 when mode is distributed: replicas cannot share a volume",
    ]);
  });

  it("logs accesses to another bucket than it watches, and only one that it makes", () => {
    assert.equal(settings({ accessLogBucket: "access-logs" }).accessLogBucket, "access-logs");
    assert.deepEqual(rules({ accessLogBucket: "logs", bucket: "logs" }), [
      "accessLogBucket must not be the bucket of the logs: each access would be logged, for ever",
    ]);
    assert.deepEqual(rules({ accessLogBucket: "access-logs", createBucket: false }), [
      "accessLogBucket needs createBucket: a bucket that exists is left as it is",
    ]);
  });

  it("alerts on the logs of a service only where somebody gets the alerts", () => {
    const logAlerts = [{ namespace: "ticketing", service: "order-service" }];
    assert.deepEqual(
      settings({ logAlerts, alertmanagerUrl: "http://alertmanager:9093" }).logAlerts,
      [{ ...logAlerts[0], errorsPerMinute: 10, silentMinutes: 15 }],
    );
    assert.deepEqual(rules({ logAlerts }), [
      "alertmanagerUrl is required with logAlerts: nobody would get them",
    ]);
  });

  describe("redaction", () => {
    const pattern = (expression: string) =>
      rules({ redactionPatterns: [{ name: "own", expression }] });

    it("takes patterns of one's own, and switches off built-in ones by name", () => {
      const own = {
        disabledRedactions: ["cardNumber"],
        redactionPatterns: [{ name: "customer-number", expression: "\\bKD-(\\d{8})\\b" }],
      };
      const { disabledRedactions, redactionPatterns } = settings(own);
      assert.deepEqual({ disabledRedactions, redactionPatterns }, own);
    });

    it("knows no built-in pattern of another name", () => {
      const [problem] = rules({ disabledRedactions: ["cardNumbers"] });
      assert.match(problem ?? "", /^disabledRedactions\.0 must be one of .*cardNumber/);
    });

    it("refuses an expression that would keep the collectors from starting", () => {
      assert.deepEqual(pattern("(?<=KD-)(\\d+)"), [
        "redactionPatterns.0.expression must be an expression of RE2: invalid named capture: `(?<=KD-)(\\d+)`",
      ]);
    });

    it("refuses one that would replace nothing, or that leaves open what it replaces", () => {
      const rule =
        "redactionPatterns.0.expression must have one group ( ), around what is to be replaced; (?: ) groups without replacing";
      assert.deepEqual(pattern("KD-\\d{8}"), [rule]);
      assert.deepEqual(pattern("(KD)-(\\d{8})"), [rule]);
      settings({ redactionPatterns: [{ name: "own", expression: "(?:KD|CU)-(\\d{8})" }] });
    });

    it("refuses one that would mark every line", () => {
      for (const expression of ["(\\d*)", "(?i)(x?)", "()"]) {
        assert.deepEqual(pattern(expression), [
          "redactionPatterns.0.expression must not match an empty text, which every line has",
        ]);
      }
    });

    it("refuses what Promtail's chart would take for a template", () => {
      assert.deepEqual(pattern("{{(.+)}}"), [
        "redactionPatterns.0.expression must not have {{: write \\{\\{",
      ]);
      settings({ redactionPatterns: [{ name: "own", expression: "\\{\\{(.+)}}" }] });
    });

    it("gives no name to two patterns", () => {
      const own = { name: "own", expression: "(x)" };
      assert.deepEqual(rules({ redactionPatterns: [own, own] }), [
        "redactionPatterns.1.name is already the name of redactionPatterns[0]",
      ]);
    });
  });

  it("records log metrics only where somebody keeps them", () => {
    const logMetricNamespaces = ["ticketing"];
    const remoteWriteUrls = ["http://prometheus:9090/api/v1/write"];
    assert.deepEqual(settings({ logMetricNamespaces, remoteWriteUrls }).remoteWriteUrls, [
      "http://prometheus:9090/api/v1/write",
    ]);
    assert.deepEqual(rules({ logMetricNamespaces }), [
      "remoteWriteUrls is required with logMetricNamespaces: nobody would keep what is recorded",
    ]);
    assert.deepEqual(rules({ remoteWriteUrls: ["prometheus:9090"] }), [
      "remoteWriteUrls.0 must be a URL that starts with http:// or https://",
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
      ["ticketing..logs", /two dots/],
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
        assert.deepEqual(problem?.fix, { kind: "set", example: "ticketing-loki-chunks" });
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

  it("takes a KMS key only by ARN, and only in the region of the bucket", () => {
    const kmsKeyArn = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab";
    assert.equal(settings({ kmsKeyArn, region: "eu-west-1" }).kmsKeyArn, kmsKeyArn);
    assert.deepEqual(rules({ kmsKeyArn }), [
      "kmsKeyArn must be a key in us-east-1, the region of the bucket",
    ]);
    assert.deepEqual(rules({ kmsKeyArn: "arn:aws:kms:us-east-1:123456789012:alias/logs" }), [
      "kmsKeyArn must be the ARN of a KMS key (not of an alias)",
    ]);
  });

  it("needs both facts about the OIDC provider for IRSA, known or not yet", () => {
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

  it("keeps what describes the OIDC provider out of the settings", () => {
    assert.equal(
      "oidcProviderArn" in settings({ oidcProviderArn: "arn", oidcIssuerUrl: "u" }),
      false,
    );
  });

  it("takes the cluster's default storage class as an empty name", () => {
    assert.equal(settings({ storageClassName: "" }).storageClassName, "");
  });

  it("reports everything wrong at once", () => {
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

  it("adds what IRSA misses to everything else that is wrong", () => {
    assert.deepEqual(
      problems({ awsIdentity: "irsa", volumeGb: 0 }).map(({ path }) => path.join(".")),
      ["volumeGb", "oidcProviderArn", "oidcIssuerUrl"],
    );
  });

  it("suggests the right spelling of a misspelt argument", () => {
    assert.deepEqual(problems({ colector: "alloy" })[0]?.fix, { kind: "rename", to: "collector" });
  });
});
