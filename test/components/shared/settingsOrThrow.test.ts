import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { settingsOrThrow, withoutValues } from "../../../components/shared/settingsOrThrow";

describe("settingsOrThrow", () => {
  it("returns the settings", () => {
    assert.equal(settingsOrThrow("LokiStack", "loki", { settings: 1 }), 1);
  });

  it("throws an error that the engine prints without a stack trace", () => {
    const problems = [
      {
        path: ["size"],
        value: "x",
        code: "invalid" as const,
        rule: "must be a size",
        fix: { kind: "remove" as const },
      },
    ];
    assert.throws(
      () => settingsOrThrow("LokiStack", "loki", { problems }),
      (error: Error) =>
        pulumi.RunError.isInstance(error) &&
        error.message.startsWith('LokiStack "loki": 1 problem') &&
        error.message.includes('size = "x" must be a size'),
    );
  });
});

describe("withoutValues", () => {
  it("removes chart values", () => {
    const args = { cluster: "a", values: { password: "b" } };
    assert.deepEqual(withoutValues(args), { cluster: "a" });
    assert.deepEqual(withoutValues({ collectorValues: {} }), {});
    assert.deepEqual(args, { cluster: "a", values: { password: "b" } });
  });
});
