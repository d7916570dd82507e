import * as assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { charts as libraryCharts } from "../../components/charts/charts";
import type { RenderedChanges } from "../../preview/charts/renderedChanges";
import { toolPath } from "../../tools/paths.cjs";
import { projectDirectory } from "../support/stackConfig";

describe("npm run preview -- --against", () => {
  let repository: string;
  /** For temporary files of a process, so that a test can see what is left of them. */
  let temporary: string;

  before("create a repository with one commit", () => {
    repository = fs.mkdtempSync(path.join(os.tmpdir(), "observability-against-"));
    temporary = fs.mkdtempSync(path.join(os.tmpdir(), "observability-temporary-"));
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

  after(() => {
    for (const folder of [repository, temporary]) {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  });

  function foldersIn(folder: string, prefix: string): string[] {
    return fs.readdirSync(folder).filter((name) => name.startsWith(prefix));
  }

  function git(...args: string[]): void {
    execFileSync("git", args, { cwd: repository, stdio: ["ignore", "ignore", "inherit"] });
  }

  function preview(...args: string[]) {
    const { status, stdout, stderr } = spawnSync(
      "npm",
      ["run", "--silent", "preview", "--", ...args],
      { cwd: repository, encoding: "utf8", env: { ...process.env, TMPDIR: temporary } },
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
          change === "threshold 5% → 20%",
      ),
    );
    assert.ok(changes["policies"]?.some(({ change }) => change?.startsWith("new violation: ")));
  });

  it("reports refused volumes, deleted data, and what changes in a Secret, without its values", () => {
    const settings = [
      "prometheus.storageGb=50",
      "loki.retentionDays=7",
      "slack.repeatMinutes.critical=90",
    ].flatMap((setting) => ["--config", setting]);
    const { status, stdout, stderr } = preview("--stack", "prod", "--against", "HEAD", ...settings);
    assert.equal(status, 0, stderr);
    assert.match(
      stdout,
      /^### Problems\n\n.*\n.*\n\| volumes of StatefulSet prometheus-\S+ have 100Gi and cannot shrink to 50Gi \| set storageGb back to 100Gi \|\n\n/m,
    );
    assert.match(
      stdout,
      /^### Deleted data\n\n.*\n.*\n\| logs of Loki \| logs older than 7 days are deleted at the next compaction \(before: 15 days\) \|\n\n/m,
    );
    assert.match(
      stdout,
      /^\| slack-config \| kubernetes:core\/v1:Secret \| updated: stringData\.alertmanager\.yaml\.route\.routes \|$/m,
    );
  });

  it("lists a secret that was added to the stack file, without its value", () => {
    const file = path.join(repository, "Pulumi.prod.yaml");
    const committed = fs.readFileSync(file, "utf8");
    try {
      const secret =
        "  monitoring:pagerDutyRoutingKey:\n    secure: v1:0123456789abcdef:c2VjcmV0\n";
      fs.writeFileSync(file, committed.replace("config:\n", `config:\n${secret}`));
      const { status, stdout, stderr } = preview("--stack", "prod", "--against", "HEAD");
      assert.equal(status, 0, stderr);
      assert.match(
        stdout,
        /^### Secrets\n\n.*\n.*\n\| monitoring:pagerDutyRoutingKey \| added \|\n\n/m,
      );
      assert.doesNotMatch(stdout, /c2VjcmV0/);
    } finally {
      fs.writeFileSync(file, committed);
    }
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
    preview("--stack", "dev", "--against", "HEAD");
    assert.deepEqual(foldersIn(temporary, "preview-"), []);
    const status = execFileSync(
      "git",
      ["status", "--porcelain", "--", "Pulumi.dev.yaml", "index.ts"],
      {
        cwd: repository,
      },
    );
    assert.equal(status.toString(), "");
  });

  describe("--charts", () => {
    const args = ["--stack", "prod", "--against", "HEAD"];
    const withHelm = {
      ...process.env,
      PATH: `${path.dirname(toolPath("helm"))}${path.delimiter}${process.env["PATH"]}`,
    };
    const values = '{"podAnnotations":{"note":"new"}}';
    let charts: string;

    /** A small chart with the name and the version of Loki's. */
    function writeChart(folder: string, version: string, verbs: string, alerts: string): void {
      const write = (file: string, text: string): void => {
        fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
        fs.writeFileSync(path.join(folder, file), text);
      };
      write("Chart.yaml", `apiVersion: v2\nname: loki\nversion: ${version}\n`);
      write(
        "templates/objects.yaml",
        `apiVersion: apps/v1
kind: Deployment
metadata: { name: {{ .Release.Name }}, labels: { helm.sh/chart: "{{ .Chart.Name }}-{{ .Chart.Version }}" } }
spec:
  selector: { matchLabels: { app: loki } }
  template:
    metadata:
      labels: { app: loki }
      annotations: {{ toJson (.Values.podAnnotations | default dict) }}
    spec: { containers: [{ name: loki, image: "grafana/loki:{{ .Chart.Version }}" }] }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: loki }
rules: [{ apiGroups: [""], resources: [secrets], verbs: [${verbs}] }]
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: { name: loki }
spec: { groups: [{ name: loki, rules: [${alerts}] }] }
`,
      );
      write(
        "crds/tenants.yaml",
        `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: tenants.example.com }
spec: { versions: [{ name: v1, served: true, schema: { openAPIV3Schema: { properties: { chart-${version.replaceAll(".", "-")}: { type: string } } } } }] }
`,
      );
      write(
        "templates/tests/test.yaml",
        `apiVersion: v1
kind: Pod
metadata: { name: test-${version}, annotations: { helm.sh/hook: test } }
`,
      );
    }

    before("create two versions of a chart, one packaged", () => {
      charts = fs.mkdtempSync(path.join(os.tmpdir(), "observability-charts-"));
      const alert = (expr: string) => `{ alert: LokiDown, expr: ${expr}, for: 5m }`;
      const { version } = libraryCharts.loki;
      const source = path.join(charts, "source");
      writeChart(source, version, "get", `${alert("up < 1")}, { alert: LokiSlow, expr: slow > 1 }`);
      execFileSync(toolPath("helm"), ["package", source, "--destination", charts], {
        stdio: "ignore",
      });
      fs.rmSync(source, { recursive: true });
      writeChart(path.join(charts, "loki"), "99.0.0", "get, list", alert("up < 2"));
    });

    after(() => fs.rmSync(charts, { recursive: true, force: true }));

    function rendered(env: NodeJS.ProcessEnv, ...more: string[]) {
      const { status, stdout, stderr } = spawnSync(
        "npm",
        ["run", "--silent", "preview", "--", ...args, "--json", ...more],
        { cwd: repository, encoding: "utf8", env },
      );
      assert.ok(status === 0 || status === 1, stderr);
      return (JSON.parse(stdout) as { rendered: RenderedChanges }).rendered;
    }

    it("prints what a new version of a chart changes in its objects", () => {
      const { compared, changes, notCompared } = rendered(
        withHelm,
        ...["--charts", charts, "--config", "loki.chartVersion=99.0.0"],
      );
      assert.deepEqual(notCompared, []);
      assert.deepEqual(compared, ["loki"]);
      const { version } = libraryCharts.loki;
      assert.deepEqual(
        changes.map(({ object, change }) => `${object}: ${change}`),
        [
          `Deployment loki: restarts pods: containers[loki].image grafana/loki:${version} → grafana/loki:99.0.0`,
          "Role loki: gains list on secrets",
          `CustomResourceDefinition tenants.example.com: v1 loses chart-${version.replaceAll(".", "-")}`,
          "CustomResourceDefinition tenants.example.com: v1 gains chart-99-0-0",
          "alert LokiDown: threshold 1 → 2",
          "alert LokiSlow: removed",
        ],
      );
    });

    it("prints what values change, as Markdown", () => {
      const { stdout, stderr } = spawnSync(
        "npm",
        [
          ...["run", "--silent", "preview", "--", ...args],
          ...["--charts", charts, "--config", `loki.values=${values}`],
        ],
        { cwd: repository, encoding: "utf8", env: withHelm },
      );
      assert.match(
        stdout,
        /^### Rendered objects\n\n\| Release \| Object \| Change \|\n.*\n\| loki \| Deployment loki \| restarts pods: metadata\.annotations\.note \|\n\n/m,
        stderr,
      );
    });

    it("says that values change no object", () => {
      const unused = ["--config", 'loki.values={"unused":1}'];
      const result = rendered(withHelm, "--charts", charts, ...unused);
      assert.deepEqual(result, { compared: ["loki"], changes: [], notCompared: [] });
    });

    it("says what is missing for a comparison", () => {
      const change = ["--config", `loki.values=${values}`];
      const reason = (env: NodeJS.ProcessEnv, ...more: string[]) => {
        const { compared, notCompared } = rendered(env, ...change, ...more);
        assert.deepEqual(compared, []);
        return notCompared.map(({ release, reason }) => `${release}: ${reason}`).join();
      };
      const { version, repository: repo } = libraryCharts.loki;
      assert.equal(
        reason(withHelm),
        `loki: run \`helm pull loki --repo ${repo} --version ${version}\` in a folder, and pass it as --charts`,
      );
      const node = fs.mkdtempSync(path.join(os.tmpdir(), "observability-path-"));
      for (const name of ["node", "npm", "git", "tar", "sh"]) {
        const file = execFileSync("which", [name], { encoding: "utf8" }).trim();
        fs.symlinkSync(file, path.join(node, name));
      }
      try {
        assert.equal(
          reason({ ...process.env, PATH: node }, "--charts", charts),
          "loki: install Helm 3 or 4, because `helm` is not on PATH",
        );
      } finally {
        fs.rmSync(node, { recursive: true });
      }
      const template = path.join(charts, "loki", "templates", "broken.yaml");
      fs.writeFileSync(template, '{{ fail "needs a bucket" }}');
      try {
        assert.match(
          reason(withHelm, "--charts", charts, "--config", "loki.chartVersion=99.0.0"),
          /^loki: loki 99\.0\.0: helm template: Error: .*needs a bucket/,
        );
      } finally {
        fs.rmSync(template);
      }
    });
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
        /^\| HighErrorRate \| none \| 1 critical \([\d.]+ per week\) \| auth-service 0 → 1 \|/m,
      );
      assert.match(stdout, /^\| critical \| 0 \| [\d.]+ \|$/m);
      assert.match(
        stdout,
        /^\| HighErrorRate \| auth-service \| - \| critical, 2026-01-01 00:\d\d – 00:\d\d \|$/m,
      );
    });

    it("ends Prometheus and removes its folder when it is interrupted", async () => {
      const child = spawn(
        process.execPath,
        ["preview/start.cjs", ...args, "--backtest", data, "--backtest-days", "9999"],
        {
          cwd: repository,
          env: { ...environment, TMPDIR: temporary },
          stdio: ["ignore", "ignore", "pipe"],
        },
      );
      let errors = "";
      child.stderr.on("data", (chunk: Buffer) => {
        errors += chunk.toString();
        if (errors.includes("evaluating")) child.kill("SIGINT");
      });
      const [code] = (await once(child, "exit")) as [number];
      assert.equal(code, 130, errors);
      assert.deepEqual(foldersIn(temporary, "backtest-"), []);
      const commands = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" }).split("\n");
      assert.deepEqual(
        commands.filter((command) => command.includes(`--config.file=${temporary}`)),
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
