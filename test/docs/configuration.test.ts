import * as assert from "node:assert/strict";
import { parse } from "yaml";
import { costSchema } from "../../stacks/config/cost";
import { type Row, configurationRows } from "../../stacks/config/documentation";
import {
  type SettingsWithPrometheus,
  parseConfiguration,
} from "../../stacks/config/parseConfiguration";
import { type PartName, keysOfPart, partSchemas } from "../../stacks/config/readPart";
import { configurationSchema } from "../../stacks/config/schema";
import { dev } from "../../stacks/presets/dev";
import { prod } from "../../stacks/presets/prod";
import { serviceSchema } from "../../components/services/settings/settings";
import { secrets } from "../../components/secrets/secrets";
import { effectsPage, generatedPage, generatedPages } from "../../tools/docs";
import { blocksOf, readPage } from "./markdown";

const page = "docs/configuration.md";
const rows = Object.values(configurationRows()).flat();
const row = (key: string): Row => {
  const found = rows.find((candidate) => candidate.key === key);
  assert.ok(found, key);
  return found;
};

describe("generated files", () => {
  // test/integration/settingEffects.test.ts generates the table of effects, which takes half a minute.
  for (const name of Object.keys(generatedPages).filter((page) => page !== effectsPage)) {
    it(`${name} is up to date`, async () => {
      assert.equal(readPage(name), await generatedPage(name), "out of date; run: npm run docs");
    });
  }
});

describe(page, () => {
  it("contains every table, once", () => {
    const names = [...readPage(page).matchAll(/<!-- table: (\w+) -->/g)].map(([, name]) => name);
    assert.deepEqual(names.sort(), Object.keys(configurationRows()).sort());
  });

  it("documents every key, once, with its meaning in a complete sentence", () => {
    const keys = rows.map(({ key }) => key);
    assert.equal(new Set(keys).size, keys.length);
    for (const { key, meaning } of rows) assert.match(meaning, /^[A-Z0-9`].*[.`]$/, key);
    const topLevel = Object.keys(configurationSchema.shape).filter((key) => !(key in partSchemas));
    for (const key of [...topLevel, ...secrets.map((secret) => secret.key)]) {
      assert.ok(
        keys.some((documented) => documented.split(/[.[]/)[0] === key),
        key,
      );
    }
    for (const part of Object.keys(partSchemas) as PartName[]) {
      for (const key of keysOfPart(part).filter((name) => !/values$/i.test(name))) {
        assert.ok(keys.includes(`${part}.${key}`), `${part}.${key}`);
      }
    }
  });

  it("states the region of the AWS provider", () => {
    const [, region = ""] = /`aws:region`, by default `([\w-]+)`/.exec(readPage(page)) ?? [];
    assert.match(readPage("Pulumi.yaml"), new RegExp(`aws:region:\\s+value: ${region}\\n`));
  });

  it("has a paragraph for the chart values", () => {
    const [, chapter = ""] = readPage(page).split("## Chart values");
    const [, paragraph = ""] = chapter.split("\n\n");
    for (const text of ["values", "collectorValues", "monitoring:prometheus", "monitoring:loki"]) {
      assert.ok(paragraph.includes(`\`${text}\``), text);
    }
  });

  it("has only examples that the loader accepts", () => {
    const examples = blocksOf(page, "yaml").map(({ line, text }) => {
      const file = parse(text) as { config?: object };
      const entries = Object.entries(file.config ?? file);
      const values = entries.map(([key, value]) => [key.replace(/^monitoring:/, ""), value]);
      return { line, values: Object.fromEntries(values) as Record<string, unknown> };
    });
    assert.ok(examples.length > 8);
    for (const { line, values } of examples) {
      const { problems = [] } = parseConfiguration({
        values: { environment: "dev", cluster: { name: "c" }, ...values },
        secrets: [],
      });
      // An example shows only some of the settings.
      const invalid = problems.filter(({ path, code }) => code !== "required" || path.length > 2);
      assert.deepEqual(invalid, [], `line ${line}`);
    }
  });

  it("documents no key that the loader refuses", () => {
    for (const { key } of rows.filter(({ key }) => /^\w+\.\w+$/.test(key))) {
      const [part = "", name = ""] = key.split(".");
      const { problems = [] } = parseConfiguration({
        values: { environment: "dev", cluster: { name: "c" }, [part]: { [name]: {} } },
        secrets: [],
      });
      const refused = problems.filter(
        ({ path, code }) =>
          path.join(".") === key && (code === "unknownKey" || code === "reserved"),
      );
      assert.deepEqual(refused, [], key);
    }
  });

  for (const [preset, parts] of Object.entries({ dev, prod })) {
    it(`names every value in which the preset ${preset} differs from the default`, () => {
      for (const [part, values] of Object.entries(parts) as [string, object][]) {
        for (const [name, value] of Object.entries(values)) {
          const { default: text } = row(`${part}.${name}`);
          const formatted = typeof value === "string" ? `\`${value}\`` : String(value);
          assert.ok(
            text === formatted ||
              text.startsWith(`${formatted};`) ||
              text.includes(`\`${preset}\`: ${formatted}`),
            `${part}.${name}: ${text}`,
          );
        }
      }
    });
  }

  it("states the defaults that the loader fills in", () => {
    const { prometheus, loki, datadog, slack } = settings({
      loki: { bucket: "logs" },
      datadog: { existingSecret: "s" },
      slack: { existingSecret: "s", channel: "#alerts" },
    });
    const { alerts } = settings({}).services[0];
    const defaults: Record<string, object | undefined> = {
      prometheus,
      "prometheus.alertmanager": prometheus.alertmanager,
      loki,
      datadog,
      slack,
      alerts,
      "alerts.metrics": alerts.metrics,
      "services[]": serviceSchema.parse({ name: "s" }),
      cost: costSchema.parse({}),
    };
    for (const [prefix, values] of Object.entries(defaults)) {
      for (const [name, value] of Object.entries(values ?? {})) {
        const key = `${prefix.replace("prometheus.", "")}.${name}`;
        const documented = rows.find((candidate) => candidate.key === key)?.default;
        if (typeof value === "object" || value === "s" || documented === undefined) continue;
        if (
          key in specialDefaults() ||
          /^(services\[\]\.name|slack\.channel|.*\.(kmsKeyArn|configSecretName))$/.test(key)
        )
          continue;
        const text = value === "" || value === undefined ? "none" : String(value);
        const inDev = /`dev`: `?([^;`]+)/.exec(documented)?.[1];
        const stated = (inDev ?? documented.split(/[;:] /)[0] ?? "").replaceAll("`", "");
        assert.equal(stated, text, key);
      }
    }
  });

  for (const [key, check] of Object.entries(specialDefaults())) {
    it(`states the default of ${key}, which depends on other settings`, () => {
      check(row(key).default);
    });
  }
});

