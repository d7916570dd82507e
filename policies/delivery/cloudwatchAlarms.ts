import { distance } from "fastest-levenshtein";
import { StackFinding, located } from "../engine/policy";
import { numeral } from "../engine/violation";
import { readDocument } from "../facts/iam";
import {
  Plain,
  UNKNOWN,
  at,
  entriesAt,
  hasUnknown,
  isText,
  listAt,
  textAt,
  textsAt,
} from "../facts/plain";
import { Resource, refersTo } from "../facts/resource";
import { own } from "../shared/own";
import { Mistake, mistakesIn } from "./monitorMistakes";
import { SECONDS_PER_DAY } from "../shared/duration";

export const cloudwatchAlarm = "aws:cloudwatch/metricAlarm:MetricAlarm";
const topicType = "aws:sns/topic:Topic";
const topicPolicyType = "aws:sns/topicPolicy:TopicPolicy";
const filterType = "aws:cloudwatch/logMetricFilter:LogMetricFilter";

/** Resource types that the alarm checks read, in addition to the alarms. */
export const alarmInputs = new Set([topicType, topicPolicyType, filterType]);

/**
 * Checks that CloudWatch accepts the stack's alarms, that they can fire, and that their topics receive
 * them.
 */
export function checkAlarms(resources: Resource[]): StackFinding[] {
  const alarms = resources.filter(({ type }) => type === cloudwatchAlarm);
  if (alarms.length === 0) return [];
  return [
    ...alarms.flatMap(checkAlarm),
    ...checkFilters(alarms, resources),
    ...checkTopics(alarms, resources),
  ];
}

function checkAlarm(alarm: Resource): StackFinding[] {
  const { props } = alarm;
  const rejected = [...wrongPeriods(props), wrongQueries(props), percentileStatistic(props)].map(
    (mistake) =>
      mistake && {
        ...mistake,
        problem: `${mistake.problem}, so CloudWatch rejects the alarm`,
      },
  );
  return mistakesIn(alarm, [
    ...rejected,
    ...wrongDimensions(props),
    averageOfRequests(props),
    misspelledMetric(props),
    wrongUnit(props),
    shortPeriod(props),
    wrongMissingData(props),
  ]);
}

/** Reports periods that CloudWatch does not support. */
function wrongPeriods(props: Plain): (Mistake | undefined)[] {
  const read = (key: string) => Number(at(props, key) === UNKNOWN ? NaN : (at(props, key) ?? NaN));
  const period = read("period");
  const periods = read("evaluationPeriods");
  const seconds = period * periods;
  return [
    period <= 0 || (period % 60 > 0 && ![10, 20, 30].includes(period))
      ? { key: "period", problem: "this period is not supported", fix: "set period: 60" }
      : undefined,
    read("datapointsToAlarm") > periods
      ? {
          key: "datapointsToAlarm",
          problem: "datapointsToAlarm is greater than evaluationPeriods",
          fix: "set datapointsToAlarm to at most evaluationPeriods",
        }
      : undefined,
    seconds > (period >= 3600 ? 7 : 1) * SECONDS_PER_DAY
      ? {
          key: "evaluationPeriods",
          problem: `the periods span ${numeral(seconds / 3600)} hours in total, but the limit is one day, or seven days for periods of at least an hour`,
          fix: "use fewer periods, or periods of at least an hour",
        }
      : undefined,
  ];
}

function percentileStatistic(props: Plain): Mistake | undefined {
  return /^p\d/i.test(textAt(props, "statistic") ?? "")
    ? {
        key: "statistic",
        problem: "statistic does not accept percentiles",
        fix: "set extendedStatistic instead of statistic",
      }
    : undefined;
}

