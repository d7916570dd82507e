import * as assert from "node:assert/strict";
import { Problem } from "../../../components/shared/problems";
import { RawConfiguration, parseConfiguration } from "../../../stacks/config/parseConfiguration";
import { formatConfigurationProblems } from "../../../stacks/config/formatProblems";
import { runConfigCommand } from "../../support/pulumiConfig";
import { configuration } from "../../support/stackConfig";

type Changes = Record<string, unknown>;

function problemsOf(raw: RawConfiguration): Problem[] {
  const { problems } = parseConfiguration(raw);
  assert.ok(problems, "the configuration is refused");
  return problems;
}

/** The text without its first line: one entry for each problem. */
function textOf(raw: RawConfiguration): string {
  const [, ...lines] = formatConfigurationProblems("prod", problemsOf(raw)).split("\n");
  return lines.join("\n");
}

const identity = ({ path, rule, value }: Problem) => JSON.stringify([path, rule, value]);

describe("parseConfiguration", () => {
  describe("refuses unknown keys:", () => {
    const inParts: [string, Changes][] = [
      ["monitoring:promtheus", { promtheus: {} }],
      ["monitoring:cluster.nmae", { cluster: { name: "c", nmae: "d" } }],
      ["monitoring:namespaces.app", { namespaces: { app: "x" } }],
      ["monitoring:storage.class", { storage: { class: "gp3" } }],
      ["monitoring:prometheus.retention", { prometheus: { retention: "15d" } }],
      ["monitoring:alertmanager.replica", { alertmanager: { replica: 3 } }],
      ["monitoring:grafana.dashboards", { grafana: { dashboards: "x" } }],
      [
        "monitoring:grafana.communityDashboards[0].rev",
        { grafana: { communityDashboards: [{ id: 7249, rev: 2 }] } },
      ],
      ["monitoring:loki.retention_period", { loki: { retention_period: "360h" } }],
      ["monitoring:datadog.tracing", { datadog: { tracing: true } }],
      ["monitoring:slack.chanel", { slack: { chanel: "#a" } }],
      ["monitoring:alerts.errorRate", { alerts: { errorRate: 5 } }],
      ["monitoring:alerts.rules.HighCPU.for", { alerts: { rules: { HighCPU: { for: 5 } } } }],
      ["monitoring:services[1].prot", { services: [{ name: "a" }, { name: "b", prot: "x" }] }],
      ["monitoring:services[0].slo.p99", { services: [{ name: "a", slo: { p99: 1 } }] }],
      ["monitoring:datadog.constructor", { datadog: { constructor: 1 } }],
    ];
    for (const [key, changes] of inParts) {
      it(key, () => {
        const lines = textOf(configuration("prod", changes)).split("\n");
        assert.ok(lines[0]?.startsWith(`  ${key} `), lines[0]);
        assert.match(lines[0] ?? "", / is not a known key \(known: /);
        assert.equal(lines[1], `    fix: pulumi config rm --path ${quote(key)}`);
      });
    }

    it("with the key that was probably meant", () => {
      assert.equal(
        textOf(configuration("prod", { slack: { channel: undefined, chanel: "#oncall" } })),
        '  monitoring:slack.chanel = "#oncall" is not a known key (known: channel, channels, existingSecret, existingSecretKeys, groupBy, quietHours, repeatMinutes, requireHeartbeat, routes, textTemplate, titleTemplate, updateMessages)\n' +
          "    fix: pulumi config rm --path monitoring:slack.chanel\n" +
          "         pulumi config set --path monitoring:slack.channel '#oncall'\n" +
          "  monitoring:slack.channel is required, unless alerts only go to receivers\n" +
          "    fix: pulumi config set --path monitoring:slack.channel '#alerts'",
      );
    });

    it("such as a misspelled secret, without showing its value", () => {
      const raw = configuration("prod", {
        slackWebhookUrl: undefined,
        slackWebhookURL: "https://x/y",
      });
      const text = textOf(raw);
      assert.match(text, /slackWebhookURL = \[hidden\] is not a known key/);
      assert.match(text, /^ +pulumi config set --secret monitoring:slackWebhookUrl$/m);
    });

    it("keys that another key decides", () => {
      assert.equal(
        textOf(configuration("prod", { loki: { namespace: "logs" } })),
        '  monitoring:loki.namespace = "logs" is set by monitoring:namespaces\n' +
          "    fix: pulumi config rm --path monitoring:loki.namespace",
      );
      for (const [part, key] of [
        ["prometheus", "cluster"],
        ["prometheus", "lokiUrl"],
        ["loki", "alertmanagerUrl"],
        ["loki", "environment"],
        ["datadog", "imageRegistry"],
        ["slack", "labels"],
        ["slack", "alertmanagerUrl"],
        ["grafana", "namespace"],
        ["prometheus", "remoteWriteReceiver"],
        ["loki", "remoteWriteUrls"],
        ["loki", "runbookBaseUrl"],
        ["datadogMonitors", "services"],
        ["datadogMonitors", "alerts"],
        ["datadogMonitors", "environment"],
      ] as const) {
        const text = textOf(configuration("prod", { [part]: { [key]: "x" } }));
        assert.ok(text.startsWith(`  monitoring:${part}.${key} = "x" is set by monitoring:`), text);
      }
    });
  });

  describe("names key, value, rule and fix of", () => {
    const rows: [string, Changes, string[]][] = [
      [
        "a route to a service that does not exist",
        { slack: { routes: [{ service: "auth-servise", channel: "#ticketing-alerts" }] } },
        [
          '  monitoring:slack.routes[0].service = "auth-servise" is not a service (services: inventory-service, auth-service, api-gateway)',
          "    fix: pulumi config set --path 'monitoring:slack.routes[0].service' auth-service",
        ],
      ],
      [
        "Fargate, which is not an operating system",
        { datadog: { nodeOs: "fargate" } },
        [
          '  monitoring:datadog.nodeOs = "fargate" must be amazonLinux or bottlerocket: Fargate has no nodes for an agent, so its pods need the agent as a sidecar (docs/datadog.md, On EKS)',
          "    fix: pulumi config set --path monitoring:datadog.nodeOs amazonLinux",
        ],
      ],
      [
        "monitors without Datadog's application key",
        { datadogAppKey: undefined, datadogMonitors: { notify: ["@slack-a"] } },
        [
          "  monitoring:datadogAppKey is required with datadogMonitors, because Datadog's API otherwise accepts no monitors",
          "    fix: pulumi config set --secret monitoring:datadogAppKey",
        ],
      ],
      [
        "monitors whose keys are in the cluster, which the provider cannot read",
        {
          datadog: { existingSecret: "keys" },
          datadogApiKey: undefined,
          datadogAppKey: undefined,
          datadogMonitors: { notify: ["@slack-a"] },
        },
        ["apiKey", "appKey"].flatMap((key) => [
          `  monitoring:datadogMonitors requires datadog:${key}, because the Datadog provider cannot read the Secret that datadog.existingSecret names`,
          `    fix: pulumi config set --secret datadog:${key}`,
        ]),
      ],
      [
        "a channel without a webhook",
        { slack: { channels: { critical: "#critical" } } },
        [
          '  monitoring:slackWebhookUrls["#critical"] is required: a Slack webhook posts only to its own channel',
          `    fix: pulumi config set --secret --path 'monitoring:slackWebhookUrls["#critical"]'`,
        ],
      ],
      [
        "receivers without secrets, and with secrets and services of other names",
        {
          receivers: {
            "payments-pager": { kind: "pagerduty", services: ["auth-servise"] },
            mail: { kind: "email", to: ["a@example.com"], from: "b@example.com" },
          },
          receiverSecrets: { "payment-pager": "planted" },
        },
        [
          "  monitoring:receivers.mail.smarthost is required for the kind email",
          "    fix: pulumi config set --path monitoring:receivers.mail.smarthost smtp.example.com:587",
          "  monitoring:receivers.mail.username is required for the kind email",
          "    fix: pulumi config set --path monitoring:receivers.mail.username alerts",
          "  monitoring:receiverSecrets.payments-pager is required: the PagerDuty integration key (Events API v2)",
          "    fix: pulumi config set --secret --path monitoring:receiverSecrets.payments-pager",
          "  monitoring:receiverSecrets.mail is required: the password of the SMTP user",
          "    fix: pulumi config set --secret --path monitoring:receiverSecrets.mail",
          "  monitoring:receiverSecrets.payment-pager is not the name of a receiver; did you mean payments-pager?",
          "    fix: pulumi config rm --path monitoring:receiverSecrets.payment-pager",
        ],
      ],
      [
        "a receiver for a service that does not exist",
        {
          receivers: { pager: { kind: "pagerduty", services: ["auth-servise"] } },
          receiverSecrets: { pager: "planted" },
        },
        [
          '  monitoring:receivers.pager.services[0] = "auth-servise" is not a service (services: inventory-service, auth-service, api-gateway)',
          "    fix: pulumi config set --path 'monitoring:receivers.pager.services[0]' auth-service",
        ],
      ],
      [
        "webhooks that are not a map",
        { slackWebhookUrls: "https://hooks.example.com/x" },
        [
          "  monitoring:slackWebhookUrls must be a map",
          "    fix: pulumi config rm --path monitoring:slackWebhookUrls",
        ],
      ],
      [
        "quiet hours without a duration",
        { slack: { quietHours: { from: "22:00", to: "22:00", timezone: "UTC" } } },
        [
          '  monitoring:slack.quietHours.to = "22:00" must differ from the start',
          "    fix: pulumi config set --path monitoring:slack.quietHours.to 07:00",
        ],
      ],
      [
        "an external URL without a scheme",
        { grafana: { externalUrl: "grafana.example.com" } },
        [
          '  monitoring:grafana.externalUrl = "grafana.example.com" must be a URL that starts with https:// or http://',
          "    fix: pulumi config set --path monitoring:grafana.externalUrl https://grafana.example.com",
        ],
      ],
      [
        "a wrong type",
        { prometheus: { retentionDays: "fifteen" } },
        [
          '  monitoring:prometheus.retentionDays = "fifteen" must be a number',
          "    fix: pulumi config rm --path monitoring:prometheus.retentionDays",
          "         pulumi config set --path monitoring:prometheus.retentionDays 15",
        ],
      ],
      [
        "a fraction in place of a whole number",
        { prometheus: { replicas: 1.5 } },
        [
          "  monitoring:prometheus.replicas = 1.5 must be a whole number",
          "    fix: pulumi config set --path monitoring:prometheus.replicas 1",
        ],
      ],
      [
        "a list where a map belongs",
        { loki: ["alloy"] },
        [
          '  monitoring:loki = ["alloy"] must be a map',
          "    fix: pulumi config rm --path monitoring:loki",
          "         pulumi config set --path monitoring:loki.retentionDays 15",
        ],
      ],
      [
        "an unknown environment",
        { environment: "production" },
        [
          '  monitoring:environment = "production" must be one of dev, prod',
          "    fix: pulumi config set --path monitoring:environment dev",
        ],
      ],
      [
        "a missing cluster",
        { cluster: undefined },
        [
          "  monitoring:cluster is required",
          "    fix: pulumi config set --path monitoring:cluster.name production",
        ],
      ],
      [
        "HA Loki without object storage",
        { loki: { mode: "highAvailability", storage: "filesystem" } },
        [
          '  monitoring:loki.storage = "filesystem" must be s3 when mode is highAvailability: replicas cannot share a volume',
          "    fix: pulumi config set --path monitoring:loki.storage s3",
        ],
      ],
      [
        "a channel without #",
        { slack: { channel: "ticketing-alerts" } },
        [
          '  monitoring:slack.channel = "ticketing-alerts" must be a Slack channel: # and at most 80 characters from a-z, 0-9, - and _',
          "    fix: pulumi config set --path monitoring:slack.channel '#alerts'",
        ],
      ],
      [
        "a duplicate service",
        { services: [{ name: "a" }, { name: "b" }, { name: "a" }] },
        [
          '  monitoring:services[2].name = "a" must be unique in the namespace ticketing',
          "    fix: pulumi config set --path 'monitoring:services[2].name' a-3",
        ],
      ],
      [
        "a malformed duration",
        { prometheus: { scrapeIntervalSeconds: "30s" } },
        [
          '  monitoring:prometheus.scrapeIntervalSeconds = "30s" must be a number',
          "    fix: pulumi config rm --path monitoring:prometheus.scrapeIntervalSeconds",
          "         pulumi config set --path monitoring:prometheus.scrapeIntervalSeconds 30",
        ],
      ],
      [
        "a malformed bucket name",
        { loki: { bucket: "Ticketing_Loki" } },
        [
          '  monitoring:loki.bucket = "Ticketing_Loki" must have 3 to 63 characters from a-z, 0-9, - and ., and start and end with a letter or digit',
          "    fix: pulumi config set --path monitoring:loki.bucket acme-loki-chunks",
        ],
      ],
      [
        "an unset required secret",
        { slackWebhookUrl: undefined },
        [
          "  monitoring:slackWebhookUrl is required, unless existingSecret names the Secret that contains it",
          "    fix: pulumi config set --secret monitoring:slackWebhookUrl",
        ],
      ],
      [
        "a secret that is set in addition to an existing Secret",
        { slack: { existingSecret: "our-webhook" }, heartbeatUrl: undefined },
        [
          "  monitoring:slackWebhookUrl must not be set together with existingSecret, which contains it",
          "    fix: pulumi config rm --path monitoring:slackWebhookUrl",
        ],
      ],
      [
        "a setting of another cluster mode",
        { cluster: { name: "ticketing-prod", version: "1.35" } },
        [
          '  monitoring:cluster.version = "1.35" only applies to the mode create (the mode is existing)',
          "    fix: pulumi config rm --path monitoring:cluster.version",
        ],
      ],
      [
        "an unknown mode, once",
        { cluster: { name: "ticketing-prod", mode: { toString: 1 }, version: "1.35" } },
        [
          '  monitoring:cluster.mode = {"toString":1} must be one of existing, create, kubeconfig',
          "    fix: pulumi config set --path monitoring:cluster.mode existing",
        ],
      ],
      [
        "IAM roles for service accounts without an EKS cluster",
        {
          environment: "dev",
          cluster: { name: "kind", mode: "kubeconfig" },
          loki: { awsIdentity: "irsa" },
        },
        [
          '  monitoring:loki.awsIdentity = "irsa" requires cluster.mode existing or create, because a kubeconfig does not name the OIDC provider',
          "    fix: pulumi config set --path monitoring:loki.awsIdentity podIdentity",
        ],
      ],
      [
        "a store for IAM roles without an EKS cluster, with a wrong URL and credentials",
        {
          environment: "dev",
          cluster: { name: "kind", mode: "kubeconfig" },
          loki: { storage: "filesystem" },
          prometheus: {
            longTerm: {
              kind: "amp",
              url: "https://mimir.example.com",
              bearerToken: { name: "mimir", key: "token" },
            },
          },
        },
        [
          '  monitoring:prometheus.longTerm.url = "https://mimir.example.com" must be the URL of an Amazon Managed Service for Prometheus workspace, without /api',
          "    fix: pulumi config set --path monitoring:prometheus.longTerm.url https://aps-workspaces.us-east-1.amazonaws.com/workspaces/ws-1234abcd-12ab-34cd-56ef-1234567890ab",
          "  monitoring:prometheus.longTerm.bearerToken = [hidden] does not apply to the kind amp, which uses an IAM role",
          "    fix: pulumi config rm --path monitoring:prometheus.longTerm.bearerToken",
          '  monitoring:prometheus.longTerm.kind = "amp" requires cluster.mode existing or create, because EKS Pod Identity exists only on EKS',
          "    fix: pulumi config set --path monitoring:prometheus.longTerm.kind mimir",
        ],
      ],
      [
        "a storage class without a name",
        { storage: { className: "", create: true } },
        [
          "  monitoring:storage.className must be the name of the class to create",
          "    fix: pulumi config set --path monitoring:storage.className gp3",
        ],
      ],
      [
        "a community dashboard without a reviewed revision",
        { grafana: { communityDashboards: [7249, 1860] } },
        [
          "  monitoring:grafana.communityDashboards[1] = 1860 requires a revision: only 6417, 7249, 10826 have a reviewed revision",
          "    fix: write {id: 1860, revision: 1} in the stack's file",
          "         or: pulumi config rm --path 'monitoring:grafana.communityDashboards[1]'",
        ],
      ],
      [
        "a folder of dashboards that does not exist",
        { grafana: { dashboardsFolder: "no-such-folder" } },
        [
          "  monitoring:grafana.dashboardsFolder (no-such-folder) must be a folder of dashboard files",
          "    fix: create the folder no-such-folder, or remove the setting",
        ],
      ],
      [
        "an objective of 100%",
        { services: [{ name: "a", slo: { availabilityPercent: 100 } }] },
        [
          "  monitoring:services[0].slo.availabilityPercent = 100 must be less than 100",
          "    fix: pulumi config set --path --type float 'monitoring:services[0].slo.availabilityPercent' 99.9",
        ],
      ],
      [
        "a registry with a scheme, once for all parts",
        { imageRegistry: "https://registry.example.com" },
        [
          '  monitoring:imageRegistry = "https://registry.example.com" must be a registry host, without https://',
          "    fix: pulumi config set --path monitoring:imageRegistry 123456789012.dkr.ecr.us-east-1.amazonaws.com/mirror",
        ],
      ],
      [
        "a storage class, once for all parts",
        { storage: { className: "GP3" } },
        [
          '  monitoring:storage.className = "GP3" must be a DNS label: at most 63 characters from a-z, 0-9 and -, starting and ending with a letter or digit',
          "    fix: pulumi config set --path monitoring:storage.className gp3",
        ],
      ],
      [
        "values that are nested too deep",
        { prometheus: { values: nested(60) } },
        [
          "  monitoring:prometheus is nested more than 50 levels deep",
          "    fix: pulumi config rm --path monitoring:prometheus",
        ],
      ],
    ];
    for (const [what, changes, lines] of rows) {
      it(what, () => assert.equal(textOf(configuration("prod", changes)), lines.join("\n")));
    }
  });

  it("states the number of problems, the stack, and that nothing was deployed", () => {
    const problems = problemsOf(configuration("prod", { slack: { channel: "a" }, loki: 1 }));
    assert.equal(
      formatConfigurationProblems("prod", problems).split("\n")[0],
      "2 problems in the configuration of stack prod; nothing was deployed",
    );
  });

  it("reports all problems at once, and none twice", () => {
    const changes: Changes = {
      environmentName: "Stag ing",
      cluster: { name: "ticketing-prod", mode: "kubeconfig", version: "1.35" },
      prometheus: { retentionDays: 0, lokiUrl: "x", size: "huge" },
      alertmanager: { replicas: -1 },
      grafana: { dashboardsFolder: "no-such-folder", communityDashboards: [99] },
      loki: { storage: "filesystem", bucket: "X", awsIdentity: "irsa" },
      datadog: { site: "datadog.com", apiKey: "x" },
      slack: { channel: "a", groupBy: [] },
      alerts: { errorRatePercent: 0 },
      services: [{ name: "a" }, { name: "a", port: 1 }],
      datadogApiKey: undefined,
      unheardOf: 1,
    };
    const problems = problemsOf(configuration("prod", changes));
    assert.deepEqual(problems.map(({ path }) => path.join(".")).sort(), [
      "alertmanager.replicas",
      "alerts.errorRatePercent",
      "cluster.version",
      "datadog.apiKey",
      "datadog.site",
      "datadogApiKey",
      "environmentName",
      "grafana.communityDashboards.0",
      "grafana.dashboardsFolder",
      "loki.bucket",
      "loki.storage",
      "prometheus.lokiUrl",
      "prometheus.retentionDays",
      "prometheus.size",
      "services.1.name",
      "services.1.port",
      "slack.channel",
      "slack.groupBy",
      "unheardOf",
    ]);
  });

  it("refuses other strings for a number", () => {
    problemsOf(configuration("prod", { alerts: { errorRatePercent: "2,5" } }));
  });

  it("suggests a name for settings of an alert that does not exist", () => {
    const text = textOf(
      configuration("prod", { alerts: { rules: { KubeJobsFailed: { enabled: false } } } }),
    );
    assert.match(
      text,
      /alerts.rules.KubeJobsFailed .* is not the name of an alert[^]*KubeJobFailed/,
    );
  });

  it("reports a problem with an ingress once, although other parts link to it", () => {
    const text = textOf(configuration("dev", { grafana: { ingress: { host: "grafana" } } }));
    assert.match(text, /grafana\.ingress\.host = "grafana" must be a host name/);
    assert.match(text, /grafana\.ingress\.className is required/);
    assert.equal(text.match(/monitoring:/g)?.length, 4, text);
  });

  describe("suggests a fix that works:", () => {
    const mistakes: Changes[] = [
      { environment: undefined },
      { environment: 7 },
      { cluster: "ticketing-prod" },
      { cluster: [] },
      { cluster: { name: "Ticketing prod" } },
      { cluster: { name: "c", mode: "eks" } },
      { cluster: { name: "c", mode: "create", version: "latest" } },
      { cluster: { name: "c", mode: "create", subnetIds: ["subnet-1"] } },
      { cluster: { name: "c", mode: "create", publicAccessCidrs: ["anywhere"] } },
      { cluster: { name: "c", kubeconfig: "x" } },
      { namespaces: "monitoring" },
      { namespaces: { monitoring: "Monitoring", existing: "ticketing" } },
      { storage: { create: "yes" } },
      { labels: "team=a" },
      { labels: { team: 7 } },
      { imageRegistry: "https://x" },
      { prometheus: [] },
      {
        prometheus: {
          retentionDays: "15",
          replicas: 0,
          size: 3,
          protectData: "no",
          storageGb: 1.5,
        },
      },
      { prometheus: { externalUrl: "prometheus.example.com", chartVersion: "^88", repository: 1 } },
      { prometheus: { values: [] } },
      { alertmanager: { externalUrl: 1, replicas: "2" } },
      { grafana: { communityDashboards: 7249 } },
      { grafana: { communityDashboards: ["7249", 0, { id: "x" }, { id: 1 }, null] } },
      { grafana: { dashboardsFolder: 5 } },
      { loki: "on" },
      {
        loki: { bucket: "a..b", region: "mars", mode: 1, kmsKeyArn: "alias/x", createBucket: "no" },
      },
      { loki: { kmsKeyArn: "arn:aws:kms:eu-west-1:123456789012:key/1234" } },
      { loki: { collectorValues: "x", collectorChartVersion: 1, collectorRepository: "x" } },
      { datadog: [] },
      { datadog: { site: 1, apm: "yes", instrumentedNamespaces: "x", keyRevision: " " } },
      { datadog: { instrumentedNamespaces: ["ticketing"] } },
      { datadog: { existingSecret: "keys" } },
      { datadog: { clusterAgentReplicas: "2", excludedNamespaces: [1] } },
      { datadog: { nodeOs: "fargate" } },
      { datadog: undefined, datadogMonitors: { notify: ["@a"] } },
      { datadogAppKey: undefined, datadogMonitors: { notify: ["@a"] } },
      { datadogMonitors: {} },
      { datadogMonitors: { notify: ["a"], team: "A", operation: "x" } },
      { datadogMonitors: { notify: ["@a"], overrides: { "auth-servise": { team: "x" } } } },
      { datadogMonitors: { notify: ["@a"], overrides: { "auth-service": { operation: "a b" } } } },
      { loki: { redactionPatterns: [{ name: "A", expression: "(?=x)" }] } },
      { loki: { disabledRedactions: ["cards"], logMetricNamespaces: ["A"] } },
      { loki: { logAlerts: [{ namespace: "ticketing", service: "a", silentMinutes: "15" }] } },
      { slack: true },
      { slack: { groupBy: "alertname" } },
      { slack: { groupBy: ["a-b"], channel: 1 } },
      { slack: { existingSecret: "webhook" } },
      { alerts: { errorRatePercent: "2.5", p99LatencyMs: 0, minimumRequestsPerSecond: -1 } },
      { alerts: { runbookBaseUrl: "docs" } },
      { services: {} },
      { services: { cart: { language: "go", slo: { availabilityPercent: 99.9 } }, site: null } },
      { services: "cart" },
      { services: [{ name: "a", port: "8080" }] },
      { services: [{ name: "a", port: 8080 }] },
      { services: [{ name: "a", https: true }] },
      { services: [{ name: "a", language: "golang", kind: "cronjob" }] },
      { services: [{ name: "a", alerts: { jobMaxAgeHours: 5 } }] },
      { services: [1, "a", {}, { name: "A" }, { name: "b", slo: 1 }] },
      { services: [{ name: "a", port: 80, path: "metrics", selector: { app: 1 } }] },
      { services: [{ name: "a", language: "cobol", scrapeIntervalSeconds: 0 }] },
      { services: [{ name: "a", slo: { availabilityPercent: "99.9", windowDays: 1000 } }] },
      { services: [{ name: "a" }, { name: "a" }, { name: "a" }] },
      { datadogApiKey: undefined, slackWebhookUrl: undefined },
    ];
    for (const changes of mistakes) {
      it(
        JSON.stringify(changes) === "{}" ? Object.keys(changes).join() : JSON.stringify(changes),
        () => {
          const raw = configuration("prod", changes);
          for (const problem of problemsOf(raw)) {
            const text = formatConfigurationProblems("prod", [problem]);
            const commands = [...text.matchAll(/pulumi config .*/g)].map(([line]) => line);
            assert.ok(commands.length > 0, text);
            const mended = parseConfiguration(commands.reduce(runConfigCommand, raw));
            const left = (mended.problems ?? []).map(identity);
            assert.ok(!left.includes(identity(problem)), `still there after\n${text}`);
          }
        },
      );
    }

    it("the fixes, applied one after the other, lead to a valid configuration", () => {
      for (const changes of mistakes) {
        let raw = configuration("prod", changes);
        for (let step = 0; step < 20; step++) {
          const [problem] = parseConfiguration(raw).problems ?? [];
          if (problem === undefined) break;
          const text = formatConfigurationProblems("prod", [problem]);
          raw = [...text.matchAll(/pulumi config .*/g)]
            .map(([line]) => line)
            .reduce(runConfigCommand, raw);
        }
        assert.deepEqual(parseConfiguration(raw).problems ?? [], [], JSON.stringify(changes));
      }
    });
  });

  describe("suggests what a wrong value probably means:", () => {
    const fixes: [services: unknown, commands: string[]][] = [
      ...["8080", 8080].map((port): [unknown, string[]] => [
        [{ name: "a", port }],
        ["rm --path '[0].port'", "set --path '[0].portNumber' 8080"],
      ]),
      [[{ name: "a", port: "99999" }], ["set --path '[0].port' metrics"]],
      [
        [{ name: "a", https: true }],
        [
          "rm --path '[0].https'",
          "set --path '[0].https.serverName' inventory-service.ticketing.svc",
        ],
      ],
      ...["golang", "Go"].map((language): [unknown, string[]] => [
        [{ name: "a", language }],
        ["set --path '[0].language' go"],
      ]),
      [[{ name: "a", language: "javascript" }], ["set --path '[0].language' node"]],
      [[{ name: "a", language: "py" }], ["set --path '[0].language' python"]],
      [[{ name: "a", language: "cobol" }], ["set --path '[0].language' other"]],
      [[{ name: "a", kind: "CronJob" }], ["set --path '[0].kind' job"]],
      [[{ name: "a", kind: "worker" }], ["set --path '[0].kind' pods"]],
      [["cart"], ['write the item as "- name: cart"', "or: pulumi config rm --path '[0]'"]],
      [
        { cart: { language: "go" }, site: null },
        [
          "rm --path ",
          "set --path '[0].name' cart",
          "set --path '[0].language' go",
          "set --path '[1].name' site",
        ],
      ],
    ];
    for (const [services, expected] of fixes) {
      it(JSON.stringify(services), () => {
        const text = textOf(configuration("prod", { services }));
        const lines = text.split("\n").filter((line) => /^ {4,}/.test(line));
        assert.deepEqual(
          lines.map((line) =>
            line
              .replace(/^ +(fix: )?(pulumi config (?=set|rm))?/, "")
              .replace("monitoring:services", ""),
          ),
          expected,
        );
      });
    }
  });

  describe("never shows a secret in the wrong place:", () => {
    const webhook = "https://hooks.slack.com/services/T0/B0/xyz";
    const key = "8c1f0a4be7d24d5f9b3a6e1c0d7f2a95";
    const misplaced: Changes[] = [
      { slack: { webhookUrl: webhook } },
      { slack: { webhook } },
      { slack: { channel: webhook } },
      { slack: { existingSecret: webhook } },
      { slack: { groupBy: [webhook] } },
      { slack: webhook },
      { slack: { url: { to: [webhook] } } },
      { slackWebhook: webhook },
      { alertmanager: { externalUrl: 1, url: webhook } },
      { datadog: { apiKey: key } },
      { datadog: { appKey: key } },
      { datadog: { apikey: key } },
      { datadog: { existingSecret: key.toUpperCase() } },
      { datadog: { site: key } },
      { datadog: { keyRevision: [key] } },
      { datadog: key },
      { datadog: [{ apiKey: "short" }] },
      { datadog_api_key: key },
      { services: [{ name: "a", token: "short" }] },
      { prometheus: { values: [{ adminPassword: "short" }] } },
      { imageRegistry: "https://user:short@registry.example.com" },
    ];
    for (const changes of misplaced) {
      it(JSON.stringify(changes), () => {
        const problems = problemsOf(configuration("prod", changes));
        const text = formatConfigurationProblems("prod", problems) + JSON.stringify(problems);
        for (const secret of [webhook, "xyz", key, key.toUpperCase(), "short"]) {
          assert.ok(!text.includes(secret), text);
        }
      });
    }
  });
});

function nested(depth: number): unknown {
  return depth === 0 ? 1 : { a: nested(depth - 1) };
}

function quote(key: string): string {
  return /^[\w./:@%+-]*$/.test(key) ? key : `'${key}'`;
}
