import * as assert from "node:assert/strict";
import { promqlUnits } from "../../../policies/alerts/promqlUnits";
import { alerts, problems } from "../subjects";

const find = (expr: string) => problems(promqlUnits, alerts(expr)).join();
const ratio = (window: string) =>
  `sum(rate(http_errors_total[${window}])) / sum(rate(http_requests_total[${window}]))`;
const pair = (one: string, other: string, join = "and") => `${one} ${join} ${other}`;

describe("the windows of a burn rate", () => {
  for (const [expr, problem] of [
    [pair("slo:burnrate1h > 0.0144", "slo:burnrate5m > 0.0144", "or"), /either burn-rate window/],
    [
      pair(`${ratio("1h")} > 14.4 * 0.001`, `${ratio("5m")} > 14.4 * 0.001`, "or"),
      /either burn-rate window/,
    ],
    [
      pair("shop:error_ratio:rate1h > 14.4 * 0.001", "shop:error_ratio:rate5m > 14.4 * 0.01"),
      /different thresholds/,
    ],
    [pair(`${ratio("6h")} > 6 * 0.001`, `${ratio("30m")} > 14.4 * 0.001`), /different thresholds/],
    [
      pair("shop:error_ratio:rate1h > 14.4 * 0.001", "shop:error_ratio:rate1h > 14.4 * 0.001"),
      /burn-rate windows have the same length/,
    ],
    [
      pair("slo:burnrate3d > (14.4 * 0.001)", "slo:burnrate6h > (14.4 * 0.001)"),
      /the burn-rate factor is for a one-hour window/,
    ],
    [
      pair(`${ratio("1d")} > 14.4 * (1 - 0.999)`, `${ratio("2h")} > 14.4 * (1 - 0.999)`),
      /the burn-rate factor is for a one-hour window/,
    ],
  ] as const) {
    it(`do not fit: ${expr}`, () => assert.match(find(expr), problem));
  }

  for (const expr of [
    pair("shop:error_ratio:rate1h > 14.4 * 0.001", "shop:error_ratio:rate5m > 14.4 * 0.001"),
    pair(`${ratio("6h")} > 6 * 0.001`, `${ratio("30m")} > 6 * 0.001`),
    pair(
      `(${pair("slo:burnrate1h > 0.0144", "slo:burnrate5m > 0.0144")})`,
      `(${pair("slo:burnrate6h > 0.006", "slo:burnrate30m > 0.006")})`,
      "or",
    ),
    pair("slo:burnrate3d > 0.001", "slo:burnrate6h > 0.001"),
    pair("shop:error_ratio:rate1h > 0.02", "pay:error_ratio:rate5m > 0.01"),
    pair("shop:error_ratio:rate5m > 0.05", "shop:requests:rate5m > 0.2"),
    pair("shop:error_ratio:rate5m > 0.5", "shop:error_ratio:rate1h > 0.1", "or"),
    pair("shop:error_ratio:rate5m > 0.05", "shop:error_ratio:rate1h > 0.01"),
    pair("rate(cart_errors_total[5m]) > 5", "rate(cart_errors_total[5m] offset 1h) > 5"),
    pair("shop:latency:rate5m > 0.5", "shop:latency:rate1h > 0.2"),
  ]) {
    it(`fit: ${expr}`, () => assert.equal(find(expr), ""));
  }
});
