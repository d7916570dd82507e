import { deepEqual, notDeepEqual } from "node:assert/strict";
import { cellsOf, readPage } from "./markdown";
import { deployedValue, settingsByTable } from "./settingEffects";
import { settingSamples } from "./settingSamples";

/** Settings that decide what the program accepts, or its estimate of the cost. */
const withoutEffect = ["prometheus.protectData", "slack.requireHeartbeat", /^cost\./];

// test/docs/configuration.test.ts compares the tables with what the program registers.
describe("docs/upgrading.md, What each setting changes", () => {
  const settings = settingsByTable().flatMap(([, names]) => names);

  it("changes every setting of docs/configuration.md, to another value than the deployed one", () => {
    deepEqual(Object.keys(settingSamples).sort(), [...settings].sort());
    for (const [setting, { value }] of Object.entries(settingSamples)) {
      notDeepEqual(value, deployedValue(setting), setting);
    }
  });

  it("lists an effect for each setting, except for settings that change no resource", () => {
    const [, tables = ""] = readPage("docs/upgrading.md").split("<!-- effects -->");
    const rows = tables.split("\n").filter((line) => line.startsWith("| `"));
    deepEqual(
      rows.map((row) => cellsOf(row)[0]),
      settings.map((setting) => `\`${setting}\``),
    );
    const unchanged = rows.map(cellsOf).filter(([, , ...effects]) => effects.join("") === "--");
    const isExpected = (setting: string): boolean =>
      withoutEffect.some((name) =>
        name instanceof RegExp ? name.test(setting) : name === setting,
      );
    deepEqual(
      unchanged.map(([setting]) => setting),
      settings.filter(isExpected).map((setting) => `\`${setting}\``),
    );
  });
});
