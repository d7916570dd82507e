import { deepEqual } from "node:assert/strict";
import type { PlainMap } from "../../../policies/facts/plain";
import { objectChanges } from "../../../preview/charts/objectChanges";

type Rows = [object: string, change: string][];

/** The rows of the changes from some objects to others. */
function changesOf(before: PlainMap[], after: PlainMap[]): Rows {
  return objectChanges(before, after, "monitoring").map(({ object, change }) => [object, change]);
}

const labels = (version: string) => ({
  "app.kubernetes.io/name": "grafana",
  "helm.sh/chart": `grafana-${version}`,
  "app.kubernetes.io/version": version,
});

const object = (kind: string, name: string, content: object = {}): PlainMap => ({
  apiVersion: "v1",
  kind,
  metadata: { name },
  ...content,
});

interface Pods {
  image?: string;
  chart?: string;
  checksum?: string;
}

const pods = ({ image = "grafana/grafana:13.1.0", chart = "12.0.0", checksum = "a" }: Pods) => ({
  metadata: { labels: labels(chart), annotations: { "checksum/config": checksum } },
  spec: { containers: [{ name: "grafana", image, env: [{ name: "MODE", value: checksum }] }] },
});

const deployment = (template: Pods, spec: object = {}): PlainMap => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "prometheus-grafana", labels: labels(template.chart ?? "12.0.0") },
  spec: { selector: { matchLabels: { app: "grafana" } }, template: pods(template), ...spec },
});

const statefulSet = (spec: object): PlainMap => ({
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: { name: "loki", namespace: "monitoring" },
  spec: { replicas: 1, serviceName: "loki", template: pods({}), ...spec },
});

