import * as assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { toolPath } from "../../tools/paths.cjs";
import { projectDirectory } from "../support/stackConfig";

describe("npm run preview -- --against", () => {
  let repository: string;

  before("create a repository with one commit", () => {
    repository = fs.mkdtempSync(path.join(os.tmpdir(), "observability-against-"));
    const tracked = execFileSync("git", ["ls-files", "-z"], { cwd: projectDirectory }).toString();
    for (const file of tracked.split("\0").filter((name) => /^(?!test|docs|\.)./.test(name))) {
      const from = path.join(projectDirectory, file);
      if (!fs.existsSync(from)) continue;
      fs.cpSync(from, path.join(repository, file), { recursive: true });
    }
    fs.symlinkSync(
      path.join(projectDirectory, "node_modules"),
      path.join(repository, "node_modules"),
    );
    git("init", "--quiet");
    git("add", "--all", ":!node_modules");
    git(
      "-c",
      "user.name=test",
      "-c",
      "user.email=test@localhost",
      "commit",
      "--quiet",
      "-m",
      "base",
    );
  });

  after(() => fs.rmSync(repository, { recursive: true, force: true }));

  function git(...args: string[]): void {
    execFileSync("git", args, { cwd: repository, stdio: ["ignore", "ignore", "inherit"] });
  }

  function preview(...args: string[]) {
    const { status, stdout, stderr } = spawnSync(
      "npm",
      ["run", "--silent", "preview", "--", ...args],
      { cwd: repository, encoding: "utf8" },
    );
    return { status, stdout, stderr };
  }

  it("reports no changes for a stack that is as it was", () => {
    const { status, stdout, stderr } = preview("--stack", "prod", "--against", "HEAD");
    assert.equal(status, 0, stderr);
    assert.match(
      stdout,
      /^## Changes to prod since HEAD \([0-9a-f]{7}\)\n\nNo changes\.\n\nPassed: /,
    );
  });

  it("reports what an edited stack file changes", () => {
    const file = path.join(repository, "Pulumi.prod.yaml");
    const text = fs.readFileSync(file, "utf8");
    const edited = text.replace(
      "    - name: api-gateway",
      "    - name: payment\n    - name: api-gateway",
    );
    assert.notEqual(edited, text);
    fs.writeFileSync(file, edited);
    try {
      const { status, stdout, stderr } = preview("--stack", "prod", "--against", "HEAD");
      assert.equal(status, 0, stderr);
      assert.match(stdout, /^\| services \| services\[payment\] \| - \| /m);
      assert.match(
        stdout,
        /^\| all \d+ alerts \| critical, warning \| payment \| added with the service \|$/m,
      );
      assert.match(stdout, /^\| critical: payment \| - \| #ticketing-alerts \|$/m);
      assert.match(stdout, /^\| services-payment \| .*:ServiceMonitor \| created \|$/m);
    } finally {
      fs.writeFileSync(file, text);
    }
  });

  it("reports what a setting would change, fails like the preview, and prints JSON", () => {
    const lax = ["--config", "alerts.errorRatePercent=20", "--against", "HEAD", "--json"];
    const { status, stdout } = preview("--stack", "prod", ...lax);
    assert.equal(status, 1);
    const { changes, against } = JSON.parse(stdout) as {
      against: { revision: string };
      changes: Record<string, Record<string, string>[]>;
    };
    assert.equal(against.revision, "HEAD");
    assert.deepEqual(changes["settings"], [
      { component: "services", setting: "alerts.errorRatePercent", before: "5", after: "20" },
    ]);
    assert.ok(
      changes["alerts"]?.some(
        ({ alert, services, change }) =>
          alert === "HighErrorRate" &&
          services === "all services" &&
          change === "threshold 0.05 → 0.2",
      ),
    );
    assert.ok(changes["policies"]?.some(({ change }) => change?.startsWith("new violation: ")));
  });

  it("compares a new stack with nothing", () => {
    fs.copyFileSync(
      path.join(repository, "Pulumi.dev.yaml"),
      path.join(repository, "Pulumi.qa.yaml"),
    );
    const { status, stdout, stderr } = preview("--stack", "qa", "--against", "HEAD");
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^## New stack qa since HEAD/);
    assert.match(stdout, /^\| prometheus \| - \| - \| added \|$/m);
  });

  it("leaves no files behind and does not touch the repository", () => {
    const folders = () => fs.readdirSync(os.tmpdir()).filter((name) => /^preview-/.test(name));
    const before = folders();
    preview("--stack", "dev", "--against", "HEAD");
    assert.deepEqual(
      folders().filter((name) => !before.includes(name)),
      [],
    );
    const status = execFileSync(
      "git",
      ["status", "--porcelain", "--", "Pulumi.dev.yaml", "index.ts"],
      {
        cwd: repository,
      },
    );
    assert.equal(status.toString(), "");
  });

  describe("--backtest", () => {
    const environment = {
      ...process.env,
      PATH: `${path.dirname(toolPath("prometheus"))}${path.delimiter}${process.env["PATH"]}`,
    };
    const args = ["--stack", "prod", "--against", "HEAD", "--config", "alerts.errorRatePercent=2"];
    let data: string;

    before("record an hour with 3 % of failed requests for 20 minutes", () => {
      data = fs.mkdtempSync(path.join(os.tmpdir(), "observability-blocks-"));
      const from = Date.UTC(2026, 0, 1) / 1000;
      let [total, failed] = [0, 0];
      const lines = Array.from({ length: 120 }, (_, step) => {
        const failures = step >= 60 && step < 100 ? 90 : 0;
        [total, failed] = [total + 3_000, failed + failures];
        const labels = 'namespace="ticketing",service="auth-service"';
        const time = from + step * 30;
        return [
          [`http_requests_total{${labels},status="200"} ${total - failed} ${time}`],
          [`http_requests_total{${labels},status="500"} ${failed} ${time}`],
        ];
      });
      const series = [0, 1].flatMap((index) => lines.flatMap((line) => line[index]!));
      const file = path.join(data, "samples.txt");
      fs.writeFileSync(file, `${series.join("\n")}\n# EOF\n`);
      execFileSync(
        toolPath("promtool"),
        ["tsdb", "create-blocks-from", "openmetrics", file, data],
        { stdio: "ignore" },
      );
    });

    after(() => fs.rmSync(data, { recursive: true, force: true }));

    it("says how often a lower threshold would have fired", () => {
      const { status, stdout, stderr } = spawnSync(
        "npm",
        ["run", "--silent", "preview", "--", ...args, "--backtest", data],
        { cwd: repository, encoding: "utf8", env: environment },
      );
      assert.equal(status, 0, stderr);
      assert.match(
        stdout,
        /^\| HighErrorRate \| none \| 1 critical \([\d.]+ a week\) \| auth-service 0 → 1 \|/m,
      );
      assert.match(stdout, /^\| critical \| 0 \| [\d.]+ \|$/m);
      assert.match(
        stdout,
        /^\| HighErrorRate \| auth-service \| - \| critical, 2026-01-01 00:\d\d – 00:\d\d \|$/m,
      );
    });

    it("ends Prometheus and removes its folder when it is interrupted", async () => {
      const folders = () => fs.readdirSync(os.tmpdir()).filter((name) => /^backtest-/.test(name));
      const known = folders();
      const child = spawn(
        process.execPath,
        ["preview/start.cjs", ...args, "--backtest", data, "--backtest-days", "9999"],
        { cwd: repository, env: environment, stdio: ["ignore", "ignore", "pipe"] },
      );
      let errors = "";
      child.stderr.on("data", (chunk: Buffer) => {
        errors += chunk.toString();
        if (errors.includes("evaluating")) child.kill("SIGINT");
      });
      const [code] = (await once(child, "exit")) as [number];
      assert.equal(code, 130, errors);
      assert.deepEqual(
        folders().filter((name) => !known.includes(name)),
        [],
      );
      const commands = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" });
      const ours = /prometheus --config\.file=\S*\/(backtest-\w+)/g;
      const left = [...commands.matchAll(ours)].map(([, name]) => name!);
      assert.deepEqual(
        left.filter((name) => !known.includes(name)),
        [],
      );
    });

    it("requires a revision to compare with", () => {
      const { status, stderr } = preview("--stack", "prod", "--backtest", data);
      assert.equal(status, 2);
      assert.match(stderr, /^error: --backtest requires --against <revision>/);
    });
  });

  it("rejects a revision that does not exist", () => {
    const { status, stderr } = preview("--stack", "dev", "--against", "no-such-branch");
    assert.equal(status, 2);
    assert.match(stderr, /--against no-such-branch: is not a commit of this repository\n {2}fix: /);
  });
});