/** Known dimensions of each namespace, and the dimensions that an alarm must have at least one of. */
const dimensions: Record<string, [known: string, required?: string]> = {
  "AWS/ApplicationELB": ["LoadBalancer TargetGroup AvailabilityZone", "LoadBalancer TargetGroup"],
  "AWS/NetworkELB": ["LoadBalancer TargetGroup AvailabilityZone", "LoadBalancer TargetGroup"],
  "AWS/SQS": ["QueueName"],
  "AWS/Kinesis": ["StreamName ShardId ConsumerName"],
  "AWS/NATGateway": ["NatGatewayId"],
  "AWS/ECS": ["ClusterName ServiceName TaskDefinitionFamily DiscoveryName TargetDiscoveryName"],
  "AWS/S3": ["BucketName StorageType FilterId", "BucketName"],
  "AWS/EC2": ["InstanceId AutoScalingGroupName ImageId InstanceType"],
  "AWS/RDS": [
    "DBInstanceIdentifier DBClusterIdentifier DbClusterIdentifier DatabaseClass EngineName Role SourceRegion",
  ],
  "AWS/Lambda": ["FunctionName Resource ExecutedVersion EventSourceMappingUUID"],
  "AWS/DynamoDB": [
    "TableName GlobalSecondaryIndexName Operation OperationType StreamLabel ReceivingRegion Verb Source DelegatedOperation",
  ],
  "AWS/EBS": ["VolumeId InstanceId"],
  "AWS/EFS": ["FileSystemId StorageClass"],
};

/**
 * Reports dimensions that the namespace does not have, and missing dimensions that its metrics require.
 */
function foreignDimension(props: Plain): Mistake | undefined {
  const namespace = textAt(props, "namespace") ?? "";
  const [known, required] = own(dimensions, namespace) ?? [];
  const alarmDimensions = at(props, "dimensions") ?? {};
  if (known === undefined || alarmDimensions === UNKNOWN) return undefined;
  const names = entriesAt(alarmDimensions).map(([name]) => name);
  const foreign = names.find((name) => !known.split(" ").includes(name));
  if (foreign !== undefined) {
    return {
      key: `dimensions.${foreign}`,
      problem: `no metric in ${namespace} has this dimension, so the alarm never fires`,
      fix: `use one of ${known.split(" ").join(", ")}`,
    };
  }
  const isHostCount = /HealthyHostCount$/.test(textAt(props, "metricName") ?? "");
  const options = required?.split(" ") ?? [];
  const unset = options.filter((name) => !names.includes(name));
  // A count of hosts requires every option, and any other metric requires one of them.
  const [missing] = isHostCount || unset.length === options.length ? unset : [];
  return missing === undefined
    ? undefined
    : {
        key: "dimensions",
        problem: `${namespace} has no metric that covers all resources, so the alarm never fires`,
        fix: `set dimensions.${missing}`,
      };
}

/**
 * Reports dimensions of load balancers that are full ARNs. The dimension is only the last part of the
 * ARN.
 */
function wrongDimensions(props: Plain): Mistake[] {
  const foreign = foreignDimension(props);
  if (foreign !== undefined) return [foreign];
  return textsAt(props, "dimensions")
    .filter(
      ([name, value]) => /^(LoadBalancer|TargetGroup)$/.test(name) && value.startsWith("arn:"),
    )
    .map(([name]) => ({
      key: `dimensions.${name}`,
      problem: "no metric has an ARN as the value of this dimension, so the alarm never fires",
      fix: `set ${name} to arnSuffix instead of arn`,
    }));
}

/**
 * Reports averages of per-request metrics that can never exceed the threshold. Each sample is 0 or 1, so
 * the average is at most 1.
 */
function averageOfRequests(props: Plain): Mistake | undefined {
  const isPerRequest =
    /^(AWS\/(ApplicationELB|Lambda|ApiGateway) (HTTPCode_\w+_Count|Errors|Throttles|[45]XXError))$/.test(
      metricOf(props),
    );
  const threshold = at(props, "threshold");
  const operator = textAt(props, "comparisonOperator");
  const isNever =
    isPerRequest &&
    textAt(props, "statistic") === "Average" &&
    typeof threshold === "number" &&
    ((operator === "GreaterThanThreshold" && threshold >= 1) ||
      (operator === "GreaterThanOrEqualToThreshold" && threshold > 1));
  return isNever
    ? {
        key: "statistic",
        problem: "the average of a count per request is at most 1, so the alarm never fires",
        fix: "set statistic: Sum",
      }
    : undefined;
}

