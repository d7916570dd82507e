import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parse } from "yaml";
import { type ToolName, schemaLocation, toolPath } from "../../tools/paths.cjs";

const project = path.resolve(__dirname, "../..");

const misspellings = [
  { kind: "ServiceMonitor", field: "relabelings", misspelt: "relabellings" },
  { kind: "PrometheusRule", field: "annotations", misspelt: "anotations" },
  { kind: "ServiceAccount", field: "automountServiceAccountToken", misspelt: "autoMountToken" },
];

for (const environment of ["dev", "prod"]) {
  describe(`what the preview of ${environment} writes`, () => {
    let folder: string;
    let out: string;

    before("npm run preview", () => {
      folder = fs.mkdtempSync(path.join(os.tmpdir(), "observability-preview-"));
      out = path.join(folder, "out");
      const args = ["run", "preview", "--silent", "--", "--stack", environment, "--out", out];
      const preview = run("npm", args);
      assert.equal(preview.status, 0, preview.text);
    });

    after(() => fs.rmSync(folder, { recursive: true, force: true }));

    /** A file beside the preview's own, with a mistake made on purpose. */
    function damaged(file: string, damage: (text: string) => string): string {
      const text = fs.readFileSync(file, "utf8");
      const worse = damage(text);
      assert.notEqual(worse, text, `${file} was not damaged`);
      const copy = path.join(folder, `damaged-${path.basename(file)}`);
      fs.writeFileSync(copy, worse);
      return copy;
    }

    describe("rules", () => {
      it("are accepted by promtool", () => {
        accepts("promtool", ["check", "rules", ...files(out, "rules", ".yaml")]);
      });

      it("are refused once an expression is broken", () => {
        const [rules = ""] = files(out, "rules", ".yaml");
        const broken = damaged(rules, (text) => text.replace(/rate\(/, "rate((("));
        refuses("promtool", ["check", "rules", broken], /could not parse expression/);
      });
    });

    describe("Alertmanager's configuration", () => {
      /** With its templates where they are here, not where they are in the pod. */
      function local(): string {
        const file = path.join(out, "alertmanager", "alertmanager.yaml");
        return damaged(file, (text) =>
          text.replace("/etc/alertmanager/config/", `${out}/alertmanager/`),
        );
      }

      it("is accepted by amtool, templates included", () => {
        accepts("amtool", ["check-config", path.join(out, "alertmanager", "alertmanager.yaml")]);
        assert.match(accepts("amtool", ["check-config", local()]), /SUCCESS/);
      });

      it("is refused when a route names a receiver that does not exist", () => {
        const wrong = damaged(local(), (text) =>
          text.replace("receiver: slack", "receiver: slakc"),
        );
        refuses("amtool", ["check-config", wrong], /undefined receiver/);
      });

      it("is refused when a template is broken", () => {
        const [template = ""] = files(out, "alertmanager", ".tmpl");
        const broken = damaged(template, (text) => text.replace("{{ end }}", "{{ ende }}"));
        const config = damaged(local(), (text) => text.replace(/- .*\*\.tmpl/, `- ${broken}`));
        refuses("amtool", ["check-config", config], /function "ende" not defined/);
      });

      it("uses templates that render", () => {
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
      it("are accepted by kubeconform, each with a schema that knows all of its fields", () => {
        const manifests = files(out, "manifests", ".yaml");
        const { summary } = JSON.parse(
          accepts("kubeconform", [...strictly(), "-summary", "-output", "json", ...manifests]),
        ) as { summary: Record<string, number> };
        assert.deepEqual(summary, { valid: manifests.length, invalid: 0, errors: 0, skipped: 0 });
      });

      for (const { kind, field, misspelt } of misspellings) {
        it(`are refused when "${field}" of a ${kind} is misspelt`, () => {
          const manifest = files(out, "manifests", ".yaml").find((file) => kindOf(file) === kind);
          assert.ok(manifest, `there is no ${kind}`);
          const wrong = damaged(manifest, (text) => text.replace(`${field}:`, `${misspelt}:`));
          refuses("kubeconform", [...strictly(), wrong], new RegExp(misspelt));
        });
      }
    });
  });
}

function strictly(): string[] {
  return ["-strict", "-schema-location", schemaLocation()];
}

function kindOf(file: string): unknown {
  return (parse(fs.readFileSync(file, "utf8")) as { kind?: unknown }).kind;
}

function files(out: string, folder: string, extension: string): string[] {
  const found = fs.readdirSync(path.join(out, folder)).filter((file) => file.endsWith(extension));
  assert.ok(found.length > 0, `the preview wrote no ${folder}/*${extension}`);
  return found.map((file) => path.join(out, folder, file));
}

/** Runs a tool that has to be content; returns what it says. */
function accepts(tool: ToolName, args: string[]): string {
  const { status, text } = run(toolPath(tool), args);
  assert.equal(status, 0, text);
  return text;
}

function refuses(tool: ToolName, args: string[], because: RegExp): void {
  const { status, text } = run(toolPath(tool), args);
  assert.notEqual(status, 0, `${tool} accepted it:\n${text}`);
  assert.match(text, because);
}

function run(command: string, args: string[]): { status: number | null; text: string } {
  const result = spawnSync(command, args, { cwd: project, encoding: "utf8" });
  if (result.error) throw result.error;
  return { status: result.status, text: result.stdout + result.stderr };
}
