import * as assert from "node:assert/strict";
import { promqlValid } from "../../../policies/alerts/promqlValid";
import { alerts, problems } from "../subjects";

const find = (expr: string) => problems(promqlValid, alerts(expr)).join();
const replace = (replacement: string, pattern: string) =>
  `label_replace(up, "host", "${replacement}", "instance", "${pattern}") == 0`;

describe("labels and values that no series has", () => {
  for (const [expr, problem] of [
    [replace("$1", "[^:]+:.*"), /label_replace removes host/],
    [replace("$2", "([^:]+):.*"), /label_replace removes host/],
    [replace("${1}-a", "(?:[^:]+):[()]"), /label_replace removes host/],
    ["cart_queue > 5 and on () hour() > 24", /hour\(\) never returns such a value/],
    ["cart_queue > 5 and on () day_of_week() == 7", /day_of_week\(\) never/],
    ["cart_queue > 5 and on () 12 < month()", /month\(\) never/],
    ['http_request_duration_seconds{quantile="99"} > 0.5', /quantile "99"/],
    ['rate(http_request_duration_seconds_bucket{le="250ms"}[5m]) > 5', /le "250ms"/],
  ] as const) {
    it(`are mistakes: ${expr}`, () => assert.match(find(expr), problem));
  }

  for (const expr of [
    replace("$1", "([^:]+):.*"),
    replace("${name}", "(?P<name>[^:]+):.*"),
    replace("$1-$2", "([^:]+):(.*)"),
    replace("shop", ".*"),
    replace("$0", ".*"),
    "cart_queue > 5 and on () (hour() >= 22 or hour() < 6)",
    "cart_queue > 5 and on () day_of_week() == 0",
    "cart_queue > 5 and on () day_of_week() > 5",
    'http_request_duration_seconds{quantile="0.99"} > 0.5',
    'http_request_duration_seconds{quantile!="99"} > 0.5',
    'rate(http_request_duration_seconds_bucket{le="0.25"}[5m]) > 5',
    'rate(http_request_duration_seconds_bucket{le="+Inf"}[5m]) > 5',
    'rate(http_request_duration_seconds_bucket{le="5e-01"}[5m]) > 5',
  ]) {
    it(`are none: ${expr}`, () => assert.equal(find(expr), ""));
  }
});