/** Returns an alarm's metric, such as `AWS/EC2 CPUUtilization`. */
function metricOf(props: Plain): string {
  return `${textAt(props, "namespace")} ${textAt(props, "metricName")}`;
}

/**
 * Metrics whose units are often confused, with a check for thresholds that were probably meant in
 * another unit.
 */
const units: [
  metric: RegExp,
  isMistaken: (threshold: number, isUpper: boolean) => boolean,
  unit: string,
][] = [
  [
    / (CPU|Memory)Utilization$/,
    (threshold, isUpper) => isUpper && threshold > 0 && threshold < 1,
    "a percentage, but the threshold is a ratio",
  ],
  [
    // An ECS service may use more than it reserves.
    /^AWS\/(EC2|RDS) CPUUtilization$/,
    (threshold, isUpper) => isUpper && threshold > 100,
    "at most 100 percent",
  ],
  [
    / (FreeStorageSpace|FreeableMemory|FreeLocalStorage|BucketSizeBytes)$/,
    (threshold) => threshold > 0 && threshold < 1e6,
    "in bytes",
  ],
  [
    /^AWS\/(ApplicationELB TargetResponseTime|ELB Latency)$/,
    (threshold, isUpper) => isUpper && threshold >= 60,
    "in seconds, but the threshold is in milliseconds",
  ],
  [
    /^AWS\/(Lambda Duration|ApiGateway (Integration)?Latency)$/,
    (threshold, isUpper) => isUpper && threshold > 0 && threshold <= 10,
    "in milliseconds, but the threshold is in seconds",
  ],
];

function wrongUnit(props: Plain): Mistake | undefined {
  const threshold = at(props, "threshold");
  if (typeof threshold !== "number") return undefined;
  const metric = metricOf(props);
  const isUpper = /^GreaterThan/.test(textAt(props, "comparisonOperator") ?? "");
  const [, , unit] =
    units.find(([name, isMistaken]) => name.test(metric) && isMistaken(threshold, isUpper)) ?? [];
  return unit === undefined
    ? undefined
    : {
        key: "threshold",
        problem: `${metric} is ${unit}, so the alarm fires always or never`,
        fix: "write the threshold in the metric's unit",
      };
}

/** Metrics that alarms commonly use, to detect misspelled names. */
const metricNames: Record<string, string> = {
  "AWS/EC2":
    "CPUUtilization CPUCreditBalance StatusCheckFailed StatusCheckFailed_System NetworkIn NetworkOut",
  "AWS/RDS":
    "CPUUtilization FreeStorageSpace FreeableMemory DatabaseConnections ReadLatency WriteLatency ReplicaLag DiskQueueDepth SwapUsage",
  "AWS/ApplicationELB":
    "HTTPCode_ELB_5XX_Count HTTPCode_ELB_4XX_Count HTTPCode_ELB_3XX_Count HTTPCode_ELB_500_Count HTTPCode_ELB_502_Count HTTPCode_ELB_503_Count HTTPCode_ELB_504_Count HTTPCode_Target_5XX_Count HTTPCode_Target_4XX_Count HTTPCode_Target_3XX_Count HTTPCode_Target_2XX_Count TargetResponseTime HealthyHostCount UnHealthyHostCount RequestCount RequestCountPerTarget TargetConnectionErrorCount RejectedConnectionCount ActiveConnectionCount NewConnectionCount",
  "AWS/SQS":
    "ApproximateAgeOfOldestMessage ApproximateNumberOfMessagesVisible ApproximateNumberOfMessagesNotVisible ApproximateNumberOfMessagesDelayed NumberOfMessagesSent NumberOfMessagesReceived NumberOfMessagesDeleted",
  "AWS/Lambda":
    "Errors Throttles Duration Invocations ConcurrentExecutions DeadLetterErrors IteratorAge UnreservedConcurrentExecutions",
  "AWS/DynamoDB":
    "ThrottledRequests UserErrors SystemErrors ConsumedReadCapacityUnits ConsumedWriteCapacityUnits ReadThrottleEvents WriteThrottleEvents SuccessfulRequestLatency",
  "AWS/ECS": "CPUUtilization MemoryUtilization",
};

