import { PlainMap } from "../../../policies/facts/plain";
import { policyDocument } from "../platformSubjects";
import { resource } from "../subjects";
import { itJudges } from "../stacks/subjects";

const topic = "arn:aws:sns:eu-west-1:123456789012:oncall";
const alarm = (metric: string, props: PlainMap) => {
  const [namespace, metricName] = metric.split(" ");
  return [
    resource(
      "aws:cloudwatch/metricAlarm:MetricAlarm",
      "web",
      {
        namespace,
        metricName,
        evaluationPeriods: 5,
        period: 60,
        comparisonOperator: "GreaterThanThreshold",
        threshold: 10,
        alarmActions: [topic],
        ...props,
      },
      "prod",
    ),
  ];
};
const errors = "AWS/ApplicationELB HTTPCode_Target_5XX_Count";
const suffix = { LoadBalancer: "app/web/50dc6c495c0c9188" };

const policy = "severities-delivered";
const cpu = { statistic: "Average", threshold: 85, dimensions: { InstanceId: "i-0a1b" } };
const database = { DBInstanceIdentifier: "orders" };
const sum = { statistic: "Sum", dimensions: suffix };
const below = { comparisonOperator: "LessThanThreshold", threshold: 1 };
const query = (id: string, metricName: string) => ({
  id,
  metric: { metricName, namespace: "AWS/Lambda", period: 60, stat: "Sum" },
});
const math = (expression: string, returnData?: boolean) =>
  alarm("x x", {
    namespace: undefined,
    metricName: undefined,
    period: undefined,
    metricQueries: [
      { id: "ratio", expression, ...(returnData === undefined ? {} : { returnData }) },
      query("errors", "Errors"),
      query("calls", "Invocations"),
    ],
  });
const publishedBy = (principal: unknown) => [
  ...alarm("AWS/EC2 CPUUtilization", cpu),
  resource("aws:sns/topic:Topic", "oncall", { name: "oncall", arn: topic }, "prod"),
  resource(
    "aws:sns/topicPolicy:TopicPolicy",
    "oncall",
    {
      arn: topic,
      policy: policyDocument({
        Effect: "Allow",
        Principal: principal,
        Action: "sns:Publish",
        Resource: topic,
      }),
    },
    "prod",
  ),
];
const filtered = (metricName: string) => [
  ...alarm(`Shop ${metricName}`, { statistic: "Sum" }),
  resource(
    "aws:cloudwatch/logMetricFilter:LogMetricFilter",
    "failures",
    { metricTransformation: { namespace: "Shop", name: "PaymentFailures", value: "1" } },
    "prod",
  ),
];

