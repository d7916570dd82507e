import * as assert from "node:assert/strict";
import { stringify } from "yaml";
import { alertAnnotations } from "../../../policies/alerts/alertAnnotations";
import { alertFor } from "../../../policies/alerts/alertFor";
import { alertSeverity } from "../../../policies/alerts/alertSeverity";
import { alertThresholds } from "../../../policies/alerts/alertThresholds";
import { duplicateRules } from "../../../policies/alerts/duplicateRules";
import { promqlValid } from "../../../policies/alerts/promqlValid";
import { requiredAlerts } from "../../../policies/alerts/requiredAlerts";
import { grouping } from "../../../policies/delivery/grouping";
import { inhibition } from "../../../policies/delivery/inhibition";
import { rulesAreLoaded } from "../../../policies/delivery/rulesAreLoaded";
import { severitiesDelivered } from "../../../policies/delivery/severitiesDelivered";
import { watchdogRouted } from "../../../policies/delivery/watchdogRouted";
import { AnyPolicy } from "../../../policies/engine/policy";
import { PlainMap, UNKNOWN } from "../../../policies/facts/plain";
import { Resource } from "../../../policies/facts/resource";
import { withDeclarations } from "../../../policies/shared/ruleDeclarations";
import { judge, problems, prometheusRule, remedy, resource, serviceMonitor } from "../subjects";

const rulesOfWorkspace = "aws:amp/ruleGroupNamespace:RuleGroupNamespace";
const alertManager = "aws:amp/alertManagerDefinition:AlertManagerDefinition";

function namespace(groups: unknown, declarations = {}, workspaceId = "ws-1"): Resource {
  const data = groups === UNKNOWN ? UNKNOWN : withDeclarations(stringify({ groups }), declarations);
  return resource(rulesOfWorkspace, "shop", { name: "shop", workspaceId, data }, "prod");
}

const rule = (expr: string, fields: PlainMap = {}) => ({
  alert: "Alert",
  expr,
  for: "5m",
  labels: { severity: "critical" },
  annotations: {
    summary: "{{ $labels.service }}: requests are failing",
    description: "{{ $value }} of requests failed.",
    runbook_url: "https://runbooks.acme-corp.io/Alert.md",
  },
  ...fields,
});
const of = (...rules: object[]) => [{ name: "g", rules }];
const errors = (threshold: number) =>
  `sum by (namespace, service) (rate(http_requests_total{namespace="ticketing", service="batch", status=~"5.."}[5m])) / sum by (namespace, service) (rate(http_requests_total{namespace="ticketing", service="batch"}[5m])) > ${threshold}`;

const topic = {
  topic_arn: "arn:aws:sns:us-east-1:123456789012:alerts",
  sigv4: { region: "us-east-1" },
};
function definition(
  route: object = {},
  sns: object = topic,
  { integration = "sns_configs", ...others }: PlainMap & { integration?: string } = {},
  workspaceId = "ws-1",
): Resource {
  const config = {
    templates: ["own"],
    route: { receiver: "slack", ...route },
    receivers: [{ name: "null" }, { name: "slack", [integration]: [sns] }],
  };
  const text = stringify({
    template_files: { own: '{{ define "own.message" }}{{ .Status }}{{ end }}' },
    alertmanager_config: stringify(config),
    ...others,
  });
  return resource(alertManager, "alerts", { workspaceId, definition: text }, "prod");
}

describe("rules in a workspace of AWS", () => {
  const mistakes: [policy: AnyPolicy, mistaken: object[]][] = [
    [alertThresholds, of(rule(errors(0.5)))],
    [alertFor, of(rule("up == 0", { for: "90m" }))],
    [alertSeverity, of(rule("up == 0", { labels: { severity: "urgent" } }))],
    [alertAnnotations, of(rule("up == 0", { annotations: {} }))],
    [promqlValid, of(rule("sum(up"))],
    [duplicateRules, of(rule("up == 0"), rule("up == 0"))],
  ];
  for (const [policy, mistaken] of mistakes) {
    it(`are judged by ${policy.name}`, () => {
      assert.deepEqual(problems(policy, namespace(of(rule(errors(0.05))))), []);
      assert.notDeepEqual(problems(policy, namespace(mistaken)), []);
    });
  }

  it("are not known while the data is unknown", () => {
    const { violations, unknown } = judge(alertThresholds, namespace(UNKNOWN));
    assert.deepEqual(violations, []);
    assert.deepEqual(unknown?.path, ["data"]);
  });

  it("are exempt from a threshold by a comment, as by an annotation of a PrometheusRule", () => {
    const exception = { batch: { signals: ["errorRatio"], reason: "retries hide errors, OPS-7" } };
    const declared = { "observability.policy/services": JSON.stringify(exception) };
    const lax = of(rule(errors(0.5)));
    assert.notDeepEqual(problems(alertThresholds, namespace(lax)), []);
    assert.deepEqual(problems(alertThresholds, namespace(lax, declared)), []);
    // A service that is scraped in another namespace needs its alert.
    const missing = (ofNamespace: string) =>
      problems(requiredAlerts, [
        serviceMonitor("batch"),
        namespace(of(), { ...declared, "observability.policy/namespace": ofNamespace }),
      ]).join();
    assert.doesNotMatch(missing("ticketing"), /error ratio/);
    assert.match(missing("other"), /error ratio/);
  });

  it("are not changed by remediation, which does not edit texts", () => {
    const mistaken = namespace(of(rule("up == 0", { annotations: {} })));
    const { changed } = remedy(alertAnnotations, mistaken, {
      runbookBaseUrl: "https://runbooks.acme-corp.io",
    });
    assert.equal(changed, false);
  });

  it("count as the alerts that a service must have", () => {
    const monitor = serviceMonitor("batch");
    const missing = (rules: Resource[]) => problems(requiredAlerts, [monitor, ...rules]).join();
    assert.match(missing([]), /error ratio/);
    assert.doesNotMatch(missing([namespace(of(rule(errors(0.05))))]), /error ratio/);
  });

  it("have groups with different names, in a rule file", () => {
    assert.deepEqual(problems(rulesAreLoaded, [namespace(of(rule("up == 0")))]), []);
    const twice = [...of(rule("up == 0")), ...of(rule("up == 1"))];
    assert.deepEqual(problems(rulesAreLoaded, [namespace(twice)]), [
      "two groups have the same name, so the workspace rejects the rules",
    ]);
    assert.deepEqual(problems(rulesAreLoaded, [namespace("none")]), [
      "the data is not a rule file, so the workspace rejects it",
    ]);
  });
});

