import * as assert from "node:assert/strict";
import { type Report, formatReport } from "../../../preview/output/report";

const report: Report = {
  title: "Preview of prod",
  stack: "prod",
  header: [
    ["preset", "prod"],
    ["cluster", "ticketing-prod"],
  ],
  tree: [
    { type: "pulumi:pulumi:Stack", name: "monitoring-prod", marks: "" },
    { type: "└─ aws:s3:Bucket", name: "logs", marks: "[protected]" },
  ],
  resources: 1,
  facts: [{ part: "Loki", rows: [["retention", "400 days"]] }],
  policy: {
    pack: { name: "observability", version: "1.0.0" },
    policies: [
      policy("loki-retention", "mandatory"),
      policy("duplicate-rules", "advisory"),
      policy("alert-for", "remediate"),
      policy("inhibition", "disabled"),
      policy("grouping", "mandatory"),
    ],
    violations: [
      {
        policy: "loki-retention",
        level: "mandatory",
        severity: "high",
        urn: "urn:pulumi:prod::monitoring::monitoring:index:LokiStack$kubernetes:helm.sh/v3:Release::loki",
        message:
          "retention is longer than 90 days\nfix: pulumi config set --path loki.retentionDays 90",
      },
      {
        policy: "duplicate-rules",
        level: "advisory",
        severity: undefined,
        urn: undefined,
        message: "Down is defined twice",
      },
    ],
    notEvaluated: [
      {
        urn: "urn:pulumi:prod::monitoring::kubernetes:yaml/v2:ConfigGroup::crds",
        message:
          'not evaluated: ConfigGroup "crds": its objects, because they are not resources of the stack',
        details: { policies: "all policies" },
      },
    ],
    exceptions: [
      {
        urn: undefined,
        message: 'alert-for has an exception for BatchLate in PrometheusRule "batch"',
        details: { reason: "runs once a day", owner: "team-batch", until: "2026-12-31" },
      },
    ],
    remediations: [
      {
        policy: "alert-for",
        urn: "urn:pulumi:prod::monitoring::kubernetes:monitoring.coreos.com/v1:PrometheusRule::rules",
        description: "Every alert waits long enough.",
        diagnostic: undefined,
      },
    ],
  },
  warnings: ["the volume is too small"],
  exposed: [{ type: "kubernetes:core/v1:ConfigMap", name: "leak" }],
  unset: [
    { key: "datadogApiKey", optional: false },
    { key: "datadogAppKey", optional: true },
  ],
  out: "out",
};

function policy(name: string, level: Report["policy"]["policies"][number]["level"]) {
  return {
    name,
    displayName: "",
    description: "",
    scope: "resource" as const,
    level,
    severity: undefined,
    settings: {},
  };
}

describe("the text of a preview", () => {
  it("shows the stack, its parts, the policies and the secrets to set", () => {
    assert.equal(
      formatReport(report, false),
      `Preview of prod
  preset   prod
  cluster  ticketing-prod

Resources
  +  pulumi:pulumi:Stack  monitoring-prod
  +  └─ aws:s3:Bucket     logs             [protected]

Loki
  retention  400 days

Warnings
  the volume is too small

Policies (observability 1.0.0)
  loki-retention   mandatory  1 violation
  duplicate-rules  advisory   1 violation
  alert-for        remediate  1 remediation
  inhibition       disabled   not run
  grouping         mandatory  passed

loki-retention (mandatory, high): loki (kubernetes:helm.sh/v3:Release)
  retention is longer than 90 days
  fix: pulumi config set --path loki.retentionDays 90

duplicate-rules (advisory)
  Down is defined twice

alert-for (remediated): rules (kubernetes:monitoring.coreos.com/v1:PrometheusRule)
  Every alert waits long enough.

Not evaluated
  not evaluated: ConfigGroup "crds": its objects, because they are not resources of the stack
    policies: all policies

Exceptions
  alert-for has an exception for BatchLate in PrometheusRule "batch"
    reason: runs once a day
    owner: team-batch
    until: 2026-12-31

Resources that contain secrets from the configuration in plain text
  leak (kubernetes:core/v1:ConfigMap)

Secrets to set before pulumi up (this preview uses placeholders)
  pulumi config set --secret datadogApiKey --stack prod
  pulumi config set --secret datadogAppKey --stack prod   # optional

Wrote out
Failed: 1 resource, 4 policies, 1 mandatory violation, 1 advisory, 1 not evaluated, 1 exception
`,
    );
  });

  it("has no warnings if the program has none", () => {
    assert.doesNotMatch(formatReport({ ...report, warnings: [] }, false), /Warnings/);
  });

  it("passes if only advisory policies are violated", () => {
    const violations = report.policy.violations.filter(({ level }) => level === "advisory");
    const text = formatReport({ ...report, policy: { ...report.policy, violations } }, false);
    assert.match(
      text,
      /^Passed: 1 resource, 4 policies, 0 mandatory violations, 1 advisory, 1 not evaluated, 1 exception$/m,
    );
  });

  it("has the same text in color", () => {
    const coloured = formatReport(report, true);

    const escapes = /\u001b\[\d+m/g;
    assert.match(coloured, escapes);
    assert.equal(coloured.replace(escapes, "").replace(/ +$/gm, ""), formatReport(report, false));
  });
});
