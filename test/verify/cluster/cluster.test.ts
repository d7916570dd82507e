import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { ExpectedError } from "../../../preview/config/errors";
import { withCluster } from "../../../verify/cluster/cluster";
import { FakeKubernetes } from "../../support/fakeKubernetes";
import { settingsWithPrometheus } from "../../support/stackConfig";

describe("withCluster", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cluster-"));
  const kubernetes = new FakeKubernetes((_, response) => response.end("{}"), {});
  let kubeconfig: string;

  before(async () => {
    kubeconfig = await kubernetes.start(folder);
  });

  after(() => {
    kubernetes.stop();
    fs.rmSync(folder, { recursive: true });
  });

  /** Returns the error that the caller receives if `failure` is thrown while the cluster is used. */
  async function caught(failure: unknown): Promise<unknown> {
    const settings = settingsWithPrometheus("prod");
    const cluster = { ...settings.cluster, kubeconfig };
    return withCluster({ ...settings, cluster }, "fake", () =>
      Promise.reject(failure as Error),
    ).catch((error: unknown) => error);
  }

  it("keeps the stack trace of a bug", async () => {
    const bug = new TypeError("Cannot read properties of undefined");
    assert.equal(await caught(bug), bug);
  });

  it("reports a failed request without a stack trace", async () => {
    const failed = new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED") });
    const error = await caught(failed);
    assert.ok(error instanceof ExpectedError);
    assert.equal(error.message, "fetch failed: connect ECONNREFUSED");
  });
});
