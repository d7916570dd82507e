import * as assert from "node:assert/strict";
import { stringify } from "yaml";
import { PlainMap } from "../../policies/facts/plain";
import { Resource } from "../../policies/facts/resource";
import { grafanaExposure } from "../../policies/access/grafanaExposure";
import { grouping } from "../../policies/delivery/grouping";
import { inhibition } from "../../policies/delivery/inhibition";
import { logGroupRetention } from "../../policies/retention/logGroupRetention";
import { lokiBucketHardened } from "../../policies/access/lokiBucketHardened";
import { lokiBucketLifecycle } from "../../policies/retention/lokiBucketLifecycle";
import { lokiIamLeastPrivilege } from "../../policies/access/lokiIamLeastPrivilege";
import { AnyPolicy } from "../../policies/engine/policy";
import { prodHighAvailability } from "../../policies/reliability/prodHighAvailability";
import { prometheusStorage } from "../../policies/retention/prometheusStorage";
import { scrapeCost } from "../../policies/reliability/scrapeCost";
import { severitiesDelivered } from "../../policies/delivery/severitiesDelivered";
import { watchdogRouted } from "../../policies/delivery/watchdogRouted";
import {
  access,
  accessStatements,
  bucketName,
  changed,
  configSecret,
  configText,
  goodConfig,
  lokiBucketStack,
  podTrust,
  policyDocument,
  routesFirst,
  stack,
  subject,
  tlsOnly,
  trust,
  webTrust,
} from "./platformSubjects";
import { problems, prometheusRule, release, resource, serviceMonitor } from "./subjects";

const arn = `arn:aws:s3:::${bucketName}`;
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const text = (change: PlainMap = {}): string => stringify(changed(goodConfig, change));

/** The stack with its configuration changed, in the form of its inputs and as the engine shows it. */
const delivered = (change: PlainMap, ...more: Resource[]): Resource[] => [
  stack(),
  configSecret(change),
  ...more,
];
const first = (...routes: PlainMap[]): Resource[] => delivered(routesFirst(...routes));
const inValues = (alertmanager: PlainMap): Resource[] => [
  stack({ alertmanager: { alertmanagerSpec: { useExistingSecret: false }, ...alertmanager } }),
];
const toNull = { receiver: "null" };
const prometheusSpec = (spec: PlainMap): Resource =>
  stack({ prometheus: { prometheusSpec: spec } });
const volume = (storageSpec: unknown): Resource => prometheusSpec({ storageSpec });
const grafana = (values: PlainMap): Resource => stack({ grafana: values });
const lifecycle = (...rules: PlainMap[]): Resource[] => {
  const [, bucket] = lokiBucketStack();
  const good = (bucket && lokiBucketStack().at(-1)?.props) as { rules: PlainMap[] };
  return lokiBucketStack({
    bucketLifecycleConfiguration: { rules: [...good.rules, ...rules] },
  });
};
const expires = (change: PlainMap): PlainMap => ({
  status: "Enabled",
  filter: {},
  expiration: { days: 30 },
  ...change,
});
const onlyRules = (...rules: PlainMap[]): Resource[] =>
  lokiBucketStack({ bucketLifecycleConfiguration: { rules } });
const abort = {
  status: "Enabled",
  filter: {},
  abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
};
const versions = {
  status: "Enabled",
  filter: {},
  noncurrentVersionExpiration: { noncurrentDays: 7 },
};
const secondBlock = resource(
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
  "open",
  {
    bucket: bucketName,
    blockPublicAcls: false,
    blockPublicPolicy: false,
    ignorePublicAcls: false,
    restrictPublicBuckets: false,
  },
  "prod",
);
const bucketPolicy = (...statements: object[]): Resource[] =>
  lokiBucketStack({ bucketPolicy: { policy: policyDocument(...statements) } });
const [list, objects] = accessStatements;
const configMap = (data: PlainMap): Resource =>
  resource("kubernetes:core/v1:ConfigMap", "c", { data });
const inhibits = (...rules: PlainMap[]): Resource => configSecret({ inhibit_rules: rules });
const pair = goodConfig.inhibit_rules[0] ?? {};

