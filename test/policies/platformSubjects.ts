import * as assert from "node:assert/strict";
import { stringify } from "yaml";
import { PlainMap, isMap, plain } from "../../policies/facts/plain";
import { Resource } from "../../policies/facts/resource";
import { AnyPolicy } from "../../policies/engine/policy";
import { violationText } from "../../policies/engine/violation";
import { fake } from "./fakes";
import { judge, problems, release, resource } from "./subjects";

/** Maps merged, everything else replaced; undefined removes. */
export function changed(base: PlainMap, change: PlainMap): PlainMap {
  const result = { ...base };
  for (const [key, value] of Object.entries(change)) {
    const below = result[key];
    if (value === undefined) delete result[key];
    else result[key] = isMap(value) && isMap(below) ? changed(below, value) : value;
  }
  return result;
}

const resources = { requests: { memory: "2Gi" } };

/** Values of kube-prometheus-stack to which no policy has an objection. */
export const stackValues: PlainMap = {
  alertmanager: {
    podDisruptionBudget: { enabled: true },
    alertmanagerSpec: {
      replicas: 2,
      resources,
      useExistingSecret: true,
      configSecret: "alertmanager-config",
      secrets: ["alertmanager-slack", "heartbeat"],
    },
  },
  prometheus: {
    podDisruptionBudget: { enabled: true },
    prometheusSpec: {
      replicas: 2,
      resources,
      externalLabels: { cluster: "shop" },
      retention: "15d",
      retentionSize: "42GiB",
      scrapeInterval: "30s",
      sampleLimit: 100_000,
      storageSpec: {
        volumeClaimTemplate: { spec: { resources: { requests: { storage: "50Gi" } } } },
      },
    },
  },
  grafana: { admin: { existingSecret: "grafana-admin" } },
};

export function stack(change: PlainMap = {}, environment = "prod"): Resource {
  return release("kube-prometheus-stack", changed(stackValues, change), environment);
}

/** A configuration of Alertmanager to which no policy has an objection. */
export const goodConfig = {
  global: { slack_api_url_file: "/etc/alertmanager/secrets/alertmanager-slack/webhook-url" },
  route: {
    receiver: "slack",
    group_by: ["alertname", "cluster", "service"],
    group_wait: "30s",
    group_interval: "5m",
    repeat_interval: "12h",
    routes: [
      {
        matchers: ['alertname="Watchdog"'],
        receiver: "heartbeat",
        group_wait: "1s",
        group_interval: "1m",
        repeat_interval: "1m",
      },
      { matchers: ['alertname="InfoInhibitor"'], receiver: "null" },
      { matchers: ['severity="critical"'], receiver: "slack", repeat_interval: "1h" },
      { matchers: ['severity=~"info|none"'], receiver: "null" },
    ] as PlainMap[],
  },
  inhibit_rules: [
    {
      source_matchers: ['severity="critical"'],
      target_matchers: ['severity="warning"'],
      equal: ["namespace", "alertname"],
    },
  ] as PlainMap[],
  receivers: [
    { name: "null" },
    {
      name: "heartbeat",
      webhook_configs: [{ url_file: "/etc/alertmanager/secrets/heartbeat/url" }],
    },
    { name: "slack", slack_configs: [{ channel: "#alerts", send_resolved: true }] },
  ] as PlainMap[],
};

/** Routes put before those of the good configuration. */
export function routesFirst(...routes: PlainMap[]): PlainMap {
  return { route: { routes: [...routes, ...goodConfig.route.routes] } };
}

/** The Secret that the stack's Alertmanager reads, as its input has it, or as the engine shows it. */
export function configSecret(change: PlainMap = {}, shape: "input" | "engine" = "input"): Resource {
  return configText(stringify(changed(goodConfig, change)), shape);
}

export function configText(text: string, shape: "input" | "engine" = "input"): Resource {
  const metadata = { name: "alertmanager-config", namespace: "monitoring" };
  const content =
    shape === "input"
      ? { stringData: { "alertmanager.yaml": text } }
      : { data: { "alertmanager.yaml": Buffer.from(text).toString("base64") } };
  return resource("kubernetes:core/v1:Secret", "config", { metadata, ...content }, "prod");
}

export const bucketName = "ticketing-loki-chunks";
const arn = `arn:aws:s3:::${bucketName}`;

/** One change of the resources of a bucket: its properties changed, or undefined to leave it out. */
export type BucketChange = Partial<Record<keyof typeof bucketParts, PlainMap | undefined>>;

export const tlsOnly = {
  Effect: "Deny",
  Principal: "*",
  Action: "s3:*",
  Resource: [arn, `${arn}/*`],
  Condition: { Bool: { "aws:SecureTransport": "false" } },
};

