import * as assert from "node:assert/strict";
import { parse } from "yaml";
import { lokiRules } from "../../../components/values/lokiRules";

const watched = {
  namespace: "ticketing",
  service: "order-service",
  errorsPerMinute: 10,
  silentMinutes: 15,
};

interface Rules {
  groups: { rules: { alert: string; expr: string; labels: object; annotations: object }[] }[];
}

describe("lokiRules", () => {
  const { groups } = parse(lokiRules([watched, { ...watched, service: "quiet" }])) as Rules;
  const [group, ...others] = groups;

  it("watches each service for errors and for silence", () => {
    assert.deepEqual(others, []);
    assert.deepEqual(
      group?.rules.map(({ alert, expr }) => `${alert} ${/service="(\S+)"/.exec(expr)?.[1]}`),
      [
        "HighLogErrorRate order-service",
        "NoLogs order-service",
        "HighLogErrorRate quiet",
        "NoLogs quiet",
      ],
    );
  });

  it("counts as errors what Loki found to be one, and keeps what routing needs", () => {
    const { expr } = group?.rules[0] ?? { expr: "" };
    assert.match(expr, /detected_level=~"error\|critical\|fatal"/);
    assert.match(expr, /^sum by \(namespace, service\)/);
    assert.match(expr, /> 10$/);
  });

  it("waits as long as it is told for a line", () => {
    assert.match(group?.rules[1]?.expr ?? "", /^absent_over_time\(.*\[15m\]\)$/);
  });

  it("says how urgent each alert is, and what to do", () => {
    for (const { labels, annotations } of group?.rules ?? []) {
      assert.deepEqual(labels, { severity: "warning" });
      assert.match(JSON.stringify(annotations), /docs\/logs\.md#(highlogerrorrate|nologs)/);
    }
  });
});