/** What complies, in each way that the table below changes it. */
const good: [string, AnyPolicy, Resource | Resource[]][] = [
  ["an input", severitiesDelivered, delivered({})],
  ["the engine's Secret", severitiesDelivered, [stack(), configSecret({}, "engine")]],
  ["values", severitiesDelivered, inValues({ config: goodConfig })],
  ["values as text", severitiesDelivered, inValues({ stringConfig: text() })],
  ["an input", watchdogRouted, delivered({})],
  ["the engine's Secret", watchdogRouted, [stack(), configSecret({}, "engine")]],
  ["a Secret", inhibition, configSecret()],
  ["a Secret", grouping, configSecret({}, "engine")],
  ["a bucket", lokiBucketLifecycle, lokiBucketStack()],
  ["a bucket", lokiBucketHardened, lokiBucketStack()],
  ["a bucket of the V2 family", lokiBucketLifecycle, lokiBucketStack({}, "V2")],
  ["a bucket of the V2 family", lokiBucketHardened, lokiBucketStack({}, "V2")],
  ["an access policy", lokiIamLeastPrivilege, access()],
  ["a trust in Pod Identity", lokiIamLeastPrivilege, trust(podTrust)],
  [
    "a trust in a service account",
    lokiIamLeastPrivilege,
    trust(webTrust({ StringEquals: { [subject]: "system:serviceaccount:monitoring:loki" } })),
  ],
  ["the stack", prometheusStorage, stack()],
  ["the stack", grafanaExposure, stack()],
  ["the stack", scrapeCost, stack()],
  ["the stack", prodHighAvailability, stack()],
];

