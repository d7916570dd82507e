import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { charts } from "../../../components/charts/charts";
import { inputs, recordedFile } from "../../integration/logs/recorded/inputs";

const fix = "run test/integration/logs/recorded/record.ts again";

describe("the recorded configurations of Loki and Promtail", () => {
  for (const { name, chart, values } of inputs) {
    it(`match the current values and chart: ${name}`, () => {
      const recorded = JSON.parse(fs.readFileSync(recordedFile(name, "values.json"), "utf8")) as {
        version: string;
        values: unknown;
      };
      const { version } = Object.values(charts).find((known) => known.name === chart) ?? {};
      assert.equal(recorded.version, version, fix);
      assert.deepEqual(recorded.values, JSON.parse(JSON.stringify(values)), fix);
    });
  }
});
