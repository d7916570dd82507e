import * as assert from "node:assert/strict";
import { expressionsIn, isNamedByVariable, metricsReadByGrafana } from "../../../components/dashboards/expressions";

describe("the expressions in the JSON of a dashboard", () => {
  it("are those of panels at any depth, of variables and of annotations", () => {
    const dashboard = {
      panels: [
        { targets: [{ expr: "a" }, { rawSql: "SELECT b" }] },
        { type: "row", panels: [{ targets: [{ expr: "c" }] }] },
      ],
      templating: {
        list: [
          { type: "query", query: { query: 'label_values(d{namespace="$namespace"}, pod)' } },
          { type: "query", query: "label_values(e, pod)" },
          { type: "query", query: "query_result(topk(5, f))" },
          { type: "query", query: "label_values(namespace)" },
          { type: "query", query: "metrics(g.*)" },
          { type: "custom", query: "h" },
        ],
      },
      annotations: { list: [{ expr: "i" }] },
    };
    assert.deepEqual(expressionsIn(dashboard), [
      "a",
      "c",
      'd{namespace="$namespace"}',
      "e",
      "topk(5, f)",
      "i",
    ]);
  });

  it("do not include those for Loki", () => {
    const targets = [{ expr: '{app="a"}' }];
    for (const datasource of [{ type: "loki", uid: "x" }, { uid: "${DS_LOKI}" }, "Loki"]) {
      assert.deepEqual(expressionsIn({ panels: [{ datasource, targets }] }), []);
      assert.deepEqual(expressionsIn({ panels: [{ targets: [{ ...targets[0], datasource }] }] }), []);
    }
  });
});

const cases: [expr: string, metrics: string[]][] = [
  ["sum(rate(a_total[$__rate_interval])) by ($group)", ["a_total"]],
  ["rate(a[${range}]) + b[$__range:$__interval] offset $offset", ["a", "b"]],
  ["topk($n, a)", ["a"]],
  ["node_${resource}_bytes + node_[[resource]]_total", ["node_.*_bytes", "node_.*_total"]],
  ["rate($metric[5m])", []],
  ['{__name__=~"$metric"}', ["(?:.*)"]],
  ['{__name__=~"node_${metric:regex}"}', ["(?:node_.*)"]],
  ['a{b=~"$c"}', ["a"]],
];

describe("the metrics that an expression of Grafana reads", () => {
  for (const [expr, metrics] of cases) {
    it(`are ${metrics.join(", ") || "unknown"} in ${expr}`, () => {
      assert.deepEqual(metricsReadByGrafana(expr), metrics);
    });
  }
});

describe("the metrics of an expression of Grafana", () => {
  for (const [expr, isUnknown] of [
    ["rate($metric[5m])", true],
    ['{__name__=~"$metric"}', true],
    ["topk($n, a)", false],
    ["node_$metric", false],
    ["1", false],
  ] as const) {
    it(`${isUnknown ? "have" : "do not have"} only variables as names in ${expr}`, () => {
      assert.equal(isNamedByVariable(expr), isUnknown);
    });
  }
});