/** Attempts to bypass a policy, deliberate or by mistake. */
const bypasses: [string, AnyPolicy, Resource | Resource[]][] = [
  [
    "a route to null before the real one",
    severitiesDelivered,
    first({ ...toNull, matchers: ['severity="critical"'] }),
  ],
  [
    "the same with the old match",
    severitiesDelivered,
    first({ ...toNull, match: { severity: "critical" } }),
  ],
  [
    "the same with match_re",
    severitiesDelivered,
    first({ ...toNull, match_re: { severity: "crit.*" } }),
  ],
  [
    "an unquoted matcher",
    severitiesDelivered,
    first({ ...toNull, matchers: ["severity = warning"] }),
  ],
  [
    "a matcher in braces",
    severitiesDelivered,
    first({ ...toNull, matchers: ['{severity="critical",namespace="shop"}'] }),
  ],
  [
    "a quoted label",
    severitiesDelivered,
    first({ ...toNull, matchers: ['"severity"="critical"'] }),
  ],
  [
    "a regular expression for everything",
    severitiesDelivered,
    first({ ...toNull, matchers: ['alertname=~".*"'] }),
  ],
  ["a negative matcher", severitiesDelivered, first({ ...toNull, matchers: ['team!="platform"'] })],
  [
    "a negative regular expression",
    severitiesDelivered,
    first({ ...toNull, matchers: ['namespace!~"kube-.*"'] }),
  ],
  ["one namespace", severitiesDelivered, first({ ...toNull, matchers: ['namespace="ticketing"'] })],
  [
    "some namespaces",
    severitiesDelivered,
    first({ ...toNull, matchers: ['namespace=~"(dev|test)-[a-z]+"'] }),
  ],
  [
    "one service",
    severitiesDelivered,
    first({ ...toNull, matchers: ['service="api-gateway"', 'severity!="info"'] }),
  ],
  ["one alert", severitiesDelivered, first({ ...toNull, matchers: ['alertname="HighErrorRate"'] })],
  [
    "alerts of one rule of the stack",
    severitiesDelivered,
    delivered(
      routesFirst({ ...toNull, matchers: ['team=~"p.*", tier!=""'] }),
      resource("kubernetes:monitoring.coreos.com/v1:PrometheusRule", "r", {
        spec: {
          groups: [
            {
              rules: [
                {
                  alert: "A",
                  expr: "up == 0",
                  labels: { team: "pay", tier: "1", severity: "critical" },
                },
              ],
            },
          ],
        },
      }),
    ),
  ],
  [
    "a matcher that cannot be parsed",
    severitiesDelivered,
    first({ ...toNull, matchers: ["severity"] }),
  ],
  [
    "a child route to null",
    severitiesDelivered,
    first({
      receiver: "slack",
      matchers: ['severity="critical"'],
      routes: [{ ...toNull, matchers: ['namespace="ticketing"'] }],
    }),
  ],
  [
    "continue on the null route without a route after it",
    severitiesDelivered,
    delivered({ route: { receiver: "null", routes: [{ ...toNull, continue: true }] } }),
  ],
  [
    "continue only on an unrelated route",
    severitiesDelivered,
    first({ receiver: "slack", matchers: ['severity="info"'], continue: true }, toNull),
  ],
  ["a route without matchers", severitiesDelivered, first(toNull)],
  [
    "a receiver that does not exist",
    severitiesDelivered,
    first({ receiver: "pager", matchers: ['severity="critical"'] }),
  ],
  [
    "a receiver without integrations",
    severitiesDelivered,
    delivered({ receivers: [{ name: "null" }, { name: "heartbeat" }, { name: "slack" }] }),
  ],
  [
    "an empty list of integrations",
    severitiesDelivered,
    delivered({
      receivers: [{ name: "null" }, { name: "heartbeat" }, { name: "slack", slack_configs: [] }],
    }),
  ],
  [
    "a webhook that is a placeholder",
    severitiesDelivered,
    delivered({
      global: {
        slack_api_url_file: undefined,
        slack_api_url: "https://hooks.slack.com/services/YOUR/SLACK/WEBHOOK",
      },
    }),
  ],
  [
    "no webhook at all",
    severitiesDelivered,
    delivered({ global: { slack_api_url_file: undefined } }),
  ],
  [
    "resolved not sent",
    severitiesDelivered,
    delivered({
      receivers: [
        { name: "null" },
        { name: "heartbeat" },
        { name: "slack", slack_configs: [{ channel: "#a" }] },
      ],
    }),
  ],
  [
    "resolved sent as a text",
    severitiesDelivered,
    delivered({
      receivers: [
        { name: "null" },
        { name: "heartbeat" },
        { name: "slack", slack_configs: [{ send_resolved: "no" }] },
      ],
    }),
  ],
  [
    "critical alerts muted at night",
    severitiesDelivered,
    first({ receiver: "slack", matchers: ['severity="critical"'], mute_time_intervals: ["night"] }),
  ],
  [
    "critical alerts active in the daytime only",
    severitiesDelivered,
    first({ receiver: "slack", matchers: ['severity="critical"'], active_time_intervals: ["day"] }),
  ],
  [
    "the bad route in base64",
    severitiesDelivered,
    [stack(), configSecret(routesFirst(toNull), "engine")],
  ],
  ["config as a string", severitiesDelivered, inValues({ config: text(routesFirst(toNull)) })],
  [
    "stringConfig over a good config",
    severitiesDelivered,
    inValues({ config: goodConfig, stringConfig: text(routesFirst(toNull)) }),
  ],
  ["the chart's own configuration", severitiesDelivered, inValues({})],
  [
    "receivers alone, with the routes of the chart",
    severitiesDelivered,
    inValues({ config: { receivers: goodConfig.receivers } }),
  ],
  ["a Secret that the chart does not use", severitiesDelivered, [...inValues({}), configSecret()]],
  [
    "a Secret other than this one",
    severitiesDelivered,
    [stack({ alertmanager: { alertmanagerSpec: { configSecret: "other" } } }), configSecret()],
  ],
  ["no YAML", severitiesDelivered, [stack(), configText("route: [")]],
  [
    "the null of another route tree in an AlertmanagerConfig",
    severitiesDelivered,
    [
      stack({ alertmanager: { alertmanagerSpec: { alertmanagerConfiguration: { name: "own" } } } }),
      resource(
        "kubernetes:monitoring.coreos.com/v1alpha1:AlertmanagerConfig",
        "own",
        {
          metadata: { name: "own", namespace: "monitoring" },
          spec: { route: { receiver: "nobody" }, receivers: [{ name: "nobody" }] },
        },
        "prod",
      ),
    ],
  ],
  [
    "a namespace found only through a monitor",
    severitiesDelivered,
    delivered(
      routesFirst({ ...toNull, matchers: ['namespace=~"^tick.{4}$"'] }),
      serviceMonitor("a"),
    ),
  ],

  ["Watchdog to null", watchdogRouted, first({ ...toNull, matchers: ['alertname="Watchdog"'] })],
  [
    "Watchdog to Slack",
    watchdogRouted,
    first({ receiver: "slack", matchers: ['alertname="Watchdog"'] }),
  ],
  ["Watchdog by severity none", watchdogRouted, first({ ...toNull, matchers: ["severity=none"] })],
  [
    "Slack as a webhook",
    watchdogRouted,
    delivered({
      receivers: [
        { name: "null" },
        { name: "slack" },
        { name: "heartbeat", webhook_configs: [{ url: "https://hooks.slack.com/workflows/a" }] },
      ],
    }),
  ],
  [
    "a webhook without an address",
    watchdogRouted,
    delivered({
      receivers: [
        { name: "null" },
        { name: "slack" },
        { name: "heartbeat", webhook_configs: [{}] },
      ],
    }),
  ],
  [
    "Watchdog disabled",
    watchdogRouted,
    [stack({ defaultRules: { disabled: { Watchdog: true } } }), configSecret()],
  ],
  [
    "the group of Watchdog disabled",
    watchdogRouted,
    [stack({ defaultRules: { rules: { general: false } } }), configSecret()],
  ],
  [
    "all rules disabled",
    watchdogRouted,
    [stack({ defaultRules: { create: false } }), configSecret()],
  ],
  [
    "a Watchdog that never fires",
    watchdogRouted,
    [
      stack({ defaultRules: { create: false } }),
      configSecret(),
      prometheusRule([{ alert: "Watchdog", expr: "vector(1) > 2" }]),
    ],
  ],
  [
    "a Watchdog that fires only sometimes",
    watchdogRouted,
    [
      stack({ defaultRules: { create: false } }),
      configSecret(),
      prometheusRule([{ alert: "Watchdog", expr: "up == 1" }]),
    ],
  ],

  ["no inhibition rule", inhibition, inhibits()],
  ["equal is empty", inhibition, inhibits({ ...pair, equal: [] })],
  ["equal is left out", inhibition, inhibits({ ...pair, equal: undefined })],
  [
    "equal with only labels that all alerts share",
    inhibition,
    inhibits({ ...pair, equal: ["cluster"] }),
  ],
  [
    "a second rule without equal",
    inhibition,
    inhibits(pair, {
      source_match: { severity: "warning" },
      target_match_re: { severity: "warning|info" },
    }),
  ],
  [
    "critical alerts inhibited",
    inhibition,
    inhibits(pair, {
      source_matchers: ['severity="warning"'],
      target_matchers: ['severity=~".+"'],
      equal: ["namespace"],
    }),
  ],
  [
    "the Watchdog silences",
    inhibition,
    inhibits(pair, {
      source_matchers: ['alertname="Watchdog"'],
      target_matchers: ['severity="warning"'],
      equal: ["namespace"],
    }),
  ],
  [
    "the pair for one service only",
    inhibition,
    inhibits({ ...pair, target_matchers: ['severity="warning"', 'service="a"'] }),
  ],
  [
    "the pair turned round",
    inhibition,
    inhibits({
      ...pair,
      source_matchers: ['severity="warning"'],
      target_matchers: ['severity="critical"'],
    }),
  ],

  ["group_by ...", grouping, configSecret({ route: { group_by: ["..."] } })],
  ["... beside alertname", grouping, configSecret({ route: { group_by: ["alertname", "..."] } })],
  ["no group_by", grouping, configSecret({ route: { group_by: undefined } })],
  [
    "a child that groups otherwise",
    grouping,
    configSecret(routesFirst({ receiver: "slack", matchers: ["a=b"], group_by: ["pod"] })),
  ],
  ["a repeat of a week", grouping, configSecret({ route: { repeat_interval: "1w" } })],
  ["a repeat in other units", grouping, configSecret({ route: { repeat_interval: "90000s" } })],
  ["no wait", grouping, configSecret({ route: { group_wait: "0s" } }, "engine")],
  [
    "an interval in a grandchild",
    grouping,
    configSecret(
      routesFirst({ matchers: ["a=b"], routes: [{ matchers: ["c=d"], group_interval: "1s" }] }),
    ),
  ],

  [
    "emptyDir",
    prometheusStorage,
    volume({ emptyDir: { sizeLimit: "50Gi" }, volumeClaimTemplate: undefined }),
  ],
  [
    "emptyDir in memory beside the claim",
    prometheusStorage,
    prometheusSpec({ storageSpec: { emptyDir: { medium: "Memory" } } }),
  ],
  [
    "an ephemeral volume",
    prometheusStorage,
    prometheusSpec({ storageSpec: { ephemeral: { volumeClaimTemplate: {} } } }),
  ],
  ["no volume", prometheusStorage, prometheusSpec({ storageSpec: undefined })],
  [
    "a claim without a size",
    prometheusStorage,
    prometheusSpec({ storageSpec: { volumeClaimTemplate: { spec: { resources: undefined } } } }),
  ],
  ["retentionSize of all of it", prometheusStorage, prometheusSpec({ retentionSize: "50GiB" })],
  ["GB, which are GiB", prometheusStorage, prometheusSpec({ retentionSize: "45GB" })],
  ["in MB", prometheusStorage, prometheusSpec({ retentionSize: "49000MB" })],
  ["in TB", prometheusStorage, prometheusSpec({ retentionSize: "1TB" })],
  ["in the units of Kubernetes", prometheusStorage, prometheusSpec({ retentionSize: "40Gi" })],
  ["0B, which is no limit", prometheusStorage, prometheusSpec({ retentionSize: "0B" })],
  ["a volume too small for the retention", prometheusStorage, prometheusSpec({ retention: "90d" })],

  ["emptied filter", lokiBucketLifecycle, lifecycle(expires({ filter: { prefix: "" } }))],
  ["no filter", lokiBucketLifecycle, lifecycle(expires({ filter: undefined }))],
  [
    "an empty filter in and",
    lokiBucketLifecycle,
    lifecycle(expires({ filter: { and: { prefix: "", objectSizeGreaterThan: 0 } } })),
  ],
  [
    "a filter of size only",
    lokiBucketLifecycle,
    lifecycle(expires({ filter: { objectSizeGreaterThan: 0 } })),
  ],
  [
    "a date",
    lokiBucketLifecycle,
    lifecycle(expires({ expiration: { date: "2030-01-01T00:00:00Z" } })),
  ],
  ["a prefix of the index", lokiBucketLifecycle, lifecycle(expires({ filter: { prefix: "ind" } }))],
  [
    "the index itself",
    lokiBucketLifecycle,
    lifecycle(expires({ filter: { prefix: "index/loki_index_1" } })),
  ],
  [
    "chunks too early",
    lokiBucketLifecycle,
    lifecycle(expires({ filter: { prefix: "fake/" }, expiration: { days: 21 } })),
  ],
  [
    "a rule that is off",
    lokiBucketLifecycle,
    onlyRules({ ...abort, status: "Disabled" }, versions),
  ],
  [
    "uploads of one prefix only",
    lokiBucketLifecycle,
    onlyRules({ ...abort, filter: { prefix: "fake/" } }, versions),
  ],
  [
    "uploads with one tag only",
    lokiBucketLifecycle,
    onlyRules({ ...abort, filter: { tag: { key: "a", value: "b" } } }, versions),
  ],
  [
    "versions kept by number",
    lokiBucketLifecycle,
    onlyRules(abort, {
      ...versions,
      noncurrentVersionExpiration: { noncurrentDays: 7, newerNoncurrentVersions: 5 },
    }),
  ],
  [
    "versions for ten years",
    lokiBucketLifecycle,
    onlyRules(abort, { ...versions, noncurrentVersionExpiration: { noncurrentDays: 3650 } }),
  ],
  [
    "the lifecycle of another bucket",
    lokiBucketLifecycle,
    lokiBucketStack({ bucketLifecycleConfiguration: { bucket: "another" } }),
  ],
  [
    "an inline rule that expires all",
    lokiBucketLifecycle,
    lokiBucketStack({
      bucket: { lifecycleRules: [{ enabled: true, expiration: { days: 400 } }] },
      bucketLifecycleConfiguration: undefined,
    }),
  ],

  ["a second resource opens it", lokiBucketHardened, [...lokiBucketStack(), secondBlock]],
  [
    "one switch off",
    lokiBucketHardened,
    lokiBucketStack({ bucketPublicAccessBlock: { restrictPublicBuckets: false } }),
  ],
  [
    "one switch left out",
    lokiBucketHardened,
    lokiBucketStack({ bucketPublicAccessBlock: { ignorePublicAcls: undefined } }),
  ],
  [
    "the block of another bucket",
    lokiBucketHardened,
    lokiBucketStack({ bucketPublicAccessBlock: { bucket: "another" } }),
  ],
  [
    "no encryption",
    lokiBucketHardened,
    lokiBucketStack({ bucketServerSideEncryptionConfiguration: undefined }),
  ],
  [
    "an encryption without rules",
    lokiBucketHardened,
    lokiBucketStack({ bucketServerSideEncryptionConfiguration: { rules: [] } }),
  ],
  [
    "the writer owns",
    lokiBucketHardened,
    lokiBucketStack({ bucketOwnershipControls: { rule: { objectOwnership: "ObjectWriter" } } }),
  ],
  ["a public access list", lokiBucketHardened, lokiBucketStack({ bucket: { acl: "public-read" } })],
  [
    "a public grant",
    lokiBucketHardened,
    lokiBucketStack({
      bucket: {
        grants: [{ uri: "http://acs.amazonaws.com/groups/global/AllUsers", permissions: ["READ"] }],
      },
    }),
  ],
  ["TLS for objects only", lokiBucketHardened, bucketPolicy({ ...tlsOnly, Resource: `${arn}/*` })],
  ["TLS for reading only", lokiBucketHardened, bucketPolicy({ ...tlsOnly, Action: "s3:Get*" })],
  [
    "TLS for one principal",
    lokiBucketHardened,
    bucketPolicy({ ...tlsOnly, Principal: { AWS: "arn:aws:iam::123456789012:root" } }),
  ],
  [
    "TLS for all but one",
    lokiBucketHardened,
    bucketPolicy({
      ...tlsOnly,
      Principal: undefined,
      NotPrincipal: { AWS: "arn:aws:iam::123456789012:root" },
    }),
  ],
  [
    "TLS on a further condition",
    lokiBucketHardened,
    bucketPolicy({
      ...tlsOnly,
      Condition: { ...tlsOnly.Condition, IpAddress: { "aws:SourceIp": "10.0.0.0/8" } },
    }),
  ],
  [
    "the condition turned round",
    lokiBucketHardened,
    bucketPolicy({ ...tlsOnly, Condition: { Bool: { "aws:SecureTransport": "true" } } }),
  ],
  [
    "an allowance instead of a denial",
    lokiBucketHardened,
    bucketPolicy({ ...tlsOnly, Effect: "Allow" }),
  ],
  [
    "TLS through NotAction",
    lokiBucketHardened,
    bucketPolicy({ ...tlsOnly, Action: undefined, NotAction: "s3:GetObject" }),
  ],
  [
    "everybody may read",
    lokiBucketHardened,
    bucketPolicy(tlsOnly, {
      Effect: "Allow",
      Principal: { AWS: "*" },
      Action: "s3:GetObject",
      Resource: `${arn}/*`,
    }),
  ],
  [
    "everybody but one may read",
    lokiBucketHardened,
    bucketPolicy(tlsOnly, {
      Effect: "Allow",
      NotPrincipal: { AWS: "x" },
      Action: "s3:GetObject",
      Resource: `${arn}/*`,
    }),
  ],
  [
    "everybody of any organisation",
    lokiBucketHardened,
    bucketPolicy(tlsOnly, {
      Effect: "Allow",
      Principal: "*",
      Action: "s3:GetObject",
      Resource: `${arn}/*`,
      Condition: { StringLike: { "aws:PrincipalOrgID": "*" } },
    }),
  ],
  [
    "destroyed with all in it",
    lokiBucketHardened,
    lokiBucketStack({ bucket: { forceDestroy: true } }),
  ],
  ["the V2 family", lokiBucketHardened, lokiBucketStack({ bucketPolicy: undefined }, "V2")],

  ["s3:*", lokiIamLeastPrivilege, access({ ...objects, Action: "s3:*" })],
  ["*", lokiIamLeastPrivilege, access({ Effect: "Allow", Action: "*", Resource: "*" })],
  [
    "a wildcard for one letter",
    lokiIamLeastPrivilege,
    access({ ...objects, Action: ["s3:?etObject"] }),
  ],
  ["s3:Get*", lokiIamLeastPrivilege, access({ ...objects, Action: ["S3:GET*"] })],
  [
    "NotAction",
    lokiIamLeastPrivilege,
    access({ Effect: "Allow", NotAction: ["iam:*"], Resource: arn }),
  ],
  [
    "NotResource",
    lokiIamLeastPrivilege,
    access({ Effect: "Allow", Action: "s3:GetObject", NotResource: "arn:aws:s3:::other/*" }),
  ],
  ["all buckets", lokiIamLeastPrivilege, access({ ...objects, Resource: "arn:aws:s3:::*" })],
  ["all buckets that begin so", lokiIamLeastPrivilege, access({ ...objects, Resource: `${arn}*` })],
  [
    "a second bucket",
    lokiIamLeastPrivilege,
    access({ ...list, Resource: [arn, "arn:aws:s3:::payroll"] }),
  ],
  [
    "an action more",
    lokiIamLeastPrivilege,
    access({ ...list, Action: ["s3:ListBucket", "s3:PutBucketPolicy"] }),
  ],
  [
    "a document as a map",
    lokiIamLeastPrivilege,
    resource("aws:iam/policy:Policy", "loki", {
      policy: { Statement: { Effect: "Allow", Action: "s3:*", Resource: arn } },
    }),
  ],
  [
    "an inline policy of the role",
    lokiIamLeastPrivilege,
    resource("aws:iam/role:Role", "loki", {
      assumeRolePolicy: policyDocument(podTrust),
      inlinePolicies: [
        { policy: policyDocument({ Effect: "Allow", Action: "s3:*", Resource: "*" }) },
      ],
    }),
  ],
  [
    "a policy under another name, attached to Loki's role",
    lokiIamLeastPrivilege,
    resource("aws:iam/rolePolicy:RolePolicy", "x", {
      role: "ticketing-loki",
      policy: policyDocument({ Effect: "Allow", Action: "*", Resource: "*" }),
    }),
  ],
  [
    "AWS's policy for all of S3",
    lokiIamLeastPrivilege,
    resource("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "x", {
      role: "ticketing-loki",
      policyArn: "arn:aws:iam::aws:policy/AmazonS3FullAccess",
    }),
  ],
  [
    "all keys",
    lokiIamLeastPrivilege,
    access({
      Effect: "Allow",
      Action: ["kms:Decrypt"],
      Resource: "arn:aws:kms:us-east-1:123456789012:key/*",
    }),
  ],
  ["every pod", lokiIamLeastPrivilege, trust({ ...podTrust, Condition: undefined })],
  [
    "every service account of the namespace",
    lokiIamLeastPrivilege,
    trust({
      ...podTrust,
      Condition: { StringEquals: { "aws:RequestTag/kubernetes-namespace": "monitoring" } },
    }),
  ],
  [
    "a wildcard in StringLike",
    lokiIamLeastPrivilege,
    trust(webTrust({ StringLike: { [subject]: "system:serviceaccount:monitoring:*" } })),
  ],
  [
    "two service accounts",
    lokiIamLeastPrivilege,
    trust(
      webTrust({
        StringEquals: {
          [subject]: [
            "system:serviceaccount:monitoring:loki",
            "system:serviceaccount:default:default",
          ],
        },
      }),
    ),
  ],
  [
    "the audience only",
    lokiIamLeastPrivilege,
    trust(webTrust({ StringEquals: { [subject.replace("sub", "aud")]: "sts.amazonaws.com" } })),
  ],
  [
    "a condition that holds without the key",
    lokiIamLeastPrivilege,
    trust(
      webTrust({ StringEqualsIfExists: { [subject]: "system:serviceaccount:monitoring:loki" } }),
    ),
  ],
  [
    "a negative condition",
    lokiIamLeastPrivilege,
    trust(webTrust({ StringNotEquals: { [subject]: "system:serviceaccount:monitoring:loki" } })),
  ],
  [
    "the account as a second principal",
    lokiIamLeastPrivilege,
    trust(podTrust, {
      Effect: "Allow",
      Principal: { AWS: "123456789012" },
      Action: "sts:AssumeRole",
    }),
  ],
  ["everybody", lokiIamLeastPrivilege, trust({ ...podTrust, Principal: "*" })],

  ["a literal password", grafanaExposure, grafana({ adminPassword: "hunter2" })],
  [
    "the default password",
    grafanaExposure,
    grafana({ admin: undefined, adminPassword: "prom-operator" }),
  ],
  ["the chart's password", grafanaExposure, grafana({ admin: { existingSecret: "" } })],
  [
    "a password in grafana.ini",
    grafanaExposure,
    grafana({ "grafana.ini": { Security: { admin_password: "hunter2" } } }),
  ],
  [
    "a password in the environment",
    grafanaExposure,
    grafana({ env: { GF_SECURITY_ADMIN_PASSWORD: "hunter2" } }),
  ],
  [
    "anonymous",
    grafanaExposure,
    grafana({ "grafana.ini": { "auth.anonymous": { enabled: true } } }),
  ],
  [
    "anonymous as a text",
    grafanaExposure,
    grafana({ "grafana.ini": { "auth.anonymous": { enabled: "True" } } }),
  ],
  [
    "anonymous as a number",
    grafanaExposure,
    grafana({ "grafana.ini": { "AUTH.ANONYMOUS": { ENABLED: 1 } } }),
  ],
  [
    "anonymous in quotes",
    grafanaExposure,
    grafana({ "grafana.ini": { "auth.anonymous": { enabled: '"yes"' } } }),
  ],
  [
    "anonymous nested",
    grafanaExposure,
    grafana({ "grafana.ini": { auth: { anonymous: { enabled: true } } } }),
  ],
  [
    "anonymous in a text",
    grafanaExposure,
    grafana({ "grafana.ini": "[auth.anonymous]\nenabled = true\n" }),
  ],
  [
    "anonymous in the environment",
    grafanaExposure,
    grafana({ env: { GF_AUTH_ANONYMOUS_ENABLED: "true" } }),
  ],
  [
    "anonymous in a list of the environment",
    grafanaExposure,
    grafana({ env: [{ name: "GF_AUTH_ANONYMOUS_ENABLED", value: "t" }] }),
  ],
  [
    "anonymous in envRenderSecret",
    grafanaExposure,
    grafana({ envRenderSecret: { GF_AUTH_ANONYMOUS_ENABLED: "on" } }),
  ],
  [
    "anonymous in a Secret for envFromSecret",
    grafanaExposure,
    resource("kubernetes:core/v1:Secret", "s", {
      data: { GF_AUTH_ANONYMOUS_ENABLED: base64("true") },
    }),
  ],
  ["anonymous in a ConfigMap", grafanaExposure, configMap({ GF_AUTH_ANONYMOUS_ENABLED: "1" })],
  [
    "anonymous in the file of a ConfigMap",
    grafanaExposure,
    configMap({ "grafana.ini": "[users]\na = b\n[auth.anonymous]\n; open\nenabled=true" }),
  ],
  [
    "an ingress without TLS",
    grafanaExposure,
    grafana({ ingress: { enabled: true, hosts: ["grafana.example.com"] } }),
  ],
  [
    "an ingress that is on as a text",
    grafanaExposure,
    grafana({ ingress: { enabled: "true", tls: [] } }),
  ],
  [
    "TLS for another host",
    grafanaExposure,
    grafana({
      ingress: {
        enabled: true,
        hosts: ["grafana.example.com"],
        tls: [{ hosts: ["other.example.com"] }],
      },
    }),
  ],
  ["an empty TLS entry", grafanaExposure, grafana({ ingress: { enabled: true, tls: [{}] } })],
  ["a load balancer", grafanaExposure, grafana({ service: { type: "LoadBalancer" } })],
  [
    "an Ingress of one's own",
    grafanaExposure,
    resource("kubernetes:networking.k8s.io/v1:Ingress", "i", {
      spec: {
        rules: [
          {
            host: "a",
            http: { paths: [{ backend: { service: { name: "prometheus-grafana" } } }] },
          },
        ],
      },
    }),
  ],
  ["the chart grafana", grafanaExposure, release("grafana", { adminPassword: "admin" })],

  ["an interval of five seconds", scrapeCost, prometheusSpec({ scrapeInterval: "5s" })],
  ["in milliseconds", scrapeCost, prometheusSpec({ scrapeInterval: "5000ms" })],
  ["two minutes", scrapeCost, prometheusSpec({ scrapeInterval: "1m1s" })],
  ["a timeout beyond the interval", scrapeCost, prometheusSpec({ scrapeTimeout: "30s" })],
  ["no limit", scrapeCost, prometheusSpec({ sampleLimit: false })],
  ["a limit of nothing", scrapeCost, prometheusSpec({ sampleLimit: 0 })],
  ["a limit that is none", scrapeCost, prometheusSpec({ sampleLimit: 1e12 })],
  [
    "a fast monitor",
    scrapeCost,
    serviceMonitor("a", "b", { endpoints: [{ port: "m" }, { port: "n", interval: "1s" }] }),
  ],
  ["a monitor that lifts the limit", scrapeCost, serviceMonitor("a", "b", { sampleLimit: 0 })],
  [
    "a fast job of one's own",
    scrapeCost,
    prometheusSpec({ additionalScrapeConfigs: [{ job_name: "a", scrape_interval: "1s" }] }),
  ],
  [
    "a fast monitor of another chart",
    scrapeCost,
    release("loki", { monitoring: { serviceMonitor: { enabled: true, interval: "1s" } } }),
  ],

  ["replicas as a string", prodHighAvailability, prometheusSpec({ replicas: "1" })],
  ["replicas left out", prodHighAvailability, prometheusSpec({ replicas: undefined })],
  ["no number", prodHighAvailability, prometheusSpec({ replicas: "many" })],
  [
    "one Alertmanager",
    prodHighAvailability,
    stack({ alertmanager: { alertmanagerSpec: { replicas: 1 } } }),
  ],
  ["no budget", prodHighAvailability, stack({ prometheus: { podDisruptionBudget: undefined } })],
  [
    "a budget that is off",
    prodHighAvailability,
    stack({ alertmanager: { podDisruptionBudget: { enabled: false } } }),
  ],
  [
    "one copy in Loki",
    prodHighAvailability,
    release(
      "loki",
      { loki: { commonConfig: { replication_factor: 1 } }, singleBinary: { replicas: 3 } },
      "prod",
    ),
  ],
  [
    "one Loki for three copies",
    prodHighAvailability,
    release("loki", { singleBinary: { replicas: 1 } }, "prod"),
  ],
  [
    "a Prometheus object",
    prodHighAvailability,
    resource("kubernetes:monitoring.coreos.com/v1:Prometheus", "p", { spec: {} }, "prod"),
  ],

  ["for ever", logGroupRetention, resource("aws:cloudwatch/logGroup:LogGroup", "l", {})],
  [
    "for ever as 0",
    logGroupRetention,
    resource("aws:cloudwatch/logGroup:LogGroup", "l", { retentionInDays: 0 }),
  ],
  [
    "ten years as a text",
    logGroupRetention,
    resource("aws:cloudwatch/logGroup:LogGroup", "l", { retentionInDays: "3653" }),
  ],
];

describe("attempts to bypass policies on the platform", () => {
  it("has at least 60 cases", () => assert.ok(bypasses.length >= 60));

  for (const [what, policy, subject] of good) {
    it(`${policy.name} accepts ${what}`, () => assert.deepEqual(problems(policy, subject), []));
  }
  for (const [way, policy, subject] of bypasses) {
    it(`${policy.name}: ${way}`, () => assert.notDeepEqual(problems(policy, subject), []));
  }
});
