import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

const command = path.join(__dirname, "..", "..", "..", "preview", "files", "main.ts");

const rules = (threshold: number): string => `groups:
  - name: shop
    rules:
      - alert: ErrorsHigh
        expr: |
          sum(rate(requests_total{code=~"5.."}[5m])) / sum(rate(requests_total[5m])) > ${threshold}
        for: 5m
        labels: {severity: critical}
`;

describe("npm run policies", () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "policies-"));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  const write = (file: string, text: string): void => {
    fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    fs.writeFileSync(path.join(folder, file), text);
  };

  function policies(args: string[], input = "") {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["--require", require.resolve("tsx/cjs"), command, ...args],
      { cwd: folder, encoding: "utf8", input, env: { ...process.env, NO_COLOR: "1" } },
    );
    return { code: status, stdout, stderr };
  }

  it("exits with 0 if no mandatory policy is violated, and lists what it did not judge", () => {
    write("deploy/prod/rules.yaml", rules(0.05));
    write("deploy/values.yaml", "replicas: 2");
    write("deploy/dashboard.json", "not read, because a folder stands for its YAML files");
    const { code, stdout, stderr } = policies(["deploy"]);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /^ {2}files +2$/m);
    assert.match(stdout, /^Not evaluated\n {2}not evaluated: deploy\/values\.yaml, because /m);
    assert.match(stdout, /^Passed: 1 resource, 35 policies, 0 mandatory violations/m);
  });

  it("exits with 1 for a violation, and names the file, the object and the fix", () => {
    write("rules.yaml", rules(5));
    const { code, stdout } = policies(["rules.yaml"]);
    assert.equal(code, 1);
    assert.match(
      stdout,
      /^promql-units \(mandatory, high\): rules\.yaml .*\n.*\n {4}where: .*alert ErrorsHigh\n(.*\n)* {4}fix: {3}> 0\.05 instead$/m,
    );
  });

  it("reads standard input and applies the configuration, the profile and the environment", () => {
    write("policies.json", JSON.stringify({ all: "disabled", "alert-annotations": "mandatory" }));
    const args = ["-", "--profile", "strict", "--policy-config", "policies.json", "--json"];
    const production = policies(args, rules(5));
    const { passed, policy } = JSON.parse(production.stdout) as {
      passed: boolean;
      policy: { violations: { policy: string; urn: string }[]; environment: { judged: string } };
    };
    assert.equal(production.code, 1, production.stderr);
    assert.equal(passed, false);
    assert.equal(policy.environment.judged, "production");
    const types = "kubernetes:monitoring.coreos.com/v1:PrometheusRule";
    assert.deepEqual(
      new Set(policy.violations.map(({ policy, urn }) => `${policy} ${urn}`)),
      new Set([`alert-annotations urn:pulumi:files::files::${types}::stdin`]),
    );
    // This policy evaluates production only.
    assert.equal(policies([...args, "--stack", "dev"], rules(5)).code, 0);
  });

  const wrong: [what: string, args: string[], message: RegExp][] = [
    ["no file", [], /^error: a file is required[^]*Usage:/],
    ["an unknown option", ["--colour", "a"], /Unknown option '--colour'[^]*Usage:/],
    ["an unknown profile", ["--profile", "lax", "a"], /must be one of baseline, strict/],
    ["a missing file", ["missing.yaml"], /^error: missing\.yaml does not exist$/m],
    ["an unknown policy", ["-", "--policy-config", "policies.json"], /no-such-policy/],
    ["nothing to judge", ["policies.json"], /nothing that the policies evaluate\n.*policies\.json/],
  ];
  for (const [what, args, message] of wrong) {
    it(`exits with 2 for ${what}`, () => {
      write("policies.json", JSON.stringify({ "no-such-policy": "advisory" }));
      const { code, stdout, stderr } = policies(args, rules(0.05));
      assert.match(stderr, message);
      assert.equal(code, 2);
      assert.equal(stdout, "");
    });
  }
});
