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

const DAY = 86_400;

/** Checks for alarms with periods that CloudWatch rejects, and for alarms without data to compare. */
function checkAlarm(alarm: Resource): StackFinding[] {
  const { props } = alarm;
  const read = (key: string) => Number(at(props, key) === UNKNOWN ? NaN : (at(props, key) ?? NaN));
  const [period, points, periods] = [
    read("period"),
    read("datapointsToAlarm"),
    read("evaluationPeriods"),
  ];
  const mistakes: [key: string, problem: string, fix: string][] = [];
  if (period <= 0 || (period % 60 > 0 && ![10, 20, 30].includes(period))) {
    mistakes.push(["period", "this period is not supported", "set period: 60"]);
  }
  if (points > periods) {
    mistakes.push([
      "datapointsToAlarm",
      "datapointsToAlarm is greater than evaluationPeriods",
      "set datapointsToAlarm to at most evaluationPeriods",
    ]);
  }
  const seconds = period * periods;
  if (seconds > (period >= 3600 ? 7 : 1) * DAY) {
    mistakes.push([
      "evaluationPeriods",
      `the periods span ${numeral(seconds / 3600)} hours in total, but the limit is one day, or seven days for periods of at least an hour`,
      "use fewer periods, or periods of at least an hour",
    ]);
  }
  mistakes.push(...wrongQueries(props));
  if (/^p\d/i.test(textAt(props, "statistic") ?? "")) {
    mistakes.push([
      "statistic",
      "statistic does not accept percentiles",
      "set extendedStatistic instead of statistic",
    ]);
  }
  const silent = [
    ...wrongDimensions(props),
    ...wrongStatistic(props),
    ...wrongMetric(props),
    ...wrongMissingData(props),
  ];
  return [
    ...mistakes.map(
      ([key, problem, fix]) => [key, `${problem}, so CloudWatch rejects the alarm`, fix] as const,
    ),
    ...silent,
  ].map(([key, problem, fix]) => ({
    ...located(alarm, key),
    problem,
    fix,
  }));
}

type Mistake = readonly [key: string, problem: string, fix: string];

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
function foreignDimensions(props: Plain): Mistake[] {
  const namespace = textAt(props, "namespace") ?? "";
  const [known, required] = own(dimensions, namespace) ?? [];
  const alarmDimensions = at(props, "dimensions") ?? {};
  if (known === undefined || alarmDimensions === UNKNOWN) return [];
  const names = entriesAt(alarmDimensions).map(([name]) => name);
  const [foreign] = names.filter((name) => !known.split(" ").includes(name));
  if (foreign !== undefined) {
    return [
      [
        `dimensions.${foreign}`,
        `no metric in ${namespace} has this dimension, so the alarm never fires`,
        `use one of ${known.split(" ").join(", ")}`,
      ],
    ];
  }
  const isHostCount = /HealthyHostCount$/.test(textAt(props, "metricName") ?? "");
  const options = required?.split(" ") ?? [];
  const missing = isHostCount
    ? options.find((name) => !names.includes(name))
    : options.some((name) => names.includes(name))
      ? undefined
      : options[0];
  return missing === undefined
    ? []
    : [
        [
          "dimensions",
          `${namespace} has no metric that covers all resources, so the alarm never fires`,
          `set dimensions.${missing}`,
        ],
      ];
}

/**
 * Reports dimensions of load balancers that are full ARNs. The dimension is only the last part of the
 * ARN.
 */
function wrongDimensions(props: Plain): Mistake[] {
  const foreign = foreignDimensions(props);
  if (foreign.length > 0) return foreign;
  return textsAt(props, "dimensions")
    .filter(
      ([name, value]) => /^(LoadBalancer|TargetGroup)$/.test(name) && value.startsWith("arn:"),
    )
    .map(([name]) => [
      `dimensions.${name}`,
      "no metric has an ARN as the value of this dimension, so the alarm never fires",
      `set ${name} to arnSuffix instead of arn`,
    ]);
}

/**
 * Reports averages of per-request metrics that can never exceed the threshold. Each sample is 0 or 1, so
 * the average is at most 1.
 */
