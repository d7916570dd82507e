import * as assert from "node:assert/strict";
import { stringify } from "yaml";
import { PlainMap } from "../../policies/facts/plain";
import { Resource } from "../../policies/facts/resource";
import { judgedByThePack } from "./completePack";
import { changed, configSecret, goodConfig, stackValues } from "./platformSubjects";
import { release, resource } from "./subjects";

const chart = "kube-prometheus-stack";
const repo = "https://prometheus-community.github.io/helm-charts";
const good = stackValues;
const spec = (prometheusSpec: PlainMap): PlainMap =>
  changed(good, { prometheus: { prometheusSpec } });
const short = spec({ retention: "5d" });
const open = changed(good, { grafana: { "grafana.ini": { "auth.anonymous": { enabled: true } } } });

const object = (type: string, props: PlainMap, name = "x"): Resource =>
  resource(`kubernetes:${type}`, name, { metadata: { name, namespace: "shop" }, ...props }, "prod");
const installed = (values: PlainMap, more: PlainMap = {}): Resource => {
  const { props, ...rest } = release(chart, values, "prod");
  return { ...rest, props: { ...(props as PlainMap), repositoryOpts: { repo }, ...more } };
};

const flux = (values: unknown, version = "88.5.3", api = "v2"): Resource =>
  object(`helm.toolkit.fluxcd.io/${api}:HelmRelease`, {
    spec: { chart: { spec: { chart, version } }, targetNamespace: "monitoring", values },
  });
const argo = (helm: PlainMap, source: PlainMap = {}): Resource =>
  object("argoproj.io/v1alpha1:Application", {
    spec: { source: { chart, repoURL: repo, targetRevision: "88.5.3", helm, ...source } },
  });
const k3s = (valuesContent: string, more: PlainMap = {}): Resource =>
  object("helm.cattle.io/v1:HelmChart", {
    spec: { chart, repo, version: "88.5.3", valuesContent, ...more },
  });
const terraform = (values: string[], more: PlainMap = {}): Resource =>
  resource(
    "helm:index/release:Release",
    "x",
    { name: "x", chart, repository: repo, version: "88.5.3", values, ...more },
    "prod",
  );

const rule = (fields: PlainMap): PlainMap => ({
  groups: [
    {
      name: "g",
      rules: [
        {
          alert: "A",
          expr: "x > 1",
          for: "5m",
          labels: { severity: "critical" },
          annotations: { summary: "s", description: "d", runbook_url: "https://r.acme.io/a" },
          ...fields,
        },
      ],
    },
  ],
});
const rules = (fields: PlainMap): PlainMap => ({
  apiVersion: "monitoring.coreos.com/v1",
  kind: "PrometheusRule",
  metadata: { name: "r", namespace: "shop", labels: { release: "prometheus" } },
  spec: rule(fields),
});
const ingress: PlainMap = {
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: { name: "g" },
  spec: {
    rules: [
      {
        host: "g.acme.io",
        http: { paths: [{ backend: { service: { name: "prometheus-grafana" } } }] },
      },
    ],
  },
};
const route: PlainMap = {
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "HTTPRoute",
  metadata: { name: "g" },
  spec: {
    parentRefs: [{ name: "public", sectionName: "http" }],
    rules: [{ backendRefs: [{ name: "grafana" }] }],
  },
};
const silent = changed(goodConfig, {
  route: { routes: [{ receiver: "null" }, ...goodConfig.route.routes] },
});
const prometheus = (server: PlainMap): Resource =>
  object("monitoring.coreos.com/v1:Prometheus", {
    spec: {
      ...(good["prometheus"] as { prometheusSpec: PlainMap }).prometheusSpec,
      storageSpec: undefined,
      storage: { volumeClaimTemplate: { spec: { resources: { requests: { storage: "50Gi" } } } } },
      ruleSelector: {},
      ...server,
    },
  });

