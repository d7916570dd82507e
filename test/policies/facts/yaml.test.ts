import * as assert from "node:assert/strict";
import { readConfig, readDocuments, readYaml } from "../../../policies/facts/yaml";

describe("texts of YAML", () => {
  it("are read as what they say, and as nothing where they are none", () => {
    assert.deepEqual(readYaml("a: 1"), { a: 1 });
    assert.equal(readYaml("a: [1"), undefined);
  });

  it("are read without what a template does, where a chart renders them", () => {
    const template =
      "compactor:\n  retention_enabled: true\n  working_directory: {{ .Values.x }}\n";
    assert.deepEqual(readConfig(template), {
      compactor: { retention_enabled: true, working_directory: null },
    });
    assert.deepEqual(readConfig("{{- if .Values.x\n}}\na: 1\n{{ end }}"), { a: 1 });
  });

  it("are a configuration as good as a map", () => {
    const map = { compactor: {} };
    assert.equal(readConfig(map), map);
    assert.equal(readConfig(undefined), undefined);
  });

  it("may be several documents, of which each that is YAML counts", () => {
    assert.deepEqual(readDocuments("a: {{ .x }}\n---\nb: [1\n---\nc: 3\n"), [
      { a: null },
      { c: 3 },
    ]);
    assert.deepEqual(readDocuments(""), []);
  });
});