describe("alarms of CloudWatch", () => {
  itJudges(
    {
      "the average of a count of requests": [
        policy,
        alarm(errors, { statistic: "Average", dimensions: suffix }),
      ],
      "the ARN of a load balancer as a dimension": [
        policy,
        alarm(errors, {
          statistic: "Sum",
          dimensions: {
            LoadBalancer: `arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/${suffix.LoadBalancer}`,
          },
        }),
      ],
      "a dimension that RDS lacks": [
        policy,
        alarm("AWS/RDS CPUUtilization", { ...cpu, dimensions: { DBInstanceId: "orders" } }),
      ],
      "a dimension that SQS lacks": [
        policy,
        alarm("AWS/SQS ApproximateAgeOfOldestMessage", {
          statistic: "Maximum",
          threshold: 300,
          dimensions: { Queue: "orders" },
        }),
      ],
      "all load balancers together": [policy, alarm(errors, { statistic: "Sum" })],
      "the hosts of a load balancer without its group": [
        policy,
        alarm("AWS/ApplicationELB HealthyHostCount", {
          ...below,
          statistic: "Minimum",
          treatMissingData: "breaching",
          dimensions: suffix,
        }),
      ],
      "a ratio of CPU": [policy, alarm("AWS/EC2 CPUUtilization", { ...cpu, threshold: 0.85 })],
      "more CPU than all of it": [
        policy,
        alarm("AWS/RDS CPUUtilization", { ...cpu, threshold: 850, dimensions: database }),
      ],
      "gigabytes in place of bytes": [
        policy,
        alarm("AWS/RDS FreeStorageSpace", {
          ...below,
          statistic: "Minimum",
          threshold: 20,
          dimensions: database,
        }),
      ],
      "milliseconds in place of seconds": [
        policy,
        alarm("AWS/ApplicationELB TargetResponseTime", {
          extendedStatistic: "p99",
          threshold: 500,
          dimensions: suffix,
        }),
      ],
      "seconds in place of milliseconds": [
        policy,
        alarm("AWS/Lambda Duration", {
          extendedStatistic: "p99",
          threshold: 3,
          dimensions: { FunctionName: "orders" },
        }),
      ],
      "the size of a bucket every five minutes": [
        policy,
        alarm("AWS/S3 BucketSizeBytes", {
          statistic: "Average",
          period: 300,
          threshold: 1e12,
          dimensions: { BucketName: "logs", StorageType: "StandardStorage" },
        }),
      ],
      "periods of more than a day": [
        policy,
        alarm("AWS/EC2 CPUUtilization", { ...cpu, period: 300, evaluationPeriods: 300 }),
      ],
      "hours of more than a week": [
        policy,
        alarm("AWS/EC2 CPUUtilization", { ...cpu, period: 3600, evaluationPeriods: 200 }),
      ],
      "a heartbeat that may be missing": [
        policy,
        alarm("Shop Heartbeat", { ...below, statistic: "Sum", treatMissingData: "notBreaching" }),
      ],
      "hosts that may be missing": [
        policy,
        alarm("AWS/ApplicationELB HealthyHostCount", {
          ...below,
          statistic: "Minimum",
          treatMissingData: "notBreaching",
          dimensions: { ...suffix, TargetGroup: "targetgroup/cart/1" },
        }),
      ],
      "no failures, taken for failures": [
        policy,
        alarm(errors, { ...sum, treatMissingData: "breaching" }),
      ],
      "a misspelled metric": [policy, alarm("AWS/EC2 CPUUtilisation", cpu)],
      "a metric with another case": [
        policy,
        alarm("AWS/ApplicationELB HttpCode_Target_5XX_Count", sum),
      ],
      "a metric that a filter of the stack writes under another name": [
        policy,
        filtered("PaymentFailure"),
      ],
      "queries without a result": [policy, math("errors / calls")],
      "an expression about a query that does not exist": [policy, math("errors / call", true)],
      "a topic that other services alone may use": [
        policy,
        publishedBy({ Service: "events.amazonaws.com" }),
      ],
    },
    {
      "the sum of a count of requests": alarm(errors, sum),
      "the sum of failures that may be missing": alarm(errors, {
        ...sum,
        treatMissingData: "notBreaching",
      }),
      "the ratio of the errors of a function": alarm("AWS/Lambda Errors", {
        statistic: "Average",
        threshold: 0.05,
        dimensions: { FunctionName: "orders" },
      }),
      "a function that fails each time": alarm("AWS/Lambda Errors", {
        statistic: "Average",
        threshold: 1,
        comparisonOperator: "GreaterThanOrEqualToThreshold",
        dimensions: { FunctionName: "orders" },
      }),
      "the functions of the account": alarm("AWS/Lambda Errors", { statistic: "Sum" }),
      "the average of a percentage": alarm("AWS/RDS CPUUtilization", {
        ...cpu,
        dimensions: database,
      }),
      bytes: alarm("AWS/RDS FreeStorageSpace", {
        ...below,
        statistic: "Minimum",
        threshold: 20e9,
        treatMissingData: "notBreaching",
        dimensions: database,
      }),
      seconds: alarm("AWS/ApplicationELB TargetResponseTime", {
        extendedStatistic: "p99",
        threshold: 0.5,
        dimensions: suffix,
      }),
      milliseconds: alarm("AWS/Lambda Duration", {
        extendedStatistic: "p99",
        threshold: 3000,
        dimensions: { FunctionName: "orders" },
      }),
      "the size of a bucket every day": alarm("AWS/S3 BucketSizeBytes", {
        statistic: "Average",
        period: 86_400,
        evaluationPeriods: 1,
        threshold: 1e12,
        dimensions: { BucketName: "logs", StorageType: "StandardStorage" },
      }),
      "one status of a load balancer": alarm("AWS/ApplicationELB HTTPCode_ELB_502_Count", sum),
      "a check of an instance that may be missing": alarm("AWS/EC2 StatusCheckFailed", {
        statistic: "Maximum",
        threshold: 0,
        treatMissingData: "breaching",
        dimensions: { InstanceId: "i-0a1b" },
      }),
      "a service that uses more than it reserves": alarm("AWS/ECS CPUUtilization", {
        ...cpu,
        threshold: 150,
        dimensions: { ClusterName: "shop", ServiceName: "cart" },
      }),
      "a heartbeat": alarm("Shop Heartbeat", {
        ...below,
        statistic: "Sum",
        treatMissingData: "breaching",
      }),
      "a metric of the stack itself": filtered("PaymentFailures"),
      "another metric in the namespace of a filter": filtered("CartTimeouts"),
      "the ratio of two metrics": math("100 * errors / FILL(calls, 0)", true),
      "the result of a search": math(
        "SUM(SEARCH('{AWS/Lambda,FunctionName} Errors', 'Sum'))",
        true,
      ),
      "a topic that CloudWatch may use": publishedBy({ Service: "cloudwatch.amazonaws.com" }),
      "a topic that the account may use": publishedBy({ AWS: "*" }),
    },
  );
});
