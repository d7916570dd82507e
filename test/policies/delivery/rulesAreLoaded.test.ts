import * as assert from "node:assert/strict";
import { PlainMap, UNKNOWN, plain } from "../../../policies/facts/plain";
import { Resource } from "../../../policies/facts/resource";
import { rulesAreLoaded } from "../../../policies/delivery/rulesAreLoaded";
import { violationText } from "../../../policies/engine/violation";
import { judge, problems, release, resource } from "../subjects";

const group = "kubernetes:monitoring.coreos.com/v1";
const rules = (labels: unknown = {}, type = `${group}:PrometheusRule`): Resource =>
  resource(type, "rules", {
    metadata: { name: "rules", namespace: "shop", labels },
    ...(type.endsWith(":Probe") && {
      spec: { targets: { staticConfig: { static: ["https://shop.io"] } } },
    }),
  });
const chart = (prometheusSpec: unknown): Resource =>
  release("kube-prometheus-stack", { prometheus: { prometheusSpec } });
const prometheus = (spec: unknown): Resource => resource(`${group}:Prometheus`, "main", { spec });
const loads = (server: Resource, object: Resource): boolean =>
  problems(rulesAreLoaded, [server, object]).length === 0;

describe("policy rules-are-loaded", () => {
  it("requires the label of the release by default", () => {
    assert.ok(!loads(chart({}), rules()));
    assert.ok(!loads(chart({}), rules({ release: "other" })));
    assert.ok(loads(chart({}), rules({ release: "prometheus" })));
    assert.ok(!loads(release("kube-prometheus-stack", undefined), rules()));
  });

  for (const [kind, selector] of [
    [`${group}:PrometheusRule`, "rule"],
    [`${group}:ServiceMonitor`, "serviceMonitor"],
    [`${group}:PodMonitor`, "podMonitor"],
    [`${group}:Probe`, "probe"],
    ["kubernetes:monitoring.coreos.com/v1alpha1:ScrapeConfig", "scrapeConfig"],
  ] as const) {
    it(`follows ${selector}SelectorNilUsesHelmValues`, () => {
      const key = `${selector}SelectorNilUsesHelmValues`;
      assert.ok(loads(chart({ [key]: false }), rules({}, kind)));
      assert.ok(!loads(chart({ [key]: true }), rules({}, kind)));
      // An empty map does not count as a selector.
      assert.ok(!loads(chart({ [`${selector}Selector`]: {} }), rules({}, kind)));
    });
  }

  for (const [ruleSelector, labels, expected] of [
    [{ matchLabels: { team: "a" } }, { team: "a", x: "y" }, true],
    [{ matchLabels: { team: "a" } }, { team: "b" }, false],
    [{ matchLabels: { team: "a" } }, { release: "prometheus" }, false],
    [{ matchExpressions: [{ key: "team", operator: "Exists" }] }, { team: "b" }, true],
    [{ matchExpressions: [{ key: "team", operator: "Exists" }] }, {}, false],
    [{ matchExpressions: [{ key: "team", operator: "DoesNotExist" }] }, { team: "b" }, false],
    [{ matchExpressions: [{ key: "t", operator: "In", values: ["a"] }] }, { t: "a" }, true],
    [{ matchExpressions: [{ key: "t", operator: "In", values: ["a"] }] }, {}, false],
    [{ matchExpressions: [{ key: "t", operator: "NotIn", values: ["a"] }] }, { t: "a" }, false],
    [{ matchExpressions: [{ key: "t", operator: "NotIn", values: ["a"] }] }, {}, true],
  ] as [PlainMap, PlainMap, boolean][]) {
    it(`${expected ? "selects" : "does not select"} ${JSON.stringify(labels)} by ${JSON.stringify(ruleSelector)}`, () => {
      assert.equal(loads(chart({ ruleSelector }), rules(labels)), expected);
      assert.equal(loads(prometheus({ ruleSelector }), rules(labels)), expected);
    });
  }

  it("selects nothing by default in a Prometheus object, and everything with an empty selector", () => {
    assert.ok(!loads(prometheus({}), rules()));
    assert.ok(loads(prometheus({ ruleSelector: {} }), rules()));
  });

  it("judges the namespace selector by the name of the namespace", () => {
    const only = (name: string) =>
      chart({
        ruleSelectorNilUsesHelmValues: false,
        ruleNamespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
      });
    assert.ok(loads(only("shop"), rules()));
    assert.ok(!loads(only("other"), rules()));
    const byLabel = { matchLabels: { monitored: "yes" } };
    assert.ok(
      loads(
        chart({ ruleSelectorNilUsesHelmValues: false, ruleNamespaceSelector: byLabel }),
        rules(),
      ),
    );
  });

  for (const [name, server, problem] of [
    [
      "disabled",
      release("kube-prometheus-stack", { prometheus: { enabled: false } }),
      "Prometheus is disabled, so none of the stack's rules are evaluated",
    ],
    [
      "an agent",
      release("kube-prometheus-stack", { prometheus: { agentMode: true } }),
      "Prometheus runs as an agent, which evaluates no rules, so none of the stack's rules are evaluated",
    ],
    [
      "paused",
      prometheus({ paused: true, ruleSelector: {} }),
      "Prometheus is paused, so the operator applies no changes to it, so none of the stack's rules are evaluated",
    ],
    [
      "without replicas",
      chart({ replicas: 0, ruleSelectorNilUsesHelmValues: false }),
      "Prometheus has no replicas, so none of the stack's rules are evaluated",
    ],
  ] as const) {
    it(`does not count a Prometheus that is ${name}`, () => {
      assert.deepEqual(problems(rulesAreLoaded, [server, rules()]), [problem]);
      // Another server or a ThanosRuler may evaluate the rules.
      const other = prometheus({ ruleSelector: {} });
      assert.deepEqual(problems(rulesAreLoaded, [server, other, rules()]), []);
      const ruler = resource(`${group}:ThanosRuler`, "r", { spec: { ruleSelector: {} } });
      assert.deepEqual(problems(rulesAreLoaded, [server, ruler, rules()]), []);
    });
  }

  it("requires one of several servers to select an object, and none where the stack has no server", () => {
    const servers = [chart({}), prometheus({ ruleSelector: {} })];
    assert.deepEqual(problems(rulesAreLoaded, [...servers, rules()]), []);
    assert.deepEqual(problems(rulesAreLoaded, [rules()]), []);
    assert.deepEqual(problems(rulesAreLoaded, [release("prometheus", {}), rules()]), []);
  });

  it("does not judge rules and monitors that a Prometheus of another stack selects", () => {
    const monitor = rules({}, `${group}:ServiceMonitor`);
    const unjudged = {
      violations: [],
      unknown: { path: ["metadata", "labels"], urn: rules().urn },
    };
    assert.deepEqual(judge(rulesAreLoaded, [rules()]), unjudged);
    assert.deepEqual(judge(rulesAreLoaded, [monitor]), {
      ...unjudged,
      unknown: { ...unjudged.unknown, urn: monitor.urn },
    });
    const copied = release("alloy", { config: 'mimir.rules.kubernetes "all" {}' });
    const alertmanager = resource(`${group}:Alertmanager`, "main", { spec: {} });
    assert.deepEqual(judge(rulesAreLoaded, [copied, rules()]), { violations: [] });
    assert.deepEqual(judge(rulesAreLoaded, [alertmanager]), { violations: [] });
  });

  it("names one object of many that are not judged, and the number of the others", () => {
    assert.ok(rulesAreLoaded.scope === "stack");
    const { unevaluated } = rulesAreLoaded.judge([rules(), rules(), rules()], { labels: {} });
    assert.deepEqual(
      unevaluated.map(({ because }) => because),
      [
        "the Prometheus that selects it and 2 other rules, monitors and probes is not among the stack's resources",
      ],
    );
  });

  it("reports unknown values as unknown", () => {
    const open = rules(UNKNOWN);
    assert.deepEqual(judge(rulesAreLoaded, [chart({}), open]), {
      violations: [],
      unknown: { path: ["metadata", "labels"], urn: open.urn },
    });
    const server = chart(UNKNOWN);
    assert.deepEqual(judge(rulesAreLoaded, [server, rules()]), {
      violations: [],
      unknown: {
        path: ["values", "prometheus", "prometheusSpec", "ruleSelector"],
        urn: server.urn,
      },
    });
  });

  it("names the missing label and the alternative", () => {
    const [violation] = judge(rulesAreLoaded, [chart({}), rules()]).violations;
    assert.ok(violation);
    assert.equal(violation.urn, rules().urn);
    assert.equal(
      violationText(violation),
      [
        "no Prometheus in the stack selects this PrometheusRule",
        '  where: PrometheusRule "rules", metadata.labels',
        '  bound: labels that values.prometheus.prometheusSpec.ruleSelector of release "prometheus" (kube-prometheus-stack) selects',
        "  fix:   metadata.labels.release: prometheus, or ruleSelectorNilUsesHelmValues: false in prometheus.prometheusSpec",
      ].join("\n"),
    );
  });

  describe("remediation", () => {
    const labels = { release: "prometheus", team: "shop" };
    const remedied = (object: Resource, config: PlainMap = { labels }): unknown => {
      const props = plain(object.props) as PlainMap;
      const changed = rulesAreLoaded.remediate?.(object, props, config);
      return changed === true ? (props["metadata"] as PlainMap)["labels"] : undefined;
    };

    it("adds missing labels to rules and monitors only", () => {
      assert.deepEqual(remedied(rules()), labels);
      assert.deepEqual(remedied(rules({ app: "a", team: "other" })), {
        app: "a",
        release: "prometheus",
        team: "other",
      });
      assert.deepEqual(remedied(rules(undefined, `${group}:ServiceMonitor`)), labels);
      assert.equal(remedied(rules({}, `${group}:Prometheus`)), undefined);
    });

    it("changes nothing where the labels are set or unknown, or where none is configured", () => {
      assert.equal(remedied(rules(labels)), undefined);
      assert.equal(remedied(rules(UNKNOWN)), undefined);
      assert.equal(remedied(rules({ release: UNKNOWN, team: "a" })), undefined);
      assert.equal(remedied(rules(), {}), undefined);
    });
  });
});
