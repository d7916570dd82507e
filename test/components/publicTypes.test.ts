import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { Analyzer } from "@pulumi/pulumi/provider/experimental/analyzer";
import { generateSchema } from "@pulumi/pulumi/provider/experimental/schema";

const components = path.join(__dirname, "../../components");
const names = [
  "DatadogAgent",
  "DatadogMonitors",
  "GrafanaDashboards",
  "LokiStack",
  "MonitoredServices",
  "PrometheusStack",
  "SlackAlerting",
];

/** The schema that the SDK makes of the public types; it throws at a type it cannot translate. */
function schemaOf(): any {
  // The analyzer wants a folder with a tsconfig.json; components/ has none.
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "public-types-"));
  try {
    const tsconfig = {
      extends: path.join(components, "../tsconfig.json"),
      compilerOptions: { types: [] },
      files: [path.join(components, "index.ts")],
    };
    fs.writeFileSync(path.join(folder, "tsconfig.json"), JSON.stringify(tsconfig));
    const entry = { name: "monitoring", main: path.join(components, "index.ts") };
    const analyzed = new Analyzer(folder, "monitoring", entry, new Set(names)).analyze();
    return generateSchema(
      "monitoring",
      "0.0.0",
      "",
      analyzed.components,
      analyzed.typeDefinitions,
      analyzed.dependencies,
    );
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

describe("public types", () => {
  let schema: any;

  before(() => {
    schema = schemaOf();
  });

  const component = (name: string): any => schema.resources[`monitoring:index:${name}`];

  it("can be consumed from every language of Pulumi", () => {
    assert.deepEqual(
      Object.keys(schema.resources).sort(),
      names.map((name) => `monitoring:index:${name}`),
    );
  });

  it("require only the arguments that have no default", () => {
    for (const name of names) {
      const required = component(name).requiredInputs;
      const expected = [
        ...(name === "SlackAlerting" ? ["channel"] : []),
        ...(["GrafanaDashboards", "MonitoredServices", "SlackAlerting"].includes(name)
          ? []
          : ["cluster", "environment"]),
        ...(name === "MonitoredServices" || name === "DatadogMonitors" ? ["namespace"] : []),
        // A monitor without a recipient notifies no one.
        ...(name === "DatadogMonitors" ? ["notify"] : []),
      ];
      assert.deepEqual(required, expected, name);
    }
  });

  it("require only the fields that identify a nested type", () => {
    const required = Object.entries<any>(schema.types)
      .filter(([, type]) => type.required?.length > 0)
      .map(([token, type]) => `${token.split(":").at(-1)}: ${type.required.join(", ")}`);
    assert.deepEqual(required.sort(), [
      "CommunityDashboard: id",
      "LogAlertArgs: namespace, service",
      "Maintenance: from, reason, to",
      "MonitoredService: name",
      "MonitoredServicesArgs: namespace",
      "QuietHours: from, timezone, to",
      "RedactionPattern: expression, name",
      "SlackRoute: channel",
    ]);
  });

  it("are plain if a value decides which resources exist, or if a policy evaluates it", () => {
    const { retentionDays, size, values } = component("PrometheusStack").inputProperties;
    assert.equal(retentionDays.type, "number");
    assert.equal(retentionDays.plain, true);
    assert.equal(retentionDays.optional, true);
    assert.equal(size.$ref, "#/types/monitoring:index:SizePreset");
    assert.equal(size.plain, true);
    assert.equal(values.type, "object");
  });

  it("accept secrets as inputs", () => {
    const secrets = [
      component("SlackAlerting").inputProperties.webhookUrl,
      component("DatadogAgent").inputProperties.apiKey,
      component("DatadogAgent").inputProperties.appKey,
    ];
    for (const secret of secrets) {
      assert.equal(secret.type, "string");
      assert.ok(!secret.plain);
    }
  });

  it("have enumerations with their values", () => {
    const values = (name: string) =>
      schema.types[`monitoring:index:${name}`].enum.map(({ value }: any) => value);
    assert.deepEqual(values("SizePreset"), ["small", "medium", "large"]);
    assert.deepEqual(values("LokiMode"), ["singleBinary", "highAvailability", "distributed"]);
    assert.ok(values("ServiceLanguage").includes("python"));
  });

  it("are documented: each component and every argument", () => {
    for (const name of names) {
      const { description, inputProperties } = component(name);
      assert.ok(description, name);
      for (const [input, { description: meaning, $ref }] of Object.entries<any>(inputProperties)) {
        assert.ok(meaning || $ref, `${name}.${input} says what it means`);
      }
    }
  });

  it("return the values that other components require", () => {
    const outputs = (name: string) => Object.keys(component(name).properties);
    assert.ok(outputs("PrometheusStack").includes("grafanaAdminPassword"));
    assert.ok(outputs("SlackAlerting").includes("configSecretName"));
    assert.ok(outputs("LokiStack").includes("url"));
    assert.ok(outputs("DatadogAgent").includes("secretName"));
    assert.ok(outputs("MonitoredServices").includes("ruleName"));
  });
});