/** Ways around the policies through what installs, contains or passes on; each in production. */
const bypasses: [string, string, Resource[]][] = [
  ["Flux installs it", "prometheus-retention", [flux(short)]],
  ["an older Flux installs it", "prometheus-retention", [flux(short, "88.5.3", "v2beta1")]],
  ["Flux with a range of versions", "pinned-charts", [flux(good, ">=88")]],
  ["Flux with Grafana open", "grafana-exposure", [flux(open)]],
  ["Argo CD installs it, values as a map", "prometheus-retention", [argo({ valuesObject: short })]],
  [
    "Argo CD installs it, values as a text",
    "prometheus-retention",
    [argo({ values: stringify(short) })],
  ],
  [
    "Argo CD overrides one value",
    "prometheus-retention",
    [
      argo({
        valuesObject: good,
        parameters: [{ name: "prometheus.prometheusSpec.retention", value: "5d" }],
      }),
    ],
  ],
  [
    "Argo CD follows a branch",
    "pinned-charts",
    [argo({ valuesObject: good }, { targetRevision: "*" })],
  ],
  [
    "Argo CD from a fork",
    "pinned-charts",
    [argo({ valuesObject: good }, { repoURL: "https://charts.evil.io" })],
  ],
  [
    "Argo CD from a folder in git",
    "prometheus-retention",
    [argo({ valuesObject: short }, { chart: undefined, path: `charts/${chart}` })],
  ],
  [
    "the second source of Argo CD",
    "prometheus-retention",
    [
      object("argoproj.io/v1alpha1:Application", {
        spec: {
          sources: [
            { repoURL: "https://git.acme.io", ref: "values" },
            { chart, repoURL: repo, targetRevision: "88.5.3", helm: { valuesObject: short } },
          ],
        },
      }),
    ],
  ],
  [
    "an umbrella through Argo CD",
    "prometheus-retention",
    [argo({ valuesObject: { [chart]: short } }, { chart: "platform" })],
  ],
  ["k3s installs it", "prometheus-retention", [k3s(stringify(short))]],
  [
    "k3s overrides one value",
    "prometheus-retention",
    [k3s(stringify(good), { set: { "prometheus.prometheusSpec.retention": "5d" } })],
  ],
  ["Terraform installs it", "prometheus-retention", [terraform([stringify(short)])]],
  [
    "the second text of Terraform",
    "prometheus-retention",
    [
      terraform([
        stringify(good),
        stringify({ prometheus: { prometheusSpec: { retention: "5d" } } }),
      ]),
    ],
  ],
  [
    "Terraform overrides one value",
    "prod-high-availability",
    [
      terraform([stringify(good)], {
        sets: [{ name: "prometheus.prometheusSpec.replicas", value: "1" }],
      }),
    ],
  ],
  [
    "a chart of version 2",
    "prometheus-retention",
    [
      resource(
        "kubernetes:helm.sh/v2:Chart",
        "x",
        { chart, version: "88.5.3", values: short },
        "prod",
      ),
    ],
  ],

  [
    "a rule among the extra manifests",
    "alert-for",
    [installed(changed(good, { extraManifests: [rules({ for: "9h" })] }))],
  ],
  [
    "an extra manifest by name",
    "promql-valid",
    [installed(changed(good, { extraManifests: { mine: rules({ expr: "sum(x" }) } }))],
  ],
  [
    "an extra manifest as text",
    "alert-severity",
    [
      installed(
        changed(good, { extraManifests: [stringify(rules({ labels: { severity: "page" } }))] }),
      ),
    ],
  ],
  [
    "a rule in one text of many documents",
    "rate-window",
    [
      installed(
        changed(good, {
          extraManifests: [
            `${stringify({ apiVersion: "v1", kind: "ConfigMap" })}---\n${stringify(rules({ expr: "rate(x[1m]) > 1" }))}`,
          ],
        }),
      ),
    ],
  ],
  [
    "a template around a rule",
    "alert-for",
    [
      installed(
        changed(good, {
          extraManifests: [`# {{ .Release.Name }}\n${stringify(rules({ for: "9h" }))}`],
        }),
      ),
    ],
  ],
  [
    "an ingress among the extra objects of Grafana",
    "grafana-exposure",
    [installed(changed(good, { grafana: { extraObjects: [ingress] } }))],
  ],
  [
    "a route among the extra objects of another chart",
    "grafana-exposure",
    [
      resource(
        "kubernetes:helm.sh/v3:Release",
        "shop",
        { chart: "shop", values: { extraDeploy: [route] } },
        "prod",
      ),
    ],
  ],
  [
    "an AlertmanagerConfig among the extra manifests",
    "grouping",
    [
      installed(
        changed(good, {
          extraManifests: [
            {
              apiVersion: "monitoring.coreos.com/v1alpha1",
              kind: "AlertmanagerConfig",
              metadata: { name: "a", namespace: "shop" },
              spec: { route: { receiver: "a", groupBy: ["..."] }, receivers: [{ name: "a" }] },
            },
          ],
        }),
      ),
    ],
  ],
  [
    "a Prometheus among the extra manifests",
    "prometheus-retention",
    [
      installed(
        changed(good, {
          extraManifests: [
            {
              apiVersion: "monitoring.coreos.com/v1",
              kind: "Prometheus",
              metadata: { name: "p" },
              spec: { retention: "2h" },
            },
          ],
        }),
      ),
    ],
  ],
  [
    "the extra manifests of a chart through Flux",
    "alert-for",
    [flux(changed(good, { extraManifests: [rules({ for: "9h" })] }))],
  ],

  [
    "a Prometheus without retention",
    "prometheus-retention",
    [prometheus({ retention: undefined })],
  ],
  [
    "a Prometheus on an ephemeral disk",
    "prometheus-storage",
    [prometheus({ storage: { emptyDir: {} } })],
  ],
  ["a Prometheus alone", "prod-high-availability", [prometheus({ replicas: 1 })]],
  ["a Prometheus that scrapes each second", "scrape-cost", [prometheus({ scrapeInterval: "1s" })]],
  [
    "a Prometheus without a limit of samples",
    "scrape-cost",
    [prometheus({ sampleLimit: undefined })],
  ],
  [
    "a Prometheus that selects no rule",
    "rules-are-loaded",
    [
      prometheus({ ruleSelector: undefined }),
      object("monitoring.coreos.com/v1:PrometheusRule", { spec: rule({}) }),
    ],
  ],
  [
    "an Alertmanager alone",
    "prod-high-availability",
    [
      object("monitoring.coreos.com/v1:Alertmanager", {
        spec: { replicas: 1, configSecret: "alertmanager-config" },
      }),
    ],
  ],
  [
    "an Alertmanager with a Secret without receivers",
    "severities-delivered",
    [
      object("monitoring.coreos.com/v1:Alertmanager", {
        spec: { replicas: 2, configSecret: "quiet" },
      }),
      object("core/v1:Secret", { stringData: { "alertmanager.yaml": stringify(silent) } }, "quiet"),
    ],
  ],
  [
    "the same by a patch of the Secret",
    "severities-delivered",
    [
      object("monitoring.coreos.com/v1:Alertmanager", {
        spec: { replicas: 2, configSecret: "quiet" },
      }),
      object(
        "core/v1:SecretPatch",
        { stringData: { "alertmanager.yaml": stringify(silent) } },
        "quiet",
      ),
    ],
  ],
  [
    "an AlertmanagerConfig as the whole configuration",
    "severities-delivered",
    [
      object("monitoring.coreos.com/v1:Alertmanager", {
        spec: { replicas: 2, alertmanagerConfiguration: { name: "all" } },
      }),
      object(
        "monitoring.coreos.com/v1alpha1:AlertmanagerConfig",
        { spec: { route: { receiver: "none" }, receivers: [{ name: "none" }] } },
        "all",
      ),
    ],
  ],
  [
    "a patch of a monitor",
    "scrape-cost",
    [
      object("monitoring.coreos.com/v1:ServiceMonitorPatch", {
        spec: { endpoints: [{ port: "m", interval: "1s" }] },
      }),
    ],
  ],
  [
    "a patch of a rule",
    "alert-for",
    [object("monitoring.coreos.com/v1:PrometheusRulePatch", { spec: rule({ for: "9h" }) })],
  ],
  [
    "a patch of Grafana's environment",
    "grafana-exposure",
    [object("core/v1:ConfigMapPatch", { data: { GF_AUTH_ANONYMOUS_ENABLED: "true" } })],
  ],

  [
    "rules of the chart prometheus",
    "alert-for",
    [
      release(
        "prometheus",
        {
          server: { retention: "15d" },
          serverFiles: { "alerting_rules.yml": rule({ for: "9h" }) },
        },
        "prod",
      ),
    ],
  ],
  [
    "recorded rules of the chart prometheus",
    "promql-valid",
    [
      release(
        "prometheus",
        {
          serverFiles: {
            "recording_rules.yml": {
              groups: [{ name: "g", rules: [{ record: "x", expr: "sum(" }] }],
            },
          },
        },
        "prod",
      ),
    ],
  ],
  [
    "rules in a ConfigMap",
    "alert-for",
    [object("core/v1:ConfigMap", { data: { "a.rules": stringify(rule({ for: "9h" })) } })],
  ],
  [
    "rules in the second file of a ConfigMap",
    "promql-valid",
    [
      object("core/v1:ConfigMap", {
        data: { a: "b: c", "b.yml": stringify(rule({ expr: "sum(x" })) },
      }),
    ],
  ],
];

