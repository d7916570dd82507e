import * as assert from "node:assert/strict";
import { UNKNOWN } from "../../../policies/facts/plain";
import { readConfig, readTemplate, readYaml } from "../../../policies/facts/yaml";

describe("YAML texts", () => {
  it("parses YAML, and returns undefined for invalid text", () => {
    assert.deepEqual(readYaml("a: 1"), { a: 1 });
    assert.equal(readYaml("a: [1"), UNKNOWN);
  });

  it("removes template actions from a text that a chart renders", () => {
    const template =
      "compactor:\n  retention_enabled: true\n  working_directory: {{ .Values.x }}\n";
    assert.deepEqual(readConfig(template), {
      compactor: { retention_enabled: true, working_directory: null },
    });
    assert.deepEqual(readConfig("{{- if .Values.x\n}}\na: 1\n{{ end }}"), { a: 1 });
  });

  it("returns a configuration that is a map unchanged", () => {
    const map = { compactor: {} };
    assert.equal(readConfig(map), map);
    assert.equal(readConfig(undefined), undefined);
  });

  it("reads several documents and skips invalid ones", () => {
    assert.deepEqual(readTemplate("a: {{ .x }}\n---\nb: [1\n---\nc: 3\n"), [
      { a: null },
      UNKNOWN,
      { c: 3 },
    ]);
    assert.deepEqual(readTemplate(""), []);
  });
});
