import * as assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { documentedQueries } from "../docs/dashboardQueries";
import {
  type DashboardStack,
  shownService,
  startDashboardStack,
} from "../support/delivery/dashboardStack";
import { queriesOf, seriesOf } from "../support/delivery/panels";

describePanels("all", false);
describePanels("used", true);

function describePanels(keep: string, nativeHistograms: boolean): void {
  const settings = `metrics.keep: ${keep} and nativeHistograms: ${nativeHistograms}`;
  describe(`the data of each panel in the real Prometheus and Loki, with ${settings}`, function () {
    this.timeout(300_000);
    let stack: DashboardStack;

    before("start the stack with faults in one service", async () => {
      stack = await startDashboardStack(keep, nativeHistograms);
      stack.inject("errors", "crashLoop");
    });

    after(() => stack?.stop());

    async function isAnswered(type: string, expr: string, instant: boolean): Promise<boolean> {
      const selected = { namespace: "ticketing", service: shownService };
      return (await seriesOf({ type, expr, instant }, selected, stack.sources)).length > 0;
    }

    it("is present for each query of each panel, variable and annotation", async () => {
      assert.equal(stack.models.length, 10);
      let missing = queriesOf(stack.models);
      assert.ok(missing.length > 150, String(missing.length));
      // The budget of an objective needs samples from two scaled hours.
      const deadline = Date.now() + 200_000;
      while (missing.length > 0 && Date.now() < deadline) {
        await stack.log("level=error msg=failed", "level=info msg=ok");
        await sleep(5_000);
        const answered = await Promise.all(
          missing.map(({ type, expr, instant }) => isAnswered(type, expr, instant)),
        );
        missing = missing.filter((_query, index) => answered[index] === false);
      }
      assert.deepEqual(
        missing.map(({ place, expr }) => `${place}\n${expr}`),
        [],
      );
    });

    it("is present for each documented PromQL query", async () => {
      const queries = documentedQueries().filter(({ query }) => !query.startsWith("{"));
      assert.equal(queries.length, 8);
      for (const { query } of queries) {
        const read = nativeHistograms ? query.replace("_bucket", "") : query;
        assert.ok(await isAnswered("prometheus", read, true), read);
      }
    });

    it(`${keep === "all" ? "includes" : "does not include"} metrics that nothing reads`, async () => {
      const unread = "prometheus_tsdb_head_max_time";
      assert.equal(await isAnswered("prometheus", unread, true), keep === "all");
    });

    it("is missing for a query of a metric that does not exist", async () => {
      assert.equal(await isAnswered("prometheus", "no_such_metric", true), false);
      assert.equal(await isAnswered("loki", '{service="none"}', false), false);
    });
  });
}
