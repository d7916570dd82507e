import * as assert from "node:assert/strict";
import { queriesWithoutData } from "../../../components/dashboards/queriesWithoutData";

const prometheus = { type: "prometheus", uid: "prometheus" };

function found(expr: string, datasource: unknown = prometheus) {
  const panels = [{ title: "CPU", datasource, targets: [{ expr }] }];
  return queriesWithoutData(JSON.stringify({ title: "Pods", panels })).map(
    ({ panel, reason, fix }) => `${panel}: ${reason}; ${fix}`,
  );
}

describe("the queries without data of a dashboard", () => {
  for (const [expr, problem] of Object.entries({
    "sum(rate(http_requests_total[5m])": [
      "CPU: has a query that does not parse at character 34: sum(rate(http_requests_total[5m]); correct the query",
    ],
    "sum(rate(http_requests_total))": [
      "CPU: has a query that calls rate() without a range, such as [5m]: sum(rate(http_requests_total)); correct the query",
    ],
    "sum(kube_pod_container_resource_requests_cpu_cores)": [
      'CPU: reads kube_pod_container_resource_requests_cpu_cores, which no exporter provides; use kube_pod_container_resource_requests{resource="cpu"}',
    ],
    'sum(rate(node_cpu{mode!="idle"}[$__rate_interval]))': [
      "CPU: reads node_cpu, which no exporter provides; use node_cpu_seconds_total",
    ],
    'avg(contaner_cpu{namespace=~"$namespace"}) > bool 1': [],
  })) {
    it(expr, () => assert.deepEqual(found(expr), problem));
  }

  it("include those of panels in a collapsed row", () => {
    const panel = { title: "Old", datasource: prometheus, targets: [{ expr: "node_boot_time" }] };
    const json = JSON.stringify({ panels: [{ type: "row", title: "Row", panels: [panel] }] });
    assert.deepEqual(
      queriesWithoutData(json).map((query) => query.panel),
      ["Old"],
    );
  });

  describe("do not include", () => {
    for (const expr of [
      "sum by ($group) (rate(http_requests_total[$__rate_interval]))",
      "topk($limit, sum by (pod) (container_memory_working_set_bytes))",
      "up $operator 0",
      "rate($metric[${interval}])",
      'label_replace(up, "a", "$1", "b", "(.*)")',
      "my_own_business_metric",
      "",
    ]) {
      it(`the query ${expr}`, () => assert.deepEqual(found(expr), []));
    }

    for (const source of [
      { type: "loki", uid: "loki" },
      { type: "cloudwatch", uid: "cloudwatch" },
      "Loki",
    ]) {
      it(`queries of ${JSON.stringify(source)}`, () =>
        assert.deepEqual(found('{app="x"} |= "error"', source), []));
    }

    it("queries of Loki in a panel that mixes data sources", () => {
      const targets = [{ datasource: { type: "loki" }, expr: "{} |~ `x`" }];
      const panels = [{ title: "Mixed", datasource: { type: "datasource" }, targets }];
      assert.deepEqual(queriesWithoutData(JSON.stringify({ panels })), []);
    });
  });
});