function wrongStatistic(props: Plain): Mistake[] {
  const isPerRequest =
    /^(AWS\/(ApplicationELB|Lambda|ApiGateway) (HTTPCode_\w+_Count|Errors|Throttles|[45]XXError))$/.test(
      `${textAt(props, "namespace")} ${textAt(props, "metricName")}`,
    );
  const threshold = at(props, "threshold");
  const isNever =
    isPerRequest &&
    textAt(props, "statistic") === "Average" &&
    typeof threshold === "number" &&
    (textAt(props, "comparisonOperator") === "GreaterThanThreshold"
      ? threshold >= 1
      : textAt(props, "comparisonOperator") === "GreaterThanOrEqualToThreshold" && threshold > 1);
  return isNever
    ? [
        [
          "statistic",
          "the average of a count per request is at most 1, so the alarm never fires",
          "set statistic: Sum",
        ],
      ]
    : [];
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

/** Returns the metric that the author of a misspelled name probably meant. */
function misspelledMetric(namespace: string, name: string): string | undefined {
  const names = own(metricNames, namespace)?.split(" ") ?? [];
  if (names.includes(name)) return undefined;
  return names.find((known) => distance(known.toLowerCase(), name.toLowerCase()) <= 2);
}

/** Metrics that AWS publishes infrequently, with their interval in seconds. */
const rarely: Record<string, number> = {
  "AWS/S3 BucketSizeBytes": DAY,
  "AWS/S3 NumberOfObjects": DAY,
  "AWS/Billing EstimatedCharges": 21_600,
};

function wrongMetric(props: Plain): Mistake[] {
  const metric = `${textAt(props, "namespace")} ${textAt(props, "metricName")}`;
  const [threshold, period] = [at(props, "threshold"), at(props, "period")];
  const isUpper = /^GreaterThan/.test(textAt(props, "comparisonOperator") ?? "");
  const [, , unit] =
    typeof threshold === "number"
      ? (units.find(([name, isMistaken]) => name.test(metric) && isMistaken(threshold, isUpper)) ??
        [])
      : [];
  const least = own(rarely, metric);
  const name = textAt(props, "metricName") ?? "";
  const suggestion = misspelledMetric(textAt(props, "namespace") ?? "", name);
  return [
    ...(suggestion === undefined
      ? []
      : [
          [
            "metricName",
            `AWS has no metric ${name}, so the alarm never fires`,
            `set metricName: ${suggestion}`,
          ] as const,
        ]),
    ...(unit === undefined
      ? []
      : [
          [
            "threshold",
            `${metric} is ${unit}, so the alarm fires always or never`,
            "write the threshold in the metric's unit",
          ] as const,
        ]),
    ...(least === undefined || typeof period !== "number" || period >= least
      ? []
      : [
          [
            "period",
            `AWS publishes ${metric} once every ${least / 3600} hours, so most periods have no data`,
            `set period: ${least}`,
          ] as const,
        ]),
  ];
}

/** Failure counts that AWS does not publish unless there are failures. */
const sparse = /(^HTTPCode_|5XX|4XX|Throttle)/i;

/**
 * Checks how an alarm treats missing data. Missing data is normal for a failure count, but a problem for
 * a heartbeat.
 */
function wrongMissingData(props: Plain): Mistake[] {
  const treatment = textAt(props, "treatMissingData");
  const metric = textAt(props, "metricName") ?? "";
  const operator = textAt(props, "comparisonOperator") ?? "";
  const threshold = at(props, "threshold");
  if (typeof threshold !== "number") return [];
  const isCount = /^(Sum|SampleCount)$/.test(textAt(props, "statistic") ?? "");
  const isHeartbeat =
    operator.startsWith("LessThan") &&
    threshold <= 1 &&
    !sparse.test(metric) &&
    (isCount || /^HealthyHostCount$/.test(metric));
  if (treatment === "notBreaching" && isHeartbeat) {
    return [
      [
        "treatMissingData",
        "the alarm detects a missing signal but treats missing data as good, so it never fires",
        "set treatMissingData: breaching",
      ],
    ];
  }
  return treatment === "breaching" && operator.startsWith("GreaterThan") && sparse.test(metric)
    ? [
        [
          "treatMissingData",
          "AWS publishes no values while nothing fails, so the alarm fires although nothing failed",
          "set treatMissingData: notBreaching",
        ],
      ]
    : [];
}

/** Checks that an alarm with metric queries compares the result of exactly one query. */
function wrongQueries(props: Plain): [key: string, problem: string, fix: string][] {
  const queries = at(props, "metricQueries");
  if (hasUnknown(queries) || listAt(queries).length === 0) return [];
  const list = listAt(queries);
  const ids = list.map((query) => textAt(query, "id"));
  const results = list.filter((query) => at(query, "returnData") === true);
  const missing = list
    .map((query) => (textAt(query, "expression") ?? "").replace(/"[^"]*"|'[^']*'/g, ""))
    .filter((expression) => !/\bSELECT\b/i.test(expression))
    .flatMap((expression) => expression.match(/\b[a-z]\w*/g) ?? [])
    .find((name) => !ids.includes(name));
  if (missing !== undefined) {
    return [
      [
        "metricQueries",
        `an expression reads ${missing}, which is not a query ID`,
        "correct the id",
      ],
    ];
  }
  return results.length === 1
    ? []
    : [
        [
          "metricQueries",
          `${results.length} queries have returnData: true, but exactly one must have it`,
          "set returnData: true only on the query to compare",
        ],
      ];
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
