import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { runError } from "../../../components/shared/runError";

describe("runError", () => {
  it("keeps its message and has no stack, whatever Pulumi adds", () => {
    const error = runError("the message");
    assert.ok(pulumi.RunError.isInstance(error));
    error.message = `Error while serializing input 'a': ${error.message}`;
    assert.equal(error.message, "the message");
    assert.equal(error.stack, "the message");
  });
});
