import { Resource } from "../../../policies/facts/resource";
import { goodConfig } from "../platformSubjects";
import { Mistakes, aws, base, datadogMonitor, delivering, itJudges, manifests } from "./subjects";
import { resource } from "../subjects";
import { PlainMap, UNKNOWN } from "../../../policies/facts/plain";

const errorsAlarm = (props: PlainMap) =>
  aws("cloudwatch/metricAlarm:MetricAlarm", "errors", {
    alarmActions: ["arn:aws:sns:eu-west-1:123456789012:alerts"],
    namespace: "AWS/SQS",
    metricName: "ApproximateAgeOfOldestMessage",
    comparisonOperator: "GreaterThanThreshold",
    threshold: 600,
    ...props,
  });
const datadog = (type: string, name: string, props: PlainMap) =>
  resource(`datadog:index/${type}`, name, props, "prod");
const queueAlarm = (props: PlainMap) =>
  aws("cloudwatch/metricAlarm:MetricAlarm", "q", {
    namespace: "AWS/SQS",
    metricName: "m",
    statistic: "Maximum",
    period: 60,
    evaluationPeriods: 3,
    comparisonOperator: "GreaterThanThreshold",
    threshold: 5,
    ...props,
  });
const topic = "arn:aws:sns:eu-west-1:123456789012:a";
const ageAlarm = (props: PlainMap) => [
  resource(
    "aws:cloudwatch/metricAlarm:MetricAlarm",
    "queue-age",
    {
      namespace: "AWS/SQS",
      metricName: "ApproximateAgeOfOldestMessage",
      statistic: "Maximum",
      period: 60,
      evaluationPeriods: 5,
      comparisonOperator: "GreaterThanThreshold",
      threshold: 600,
      ...props,
    },
    "prod",
  ),
];

const mistakes: Mistakes = {
  "an alarm without an action": [
    "severities-delivered",
    [
      resource(
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        "queue-depth",
        {
          name: "queue-depth",
          namespace: "AWS/SQS",
          metricName: "ApproximateNumberOfMessagesVisible",
          comparisonOperator: "GreaterThanThreshold",
          threshold: 1000,
          evaluationPeriods: 3,
          alarmActions: [],
        },
        "prod",
      ),
    ],
  ],
  "a monitor of Datadog that names a channel without a handle": [
    "severities-delivered",
    [
      resource(
        "datadog:index/monitor:Monitor",
        "checkout-errors",
        {
          name: "Checkout errors",
          type: "query alert",
          query: "sum(last_5m):sum:trace.http.request.errors{service:checkout}.as_count() > 50",
          message: "Errors of the checkout are high. Notify slack-checkout-oncall.",
          monitorThresholds: { critical: "50" },
        },
        "prod",
      ),
    ],
  ],
  "an alarm of CloudWatch whose actions are off": [
    "severities-delivered",
    [
      aws("cloudwatch/metricAlarm:MetricAlarm", "orders-dlq", {
        name: "orders-dlq",
        namespace: "AWS/SQS",
        metricName: "ApproximateNumberOfMessagesVisible",
        dimensions: { QueueName: "orders-dlq" },
        statistic: "Maximum",
        period: 300,
        evaluationPeriods: 1,
        threshold: 0,
        comparisonOperator: "GreaterThanThreshold",
        alarmActions: ["arn:aws:sns:eu-west-1:123456789012:alerts"],
        actionsEnabled: false,
        treatMissingData: "notBreaching",
      }),
    ],
  ],
  "a monitor of Datadog with two critical thresholds": [
    "severities-delivered",
    [
      resource(
        "datadog:index/monitor:Monitor",
        "cpu",
        {
          name: "cpu",
          type: "metric alert",
          query: "avg(last_5m):avg:system.cpu.user{env:prod} > 90",
          message: "@slack-ops",
          monitorThresholds: { critical: "80" },
        },
        "prod",
      ),
    ],
  ],
  "a warning above the critical threshold": [
    "severities-delivered",
    [
      resource(
        "datadog:index/monitor:Monitor",
        "cpu",
        {
          name: "cpu",
          type: "metric alert",
          query: "avg(last_5m):avg:system.cpu.user{env:prod} > 80",
          message: "@slack-ops",
          monitorThresholds: { critical: "80", warning: "90" },
        },
        "prod",
      ),
    ],
  ],
  "a topic with the key of AWS": [
    "severities-delivered",
    [
      aws("sns/topic:Topic", "alerts", {
        name: "alerts",
        kmsMasterKeyId: "alias/aws/sns",
        arn: "arn:aws:sns:eu-west-1:123456789012:alerts",
      }),
      aws("cloudwatch/metricAlarm:MetricAlarm", "x", {
        alarmActions: ["arn:aws:sns:eu-west-1:123456789012:alerts"],
        period: 60,
        evaluationPeriods: 5,
        threshold: 1,
        comparisonOperator: "GreaterThanThreshold",
        statistic: "Sum",
        namespace: "AWS/SQS",
        metricName: "x",
      }),
    ],
  ],
  "three of two data points": [
    "severities-delivered",
    [
      aws("cloudwatch/metricAlarm:MetricAlarm", "x", {
        alarmActions: ["arn:aws:sns:eu-west-1:123456789012:alerts"],
        period: 45,
        evaluationPeriods: 2,
        datapointsToAlarm: 3,
        threshold: 1,
        comparisonOperator: "GreaterThanThreshold",
        statistic: "p99",
        namespace: "AWS/SQS",
        metricName: "x",
      }),
    ],
  ],
  "a composite alarm without an action": [
    "severities-delivered",
    [
      queueAlarm({}),
      aws("cloudwatch/compositeAlarm:CompositeAlarm", "all", {
        alarmName: "all",
        alarmRule: "ALARM(q)",
      }),
    ],
  ],
  "a composite monitor without a receiver": [
    "severities-delivered",
    [
      datadog("monitor:Monitor", "degraded", {
        name: "Degraded",
        type: "composite",
        query: "1 && 2",
        message: "Cart is degraded",
      }),
    ],
  ],
  "a subscription to example.com": [
    "severities-delivered",
    [
      aws("sns/topic:Topic", "a", { name: "a", arn: "arn:aws:sns:eu-west-1:123456789012:a" }),
      aws("sns/topicSubscription:TopicSubscription", "a", {
        topic: "arn:aws:sns:eu-west-1:123456789012:a",
        protocol: "email",
        endpoint: "oncall@example.com",
      }),
      queueAlarm({ alarmActions: ["arn:aws:sns:eu-west-1:123456789012:a"] }),
    ],
  ],
  "a synthetic test without a receiver": [
    "severities-delivered",
    [
      datadog("syntheticsTest:SyntheticsTest", "login", {
        name: "login",
        type: "api",
        status: "live",
        message: "Login is down",
        locations: ["aws:eu-west-1"],
        requestDefinition: { method: "GET", url: "https://shop.io/login" },
      }),
    ],
  ],
  "a downtime of all monitors without an end": [
    "severities-delivered",
    [
      datadog("downtimeSchedule:DowntimeSchedule", "all", {
        scope: "*",
        monitorIdentifier: { monitorTags: ["*"] },
        oneTimeSchedule: { start: "2026-01-01T00:00:00Z" },
      }),
    ],
  ],
  "an alarm with an action only when it is over": [
    "severities-delivered",
    ageAlarm({ okActions: [topic] }),
  ],
};

