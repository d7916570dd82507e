import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parse } from "yaml";
import { type ToolName, schemaLocation, toolPath } from "../../tools/paths.cjs";
import { projectDirectory } from "../support/stackConfig";

const misspelledFields = [
  { kind: "PodMonitor", field: "portNumber", misspelled: "portNumer" },
  { kind: "ServiceMonitor", field: "relabelings", misspelled: "relabellings" },
  { kind: "PrometheusRule", field: "annotations", misspelled: "anotations" },
  { kind: "ServiceAccount", field: "automountServiceAccountToken", misspelled: "autoMountToken" },
];

/** A Service and pods that protect their metrics, in addition to the services of the stack. */
const protectedServices = [{ name: "ledger" }, { name: "mailer", kind: "pods" }].map(
  (service, index) =>
    `services[${3 + index}]=${JSON.stringify({
      ...service,
      portNumber: 8443,
      https: { serverName: "ledger.ticketing.svc", caSecret: { name: "tls", key: "ca.crt" } },
      authorization: { secret: { name: "ledger-metrics", key: "token" } },
    })}`,
);

for (const environment of ["dev", "prod"]) {
  describe(`output of the preview of ${environment}`, () => {
    let folder: string;
    let out: string;

    before("run npm run preview", () => {
      folder = fs.mkdtempSync(path.join(os.tmpdir(), "observability-preview-"));
      out = path.join(folder, "out");
      const config = protectedServices.flatMap((service) => ["--config", service]);
      const args = ["run", "preview", "--silent", "--", "--stack", environment, "--out", out];
      const preview = run("npm", [...args, ...config]);
      assert.equal(preview.status, 0, preview.text);
    });

    after(() => fs.rmSync(folder, { recursive: true, force: true }));

    /** Writes a modified copy of a file of the preview; returns its path. */
    function modified(file: string, modify: (text: string) => string): string {
      const text = fs.readFileSync(file, "utf8");
      const changedText = modify(text);
      assert.notEqual(changedText, text, `${file} is not modified`);
      const copy = path.join(folder, `modified-${path.basename(file)}`);
      fs.writeFileSync(copy, changedText);
      return copy;
    }

    describe("rules", () => {
      it("are accepted by promtool", () => {
        accepts("promtool", ["check", "rules", ...files(out, "rules", ".yaml")]);
      });

      it("are rejected if an expression is invalid", () => {
        const [rules = ""] = files(out, "rules", ".yaml");
        const broken = modified(rules, (text) => text.replace(/rate\(/, "rate((("));
        rejects("promtool", ["check", "rules", broken], /could not parse expression/);
      });
    });

    describe("the Alertmanager configuration", () => {
      /** The configuration with the local path of its templates instead of the path in the pod. */
      function local(): string {
        const file = path.join(out, "alertmanager", "alertmanager.yaml");
        return modified(file, (text) =>
          text.replace("/etc/alertmanager/config/", `${out}/alertmanager/`),
        );
      }

      it("is accepted by amtool, including its templates", () => {
        accepts("amtool", ["check-config", path.join(out, "alertmanager", "alertmanager.yaml")]);
        assert.match(accepts("amtool", ["check-config", local()]), /SUCCESS/);
      });

      it("is rejected if a route names an unknown receiver", () => {
        const wrong = modified(local(), (text) =>
          text.replace("receiver: slack", "receiver: slakc"),
        );
        rejects("amtool", ["check-config", wrong], /undefined receiver/);
      });

      it("is rejected if a template is invalid", () => {
        const [template = ""] = files(out, "alertmanager", ".tmpl");
        const broken = modified(template, (text) => text.replace("{{ end }}", "{{ ende }}"));
        const config = modified(local(), (text) => text.replace(/- .*\*\.tmpl/, `- ${broken}`));
        rejects("amtool", ["check-config", config], /function "ende" not defined/);
      });

      it("uses only templates that render", () => {
        const config = fs.readFileSync(path.join(out, "alertmanager", "alertmanager.yaml"), "utf8");
        const uses = new Set(config.match(/\{\{ *template "[^"]+" \. *\}\}/g));
        assert.ok(uses.size > 0);
        for (const use of uses) {
          const glob = `--template.glob=${out}/alertmanager/*.tmpl`;
          const text = accepts("amtool", ["template", "render", glob, `--template.text=${use}`]);
          assert.notEqual(text.trim(), "", use);
        }
      });
    });

    describe("manifests", () => {
      it("are accepted by kubeconform with strict schemas", () => {
        const manifests = files(out, "manifests", ".yaml");
        const { summary } = JSON.parse(
          accepts("kubeconform", [...strictArgs(), "-summary", "-output", "json", ...manifests]),
        ) as { summary: Record<string, number> };
        assert.deepEqual(summary, { valid: manifests.length, invalid: 0, errors: 0, skipped: 0 });
      });

      for (const { kind, field, misspelled } of misspelledFields) {
        it(`are rejected if "${field}" of a ${kind} is misspelled`, () => {
          const manifest = files(out, "manifests", ".yaml").find((file) => kindOf(file) === kind);
          assert.ok(manifest, `there is no ${kind}`);
          const wrong = modified(manifest, (text) => text.replace(`${field}:`, `${misspelled}:`));
          rejects("kubeconform", [...strictArgs(), wrong], new RegExp(misspelled));
        });
      }
    });
  });
}

function strictArgs(): string[] {
  return ["-strict", "-schema-location", schemaLocation()];
}

function kindOf(file: string): unknown {
  return (parse(fs.readFileSync(file, "utf8")) as { kind?: unknown }).kind;
}

function files(out: string, folder: string, extension: string): string[] {
  const names = fs.readdirSync(path.join(out, folder)).filter((file) => file.endsWith(extension));
  assert.ok(names.length > 0, `the preview wrote no ${folder}/*${extension}`);
  return names.map((file) => path.join(out, folder, file));
}

/** Runs a tool that must succeed; returns its output. */
function accepts(tool: ToolName, args: string[]): string {
  const { status, text } = run(toolPath(tool), args);
  assert.equal(status, 0, text);
  return text;
}

function rejects(tool: ToolName, args: string[], error: RegExp): void {
  const { status, text } = run(toolPath(tool), args);
  assert.notEqual(status, 0, `${tool} accepted it:\n${text}`);
  assert.match(text, error);
}

function run(command: string, args: string[]): { status: number | null; text: string } {
  const result = spawnSync(command, args, { cwd: projectDirectory, encoding: "utf8" });
  if (result.error) throw result.error;
  return { status: result.status, text: result.stdout + result.stderr };
}
