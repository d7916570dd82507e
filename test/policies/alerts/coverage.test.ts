import * as assert from "node:assert/strict";
import { alertFor } from "../../../policies/alerts/alertFor";
import { promqlValid } from "../../../policies/alerts/promqlValid";
import { requiredAlerts } from "../../../policies/alerts/requiredAlerts";
import { PlainMap } from "../../../policies/facts/plain";
import { Resource } from "../../../policies/facts/resource";
import { alerts, judge, problems, prometheusRule, resource, serviceMonitor } from "../subjects";

const ratio = (range = "5m", matchers = "", modifier = "") => {
  const rate = (selector: string) => `sum by (service) (rate(${selector}[${range}]${modifier}))`;
  const narrowed = matchers === "" ? "" : `, ${matchers}`;
  return `${rate(`http_requests_total{status=~"5.."${narrowed}}`)} / ${rate(`http_requests_total{${matchers}}`)}`;
};
const p99 = (matchers = "") =>
  `histogram_quantile(0.99, sum by (service, le) (rate(http_request_duration_seconds_bucket${matchers}[5m]))) > 0.5`;

/** What required-alerts finds for a service with one alert. */
function found(expr: string, signal = "errorRatio", severity?: string): string[] {
  const rule = { alert: "A", expr, ...(severity && { labels: { severity } }) };
  const subjects = [prometheusRule([rule]), serviceMonitor("cart")];
  return judge(requiredAlerts, subjects, { signals: [signal] }).violations.map(
    ({ found: text }) => text ?? "",
  );
}

describe("alerts on base signals", () => {
  describe("do not count if they miss an outage", () => {
    for (const [form, expr, reason, signal, severity] of [
      ["an offset", `${ratio("5m", "", " offset 1d")} > 0.05`, /reads samples from the past/],
      ["a fixed time", `${ratio("5m", "", " @ 1700000000")} > 0.05`, /reads samples from the past/],
      ["the start of a range", `${ratio("5m", "", " @ start()")} > 0.05`, /samples from the past/],
      ["a subquery of the past", `max_over_time((${ratio()})[5m:] offset 1d) > 0.05`, /the past/],
      ["the minimum of hours", `min_over_time((${ratio()})[6h:]) > 0.05`, /after a long outage/],
      ["the average of a day", `avg_over_time((${ratio()})[1d:]) > 0.05`, /averages an outage/],
      ["a range of a week", `${ratio("7d")} > 0.05`, /averages an outage over hours/],
      ["a range of six hours", `${ratio("6h")} > 0.05`, /averages an outage over hours/],
      ["itself", `${ratio()} > 0.05 unless ${ratio()} > 0.01`, /so it never fires/],
      ["its own rate", `${ratio()} > 0.05 unless ${ratio()}`, /so it never fires/],
      ["office hours", `${ratio()} > 0.05 and on () hour() > 8`, /time of day/],
      ["weekdays", `${ratio()} > 0.05 and on () day_of_week() < 6`, /time of day/],
      ["one path", `${ratio("5m", 'path="/healthz"')} > 0.05`, /one path/],
      ["one method", `${ratio("5m", 'method="POST"')} > 0.05`, /one method/],
      ["some handlers", `${ratio("5m", 'handler=~"/a|/b"')} > 0.05`, /one handler/],
      ["some buckets", p99('{le=~"0.1|0.5"}'), /one le/, "p99Latency"],
      ["severity info", `${ratio()} > 0.05`, /severity info/, "errorRatio", "info"],
      ["severity none", `${ratio()} > 0.05`, /severity none/, "errorRatio", "none"],
    ] as [string, string, RegExp, string?, string?][]) {
      it(form, () => {
        const [text, ...others] = found(expr, signal, severity);
        assert.match(text ?? "", reason);
        assert.match(text ?? "", /^0 of 1 base signals; the alert A /);
        assert.deepEqual(others, []);
      });
    }
  });

  describe("count with a guard", () => {
    for (const [guard, expr, signal] of [
      ["none", `${ratio()} > 0.05`],
      [
        "minimum traffic",
        `${ratio()} > 0.05 and sum by (service) (rate(http_requests_total[5m])) > 1`,
      ],
      ["a namespace", `${ratio("5m", 'namespace="ticketing"')} > 0.05`],
      ["the service", `${ratio("5m", 'service="cart"')} > 0.05`],
      ["a cluster", `${ratio("5m", 'cluster="prod-eu", env="prod"')} > 0.05`],
      ["no health checks", `${ratio("5m", 'path!="/healthz"')} > 0.05`],
      ["any path", `${ratio("5m", 'path=~".+"')} > 0.05`],
      ["ranges of an hour", `${ratio("1h")} > 0.05`],
      ["ten bad minutes", `min_over_time((${ratio()})[10m:1m]) > 0.05`],
      ["the peak of an hour", `max_over_time((${ratio()})[1h:]) > 0.05`],
      ["a maintenance", `${ratio()} > 0.05 unless on (service) maintenance == 1`],
      ["another alert", `${ratio()} > 0.05 unless on (service) ${ratio()} > 0.5`],
      ["one of its parts", `(a or ${ratio()} > 0.05) unless a`],
      ["all buckets", p99(), "p99Latency"],
      ["a job", p99('{job="cart"}'), "p99Latency"],
      [
        "the boundary of a bucket",
        p99().replace(
          "> 0.5",
          "> on (service) (group by (service) (http_request_duration_seconds_bucket) * 0.5) > 0.5",
        ),
        "p99Latency",
      ],
    ] as [string, string, string?][]) {
      it(guard, () => assert.deepEqual(found(expr, signal), []));
    }
  });

  it("name the alert that does not count, only where it concerns the service", () => {
    const other = `${ratio("5m", 'service="checkout", path="/pay"')} > 0.05`;
    assert.deepEqual(found(other), ["0 of 1 base signals"]);
  });
});

