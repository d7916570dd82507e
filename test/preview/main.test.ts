import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { filesBelow } from "../support/filesBelow";

const project = path.join(__dirname, "fixtures", "project");
const start = path.join(__dirname, "..", "..", "preview", "start.cjs");

interface Result {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The real command, in a project of its own. */
function preview(...args: string[]): Result {
  return previewIn(project, ...args);
}

function previewIn(directory: string, ...args: string[]): Result {
  const { status, stdout, stderr } = spawnSync(process.execPath, [start, ...args], {
    cwd: directory,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  return { code: status, stdout, stderr };
}

describe("npm run preview", () => {
  let out: string;
  beforeEach(() => {
    out = fs.mkdtempSync(path.join(os.tmpdir(), "preview-"));
  });
  afterEach(() => fs.rmSync(out, { recursive: true }));

  it("exits with 0 and lists the secrets to set if no policy is violated", () => {
    const { code, stdout, stderr } = preview("--stack", "prod", "--out", out);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^Preview of prod$/m);
    assert.match(stdout, /^ {2}cluster +ticketing-prod$/m);
    assert.match(stdout, /^ {2}pulumi config set --secret slackWebhookUrl --stack prod$/m);
    assert.match(stdout, /^Passed: 11 resources, 2 policies/m);
    // Output of the program is not part of the result.
    assert.equal(stderr, "the program prints this\n");
    assert.deepEqual(fs.readdirSync(out).sort(), [
      "alertmanager",
      "dashboards",
      "manifests",
      "policy.json",
      "releases.json",
      "resources.json",
      "rules",
      "values",
    ]);
  });

  it("includes resources of AWS that a function of @pulumi/eks creates", () => {
    fs.cpSync(project, out, { recursive: true });
    fs.symlinkSync(path.resolve("node_modules"), path.join(out, "node_modules"));
    fs.writeFileSync(
      path.join(out, "index.ts"),
      `import * as pulumi from "@pulumi/pulumi";
       import { createNodeGroupSecurityGroup } from "@pulumi/eks";
       createNodeGroupSecurityGroup("nodes", {
         vpcId: "vpc-1", clusterSecurityGroup: { id: "sg-1" }, eksCluster: { name: "main" },
       } as never, new pulumi.ComponentResource("example:index:Nodes", "nodes"));`,
    );
    const { stdout, stderr } = previewIn(out, "--stack", "prod");
    assert.match(stdout, /^ {2}\+ .*aws:ec2:SecurityGroup +nodes-nodeSecurityGroup$/m, stderr);
  });

  it("exits with 1 if a mandatory policy is violated, and with 0 if the policy is advisory", () => {
    const violation = ["--stack", "prod", "--config", "prometheus.retentionDays=400"];
    const { code, stdout } = preview(...violation);
    assert.equal(code, 1);
    assert.match(stdout, /^retention \(mandatory, high\): prometheus/m);
    assert.match(stdout, /^ {2}fix: pulumi config set --path prometheus.retentionDays 90$/m);
    assert.match(stdout, /^Failed: /m);

    const file = path.join(out, "policies.json");
    fs.writeFileSync(file, JSON.stringify({ retention: "advisory" }));
    assert.equal(preview(...violation, "--policy-config", file).code, 0);
  });

  const wrong: [what: string, args: string[], message: RegExp][] = [
    ["an unknown option", ["--stack", "prod", "--colour"], /Unknown option '--colour'[^]*Usage:/],
    ["no stack", [], /--stack is required[^]*Usage:/],
    [
      "a stack that does not exist",
      ["--stack", "qa"],
      /the stack qa does not exist; available stacks: dev, prod/,
    ],
    ["an impossible path", ["--stack", "prod", "--config", "a[0]"], /expected key=value/],
    [
      "an error in the configuration, without a stack trace",
      ["--stack", "prod", "--config", "prometheus.retentionDays=many"],
      /^error: monitoring:prometheus.retentionDays = "many" must be a number\n$/,
    ],
    [
      "a bug in the program, with its place in the source",
      ["--stack", "prod", "--config", "fault=throw"],
      /error: unexpected: Error: a bug in the program\n +at .*index\.ts:1\d\d:\d+\)/,
    ],
    [
      "a function without a fixed result",
      ["--stack", "prod", "--config", "fault=unknownFunction"],
      /the program calls aws:index\/getIpRanges:getIpRanges, for which the preview has no fixed result/,
    ],
    [
      "a program that never finishes",
      ["--stack", "prod", "--config", "fault=never"],
      /the program never finished/,
    ],
  ];
  for (const [what, args, message] of wrong) {
    it(`exits with 2 for ${what}`, () => {
      const { code, stdout, stderr } = preview(...args);
      assert.match(stderr, message);
      assert.equal(code, 2);
      assert.equal(stdout, "");
    });
  }

  const uncompilable: [what: string, file: string, text: string, message: RegExp][] = [
    [
      "a syntax error in the program",
      "index.ts",
      "export const days =\n  ;",
      /index\.ts:2:2: ERROR: Unexpected ";"/,
    ],
    [
      "an import of a missing file in the program",
      "index.ts",
      'import "./missing";',
      /index\.ts:1:7: ERROR: Could not resolve "\.\/missing"/,
    ],
    [
      "an import of a missing package in the program",
      "index.ts",
      'import "missing-package";',
      /index\.ts:1:7: ERROR: Could not resolve "missing-package"/,
    ],
    [
      "a syntax error in the policy pack",
      path.join("policies", "pack.ts"),
      "export const days =\n  ;",
      /pack\.ts:2:2: ERROR: Unexpected ";"/,
    ],
    [
      "an import of a missing file in the policy pack",
      path.join("policies", "pack.ts"),
      'import "./missing";',
      /pack\.ts:1:7: ERROR: Could not resolve "\.\/missing"/,
    ],
  ];
  for (const [what, file, text, message] of uncompilable) {
    it(`exits with 2 for ${what}, and names the file and the line`, () => {
      fs.cpSync(project, out, { recursive: true });
      fs.symlinkSync(path.resolve("node_modules"), path.join(out, "node_modules"));
      fs.writeFileSync(path.join(out, "index.ts"), "export {};");
      fs.writeFileSync(path.join(out, file), text);
      const { code, stdout, stderr } = previewIn(out, "--stack", "dev", "--json");
      assert.match(stderr, /^error: /);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /\n +at /);
      assert.equal(code, 2);
      assert.match((JSON.parse(stdout) as { error: string }).error, message);
    });
  }

  it("prints exactly one JSON document with --json, even for an error", () => {
    const good = preview("--stack", "dev", "--json");
    const result = JSON.parse(good.stdout) as Record<string, unknown>;
    assert.equal(good.code, 0);
    assert.equal(result["passed"], true);
    assert.equal(result["cluster"], "ticketing-dev");
    assert.deepEqual(result["outputs"], { accountId: "123456789012", bucketArn: "[unknown]" });

    const bad = preview("--stack", "qa", "--json");
    assert.equal(bad.code, 2);
    assert.match(
      (JSON.parse(bad.stdout) as { error: string }).error,
      /the stack qa does not exist/,
    );
  });

  it("shows the warnings of the program in the text and in the document", () => {
    const long = ["--stack", "dev", "--config", "prometheus.retentionDays=21"];
    const { code, stdout, stderr } = preview(...long);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^Warnings\n {2}the volume is too small$/m);
    assert.equal(stderr, "the program prints this\n");
    const { warnings } = JSON.parse(preview(...long, "--json").stdout) as { warnings: string[] };
    assert.deepEqual(warnings, ["the volume is too small"]);
  });

