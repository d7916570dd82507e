import { stringify } from "yaml";
import { Resource } from "../../../policies/facts/resource";

import {
  Mistakes,
  aws,
  base,
  bucketParts,
  chart,
  configMap,
  container,
  flux,
  grafana,
  grafanaHost,
  itJudges,
  kube,
  labeled,
  loki,
  mail,
  manifests,
  pinned,
  withValues,
} from "./subjects";
import { resource } from "../subjects";

const secret = (text: string) => [
  pinned({ alertmanager: { alertmanagerSpec: { configSecret: "alertmanager-encrypted" } } }),
  ...manifests(`
apiVersion: v1
kind: Secret
metadata: {name: alertmanager-encrypted, namespace: monitoring}
stringData: {alertmanager.yaml: "${text}"}
`),
];

const mistakes: Mistakes = {
  "the password of the mail server in a ConfigMap": [
    "no-plaintext-credentials",
    [
      kube("core/v1:ConfigMap", "alertmanager", {
        data: {
          "alertmanager.yml": stringify({
            global: {
              smtp_auth_username: "alerts@shop.io",
              smtp_auth_password: "xkcd-correct-horse",
            },
          }),
        },
      }),
    ],
  ],
  "a password in the probe of a container": [
    "no-plaintext-credentials",
    [
      kube("apps/v1:Deployment", "redis-exporter", {
        spec: {
          template: {
            spec: {
              containers: [
                { name: "exporter", args: ["--redis.addr=redis:6379", "--redis.password=hunter2"] },
              ],
            },
          },
        },
      }),
    ],
  ],
  // Exceptions
  "an exception that an object makes for its own password": [
    "no-plaintext-credentials",
    [
      labeled(configMap("exporter", { "config.yml": "user: app\npassword: hunter2\n" }), {
        annotations: {
          "observability.policy/except":
            "no-plaintext-credentials: it is internal; owner shop; until 2027-01-31",
        },
      }),
    ],
  ],
  // Credentials
  "a PagerDuty routing key in its current form": [
    "no-plaintext-credentials",
    [
      configMap("alertmanager", {
        "alertmanager.yml": stringify({
          receivers: [
            {
              name: "p",
              pagerduty_configs: [
                { routing_key: `R02${"5LYH0FOBTZ8TTN3QKLUM2VRVI3SVX".slice(0, 29)}` },
              ],
            },
          ],
        }),
      }),
    ],
  ],
  "a password in MYSQL_PWD": [
    "no-plaintext-credentials",
    [container("mysqld-exporter", { env: [{ name: "MYSQL_PWD", value: "hunter2" }] })],
  ],
  "a key in a header of a command": [
    "no-plaintext-credentials",
    [
      container("reporter", {
        command: [
          "sh",
          "-c",
          `curl -s -X POST https://api.datadoghq.eu/api/v1/events -H 'DD-API-KEY: ${"0123456789abcdef".repeat(2)}' -d @event`,
        ],
      }),
    ],
  ],
  "the token of a bot of Telegram": [
    "no-plaintext-credentials",
    [
      configMap("alertmanager", {
        "alertmanager.yml": stringify({
          receivers: [
            {
              name: "t",
              telegram_configs: [
                {
                  chat_id: 1,
                  bot_token: ["110201543", "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"].join(":"),
                },
              ],
            },
          ],
        }),
      }),
    ],
  ],
  "the key of a storage account": [
    "no-plaintext-credentials",
    [
      loki({
        loki: {
          storage: {
            type: "azure",
            azure: { accountName: "shop", accountKey: `${"aB3+".repeat(21)}aB==` },
          },
        },
      }),
    ],
  ],
  "a password of Grafana in a HelmRelease of Flux": [
    "no-plaintext-credentials",
    [flux("grafana", { adminUser: "admin", adminPassword: "S3cretPassw0rd" })],
  ],
  "a key of Datadog in a DaemonSet": [
    "no-plaintext-credentials",
    [
      kube("apps/v1:DaemonSet", "datadog-agent", {
        spec: {
          template: {
            spec: {
              containers: [
                {
                  name: "agent",
                  image: "datadog/agent:7",
                  env: [
                    { name: "DD_API_KEY", value: "0123456789abcdef".repeat(2) },
                    { name: "DD_SITE", value: "datadoghq.eu" },
                  ],
                },
              ],
            },
          },
        },
      }),
    ],
  ],
  "a password of the remote storage": [
    "no-plaintext-credentials",
    withValues(
      'prometheus:\n  prometheusSpec:\n    remoteWrite:\n      - url: https://prometheus-prod-01.grafana.net/api/prom/push\n        basic_auth: {username: "123456", password: "c0rrectHorseBattery"}\n',
    ),
  ],
  "a password in SMTP_PASS": [
    "no-plaintext-credentials",
    [
      grafana({
        extraEnv: [
          { name: "SMTP_USER", value: "grafana" },
          { name: "SMTP_PASS", value: "hunter2-prod" },
        ],
      }),
    ],
  ],
  "the client secret of GitHub in grafana.ini": [
    "no-plaintext-credentials",
    [
      flux("grafana", {
        admin: { existingSecret: "grafana-admin" },
        ...grafanaHost,
        "grafana.ini": {
          "auth.github": {
            enabled: true,
            client_id: "Iv1.8a61f9b3a7aba766",
            client_secret: "5f1e9c0d7b3a48264e2d1c9f8b7a60514e3d2c1b",
            allowed_organizations: "acme-corp",
          },
        },
      }),
    ],
  ],
  "the keys of S3 in the values of Loki": [
    "no-plaintext-credentials",
    [
      loki({
        loki: {
          storage: {
            s3: {
              region: "eu-west-1",
              accessKeyId: "AKIAQ3EGRTZ7XK2MPL5B",
              secretAccessKey: "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",
            },
          },
        },
      }),
    ],
  ],
  "a token in authorization.credentials": [
    "no-plaintext-credentials",
    [
      chart("prometheus-blackbox-exporter", {
        config: {
          modules: {
            a: { http: { authorization: { type: "Bearer", credentials: "q8Zk2mN7xP4vT9wL3sB6" } } },
          },
        },
      }),
    ],
  ],
  "PAGERDUTY_KEY in a variable": [
    "no-plaintext-credentials",
    [
      kube("apps/v1:Deployment", "x", {
        spec: {
          template: {
            spec: {
              containers: [
                {
                  name: "a",
                  env: [{ name: "PAGERDUTY_KEY", value: "0123456789abcdef0123456789abcdef" }],
                },
              ],
            },
          },
        },
      }),
    ],
  ],
  "the password of the gateway in the values": [
    "no-plaintext-credentials",
    [
      loki({
        gateway: {
          basicAuth: { enabled: true, username: "loki", password: "correct-horse-battery" },
        },
      }),
      ...bucketParts({}),
    ],
  ],
  "a password in a variable of a Deployment": [
    "no-plaintext-credentials",
    [
      kube("apps/v1:Deployment", "grafana", {
        spec: {
          template: {
            spec: {
              containers: [
                {
                  name: "grafana",
                  env: [{ name: "GF_SECURITY_ADMIN_PASSWORD", value: "Tr0ub4dor" }],
                },
              ],
            },
          },
        },
      }),
    ],
  ],
  "an access key as the password of a mail server": [
    "no-plaintext-credentials",
    mail("smtp_auth_secret"),
  ],
};