/** Reports a metric whose name differs from a known metric by one or two letters. */
function misspelledMetric(props: Plain): Mistake | undefined {
  const name = textAt(props, "metricName") ?? "";
  const names = own(metricNames, textAt(props, "namespace") ?? "")?.split(" ") ?? [];
  const meant = names.includes(name)
    ? undefined
    : names.find((known) => distance(known.toLowerCase(), name.toLowerCase()) <= 2);
  return meant === undefined
    ? undefined
    : {
        key: "metricName",
        problem: `AWS has no metric ${name}, so the alarm never fires`,
        fix: `set metricName: ${meant}`,
      };
}

/** Metrics that AWS publishes infrequently, with their interval in seconds. */
const rarely: Record<string, number> = {
  "AWS/S3 BucketSizeBytes": SECONDS_PER_DAY,
  "AWS/S3 NumberOfObjects": SECONDS_PER_DAY,
  "AWS/Billing EstimatedCharges": 21_600,
};

/** Reports a period in which AWS usually publishes no value of the metric. */
function shortPeriod(props: Plain): Mistake | undefined {
  const period = at(props, "period");
  const least = own(rarely, metricOf(props));
  return least === undefined || typeof period !== "number" || period >= least
    ? undefined
    : {
        key: "period",
        problem: `AWS publishes ${metricOf(props)} once every ${least / 3600} hours, so most periods have no data`,
        fix: `set period: ${least}`,
      };
}

/** Failure counts that AWS does not publish unless there are failures. */
const sparse = /(^HTTPCode_|5XX|4XX|Throttle)/i;

/**
 * Checks how an alarm treats missing data. Missing data is normal for a failure count, but a problem for
 * a heartbeat.
 */
function wrongMissingData(props: Plain): Mistake | undefined {
  const treatment = textAt(props, "treatMissingData");
  const metric = textAt(props, "metricName") ?? "";
  const operator = textAt(props, "comparisonOperator") ?? "";
  const threshold = at(props, "threshold");
  if (typeof threshold !== "number") return undefined;
  const isCount = /^(Sum|SampleCount)$/.test(textAt(props, "statistic") ?? "");
  const isHeartbeat =
    operator.startsWith("LessThan") &&
    threshold <= 1 &&
    !sparse.test(metric) &&
    (isCount || /^HealthyHostCount$/.test(metric));
  if (treatment === "notBreaching" && isHeartbeat) {
    return {
      key: "treatMissingData",
      problem:
        "the alarm detects a missing signal but treats missing data as good, so it never fires",
      fix: "set treatMissingData: breaching",
    };
  }
  return treatment === "breaching" && operator.startsWith("GreaterThan") && sparse.test(metric)
    ? {
        key: "treatMissingData",
        problem:
          "AWS publishes no values while nothing fails, so the alarm fires although nothing failed",
        fix: "set treatMissingData: notBreaching",
      }
    : undefined;
}

