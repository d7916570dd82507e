import * as assert from "node:assert/strict";
import { type Call } from "../support/engine/callLog";
import { type Run, TestStack } from "../support/engine/stack";
import { projectDirectory, secrets } from "../support/stackConfig";

/** Resources that a run created, or tried to create, as `type::name`. */
function created({ calls }: Run): string[] {
  return calls
    .filter(({ operation, preview }) => operation === "create" && !preview)
    .map(({ type, name }: Call) => `${type}::${name}`);
}

/** A type as the CLI prints it: `aws:s3:Bucket` for `aws:s3/bucket:Bucket`. */
function shortType(type: string): string {
  return type.replace(/\/(\w+):(\w+)$/, (all, file: string, name: string) =>
    file.toLowerCase() === name.toLowerCase() ? `:${name}` : all,
  );
}

describe("prod, if every resource fails once", () => {
  let stack: TestStack;
  let resources: string[];
  const failed: { run: Run; resources: string[] }[] = [];
  let last: Run;
  let again: Run;

  before("update until nothing fails", async function () {
    this.timeout(600_000);
    stack = await TestStack.create({
      project: projectDirectory,
      stack: "prod",
      secrets: secrets.prod,
    });
    const { calls } = await stack.preview();
    resources = calls
      .filter(({ operation }) => operation === "create")
      .map(({ type, name }) => `${type}::${name}`);
    const remaining = new Set(resources);
    while (remaining.size > 0) {
      const failOn = [...remaining].map((resource) => `${resource}:create`);
      // Resources that do not depend on each other fail in the same run.
      const args = ["--continue-on-error"];
      const run = await stack.update({ failOn, args });
      const now = created(run).filter((resource) => remaining.has(resource));
      assert.ok(now.length > 0, run.text);
      for (const resource of now) remaining.delete(resource);
      failed.push({ run, resources: now });
    }
    last = await stack.update();
    again = await stack.update({ args: ["--expect-no-changes"] });
  });

  after(() => stack?.dispose());

  it("fails each update, and names the resource with the error of the provider", () => {
    for (const { run, resources: now } of failed) {
      assert.notEqual(run.exitCode, 0);
      for (const resource of now) {
        const [type = "", name = ""] = resource.split("::");
        const report = `${shortType(type)} (${name}):\n    error: the test made create of ${name} fail`;
        assert.ok(run.text.includes(report), `${report}\n\nis not in\n\n${run.text}`);
      }
    }
  });

  it("creates the rest in the next update, without a repair", () => {
    assert.equal(last.exitCode, 0, last.text);
    assert.equal(again.exitCode, 0, again.text);
  });

  it("makes nothing twice", () => {
    const attempts = [...failed.map(({ run }) => run), last].flatMap(created);
    for (const resource of resources) {
      const times = attempts.filter((each) => each === resource).length;
      assert.equal(times, 2, `${resource} was created ${times - 1} times`);
    }
  });
});

describe("two updates of prod at once", () => {
  let stack: TestStack;
  let runs: Run[];

  before(async () => {
    stack = await TestStack.create({
      project: projectDirectory,
      stack: "prod",
      secrets: secrets.prod,
    });
    runs = await Promise.all([1, 2].map(() => stack.update()));
  });

  after(() => stack?.dispose());

  it("let the first one finish, and the second one change nothing", () => {
    const [first, second] = runs.toSorted((a, b) => a.exitCode - b.exitCode) as [Run, Run];
    assert.equal(first.exitCode, 0, first.text);
    assert.notEqual(second.exitCode, 0);
    assert.match(second.text, /error: the stack is currently locked by 1 lock\(s\)/);
    assert.deepEqual(created(second), []);
  });
});
