import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { settingsOrThrow } from "../../../components/shared/settingsOrThrow";

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
