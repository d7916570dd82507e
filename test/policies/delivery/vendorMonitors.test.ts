import { PlainMap } from "../../../policies/facts/plain";
import { resource } from "../subjects";
import { itJudges } from "../redTeam/subjects";

const datadog = (query: string, critical: number) => [
  resource(
    "datadog:index/monitor:Monitor",
    "web",
    { type: "metric alert", query, message: "@slack-platform", monitorThresholds: { critical } },
    "prod",
  ),
];
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

describe("monitors of vendors", () => {
  itJudges(
    {
      "a percentage of CPU compared with a ratio": [
        "severities-delivered",
        datadog("avg(last_10m):avg:system.cpu.user{service:web} by {host} > 0.9", 0.9),
      ],
      "a ratio of a disk compared with a percentage": [
        "severities-delivered",
        datadog("avg(last_10m):max:system.disk.in_use{env:prod} by {host,device} > 90", 90),
      ],
      "the average of a count of requests": [
        "severities-delivered",
        alarm(errors, { statistic: "Average", dimensions: suffix }),
      ],
      "the ARN of a load balancer as a dimension": [
        "severities-delivered",
        alarm(errors, {
          statistic: "Sum",
          dimensions: {
            LoadBalancer: `arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/${suffix.LoadBalancer}`,
          },
        }),
      ],
    },
    {
      "a percentage of CPU": datadog(
        "avg(last_10m):avg:system.cpu.user{service:web} by {host} > 90",
        90,
      ),
      "a ratio of a disk": datadog(
        "avg(last_10m):max:system.disk.in_use{env:prod} by {host,device} > 0.9",
        0.9,
      ),
      "CPU in percent as a ratio": datadog(
        "avg(last_10m):avg:system.cpu.user{service:web} by {host} / 100 > 0.9",
        0.9,
      ),
      "stolen time of a few thousandths": datadog(
        "avg(last_10m):avg:system.cpu.stolen{service:web} by {host} > 0.05",
        0.05,
      ),
      "the sum of a count of requests": alarm(errors, { statistic: "Sum", dimensions: suffix }),
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
      "the average of a percentage": alarm("AWS/RDS CPUUtilization", {
        statistic: "Average",
        threshold: 85,
        dimensions: { DBInstanceIdentifier: "orders" },
      }),
    },
  );
});