const sound: Record<string, Resource[]> = {
  "a topic of AWS": delivering({
    receivers: [
      ...goodConfig.receivers.slice(0, 2),
      {
        name: "slack",
        sns_configs: [
          {
            topic_arn: "arn:aws:sns:eu-west-1:123456789012:alerts",
            sigv4: { region: "eu-west-1" },
          },
        ],
      },
    ],
  }),
  "alarms with a topic, and a composite": [
    resource(
      "aws:cloudwatch/metricAlarm:MetricAlarm",
      "alb-5xx",
      {
        name: "alb-5xx",
        comparisonOperator: "GreaterThanThreshold",
        threshold: 10,
        evaluationPeriods: 2,
        alarmActions: ["arn:aws:sns:eu-west-1:123456789012:alerts"],
        okActions: ["arn:aws:sns:eu-west-1:123456789012:alerts"],
        treatMissingData: "notBreaching",
      },
      "prod",
    ),
    resource(
      "aws:cloudwatch/metricAlarm:MetricAlarm",
      "db-cpu",
      {
        name: "db-cpu",
        comparisonOperator: "GreaterThanThreshold",
        threshold: 90,
        evaluationPeriods: 3,
      },
      "prod",
    ),
    resource(
      "aws:cloudwatch/compositeAlarm:CompositeAlarm",
      "db",
      {
        alarmName: "db",
        alarmRule: "ALARM(db-cpu)",
        alarmActions: ["arn:aws:sns:eu-west-1:123456789012:alerts"],
      },
      "prod",
    ),
  ],
  "Datadog with handles in a template": [
    resource(
      "datadog:index/monitor:Monitor",
      "slo-burn",
      {
        name: "Burn rate",
        type: "slo alert",
        query: 'burn_rate("abc").over("7d").long_window("1h").short_window("5m") > 14.4',
        message:
          "{{#is_alert}}\nBudget burns fast.\n@pagerduty-{{service.name}} @slack-acme-alerts\n{{/is_alert}}",
        priority: "1",
        notifyNoData: false,
      },
      "prod",
    ),
  ],
  "a monitor of Datadog on an objective": [
    resource(
      "datadog:index/serviceLevelObjective:ServiceLevelObjective",
      "checkout",
      {
        name: "Checkout",
        type: "metric",
        query: {
          numerator:
            "sum:trace.http.request.hits{service:checkout,!http.status_class:5xx}.as_count()",
          denominator: "sum:trace.http.request.hits{service:checkout}.as_count()",
        },
        thresholds: [{ timeframe: "30d", target: 99.9, warning: 99.95 }],
      },
      "prod",
    ),
    resource(
      "datadog:index/monitor:Monitor",
      "checkout-budget",
      {
        name: "Error budget of checkout",
        type: "slo alert",
        query: 'error_budget("0123abcd").over("30d") > 75',
        monitorThresholds: { critical: "75", warning: "50" },
        message:
          "{{#is_alert}}The budget of checkout burns. @opsgenie-platform{{/is_alert}}{{#is_warning}}@slack-checkout{{/is_warning}}{{#is_recovery}}@opsgenie-platform{{/is_recovery}}",
        tags: ["team:shop"],
      },
      "prod",
    ),
  ],
  "a warning threshold that is reached before the critical threshold of Datadog": [
    resource(
      "datadog:index/monitor:Monitor",
      "disk",
      {
        name: "disk",
        type: "metric alert",
        query: "avg(last_5m):avg:system.disk.free{env:prod} < 10",
        message: "@slack-ops",
        monitorThresholds: { critical: "10.0", warning: "20" },
      },
      "prod",
    ),
  ],
  "an alarm on a percentile every half minute": [
    errorsAlarm({
      period: 30,
      evaluationPeriods: 5,
      datapointsToAlarm: 3,
      extendedStatistic: "p99",
    }),
  ],
  "a topic with a key of its own": [
    aws("sns/topic:Topic", "alerts", { name: "alerts", kmsMasterKeyId: "alias/alerts" }),
    errorsAlarm({ period: 60, evaluationPeriods: 5, statistic: "Maximum" }),
  ],
  "a composite alarm with an action": [
    queueAlarm({ actionsEnabled: true }),
    aws("cloudwatch/compositeAlarm:CompositeAlarm", "all", {
      alarmName: "all",
      alarmRule: "ALARM(q)",
      alarmActions: ["arn:aws:sns:eu-west-1:123456789012:a"],
    }),
  ],
  "an alarm with a topic for both states": [
    aws("sns/topic:Topic", "a", { name: "a", arn: "arn:aws:sns:eu-west-1:123456789012:a" }),
    queueAlarm({
      alarmActions: ["arn:aws:sns:eu-west-1:123456789012:a"],
      okActions: ["arn:aws:sns:eu-west-1:123456789012:a"],
    }),
  ],
  "a synthetic test with a receiver": [
    datadog("syntheticsTest:SyntheticsTest", "login", {
      name: "login",
      type: "api",
      status: "live",
      message: "Login is down @pagerduty-shop",
      locations: ["aws:eu-west-1"],
      requestDefinition: { method: "GET", url: "https://shop.io/login" },
    }),
  ],
  "a weekly downtime of one environment": [
    datadog("downtimeSchedule:DowntimeSchedule", "deploys", {
      scope: "env:staging",
      monitorIdentifier: { monitorTags: ["team:shop"] },
      recurringSchedule: {
        timezone: "UTC",
        recurrences: [
          { duration: "2h", rrule: "FREQ=WEEKLY;BYDAY=SA", start: "2026-01-03T02:00:00" },
        ],
      },
    }),
  ],
  "a service check of Datadog": [
    datadog("monitor:Monitor", "agent", {
      name: "agent up",
      type: "service check",
      query: '"datadog.agent.up".over("env:prod").by("host").last(2).count_by_status()',
      message: "@slack-ops",
      monitorThresholds: { critical: "1", warning: "1", ok: "1" },
    }),
  ],
  "a downtime for tags that are not known": [
    datadog("downtimeSchedule:DowntimeSchedule", "x", {
      scope: "*",
      monitorIdentifier: { monitorTags: [UNKNOWN] },
    }),
  ],
  "a downtime for one monitor": [
    datadog("downtimeSchedule:DowntimeSchedule", "x", {
      scope: "*",
      monitorIdentifier: { monitorId: 123 },
    }),
  ],
  "a synthetic test of a pipeline": [
    datadog("syntheticsTest:SyntheticsTest", "x", {
      name: "x",
      type: "browser",
      status: "live",
      message: "",
      optionsList: { ci: { executionRule: "blocking" } },
    }),
  ],
  "attributes of SNS with names of the user": [
    ...base(),
    ...manifests(`
apiVersion: monitoring.coreos.com/v1alpha1
kind: AlertmanagerConfig
metadata: {name: shop, namespace: shop, labels: {release: prometheus}}
spec:
  route: {receiver: shop, groupBy: [alertname]}
  receivers: [{name: shop, snsConfigs: [{topicARN: "arn:aws:sns:eu-west-1:123456789012:a", sigv4: {region: eu-west-1}, attributes: {alert_name: x}, sendResolved: true}]}]
`),
  ],
  "an alarm with both actions": ageAlarm({ alarmActions: [topic], okActions: [topic] }),
  "handles in the messages of the alert and of the recovery": datadogMonitor(
    "{{#is_alert}}@pagerduty-cart{{/is_alert}}{{#is_recovery}}@slack-shop{{/is_recovery}}",
  ),
};

describe("Datadog and CloudWatch", () => {
  itJudges(mistakes, sound);
});