describe("changes of the objects of a release", () => {
  it("are none for a new version of a chart that changes only labels of objects", () => {
    const service = (version: string) =>
      object("Service", "grafana", { metadata: { name: "grafana", labels: labels(version) } });
    deepEqual(changesOf([service("12.0.0")], [service("12.1.0")]), []);
  });

  it("have objects that are added or removed, with equal changes in one row", () => {
    deepEqual(
      changesOf(
        [object("ConfigMap", "a"), object("Service", "s")],
        [object("ConfigMap", "b"), object("ConfigMap", "c"), object("Service", "s")],
      ),
      [
        ["ConfigMap a", "removed"],
        ["ConfigMap b, c", "added"],
      ],
    );
  });

  it("match an object of another version of its API, and name another namespace", () => {
    const budget = (version: string, namespace: string) => ({
      ...object("PodDisruptionBudget", "loki"),
      apiVersion: `policy/${version}`,
      metadata: { name: "loki", namespace },
    });
    deepEqual(changesOf([budget("v1beta1", "monitoring")], [budget("v1", "monitoring")]), [
      ["PodDisruptionBudget loki", "updated: apiVersion"],
    ]);
    deepEqual(
      changesOf(
        [budget("v1", "monitoring")],
        [{ ...budget("v1", ""), metadata: { name: "loki" } }],
      ),
      [],
    );
    deepEqual(changesOf([], [budget("v1", "kube-system")]), [
      ["PodDisruptionBudget kube-system/loki", "added"],
    ]);
  });

  it("have the images, and whether pods restart", () => {
    const after = deployment({ image: "grafana/grafana:13.2.0", chart: "12.1.0" });
    deepEqual(changesOf([deployment({})], [after]), [
      [
        "Deployment prometheus-grafana",
        "restarts pods: containers[grafana].image grafana/grafana:13.1.0 → grafana/grafana:13.2.0, " +
          "metadata.labels.helm.sh/chart, metadata.labels.app.kubernetes.io/version",
      ],
    ]);
    deepEqual(changesOf([deployment({})], [deployment({}, { replicas: 2 })]), [
      ["Deployment prometheus-grafana", "updated: spec.replicas"],
    ]);
    const onDelete = (checksum: string) =>
      statefulSet({ updateStrategy: { type: "OnDelete" }, template: pods({ checksum }) });
    deepEqual(changesOf([onDelete("a")], [onDelete("b")]), [
      [
        "StatefulSet loki",
        "changes pods when they are deleted: metadata.annotations.checksum/config, " +
          "containers[grafana].env[MODE].value",
      ],
    ]);
  });

  it("name no value that can be secret", () => {
    const secret = (password: string) =>
      object("Secret", "grafana", { data: { "admin-password": password } });
    const before = [secret("aHVudGVyMg=="), deployment({ checksum: "hunter2" })];
    const after = [secret("aHVudGVyMw=="), deployment({ checksum: "hunter3" })];
    const rows = changesOf(before, after);
    deepEqual(rows.at(-1), ["Secret grafana", "updated: data.admin-password"]);
    deepEqual(JSON.stringify(rows).match(/hunter|aHVud/g), null);
  });

  it("have fields that no update can change", () => {
    const volume = (storage: string) => ({
      volumeClaimTemplates: [
        { metadata: { name: "data" }, spec: { resources: { requests: { storage } } } },
      ],
    });
    deepEqual(changesOf([statefulSet(volume("50Gi"))], [statefulSet(volume("100Gi"))]), [
      ["StatefulSet loki", "cannot be updated in place: spec.volumeClaimTemplates"],
    ]);
    const otherSelector = deployment({}, { selector: { matchLabels: { app: "other" } } });
    deepEqual(changesOf([deployment({})], [otherSelector]), [
      [
        "Deployment prometheus-grafana",
        "cannot be updated in place: spec.selector.matchLabels.app",
      ],
    ]);
    const job = (image: string, metadata: object) =>
      object("Job", "admission", {
        metadata: { name: "admission", ...metadata },
        spec: { template: { spec: { containers: [{ name: "create", image }] } } },
      });
    deepEqual(changesOf([job("a:1", {})], [job("a:2", {})]), [
      ["Job admission", "cannot be updated in place: containers[create].image a:1 → a:2"],
    ]);
    const hook = { annotations: { "helm.sh/hook": "pre-upgrade" } };
    deepEqual(changesOf([job("a:1", hook)], [job("a:2", hook)]), [
      ["Job admission", "updated: containers[create].image a:1 → a:2"],
    ]);
  });

  it("have all dashboards in one row", () => {
    const dashboard = (name: string, text: string) =>
      object("ConfigMap", name, {
        metadata: { name, labels: { grafana_dashboard: "1" } },
        data: { [`${name}.json`]: text },
      });
    deepEqual(
      changesOf(
        [dashboard("nodes", "1"), dashboard("pods", "1")],
        [dashboard("nodes", "2"), dashboard("pods", "2")],
      ),
      [["ConfigMap nodes, pods", "updated: dashboard"]],
    );
  });

  describe("of roles", () => {
    const role = (rules: object[]) => object("ClusterRole", "state-metrics", { rules });
    const rule = (
      apiGroups: string[],
      resources: string[],
      verbs: string[],
      more: object = {},
    ) => ({
      apiGroups,
      resources,
      verbs,
      ...more,
    });
    const roleChange = (before: object[], after: object[]) =>
      changesOf([role(before)], [role(after)]).map(([, change]) => change);

    it("are the verbs that it gains and loses, however its rules are arranged", () => {
      deepEqual(
        roleChange(
          [rule([""], ["pods", "secrets"], ["list", "watch"])],
          [
            rule([""], ["pods"], ["list"]),
            rule([""], ["pods"], ["watch"]),
            rule(["apps"], ["deployments"], ["patch"], { resourceNames: ["loki"] }),
            { nonResourceURLs: ["/metrics"], verbs: ["get"] },
          ],
        ),
        ['gains get on /metrics; patch on deployments.apps "loki"', "loses list, watch on secrets"],
      );
    });

    it("know wildcards, and that a rule for one name is less than one for all", () => {
      const all = [rule(["*"], ["*"], ["*"])];
      const secrets = [rule([""], ["secrets"], ["get"])];
      const named = [rule([""], ["secrets"], ["get"], { resourceNames: ["a"] })];
      deepEqual(roleChange(all, secrets), ["loses * on *.*"]);
      deepEqual(roleChange(secrets, all), ["gains * on *.*"]);
      deepEqual(roleChange(named, secrets), ["gains get on secrets"]);
      deepEqual(roleChange(secrets, named), ["loses get on secrets"]);
      deepEqual(
        roleChange(
          [rule(["apps"], ["*/scale"], ["get"])],
          [rule(["apps"], ["sets/scale"], ["get"])],
        ),
        ["loses get on */scale.apps"],
      );
    });

    it("have the rules of a new role, and a binding to another", () => {
      deepEqual(changesOf([], [role([rule([""], ["secrets"], ["get", "list"])])]), [
        ["ClusterRole state-metrics", "added: get, list on secrets"],
      ]);
      const binding = (name: string) =>
        object("ClusterRoleBinding", "b", { roleRef: { kind: "ClusterRole", name } });
      deepEqual(changesOf([binding("view")], [binding("cluster-admin")]), [
        ["ClusterRoleBinding b", "cannot be updated in place: roleRef.name"],
      ]);
    });
  });

  describe("of CRDs", () => {
    const crd = (versions: Record<string, object>, scope = "Namespaced", unserved?: string) =>
      object("CustomResourceDefinition", "rules.example.com", {
        spec: {
          scope,
          versions: Object.entries(versions).map(([name, properties]) => ({
            name,
            served: name !== unserved,
            schema: { openAPIV3Schema: { type: "object", properties } },
          })),
        },
      });
    const spec = (properties: object) => ({ spec: { type: "object", properties } });
    const list = (properties: object) => ({ type: "array", items: { type: "object", properties } });
    const text = { type: "string" };

    it("are fields that are removed, added, or of another type, by version", () => {
      const before = {
        a: text,
        b: list({ c: text, d: text }),
        e: { type: "object", properties: { f: text } },
      };
      const after = {
        a: { type: "integer" },
        b: list({ c: text }),
        g: { "x-kubernetes-int-or-string": true },
      };
      deepEqual(changesOf([crd({ v1: spec(before) })], [crd({ v1: spec(after) })]), [
        ["CustomResourceDefinition rules.example.com", "v1 loses spec.b[].d, spec.e"],
        [
          "CustomResourceDefinition rules.example.com",
          "v1 has other types: spec.a string → integer",
        ],
        ["CustomResourceDefinition rules.example.com", "v1 gains spec.g"],
      ]);
    });

    it("are versions that are no longer served, and the scope", () => {
      const before = crd({ v1alpha1: spec({}), v1: spec({}) });
      const unserved = crd({ v1alpha1: spec({}), v1: spec({}) }, "Namespaced", "v1alpha1");
      deepEqual(changesOf([before], [unserved]), [
        ["CustomResourceDefinition rules.example.com", "version v1alpha1 is no longer served"],
      ]);
      deepEqual(changesOf([before], [crd({ v1: spec({}) }, "Cluster")]), [
        [
          "CustomResourceDefinition rules.example.com",
          "cannot be updated in place: scope Namespaced → Cluster",
        ],
        ["CustomResourceDefinition rules.example.com", "version v1alpha1 is no longer served"],
      ]);
    });

    it("say that nothing else than descriptions and validation differs", () => {
      const described = (description: string) => crd({ v1: spec({ a: { ...text, description } }) });
      deepEqual(changesOf([described("one")], [described("two")]), [
        ["CustomResourceDefinition rules.example.com", "updated: descriptions or validation"],
      ]);
    });
  });

  describe("of rules", () => {
    const alert = (name: string, severity: string, expr: string, pending = "15m") => ({
      alert: name,
      expr,
      for: pending,
      labels: { severity },
    });
    const rules = (...some: object[]) =>
      object("PrometheusRule", "general", { spec: { groups: [{ name: "g", rules: some }] } });

    it("are alerts that are lost, added or changed, in whichever object", () => {
      const before = rules(
        alert("Watchdog", "none", "vector(1)"),
        alert("NodeDown", "warning", 'up{job="node"} == 0'),
        alert("DiskFull", "critical", "free_bytes < 10"),
        alert("DiskFull", "warning", "free_bytes < 20"),
        { record: "cpu:rate", expr: "rate(cpu[5m])" },
      );
      const after = rules(
        alert("DiskFull", "warning", "free_bytes   < 25", "1h"),
        alert("DiskFull", "critical", "free_bytes < 10"),
        alert("NodeDown", "critical", 'up{job="node"} == 0'),
        alert("NodeSlow", "info", "node_load > 9"),
      );
      const moved = { ...after, metadata: { name: "node" } };
      deepEqual(changesOf([before], [moved]), [
        ["alert DiskFull", "for 15m → 1h"],
        ["alert DiskFull", "threshold 20 → 25"],
        ["alert NodeDown", "severity warning → critical"],
        ["alert Watchdog", "removed (none)"],
        ["recording rule cpu:rate", "removed"],
        ["alert NodeSlow", "added (info)"],
        ["PrometheusRule general", "removed"],
        ["PrometheusRule node", "added"],
      ]);
    });

    it("match the alerts of one name by what they are, not by their order", () => {
      const burn = (severity: string, expr: string) => alert("Burn", severity, expr);
      const [fast, slow, late] = [
        burn("critical", "burn > 14"),
        burn("critical", "burn > 6"),
        burn("warning", "burn > 1"),
      ];
      deepEqual(changesOf([rules(fast, slow, late)], [rules(slow, late)]), [
        ["alert Burn", "removed (critical)"],
      ]);
      deepEqual(changesOf([rules(late, slow)], [rules(burn("critical", "burn > 7"))]), [
        ["alert Burn", "removed (warning)"],
        ["alert Burn", "threshold 6 → 7"],
      ]);
    });

    it("are none for an alert that is written in another way", () => {
      deepEqual(
        changesOf(
          [rules(alert("A", "warning", "sum(x)  by (job) > 1"))],
          [rules(alert("A", "warning", "sum by(job) (x) > 1"))],
        ),
        [],
      );
    });

    it("include the matchers of services, which the alerts of our services do not", () => {
      const [was, is] = ['up{service="a"} == 0', 'up{service="b"} == 0'];
      deepEqual(changesOf([rules(alert("A", "info", was))], [rules(alert("A", "info", is))]), [
        ["alert A", `expression \`${was}\` → \`${is}\``],
      ]);
    });
  });
});
