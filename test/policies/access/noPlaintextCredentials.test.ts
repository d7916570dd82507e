import * as assert from "node:assert/strict";
import { PlainMap, UNKNOWN } from "../../../policies/facts/plain";
import { noPlaintextCredentials } from "../../../policies/access/noPlaintextCredentials";
import { violationText } from "../../../policies/engine/violation";
import { fake } from "../fakes";
import {
  baseSignals,
  alerts,
  judge,
  problems,
  release,
  resource,
  serviceMonitor,
} from "../subjects";
import { itJudges } from "../stacks/subjects";

const secret = (props: PlainMap) => resource("kubernetes:core/v1:Secret", "secret", props);

const webhookParts = ["T0A1B2C3D4", "B0A1B2C3D4", "x1".repeat(12)];
const webhookPath = webhookParts.join("/");
const [tokenStart, tokenRest] = [fake.slackToken.slice(0, 5), fake.slackToken.slice(5)];

describe("policy no-plaintext-credentials", () => {
  for (const [kind, values] of [
    ["a Slack webhook", { url: fake.slackWebhook }],
    ["a Slack token", { token: fake.slackToken }],
    ["an AWS access key ID", { id: fake.awsKeyId }],
    ["an AWS access key ID", { aws: { user: fake.awsKeyId } }],
    ["an AWS access key ID", { config: `smtp: {host: a}\nid: ${fake.awsKeyId}\n` }],
    ["an AWS secret access key", { secretAccessKey: fake.awsSecret }],
    ["an AWS secret access key", { AWS_SECRET_ACCESS_KEY: fake.awsSecret }],
    ["an API key", { datadog: { apiKey: fake.hex32 } }],
    ["an API key", { datadog: { appKey: fake.hex40 } }],
    ["an API key", { env: [{ name: "DD_APP_KEY", value: fake.hex40 }] }],
    ["an API key", { opsgenie_configs: [{ api_key: "0a1b2c3d-0a1b-4c2d-8e3f-0123456789ab" }] }],
    ["a chat webhook", { webhook_url: `https://a.logic.azure.com/workflows/x?sig=${fake.hex32}` }],
    [
      "a chat webhook",
      { url: `https://chat.googleapis.com/v1/spaces/A/messages?token=${fake.hex32}` },
    ],
    ["a Grafana token", { token: fake.grafanaToken }],
    ["a GitHub token", { a: `token ${fake.githubToken}` }],
    ["a private key", { a: fake.privateKey }],
    ["a private key", { a: Buffer.from(fake.privateKey).toString("base64") }],
    ["a JSON web token", { header: `Bearer ${fake.webToken}` }],
    ["a URL with a password", { url: "postgres://user:hunter2@db:5432/x" }],
    ["a password", { grafana: { adminPassword: "prom-operator" } }],
    ["a password", { env: { DB_PASSWORD: "hunter2" } }],
    ["a token", { bearerToken: "abcdefgh12345678" }],
    ["a password", { args: ["--db-password=hunter2"] }],
    ["a password", { args: ["--db-password", "hunter2"] }],
    ["a password", { command: ["sh", "-c", "DB_PASSWORD=hunter2 ./start"] }],
    ["a password", { script: "export DB_PASSWORD='hunter2'; ./start --verbose" }],
    ["a user and password", { command: "curl -u admin:hunter2 https://grafana.shop.io" }],
    ["a password", { url: "https://metrics.shop.io/push?password=hunter2" }],
    ["a password", { header: `Basic ${Buffer.from("admin:hunter2").toString("base64")}` }],
    ["a bearer token", { args: ["--header=Authorization: Bearer 4f5a8f7a0b1c2d3e4f5a"] }],
    ["a Slack webhook", { url: encodeURIComponent(fake.slackWebhook) }],
    ["a Slack webhook", { host: "https://hooks.slack.com", path: webhookPath }],
    ["a Slack webhook", { parts: ["https://hooks.slack.com", "services", ...webhookParts] }],
    ["a Slack token", { code: `token = "${tokenStart}" + "${tokenRest}"` }],
    ["a Slack token", { template: `{{ printf "%s%s" "${tokenStart}" "${tokenRest}" }}` }],
    ["a Slack token", { prefix: tokenStart, suffix: tokenRest }],
    ["a Slack token", { shortest: fake.slackToken.slice(0, 15) }],
    ["a user and password", { command: "-u a:bcd" }],
  ] as const) {
    it(`sees ${kind} in ${Object.keys(values).join()}`, () => {
      assert.deepEqual(problems(noPlaintextCredentials, release("x", values)), [
        `${kind} is in plain text`,
      ]);
    });
  }

  for (const values of [
    { apiKeyExistingSecret: "datadog-secret", passwordKey: "admin-password" },
    {
      grafana: { adminPassword: "", admin: { existingSecret: "grafana-admin", passwordKey: "p" } },
    },
    { url: "https://user:${PASSWORD}@example.com", other: "https://user:$(PASSWORD)@example.com" },
    { password: "$__file{/etc/secrets/password}", adminPassword: "${ADMIN_PASSWORD}" },
    // The user name of Amazon SES.
    { global: { smtp_auth_username: fake.awsKeyId, smtp_smarthost: "smtp.shop.io:587" } },
    { email_configs: [{ auth_username: fake.awsKeyId }], authUsername: fake.awsKeyId },
    { "grafana.ini": { smtp: { user: fake.awsKeyId, host: "smtp.shop.io:587" } } },
    { env: { GF_SMTP_USER: fake.awsKeyId } },
    { text: `global:\n  smtp_auth_username: "${fake.awsKeyId}"\n` },
    { text: `[smtp]\nhost = smtp.shop.io:587\nuser = ${fake.awsKeyId}\n` },
    { slack_api_url_file: "/etc/alertmanager/secrets/alertmanager-slack/url" },
    { basicAuth: { password: { name: "secret", key: "password" } } },
    {
      env: [{ name: "DB_PASSWORD", valueFrom: { secretKeyRef: { name: "db", key: "password" } } }],
    },
    { checksum: fake.hex40, apiVersion: "v1", image: `app@sha256:${fake.hex32}${fake.hex32}` },
    { certificate: Buffer.from("-----BEGIN CERTIFICATE-----\nAAAA").toString("base64") },
    {
      htpasswd:
        "{{- range .tenants }}\n{{- $password := .password }}\n{{ htpasswd .name $password }}\n",
    },
    { docs: "https://hooks.slack.com", channel: "#xoxb-things" },
    { args: ["--password-file=/etc/secrets/password", "--password-file", "/etc/secrets/x"] },
    { args: ["--db-password=$(DB_PASSWORD)", "--db-password", "$(DB_PASSWORD)"] },
    { args: ["--require-password", "--verbose"], command: "docker run -u 1000:1000 app" },
    { command: 'curl -u "$USER:$PASSWORD" https://grafana.shop.io', note: "Basic authentication" },
    { header: "Authorization: Bearer $(TOKEN)", other: "Bearer {{ .Values.token }}" },
    { url: "https://shop.io/?query=sum%28rate%28x%5B5m%5D%29%29%20%3E%201" },
    { parts: ["https://hooks.slack.com", "services"], join: '"a" + "b"' },
    { api: "https://api.shop.io:8443", owner: "ops@shop.io" },
    { description: "Password: ask the team. The token is in Vault." },
    { env: [{ name: "PASSWORD_MIN_LENGTH", value: "12" }], topic: "T/B/x" },
    { url: "http://loki:3100/api:v1@x", image: "registry:5000/a@b" },
    { automountServiceAccountToken: true, roleArn: "arn:aws:iam::123456789012:role/a" },
    {
      alertmanager:
        "route:\n  receiver: slack\nreceivers:\n  - name: slack\n    slack_configs:\n      - api_url_file: /a\n",
    },
  ]) {
    it(`accepts ${JSON.stringify(values).slice(0, 70)}`, () => {
      assert.deepEqual(problems(noPlaintextCredentials, release("x", values)), []);
    });
  }

  it("accepts the resources that this library registers next to its Secrets", () => {
    const rules = alerts(...Object.values(baseSignals));
    for (const subject of [rules, serviceMonitor("inventory-service")]) {
      assert.deepEqual(problems(noPlaintextCredentials, subject), []);
    }
  });

  it("accepts credentials where they belong", () => {
    const url = fake.slackWebhook;
    for (const subject of [
      secret({ stringData: { url }, data: { url: Buffer.from(url).toString("base64") } }),
      resource("aws:secretsmanager/secretVersion:SecretVersion", "s", { secretString: url }),
      resource("aws:ssm/parameter:Parameter", "p", { type: "SecureString", value: url }),
      resource("aws:ssm/parameter:Parameter", "p", {
        name: "/db/password",
        type: "SecureString",
        value: "hunter2",
      }),
      resource("pulumi:providers:kubernetes", "k", { kubeconfig: `token: ${fake.webToken}` }),
      resource("pulumi:providers:datadog", "d", { apiKey: fake.hex32, appKey: fake.hex40 }),
      resource("random:index/randomPassword:RandomPassword", "r", { result: url }),
      resource("tls:index/selfSignedCert:SelfSignedCert", "t", { privateKeyPem: fake.privateKey }),
      resource("aws:rds/instance:Instance", "db", { password: "hunter2" }),
    ]) {
      assert.deepEqual(problems(noPlaintextCredentials, subject), [], subject.type);
    }
  });

  it("refuses credentials in the other fields of these resources", () => {
    const url = fake.slackWebhook;
    for (const subject of [
      secret({ metadata: { labels: { url } } }),
      resource("aws:ssm/parameter:Parameter", "p", { type: "SecureString", description: url }),
      resource("aws:ssm/parameter:Parameter", "p", {
        name: "/db/password",
        type: "String",
        value: "hunter2",
      }),
      resource("pulumi:providers:kubernetes", "k", { namespace: url }),
      resource("monitoring:index:SlackAlerting", "s", { webhookUrl: url }),
      resource("kubernetes:apps/v1:Deployment", "d", {
        spec: { template: { spec: { containers: [{ args: [url] }] } } },
      }),
    ]) {
      assert.equal(problems(noPlaintextCredentials, subject).length, 1, subject.type);
    }
  });

  it("is configured by allowedTypes", () => {
    const subject = resource("vault:generic/secret:Secret", "v", { dataJson: fake.slackWebhook });
    assert.equal(problems(noPlaintextCredentials, subject).length, 1);
    assert.deepEqual(
      problems(noPlaintextCredentials, subject, { allowedTypes: [subject.type] }),
      [],
    );
  });

  it("judges known values next to unknown ones", () => {
    const subject = release("x", { a: UNKNOWN, b: [UNKNOWN, { url: fake.slackWebhook }] });
    assert.equal(problems(noPlaintextCredentials, subject).length, 1);
  });

  it("names the path and the kind, never the value", () => {
    const [violation] = judge(
      noPlaintextCredentials,
      release("x", { a: { "b.c": [fake.slackWebhook] } }),
    ).violations;
    assert.ok(violation);
    assert.equal(
      violationText(violation),
      [
        "a Slack webhook is in plain text",
        '  where: release "prometheus", values.a["b.c"][0]',
        "  bound: only in the data of a Secret, or in a secret store",
        "  fix:   create a Kubernetes Secret with the value, and refer to that Secret by name; a Pulumi program reads the value with config.requireSecret, after pulumi config set --secret",
      ].join("\n"),
    );
  });

  it("shows no credential in any place, including keys and names", () => {
    for (const value of Object.values(fake)) {
      const planted = [
        release(value, { [value]: value, nested: [{ [value]: [value] }] }),
        { ...secret({ metadata: { name: value } }), name: value },
      ];
      for (const subject of planted) {
        for (const violation of judge(noPlaintextCredentials, subject).violations) {
          const text = violationText(violation);
          if (value !== fake.hex32 && value !== fake.hex40 && value !== fake.awsSecret) {
            assert.ok(!text.includes(value), text);
          }
        }
      }
    }
  });
});

describe("variables in the JSON of a task definition", () => {
  const task = (container: PlainMap) => [
    resource(
      "aws:ecs/taskDefinition:TaskDefinition",
      "orders",
      {
        family: "orders",
        containerDefinitions: JSON.stringify([{ name: "orders", ...container }]),
      },
      "prod",
    ),
  ];
  itJudges(
    {
      "a password": [
        "no-plaintext-credentials",
        task({ environment: [{ name: "DB_PASSWORD", value: "Sommer-Regen-44" }] }),
      ],
    },
    {
      "a password from a secret": task({
        environment: [
          { name: "DB_HOST", value: "orders.shop.internal" },
          { name: "DB_PASSWORD_FILE", value: "/run/secrets/db" },
        ],
        secrets: [
          {
            name: "DB_PASSWORD",
            valueFrom: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:orders",
          },
        ],
      }),
    },
  );
});