function settings(values: Record<string, unknown>): SettingsWithPrometheus {
  const checked = parseConfiguration({
    values: { environment: "dev", cluster: { name: "c" }, ...values },
    secrets: [],
    region: "eu-west-1",
  });
  assert.deepEqual(checked.problems ?? [], []);
  return checked.settings as SettingsWithPrometheus;
}

function required(values: Record<string, unknown>, path: string) {
  return (text: string) => {
    assert.match(text, /^required/);
    const { problems = [] } = parseConfiguration({
      values: { environment: "dev", cluster: { name: "c" }, ...values },
      secrets: [],
    });
    assert.ok(
      problems.some((problem) => problem.path.join(".") === path && problem.value === undefined),
      path,
    );
  };
}

/** Checks of the defaults that depend on other settings, by the key that they are documented for. */
function specialDefaults(): Record<string, (text: string) => void> {
  const inMode = (mode: string) => settings({ cluster: { name: "c", mode }, datadog: keys });
  const keys = { existingSecret: "s" };
  return {
    environment: required({ environment: undefined }, "environment"),
    "cluster.name": required({ cluster: {} }, "cluster.name"),
    "services[].name": required({ services: [{}] }, "services.0.name"),
    "datadogMonitors.notify": required({ datadogMonitors: {} }, "datadogMonitors.notify"),
    "loki.bucket": required({ loki: {} }, "loki.bucket"),
    datadogApiKey: required({ datadog: {} }, "datadogApiKey"),
    slackWebhookUrl: required({ slack: {} }, "slackWebhookUrl"),
    environmentName: (text) => {
      assert.equal(text, "the preset's name");
      assert.equal(settings({}).prometheus.environment, "dev");
    },
    "namespaces.datadog": (text) => {
      assert.equal(text, "`namespaces.application`");
      const { namespaces } = settings({ namespaces: { application: "shop" } });
      assert.equal(namespaces.datadog, "shop");
    },
    "storage.className": (text) => {
      assert.equal(text, '`gp3`, or `""` with `cluster.mode: kubeconfig`');
      assert.equal(inMode("existing").storage.className, "gp3");
      assert.equal(inMode("kubeconfig").storage.className, "");
    },
    "storage.create": (text) => {
      assert.equal(text, "true with `cluster.mode: create`");
      for (const mode of ["existing", "create", "kubeconfig"]) {
        assert.equal(inMode(mode).storage.create, mode === "create");
      }
    },
    "loki.region": (text) => {
      assert.equal(text, "`aws:region`");
      assert.equal(settings({ loki: { bucket: "logs" } }).loki?.region, "eu-west-1");
    },
    "datadog.nodeOs": (text) => {
      assert.equal(text, "`amazonLinux`, or `bottlerocket` with `cluster.mode: create`");
      assert.equal(inMode("existing").datadog?.nodeOs, "amazonLinux");
      assert.equal(inMode("create").datadog?.nodeOs, "bottlerocket");
    },
    "datadog.hostnameSource": (text) => {
      assert.equal(text, "`instanceMetadata`, or `nodeFile` with `cluster.mode: create`");
      assert.equal(inMode("existing").datadog?.hostnameSource, "instanceMetadata");
      assert.equal(inMode("create").datadog?.hostnameSource, "nodeFile");
    },
    "alerts.runbookBaseUrl": (text) => {
      assert.equal(text, "`monitoring:runbookBaseUrl`");
      const runbookBaseUrl = "https://runbooks.example.com";
      const { services } = settings({ runbookBaseUrl });
      assert.equal(services[0].alerts.runbookBaseUrl, runbookBaseUrl);
    },
    runbookBaseUrl: (text) => {
      assert.equal(text, "none, and alerts have no runbook link");
      const { prometheus, services } = settings({ runbookBaseUrl: undefined });
      assert.equal(prometheus.runbookBaseUrl, undefined);
      assert.equal(services[0].alerts.runbookBaseUrl, undefined);
    },
    "alerts.dashboardBaseUrl": (text) => {
      assert.equal(text, "`grafana.externalUrl`");
      const externalUrl = "https://grafana.example.com";
      const { alerts } = settings({ grafana: { externalUrl } }).services[0];
      assert.equal(alerts.dashboardBaseUrl, externalUrl);
    },
  };
}