  it("applies --config-file after the file of the stack, which need not exist", () => {
    const file = path.join(out, "more.yaml");
    fs.writeFileSync(file, "config:\n  monitoring:prometheus: {retentionDays: 400}\n");
    assert.equal(preview("--stack", "prod", "--config-file", file).code, 1);
    fs.writeFileSync(file, fs.readFileSync(path.join(project, "Pulumi.dev.yaml")));
    assert.equal(preview("--stack", "new", "--config-file", file).code, 0);
  });

  it("hides a secret even where the program or a policy leaks it", () => {
    const policies = path.join(out, "..", `${path.basename(out)}-policies.json`);
    fs.writeFileSync(policies, JSON.stringify({ "sees-plain-secrets": "advisory" }));
    const leak = [
      ...["--stack", "dev", "--config", "fault=leak", "--policy-config", policies],
      ...["--config", "slackWebhookUrl=https://hooks.example.com/planted-secret"],
    ];
    const text = preview(...leak, "--out", out);
    const json = preview(...leak, "--json");
    fs.rmSync(policies);
    const files = filesBelow(out).map((file) => fs.readFileSync(path.join(out, file), "utf8"));
    assert.match(text.stdout, /the webhook is \[secret\]/);
    assert.match(
      text.stdout,
      /secrets from the configuration in plain text\n {2}leak \(kubernetes:core\/v1:ConfigMap\)/,
    );
    for (const shown of [text.stdout, text.stderr, json.stdout, json.stderr, ...files]) {
      assert.equal(shown.includes("planted-secret"), false);
      assert.equal(shown.includes(Buffer.from("https://hooks").toString("base64url")), false);
    }
  });

  it("does not run code that waits for an unknown value", () => {
    const { code, stderr } = preview(
      "--stack",
      "dev",
      "--config",
      "fault=unknownInName",
      "--out",
      out,
    );
    assert.equal(code, 0, stderr);
    const manifest = fs.readFileSync(path.join(out, "manifests", "configmap-late.yaml"), "utf8");
    assert.match(manifest, /name: "\[unknown\]"/);
    assert.match(manifest, /data: "\[unknown\]"/);
  });

  it("writes the same bytes each time", () => {
    const files = (): [string, string][] =>
      filesBelow(out).map((file) => [file, fs.readFileSync(path.join(out, file), "utf8")]);
    preview("--stack", "prod", "--out", out);
    const first = files();
    preview("--stack", "prod", "--out", out);
    assert.deepEqual(files(), first);
    assert.ok(first.length > 8);
  });
});