/** Checks that an alarm with metric queries compares the result of exactly one query. */
function wrongQueries(props: Plain): Mistake | undefined {
  const queries = at(props, "metricQueries");
  const list = listAt(queries);
  if (hasUnknown(queries) || list.length === 0) return undefined;
  const ids = list.map((query) => textAt(query, "id"));
  const results = list.filter((query) => at(query, "returnData") === true);
  const missing = list
    .map((query) => (textAt(query, "expression") ?? "").replace(/"[^"]*"|'[^']*'/g, ""))
    .filter((expression) => !/\bSELECT\b/i.test(expression))
    .flatMap((expression) => expression.match(/\b[a-z]\w*/g) ?? [])
    .find((name) => !ids.includes(name));
  if (missing !== undefined) {
    return {
      key: "metricQueries",
      problem: `an expression reads ${missing}, which is not a query ID`,
      fix: "correct the id",
    };
  }
  return results.length === 1
    ? undefined
    : {
        key: "metricQueries",
        problem: `${results.length} queries have returnData: true, but exactly one must have it`,
        fix: "set returnData: true only on the query to compare",
      };
}

/** Checks that alarms use the metric names that the stack's metric filters write. */
function checkFilters(alarms: Resource[], resources: Resource[]): StackFinding[] {
  const written = resources
    .filter(({ type }) => type === filterType)
    .map(({ props }) => at(props, "metricTransformation"))
    .map((metric) => [textAt(metric, "namespace"), textAt(metric, "name")] as const);
  return alarms.flatMap((alarm): StackFinding[] => {
    const [namespace, name = ""] = ["namespace", "metricName"].map((key) =>
      textAt(alarm.props, key),
    );
    const names = written
      .filter(([other]) => other === namespace)
      .flatMap(([, other]) => other ?? []);
    if (names.includes(name)) return [];
    const suggestion = names.find(
      (other) => distance(other.toLowerCase(), name.toLowerCase()) <= Math.min(3, name.length / 3),
    );
    if (suggestion === undefined) return [];
    return [
      {
        ...located(alarm, "metricName"),
        problem: "no metric filter writes the alarm's metric, so the alarm never fires",
        bound: suggestion,
        fix: `set metricName: ${suggestion}`,
      },
    ];
  });
}

/** Checks that CloudWatch may publish to the alarms' topics. */
function checkTopics(alarms: Resource[], resources: Resource[]): StackFinding[] {
  const isUsed = (topic: Resource) =>
    alarms.some((alarm) => {
      const list = listAt(alarm.props, "alarmActions");
      return (
        list.includes(textAt(topic.props, "arn")) ||
        refersTo(alarm, "alarmActions", topic) ||
        list.some((arn) => isText(arn) && arn.endsWith(`:${textAt(topic.props, "name")}`))
      );
    });
  return resources
    .filter((topic) => topic.type === topicType && isUsed(topic))
    .flatMap((topic) => [
      ...(/^alias\/aws\/sns$/.test(textAt(topic.props, "kmsMasterKeyId") ?? "")
        ? [
            {
              ...located(topic, "kmsMasterKeyId"),
              problem: "CloudWatch cannot use the topic's KMS key, so no alarm reaches the topic",
              bound: "a customer managed key that CloudWatch can use, or no key",
              fix: "set kmsMasterKeyId to a key whose policy allows cloudwatch.amazonaws.com",
            },
          ]
        : []),
      ...resources
        .filter((policy) => policy.type === topicPolicyType && refersTo(policy, "arn", topic))
        .filter(({ props }) => isClosed(at(props, "policy")))
        .map((policy) => ({
          ...located(policy, "policy"),
          problem:
            "the topic's policy does not allow CloudWatch to publish, so no alarm reaches the topic",
          bound: "sns:Publish for cloudwatch.amazonaws.com",
          fix: "add a statement for the principal cloudwatch.amazonaws.com",
        })),
    ]);
}

/**
 * Whether a topic policy allows only other services. Without a policy, the account's own alarms may
 * publish.
 */
function isClosed(policy: Plain): boolean {
  const document = readDocument(policy);
  if (document === UNKNOWN || document === undefined) return false;
  const allowed = document.filter(({ allow }) => allow);
  return (
    allowed.length > 0 &&
    allowed.every(
      ({ unknown, principals }) =>
        !unknown &&
        principals.every(
          ({ kind, name }) => kind === "Service" && !/^(cloudwatch\.|\*)/.test(name),
        ),
    )
  );
}
