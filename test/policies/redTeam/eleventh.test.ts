import * as assert from "node:assert/strict";
import { PlainMap } from "../../../policies/facts/plain";
import { Resource } from "../../../policies/facts/resource";
import { judgedByThePack } from "../completePack";
import { accessStatements, podTrust, policyDocument } from "../platformSubjects";
import { resource } from "../subjects";
import { readDocuments } from "../../../policies/facts/yaml";
import { fake } from "../fakes";
import {
  Mistakes,
  bucketParts,
  chart,
  delivering,
  itJudges,
  loki,
  plain,
  rolePolicy,
  withConfig,
  withRules,
} from "./subjects";

const alert = (expr: string) => withRules(plain("Checkout", expr, { for: "10m" }));
const errors = (matcher: string) =>
  alert(
    `sum(rate(http_requests_total{${matcher}}[5m])) / sum(rate(http_requests_total[5m])) > 0.05`,
  );
const restarts = "kube_pod_container_status_restarts_total";

const receivers = `
receivers:
  - {name: snitch, webhook_configs: [{url: 'https://nosnch.in/a1b2'}]}
  - {name: slack, slack_configs: [{channel: '#alerts', api_url_file: /etc/keys/slack, send_resolved: true}]}
route: {receiver: slack, group_by: [alertname, namespace], group_wait: 30s, group_interval: 5m, repeat_interval: 4h, routes: [{matchers: ['alertname="Watchdog"'], receiver: snitch, repeat_interval: 5m}]}
inhibit_rules: [{source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: [namespace, alertname]}]
`;
const archived = (matcher: string, order: "first" | "last") => {
  const archive = `{matchers: ['${matcher}'], receiver: archive}`;
  const pages = `{matchers: ['severity="critical"'], receiver: pages}`;
  return withConfig(`
route: {receiver: slack, routes: [{matchers: ['alertname="Watchdog"'], receiver: heartbeat, group_wait: 1s, group_interval: 1m, repeat_interval: 1m}, ${order === "first" ? `${archive}, ${pages}` : `${pages}, ${archive}`}]}
receivers:
  - {name: heartbeat, webhook_configs: [{url_file: /etc/alertmanager/secrets/heartbeat/url}]}
  - {name: slack, slack_configs: [{channel: '#alerts', send_resolved: true}]}
  - {name: archive, webhook_configs: [{url: 'http://archive.monitoring.svc:8080/'}]}
  - {name: pages, slack_configs: [{channel: '#pages', send_resolved: true}]}
`);
};
const openRole = (serviceAccount: string) => {
  const { Condition: _, ...open } = podTrust;
  return [
    loki({ serviceAccount: { name: "loki" } }),
    ...bucketParts({}),
    aws("iam/role:Role", { name: "loki", assumeRolePolicy: policyDocument(open) }),
    rolePolicy(...accessStatements),
    aws("eks/podIdentityAssociation:PodIdentityAssociation", {
      namespace: "monitoring",
      serviceAccount,
      roleArn: "loki",
    }),
  ];
};
const aws = (type: string, props: PlainMap) => resource(`aws:${type}`, "loki", props, "prod");
/** The chart alertmanager, with a key in its configuration next to those of Alertmanager. */
const alertmanager = (line: string) => [
  chart("alertmanager", {
    replicaCount: 2,
    podDisruptionBudget: { maxUnavailable: 1 },
    resources: { requests: { memory: "64Mi" } },
    extraSecretMounts: [{ name: "keys", mountPath: "/etc/keys", secretName: "alertmanager-keys" }],
    config: readDocuments(`${line}${receivers}`)[0],
  }),
];
const mail = (field: string) =>
  alertmanager(
    `global: {smtp_smarthost: 'email-smtp.eu-west-1.amazonaws.com:587', smtp_from: a@shop.io, smtp_auth_password_file: /etc/keys/smtp, ${field}: ${fake.awsKeyId}}`,
  );

const mistakes: Mistakes = {
  "a pattern of codes in an equality": ["promql-valid", errors('code="5.."')],
  "alternatives of codes in an equality": ["promql-valid", errors('status="500|503"')],
  "alternatives of states in an equality": [
    "promql-valid",
    alert('max by (namespace, pod) (kube_pod_status_phase{phase="Pending|Unknown"}) > 0'),
  ],
  "any text in an equality": ["promql-valid", errors('status=~"5..", route=".*"')],
  "restarts per second": ["promql-units", alert(`rate(${restarts}[15m]) > 3`)],
  "restarts per second of a pod": [
    "promql-units",
    alert(`sum by (namespace, pod) (rate(${restarts}[10m])) > 0.5`),
  ],
  "an unknown key in the configuration of the chart alertmanager": [
    "severities-delivered",
    alertmanager("enable: true"),
  ],
  "an archive that takes all alerts": [
    "severities-delivered",
    archived('alertname=~".+"', "first"),
  ],
  "an archive that takes all alerts with a namespace": [
    "severities-delivered",
    archived('namespace=~".+"', "first"),
  ],
  "a role for any pod": ["loki-iam-least-privilege", openRole("loki")],
  "an access key as the password of a mail server": [
    "no-plaintext-credentials",
    mail("smtp_auth_secret"),
  ],
};

const sound = {
  "a pattern of codes in a regular expression": errors('code=~"5.."'),
  "a class of codes that an exporter counts": errors('code="5xx"'),
  "restarts in five minutes": alert(`rate(${restarts}[15m]) * 60 * 5 > 0`),
  "the increase of restarts": alert(`increase(${restarts}[15m]) > 5`),
  "a configuration that the chart alertmanager enables": alertmanager("enabled: true"),
  "a configuration that the chart alertmanager does not render": alertmanager("enabled: false"),
  "an archive that takes the other alerts": archived('alertname=~".+"', "last"),
  "a user name of Amazon SES": mail("smtp_auth_username"),
};

describe("the eleventh red team", () => {
  itJudges(mistakes, sound);

  describe("in the profile baseline", () => {
    const policies = async (resources: Resource[]) =>
      (await judgedByThePack(resources, "baseline")).map(({ policy }) => policy);

    it("leaves alone: a role for any pod, of which only Loki has an association", async () => {
      assert.deepEqual(await policies(openRole("loki")), []);
      assert.deepEqual(await policies(openRole("cart")), ["loki-iam-least-privilege"]);
    });

    it("leaves alone: a configuration without inhibition", async () => {
      const rules = (list: object[]) => delivering({ inhibit_rules: list });
      assert.deepEqual(await policies(rules([])), []);
      const equal = { target_matchers: ['severity="warning"'], equal: [] };
      assert.deepEqual(
        await policies(rules([{ source_matchers: ['severity="critical"'], ...equal }])),
        ["inhibition"],
      );
    });
  });
});