describe("the alert manager of a workspace of AWS", () => {
  const rules = namespace(of(rule("up == 0"), rule("up == 0", { alert: "Own" })));
  const found = (...subjects: Resource[]) => problems(severitiesDelivered, subjects);

  it("delivers to a topic", () => {
    assert.deepEqual(found(rules, definition()), []);
  });

  it("delivers to PagerDuty with a key in Secrets Manager", () => {
    const secret_arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:pager";
    const pager = { routing_key: { aws_secrets_manager: { secret_arn, secret_key: "key" } } };
    const integration = "pagerduty_configs";
    assert.deepEqual(found(rules, definition({}, pager, { integration })), []);
  });

  it("is followed through its routes", () => {
    const routes = [{ receiver: "null", matchers: ['alertname="Own"'] }];
    assert.match(found(rules, definition({ routes })).join(), /alertname="Own" reach no receiver/);
  });

  it("delivers nothing without an address", () => {
    const { topic_arn: _arn, ...none } = topic;
    assert.match(found(rules, definition({}, none)).join(), /reach no receiver/);
  });

  it("rejects what Alertmanager accepts: other receivers, and fields that AWS sets", () => {
    const slack = { channel: "#a", api_url: "https://hooks.slack.acme-corp.io/x" };
    const cases: [Resource, RegExp][] = [
      [definition({}, slack, { integration: "slack_configs" }), /only through SNS and PagerDuty/],
      [definition({}, { ...topic, sigv4: {} }), /sigv4 has no region/],
      [definition({}, { ...topic, api_url: "https://sns.acme-corp.io" }), /does not allow api_url/],
      [definition({}, { ...topic, http_config: {} }), /does not allow http_config/],
    ];
    for (const [subject, pattern] of cases) assert.match(found(rules, subject).join(), pattern);
  });

  it("has the templates that its texts name, in the entries that it lists", () => {
    const message = (name: string) => ({ ...topic, message: `{{ template "${name}" . }}` });
    assert.deepEqual(found(rules, definition({}, message("own.message"))), []);
    assert.match(found(rules, definition({}, message("other"))).join(), /"other" is not defined/);
    assert.match(
      found(rules, definition({}, topic, { template_files: {} })).join(),
      /template_files has no entry with this name/,
    );
  });

  it("gets the rules of its own workspace only", () => {
    // Only the alert of the rules is known to match the pattern.
    const routes = [{ receiver: "null", matchers: ['alertname=~"O[^x]n"'] }];
    const other = definition({ routes }, topic, {}, "ws-2");
    assert.deepEqual(found(rules, definition(), other), []);
    const inCluster = prometheusRule([rule("up == 0", { alert: "Own" })]);
    const plain = namespace(of(rule("up == 0")));
    assert.deepEqual(found(plain, inCluster, definition({ routes })), []);
    assert.notDeepEqual(found(rules, definition({ routes })), []);
  });

  it("may be defined elsewhere, which is then not judged", () => {
    const { violations, unknown } = judge(severitiesDelivered, [
      rules,
      definition({}, topic, {}, "ws-2"),
    ]);
    assert.deepEqual(violations, []);
    assert.deepEqual(unknown?.path, ["workspaceId"]);
  });

  it("must inhibit, and group by what tells alerts apart", () => {
    assert.match(problems(inhibition, definition()).join(), /inhibit/);
    assert.match(problems(grouping, definition({ group_by: ["..."] })).join(), /group/);
    const group_by = ["alertname", "cluster", "service"];
    assert.deepEqual(problems(grouping, definition({ group_by })), []);
  });

  it("needs no heartbeat, because AWS operates it", () => {
    assert.deepEqual(problems(watchdogRouted, [rules, definition()]), []);
  });

  it("is not known while its definition is unknown", () => {
    const { violations, unknown } = judge(severitiesDelivered, [
      resource(alertManager, "alerts", { workspaceId: "ws-1", definition: UNKNOWN }, "prod"),
    ]);
    assert.deepEqual(violations, []);
    assert.deepEqual(unknown?.path, ["definition"]);
  });
});
