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
      "AlertReceiver: kind",
      "BasicAuthReference: password, username",
      "CommunityDashboard: id",
      "GrafanaGateway: name",
      "GrafanaIngress: host",
      "GrafanaSso: clientId, clientSecret, provider",
      "LogAlertArgs: namespace, service",
      "LongTermStore: kind, url",
      "Maintenance: from, reason, to",
      "MetricsAuthorization: secret",
      "MetricsHttps: serverName",
      "MonitoredService: name",
      "MonitoredServicesArgs: namespace",
      "QuietHours: from, timezone, to",
      "RedactionPattern: expression, name",
      "SecretKeyReference: key, name",
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

  describe("whose documentation connects components", () => {
    const mention = /`([\w.]+)`\s+of\s+(\w+)/g;

    /** An argument or an output with a path such as `alertmanager.configSecretName`. */
    function propertyOf(properties: any, path: string): any {
      const [key, ...inner] = path.split(".");
      const property = properties[key ?? ""];
      if (inner.length === 0) return property;
      const type = schema.types[property?.$ref?.replace("#/types/", "")];
      return propertyOf(type?.properties ?? {}, inner.join("."));
    }

    /** Descriptions of a component's arguments, also of nested ones, by path. */
    function argumentsOf(name: string): Map<string, any> {
      const found = new Map<string, any>();
      const visit = (properties: any, prefix: string) => {
        for (const [key, property] of Object.entries<any>(properties)) {
          found.set(prefix + key, property);
          const type = schema.types[property.$ref?.replace("#/types/", "")];
          if (type?.properties) visit(type.properties, `${prefix}${key}.`);
        }
      };
      visit(component(name).inputProperties, "");
      return found;
    }

    it("names arguments and outputs that exist", () => {
      for (const name of names) {
        const { description, inputProperties, properties } = component(name);
        const texts = [description, ...Object.values<any>(properties).map((p) => p.description)];
        for (const [, argument] of argumentsOf(name)) texts.push(argument.description);
        for (const text of texts) {
          for (const [, path = "", other = ""] of (text ?? "").matchAll(mention)) {
            if (!names.includes(other)) continue;
            const both = { ...component(other).inputProperties, ...component(other).properties };
            assert.ok(propertyOf(both, path), `${name}: ${path} of ${other}`);
          }
        }
        assert.ok(inputProperties);
      }
    });

    /** Each output that the documentation suggests for an argument. */
    function connections() {
      return names.flatMap((name) =>
        [...argumentsOf(name)].flatMap(([argument, { description = "" }]) =>
          [...description.matchAll(/such\s+as\s+`(\w+)`\s+of\s+(\w+)/g)].map(
            ([, output, source]) => ({
              from: { component: source as string, output: output as string },
              to: { component: name, argument },
            }),
          ),
        ),
      );
    }

    it("suggests only outputs that the types accept, and from both sides", () => {
      assert.deepEqual(
        connections().map(({ from, to }) => `${from.component}.${from.output} ${to.argument}`),
        [
          "PrometheusStack.alertmanagerUrl alertmanagerUrl",
          "PrometheusStack.remoteWriteUrls remoteWriteUrls",
          "SlackAlerting.configSecretName alertmanager.configSecretName",
          "SlackAlerting.webhookSecretName alertmanager.mountedSecretNames",
        ],
      );
      for (const { from, to } of connections()) {
        const output = propertyOf(component(from.component).properties, from.output);
        const argument = propertyOf(component(to.component).inputProperties, to.argument);
        const where = `${from.component}.${from.output}`;
        assert.ok(!argument.plain, where);
        assert.ok([argument.type, argument.items?.type].includes(output.type), where);
        const text = output.description.replace(/\s+/g, " ");
        assert.ok(text.includes(`\`${to.argument}\` of ${to.component}`), where);
      }
    });

    it("suggests no cycle", () => {
      const sources = (name: string) =>
        connections()
          .filter(({ to }) => to.component === name)
          .map(({ from }) => from.component);
      const visit = (name: string, dependents: string[]): void => {
        assert.ok(!dependents.includes(name), [...dependents, name].join(" -> "));
        for (const source of sources(name)) visit(source, [...dependents, name]);
      };
      for (const name of names) visit(name, []);
    });
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