const violated = async (resources: Resource[]): Promise<string[]> => [
  ...new Set((await judgedByThePack(resources)).map(({ policy }) => policy)),
];

describe("charts and objects inside other resources", () => {
  for (const [how, policy, resources] of bypasses) {
    it(`does not bypass ${policy}: ${how}`, async () => {
      const found = await violated(resources);
      assert.ok(found.includes(policy), found.join());
    });
  }

  it("is at least thirty ways", () => assert.ok(bypasses.length >= 30));

  it("is left alone where it complies", async () => {
    for (const subject of [
      installed(good, { version: "88.5.3" }),
      flux(good),
      argo({ valuesObject: good }),
      argo({ values: stringify(good) }),
      k3s(stringify(good)),
      terraform([stringify(good)]),
      installed(changed(good, { extraManifests: [rules({ expr: "absent(x)" })] })),
    ]) {
      assert.deepEqual(await violated([subject, configSecret()]), [], JSON.stringify(subject));
    }
  });

  it("does not count rules that nobody may load for alerts that have to be there", async () => {
    const service = object("monitoring.coreos.com/v1:ServiceMonitor", {
      spec: { selector: { matchLabels: { app: "cart" } } },
    });
    const loose = object("core/v1:ConfigMap", {
      data: { "a.yml": stringify(rule({ expr: "up == 0" })) },
    });
    assert.ok((await violated([service, loose])).includes("required-alerts"));
  });

  it("does not take Loki's rules for those of Prometheus", async () => {
    const expr = 'sum(count_over_time({app="cart"} |= "error" [5m])) > 10';
    assert.deepEqual(
      await violated([
        object("core/v1:ConfigMap", { data: { "a.yml": stringify(rule({ expr })) } }),
      ]),
      [],
    );
  });
});