describe("alerts that always fire", () => {
  for (const expr of [
    `vector(0) or ${ratio()} > 0.05`,
    `${ratio()} > 0.05 or vector(0)`,
    `${ratio()} > 0.05 or on () vector(1)`,
    `queue_length > 5 or queue_length`,
  ]) {
    it(expr.replace(ratio(), "ratio"), () =>
      assert.match(problems(promqlValid, alerts(expr))[0] ?? "", /no condition/),
    );
  }

  for (const expr of [
    `(${ratio()} or vector(0)) > 0.05`,
    `${ratio()} > 0.05 or absent(http_requests_total)`,
    "(count(up == 1) or vector(0)) == 0",
  ]) {
    it(`not: ${expr.replace(ratio(), "ratio")}`, () =>
      assert.deepEqual(problems(promqlValid, alerts(expr)), []));
  }
});

describe("groups of alerts", () => {
  const grouped = (group: PlainMap, severity = "critical"): Resource =>
    resource("kubernetes:monitoring.coreos.com/v1:PrometheusRule", "rules", {
      metadata: { name: "rules" },
      spec: {
        groups: [
          {
            name: "g",
            ...group,
            rules: [{ alert: "A", expr: "x > 1", for: "5m", labels: { severity } }],
          },
        ],
      },
    });

  it("are evaluated in time", () => {
    assert.match(
      problems(alertFor, grouped({ interval: "6h" }))[0] ?? "",
      /not evaluated often enough/,
    );
    assert.match(
      problems(alertFor, grouped({ interval: "2h" }, "warning"))[0] ?? "",
      /not evaluated often enough/,
    );
    for (const group of [{}, { interval: "30s" }, { interval: "5m" }]) {
      assert.deepEqual(problems(alertFor, grouped(group)), []);
    }
    assert.deepEqual(problems(alertFor, grouped({ interval: "1d" }, "info")), []);
  });

  it("have no limit that an outage exceeds", () => {
    assert.match(problems(alertFor, grouped({ limit: 1 }))[0] ?? "", /exceed the group's limit/);
    for (const limit of [0, 100]) assert.deepEqual(problems(alertFor, grouped({ limit })), []);
  });
});