const sound: Record<string, Resource[]> = {
  "an exporter whose password is in a Secret": [
    kube("apps/v1:Deployment", "redis-exporter", {
      spec: {
        template: {
          spec: {
            containers: [
              {
                name: "exporter",
                args: ["--redis.addr=redis:6379", "--redis.password-file=/etc/redis/password"],
                env: [
                  {
                    name: "REDIS_PASSWORD",
                    valueFrom: { secretKeyRef: { name: "redis", key: "password" } },
                  },
                ],
              },
            ],
          },
        },
      },
    }),
  ],
  "dashboards with secrets in their names": [
    kube("core/v1:ConfigMap", "dashboards", {
      data: {
        "tokens.json": JSON.stringify({
          title: "Token rotations",
          panels: [{ targets: [{ expr: "sum(rate(token_refreshes_total[5m]))" }] }],
        }),
      },
    }),
  ],
  "a configuration of Alloy with a password from the environment": [
    configMap("alloy", {
      "config.alloy":
        'loki.write "default" {\n  endpoint {\n    url = "https://logs.grafana.net/loki/api/v1/push"\n    basic_auth {\n      username = "12345"\n      password = sys.env("LOKI_PASSWORD")\n    }\n  }\n}\n',
    }),
  ],
  "a script with a password from the environment": [
    configMap("scripts", {
      "check.py":
        'import os, psycopg\nconn = psycopg.connect(\n    user=os.environ["DB_USER"],\n    password=os.environ["DB_PASSWORD"],\n)\n',
    }),
  ],
  "a password that the program generates": [
    resource(
      "random:index/randomPassword:RandomPassword",
      "grafana",
      { length: 32, special: false },
      "prod",
    ),
    kube("core/v1:Secret", "grafana-admin", {
      data: { "admin-user": "YWRtaW4=", "admin-password": "c29tZXRoaW5nLWxvbmctYW5kLXJhbmRvbQ==" },
    }),
  ],
  "a token that the container reads": [
    kube("apps/v1:Deployment", "gitlab-exporter", {
      spec: {
        template: {
          spec: {
            containers: [
              {
                name: "exporter",
                args: ["--token=$(GITLAB_TOKEN)", "--auth-token-file=/etc/token"],
              },
            ],
          },
        },
      },
    }),
  ],
  "files and names that contain the word pass": [
    kube("apps/v1:Deployment", "exporter", {
      spec: {
        template: {
          spec: {
            containers: [
              {
                name: "exporter",
                args: ["--web.password-file=/etc/p", "--bypass=true"],
                env: [
                  { name: "PGPASSFILE", value: "/etc/exporter/pgpass" },
                  { name: "COMPASS_MODE", value: "north" },
                  { name: "DB_PASS_FILE", value: "/run/secrets/db" },
                  {
                    name: "SMTP_PASS",
                    valueFrom: { secretKeyRef: { name: "smtp", key: "password" } },
                  },
                ],
              },
            ],
          },
        },
      },
    }),
  ],
  "an ExternalSecret for the administrator of Grafana": [
    ...base(),
    ...manifests(`
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: aws}
spec: {provider: {aws: {service: SecretsManager, region: eu-west-1, auth: {jwt: {serviceAccountRef: {name: external-secrets, namespace: external-secrets}}}}}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: grafana-admin, namespace: monitoring}
spec:
  refreshInterval: 1h
  secretStoreRef: {kind: ClusterSecretStore, name: aws}
  target: {name: grafana-admin, template: {data: {admin-user: admin, admin-password: "{{ .password }}"}}}
  data: [{secretKey: password, remoteRef: {key: prod/grafana/admin, property: password}}]
`),
  ],
  "the gateway of Loki with basic authentication": [
    loki({
      gateway: {
        basicAuth: { enabled: true, existingSecret: "loki-basic-auth" },
        ingress: {
          enabled: true,
          ingressClassName: "nginx",
          annotations: { "cert-manager.io/cluster-issuer": "letsencrypt" },
          hosts: [{ host: "loki.acme-corp.io", paths: [{ path: "/", pathType: "Prefix" }] }],
          tls: [{ secretName: "loki-tls", hosts: ["loki.acme-corp.io"] }],
        },
      },
    }),
  ],
  "a Secret with the keys of the administrator": [
    grafana({
      admin: { existingSecret: "grafana-login", userKey: "user", passwordKey: "password" },
    }),
    kube("core/v1:Secret", "grafana-login", { data: { user: "YWRtaW4=", password: "eA==" } }),
  ],
  "a gateway with a Secret": [
    loki({ gateway: { basicAuth: { enabled: true, existingSecret: "loki-gateway" } } }),
    ...bucketParts({}),
  ],
  "a Deployment with a reference to a Secret": [
    kube("apps/v1:Deployment", "grafana", {
      spec: {
        template: {
          spec: {
            containers: [
              {
                name: "grafana",
                env: [
                  {
                    name: "GF_SECURITY_ADMIN_PASSWORD",
                    valueFrom: { secretKeyRef: { name: "g", key: "p" } },
                  },
                ],
              },
            ],
          },
        },
      },
    }),
  ],
  "a role as the credentials of an API": [
    aws("apigateway/integration:Integration", "x", {
      credentials: "arn:aws:iam::123456789012:role/ApiGw1",
    }),
  ],
  "the name of a method of authentication": [
    kube("core/v1:ConfigMap", "x", {
      data: { "config.json": '{"auth": "AzureActiveDirectory2"}' },
    }),
  ],
  "a Secret that SOPS encrypts": secret("ENC[AES256_GCM,data:8Xk2vQmN0Pz7rT1s,type:str]"),
};

describe("credentials", () => {
  itJudges(mistakes, sound);
});
