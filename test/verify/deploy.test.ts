import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { projectDirectory } from "../support/stackConfig";

describe("npm run deploy", () => {
  let folder: string;

  before("create a fake Pulumi CLI that prints its arguments", () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "deploy-"));
    fs.writeFileSync(path.join(folder, "pulumi"), '#!/bin/sh\necho "$@"\nexit 7\n', {
      mode: 0o755,
    });
  });

  after(() => fs.rmSync(folder, { recursive: true }));

  function deploy(args: string[], PATH = `${folder}:/bin`) {
    const command = ["--require", "tsx/cjs", "verify/deploy.ts", ...args];
    const options = { cwd: projectDirectory, encoding: "utf8", env: { PATH } } as const;
    return spawnSync(process.execPath, command, options);
  }

  it("passes the policies and their configuration to up and preview", () => {
    const policies = "--policy-pack policies --policy-pack-config policies/config.prod.json";
    const up = deploy(["--stack", "prod", "--yes"]);
    assert.equal(up.stdout, `up --stack prod ${policies} --yes\n`, up.stderr);
    const preview = deploy(["--stack", "prod", "preview", "--", "--diff"]);
    assert.equal(preview.stdout, `preview --stack prod ${policies} --diff\n`);
    const withoutOperation = deploy(["--stack", "prod", "--", "--diff"]);
    assert.equal(withoutOperation.stdout, `up --stack prod ${policies} --diff\n`);
  });

  it("passes none to refresh and destroy, which have no such flag", () => {
    assert.equal(deploy(["--stack", "dev", "destroy"]).stdout, "destroy --stack dev\n");
    assert.equal(deploy(["--stack", "dev", "refresh"]).stdout, "refresh --stack dev\n");
  });

  it("exits with the code of the CLI", () => {
    assert.equal(deploy(["--stack", "dev"]).status, 7);
  });

  it("names the command that repairs what a failed update left, but not after a preview", () => {
    const repair = /^pulumi up failed\.[^]*next: npm run rescue -- --stack dev, /m;
    assert.match(deploy(["--stack", "dev"]).stderr, repair);
    assert.equal(deploy(["--stack", "dev", "preview"]).stderr, "");
  });

  it("exits with 2 for an unknown operation, an unknown stack, or without the CLI", () => {
    for (const [args, error] of [
      [["--stack", "dev", "apply"], /unknown operation apply/],
      [["--stack", "other"], /the stack other does not exist/],
    ] as const) {
      const { status, stderr } = deploy([...args]);
      assert.equal(status, 2);
      assert.match(stderr, error);
    }
    const { status, stderr } = deploy(["--stack", "dev"], "/nonexistent");
    assert.equal(status, 2);
    assert.match(stderr, /the Pulumi CLI is not on the PATH/);
  });
});