export function policyDocument(...statements: object[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}

const bucketParts = {
  bucket: {},
  bucketPublicAccessBlock: {
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
  },
  bucketOwnershipControls: { rule: { objectOwnership: "BucketOwnerEnforced" } },
  bucketServerSideEncryptionConfiguration: {
    rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
  },
  bucketPolicy: { policy: policyDocument(tlsOnly) },
  bucketLifecycleConfiguration: {
    rules: [
      {
        id: "versions",
        status: "Enabled",
        filter: {},
        noncurrentVersionExpiration: { noncurrentDays: 7 },
        expiration: { expiredObjectDeleteMarker: true },
      },
      {
        id: "uploads",
        status: "Enabled",
        filter: {},
        abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
      },
    ],
  },
} satisfies Record<string, PlainMap>;

export function lokiBucketStack(
  change: BucketChange = {},
  suffix: "" | "V2" = "",
  bucket: unknown = bucketName,
): Resource[] {
  const loki = release(
    "loki",
    {
      loki: {
        storage: { bucketNames: { chunks: bucketName } },
        limits_config: { retention_period: "360h" },
      },
    },
    "prod",
  );
  const parts = Object.entries(bucketParts)
    .filter(([part]) => !(part in change) || change[part as keyof BucketChange] !== undefined)
    .map(([part, props]) => {
      const name = `${part}${suffix}`;
      const type = `aws:s3/${name}:${name[0]?.toUpperCase()}${name.slice(1)}`;
      const own = changed(
        { bucket: part === "bucket" ? bucketName : bucket, ...props },
        change[part as keyof BucketChange] ?? {},
      );
      return resource(type, `logs-${part}`, own, "prod");
    });
  return [loki, ...parts];
}

export const accessStatements = [
  { Effect: "Allow", Action: ["s3:ListBucket"], Resource: [arn] },
  {
    Effect: "Allow",
    Action: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
    Resource: [`${arn}/*`],
  },
];

export function access(...statements: object[]): Resource {
  return resource("aws:iam/rolePolicy:RolePolicy", "loki-role-policy", {
    role: "ticketing-loki",
    policy: policyDocument(...(statements.length > 0 ? statements : accessStatements)),
  });
}

export const podTrust = {
  Effect: "Allow",
  Principal: { Service: "pods.eks.amazonaws.com" },
  Action: ["sts:AssumeRole", "sts:TagSession"],
  Condition: {
    StringEquals: {
      "aws:RequestTag/kubernetes-namespace": "monitoring",
      "aws:RequestTag/kubernetes-service-account": "loki",
    },
  },
};

const issuer = "oidc.eks.us-east-1.amazonaws.com/id/ABC";
export function webTrust(condition: object): object {
  return {
    Effect: "Allow",
    Principal: { Federated: `arn:aws:iam::123456789012:oidc-provider/${issuer}` },
    Action: "sts:AssumeRoleWithWebIdentity",
    Condition: condition,
  };
}
export const subject = `${issuer}:sub`;

export function trust(...statements: object[]): Resource {
  return resource("aws:iam/role:Role", "loki-role", {
    name: "ticketing-loki",
    assumeRolePolicy: policyDocument(...statements),
  });
}

/**
 * The properties after remediation, or undefined when nothing was changed. Whatever remediation
 * changed must comply then, and must not be changed again.
 */
export function remedied(
  policy: AnyPolicy,
  subject: Resource,
  config: PlainMap = {},
): PlainMap | undefined {
  assert.ok(policy.scope === "resource" && policy.remediate !== undefined, "cannot be remediated");
  const complete = { ...defaultsOf(policy), ...config };
  const props = plain(subject.props) as PlainMap;
  if (!policy.remediate(subject, props, complete)) return undefined;
  const after = { ...subject, props };
  assert.deepEqual(problems(policy, after, config), []);
  assert.equal(policy.remediate(after, plain(props) as PlainMap, complete), false);
  return props;
}

function defaultsOf(policy: AnyPolicy): PlainMap {
  return Object.fromEntries(
    Object.entries(policy.config)
      .filter(([, property]) => property.default !== undefined)
      .map(([name, property]) => [name, property.default]),
  );
}

/** That no text which could be a secret comes out again, wherever it is put. */
export function assertSilent(
  policy: AnyPolicy,
  subjectWith: (secret: string) => Resource | Resource[],
): void {
  for (const secret of [...Object.values(fake), "hunter2secret"]) {
    for (const violation of judge(policy, subjectWith(secret)).violations) {
      assert.ok(!violationText(violation).includes(secret), violation.problem);
    }
  }
}
