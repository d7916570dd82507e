import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { inTemporaryFolder } from "../../../preview/output/temporaryFolder";

describe("a temporary folder", () => {
  it("exists while it is used, and is removed after an error", async () => {
    let used = "";
    const result = inTemporaryFolder("test", (folder) => {
      used = folder;
      assert.ok(fs.existsSync(folder));
      return Promise.reject(new Error("failed"));
    });
    await assert.rejects(result, /^Error: failed$/);
    assert.ok(!fs.existsSync(used));
  });

  it("is removed if the process exits while it is used", async () => {
    const listeners = process.listeners("exit");
    await inTemporaryFolder("test", async (folder) => {
      const added = process.listeners("exit").filter((listener) => !listeners.includes(listener));
      for (const listener of added) listener(0);
      assert.ok(!fs.existsSync(folder));
      return Promise.resolve();
    });
    assert.deepEqual(process.listeners("exit"), listeners);
  });
});
