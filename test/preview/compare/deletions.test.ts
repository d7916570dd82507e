import { deepEqual } from "node:assert/strict";
import { deletions } from "../../../preview/compare/deletions";
import { resource, stateWith } from "./states";

const release = (chart: string, values: object) =>
  stateWith([resource("kubernetes:helm.sh/v3:Release", chart, { chart, name: chart, values })]);
const prometheus = (retention?: string) =>
  release("kube-prometheus-stack", { prometheus: { prometheusSpec: { retention } } });
const loki = (limits: object, more: object = {}) =>
  release("loki", {
    loki: { compactor: { retention_enabled: true }, limits_config: limits, ...more },
  });

const textsOf = (...states: Parameters<typeof deletions>) =>
  deletions(...states).map(({ data, effect }) => `${data}: ${effect}`);

describe("data that a shorter retention deletes", () => {
  it("is in Prometheus", () => {
    deepEqual(textsOf(prometheus("15d"), prometheus("36h")), [
      "samples of Prometheus: samples older than 36 hours are deleted when Prometheus restarts (before: 15 days)",
    ]);
    // The default of the chart is 10 days.
    deepEqual(textsOf(prometheus("15d"), prometheus()), [
      "samples of Prometheus: samples older than 10 days are deleted when Prometheus restarts (before: 15 days)",
    ]);
  });

  it("is in Loki", () => {
    deepEqual(textsOf(loki({ retention_period: "360h" }), loki({ retention_period: "168h" })), [
      "logs of Loki: logs older than 7 days are deleted at the next compaction (before: 15 days)",
    ]);
  });

  it("is in streams of Loki, also if a stream loses its own period", () => {
    const period = { retention_period: "720h" };
    const stream = (days: string) =>
      loki({ ...period, retention_stream: [{ selector: '{app="a"}', period: days }] });
    const row = (days: number, before: number) =>
      `logs of Loki with {app="a"}: logs older than ${days} days are deleted at the next compaction (before: ${before} days)`;
    deepEqual(textsOf(stream("90d"), stream("60d")), [row(60, 90)]);
    deepEqual(textsOf(stream("90d"), loki(period)), [row(30, 90)]);
    deepEqual(textsOf(loki(period), stream("7d")), [row(7, 30)]);
    deepEqual(textsOf(loki(period), stream("90d")), []);
  });

  it("is in tenants of Loki, which have the period of all without their own", () => {
    const tenant = (overrides: object) =>
      loki({ retention_period: "720h" }, { runtimeConfig: { overrides } });
    const row = (days: number, before: number) =>
      `logs of the tenant shop: logs older than ${days} days are deleted at the next compaction (before: ${before} days)`;
    const shop = (days: string) => tenant({ shop: { retention_period: days } });
    deepEqual(textsOf(shop("60d"), shop("14d")), [row(14, 60)]);
    deepEqual(textsOf(shop("60d"), tenant({})), [row(30, 60)]);
    deepEqual(textsOf(tenant({}), shop("7d")), [row(7, 30)]);
  });

  it("includes logs that Loki retained forever", () => {
    const off = loki({ retention_period: "360h" }, { compactor: { retention_enabled: false } });
    const effect =
      "logs older than 15 days are deleted at the next compaction (before: retained forever)";
    deepEqual(textsOf(off, loki({ retention_period: "360h" })), [`logs of Loki: ${effect}`]);
    deepEqual(textsOf(loki({}), loki({ retention_period: "360h" })), [`logs of Loki: ${effect}`]);
    deepEqual(textsOf(loki({ retention_period: "360h" }), off), []);
  });

  it("is none for a longer or an unknown retention, or a new stack", () => {
    deepEqual(textsOf(prometheus("15d"), prometheus("30d")), []);
    deepEqual(textsOf(prometheus("15d"), prometheus("[unknown]")), []);
    deepEqual(textsOf(prometheus("[unknown]"), prometheus("15d")), []);
    deepEqual(
      textsOf(loki({ retention_period: "[unknown]" }), loki({ retention_period: "1d" })),
      [],
    );
    deepEqual(textsOf(stateWith([]), prometheus("1d")), []);
  });
});
