import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { documentedCommands } from "../docs/commands";
import { How, howIsExecuted } from "../docs/executions";
import { documentedConfig } from "../support/documentedConfig";
import { projectDirectory, shippedText } from "../support/stackConfig";

describe("npm run service", function () {
  this.timeout(120_000);
  let project: string;

  before("copy the stack files, and link everything else", () => {
    project = fs.mkdtempSync(path.join(os.tmpdir(), "service-"));
    for (const name of fs.readdirSync(projectDirectory)) {
      const source = path.join(projectDirectory, name);
      if (name === "Pulumi.prod.yaml") continue;
      if (name === "Pulumi.yaml") fs.copyFileSync(source, path.join(project, name));
      else if (name !== ".git") fs.symlinkSync(source, path.join(project, name));
    }
  });

  beforeEach(() => fs.writeFileSync(path.join(project, "Pulumi.prod.yaml"), shippedText("prod")));

  after(() => fs.rmSync(project, { recursive: true }));

  function service(...args: string[]) {
    const command = ["--require", "tsx/cjs", "service/service.ts", ...args];
    const { status, stdout, stderr } = spawnSync(process.execPath, command, {
      cwd: project,
      encoding: "utf8",
      env: { ...process.env, NO_COLOR: "1" },
    });
    return { status, stdout, stderr };
  }

  /** Runs a command as the documentation has it. */
  function documented(pattern: RegExp) {
    const command = documentedCommands().find(
      (candidate) => howIsExecuted(candidate) === How.Service && pattern.test(candidate.text),
    );
    return service(...(command?.text.split(" ").slice(4) ?? []));
  }

  const stackFile = () => fs.readFileSync(path.join(project, "Pulumi.prod.yaml"), "utf8");

  it("shows when an existing Prometheus scrapes which port of the service", () => {
    fs.writeFileSync(path.join(project, "Pulumi.prod.yaml"), documentedConfig());
    const flags = ["--stack", "prod", "--port-number", "8080", "--yes"];
    const { status, stdout, stderr } = service("add", "checkout", ...flags);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /port 8080, path \/metrics, at the interval of the existing Prometheus$/m);
  });

  it("shows what the service gets, and writes its lines", () => {
    const { status, stdout, stderr } = documented(/ --yes$/);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^ {2}ServiceMonitor +payments\/checkout$/m);
    assert.match(stdout, /^ {2}target +port metrics, path \/metrics, every 30s$/m);
    assert.match(stdout, /^ {2}HighErrorRate +critical, for 5m, threshold 5%$/m);
    assert.match(stdout, /^ {2}AvailabilityBudgetBurn +critical, for 2m, /m);
    assert.match(stdout, /^ {2}critical +#ticketing-alerts$/m);
    assert.match(stdout, /^ {2}service-objectives +Objectives$/m);
    assert.match(stdout, /^ {2}query +\{namespace="payments", service="checkout"\}$/m);
    assert.match(stdout, /^ {2}services\[payments\]-checkout +created$/m);
    assert.match(stdout, /Wrote Pulumi\.prod\.yaml\.\n {2}next: npm run deploy -- --stack prod\n$/);
    assert.equal(
      stackFile(),
      `${shippedText("prod")}    - name: checkout
      namespace: payments
      language: go
      slo:
        availabilityPercent: 99.9
`,
    );
  });

  it("adds a URL that is only probed", () => {
    const url = "https://shop.example.com/health";
    const flags = ["--kind", "probe", "--probe", url];
    const { status, stdout, stderr } = service("add", "shop", "--stack", "prod", ...flags, "--yes");
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^ {2}requests +https:\/\/shop\.example\.com\/health, every 30s$/m);
    assert.match(stdout, /^ {2}ProbeFailing +critical, for 1m/m);
    assert.match(stdout, /^ {2}CertificateExpiring +warning, for 5m, threshold 21 d$/m);
    const lines = `    - name: shop\n      kind: probe\n      probe: ${url}\n`;
    assert.equal(stackFile(), shippedText("prod") + lines);
  });

  it("changes nothing without a confirmation", () => {
    const { status, stdout } = documented(/ --stack prod$/);
    assert.equal(status, 1);
    assert.match(stdout, /^ {2}ServiceDown +critical, for 1m$/m);
    assert.match(stdout, /Nothing was changed\.\n$/);
    assert.equal(stackFile(), shippedText("prod"));
  });

  const wrong: [what: string, args: string[], message: RegExp][] = [
    [
      "a name that exists",
      ["add", "auth-service", "--stack", "prod", "--yes"],
      /monitoring:services\[3\]\.name = "auth-service" must be unique in the namespace ticketing\n {4}fix: choose another name\n/,
    ],
    [
      "invalid settings, all at once",
      ["add", "Checkout", "--stack", "prod", "--language", "rust", "--yes"],
      /2 problems in the configuration of stack prod with Checkout; nothing was written[^]*\.name = "Checkout" must be a DNS label[^]*\.language = "rust" must be one of go, [^]*fix: --language other\n/,
    ],
    [
      "a probe without a URL",
      ["add", "shop", "--stack", "prod", "--kind", "probe", "--yes"],
      /\.probe is required for the kind probe\n {4}fix: --probe https:\/\/shop\.example\.com\/health\n/,
    ],
    [
      "a number for the name of a port",
      ["add", "shop", "--stack", "prod", "--port", "8080", "--yes"],
      /\.port = "?8080"? must be [^]*fix: --port-number 8080 instead of --port\n/,
    ],
    [
      "a setting of another kind of service",
      [
        "add",
        "nightly",
        "--stack",
        "prod",
        "--kind",
        "job",
        "--availability-percent",
        "99",
        "--yes",
      ],
      /\.slo = [^]* does not apply to a job, [^]*fix: omit --availability-percent\n/,
    ],
    ["no name", ["add", "--stack", "prod"], /name the service/],
    ["another operation", ["remove", "a", "--stack", "prod"], /name the operation: add/],
  ];
  for (const [what, args, message] of wrong) {
    it(`exits with 2 and writes nothing for ${what}`, () => {
      const { status, stderr } = service(...args);
      assert.equal(status, 2);
      assert.match(stderr, message);
      assert.equal(stackFile(), shippedText("prod"));
    });
  }
});
