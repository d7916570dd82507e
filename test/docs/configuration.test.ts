import * as assert from "node:assert/strict";
import { z } from "zod";
import { datadogSchema } from "../../components/datadog/settings";
import { datadogMonitorsSchema } from "../../components/datadog/monitors/settings";
import { lokiSchema } from "../../components/loki/settings";
import { prometheusSchema } from "../../components/prometheus/settings";
import { alertSchema, serviceSchema } from "../../components/services/settings";
import { slackSchema } from "../../components/slack/settings";
import { type Settings, parseConfiguration } from "../../stacks/config/parseConfiguration";
import { costSchema } from "../../stacks/config/cost";
import { dev } from "../../stacks/presets/dev";
import { prod } from "../../stacks/presets/prod";
import { secrets } from "../../components/shared/secrets";
import { configurationSchema } from "../../stacks/config/schema";
import { cellsOf, codeIn, proseOf, readPage } from "./markdown";

const page = "docs/configuration.md";

describe(page, () => {
  it("documents every key of the configuration, once, and none that does not exist", () => {
    const documented = [...rows.map(({ key }) => key), ...inProse];
    assert.deepEqual(documented.sort(), [...configurationKeys()].sort());
  });

  it("has a paragraph for the keys of charts", () => {
    const [, chapter = ""] = readPage(page).split("## Chart values");
    const [, paragraph = ""] = chapter.split("\n\n");
    for (const key of inProse) {
      const [, part = "", name = ""] = /^monitoring:(\w+)\.(\w+)$/.exec(key) ?? [];
      assert.ok(paragraph.includes(`\`${name}\``), name);
      assert.ok(paragraph.includes(`\`monitoring:${part}\``), part);
    }
  });

  for (const row of rowsOf(page)) {
    it(`says the default of ${row.key} as it is: ${row.default}`, () => {
      const special = specialDefaults[row.key];
      if (special !== undefined) return special(row.default);
      assert.deepEqual(normal(defaultOf(row.key)), documentedValue(row.default), row.key);
    });

    for (const [name, preset] of Object.entries({ dev, prod })) {
      const said = row[name as "dev" | "prod"];
      if (said === undefined) continue;
      it(`says what the preset ${name} makes of ${row.key}: ${said || "nothing"}`, () => {
        const [, part = "", field = ""] = /^monitoring:(\w+)\.(\w+)$/.exec(row.key) ?? [];
        const set = (preset as unknown as Record<string, Record<string, unknown>>)[part];
        assert.deepEqual(set?.[field], said === "" ? undefined : documentedValue(said));
      });
    }
  }

  it("says every value that a preset sets", () => {
    for (const [name, preset] of Object.entries({ dev, prod })) {
      for (const [part, values] of Object.entries(preset)) {
        for (const field of Object.keys(values as object)) {
          const row = rows.find(({ key }) => key === `monitoring:${part}.${field}`);
          assert.ok(row?.[name as "dev" | "prod"], `${part}.${field} in ${name}`);
        }
      }
    }
  });
});

/** A row of a table: a key, its default, and what the presets make of it. */
interface Row {
  key: string;
  default: string;
  dev?: string | undefined;
  prod?: string | undefined;
}

const rows = rowsOf(page);

/** Keys that a paragraph tells of, because they are the same for every chart. */
const inProse = [
  ...["prometheus", "loki", "datadog"].flatMap((part) =>
    ["values", "chartVersion", "repository"].map((key) => `monitoring:${part}.${key}`),
  ),
  "monitoring:loki.collectorValues",
];

function rowsOf(file: string): Row[] {
  const found: Row[] = [];
  let header: string[] = [];
  for (const { text } of proseOf(file)) {
    const cells = cellsOf(text);
    if (cells[0] === "key") header = cells;
    if (header.length === 0 || cells.length === 0 || /^(key|-+)$/.test(cells[0] ?? "")) continue;
    const cell = (name: string) =>
      header.includes(name) ? cells[header.indexOf(name)] : undefined;
    for (const key of keysIn(cells[0] ?? "")) {
      found.push({ key, default: cell("default") ?? "", dev: cell("dev"), prod: cell("prod") });
    }
    // What an SLO consists of is said where its meaning is.
    if (cells[0] === "`slo`") {
      const parts = codeIn(cell("meaning") ?? "").map((part) => `services[].slo.${part}`);
      found.push(...parts.map((part) => ({ key: `monitoring:${part}`, default: "none" })));
    }
  }
  return found;
}

/** `monitoring:cluster.vpcId`, `.subnetIds` are two keys of one map; `name` is one of a service. */
function keysIn(cell: string): string[] {
  let map = "";
  return codeIn(cell).map((code) => {
    if (code.startsWith(".")) return map + code;
    if (!code.includes(":")) return `monitoring:services[].${code}`;
    map = code.replace(/\.\w+$/, "");
    return code;
  });
}

/** Every key that the loader takes, down to where a value stands. */
function configurationKeys(): Set<string> {
  const parts: Record<string, z.ZodObject> = {
    prometheus: prometheusSchema,
    alertmanager: prometheusSchema.shape.alertmanager.unwrap(),
    grafana: prometheusSchema.shape.grafana.unwrap(),
    loki: lokiSchema,
    datadog: datadogSchema,
    datadogMonitors: datadogMonitorsSchema,
    slack: slackSchema,
    alerts: alertSchema,
    cost: costSchema.omit({ prices: true }),
    "cost.prices": costSchema.shape.prices.unwrap(),
  };
  const keys: string[] = [...secrets.map(({ key }) => key)];
  for (const [key, schema] of Object.entries(configurationSchema.shape)) {
    const shape = (parts[key] ?? mapIn(schema))?.shape;
    if (key === "services") continue;
    if (shape === undefined) keys.push(key);
    else {
      const own = Object.keys(shape).filter((name) => !isReserved(key, name));
      keys.push(...own.map((name) => `${key}.${name}`));
    }
  }
  keys.push(...Object.keys(parts["cost.prices"]?.shape ?? {}).map((name) => `cost.prices.${name}`));
  const slo = serviceSchema.shape.slo.unwrap().shape;
  keys.push(...Object.keys(serviceSchema.shape).map((name) => `services[].${name}`));
  keys.push(...Object.keys(slo).map((name) => `services[].slo.${name}`));
  return new Set(["aws:region", ...keys.map((key) => `monitoring:${key}`), ...inProse]);
}

function mapIn(schema: z.ZodType): z.ZodObject | undefined {
  if (schema instanceof z.ZodObject) return schema;
  if (schema instanceof z.ZodPrefault) return mapIn(schema.unwrap() as z.ZodType);
  return undefined;
}

/** Arguments of components that the loader refuses, because other keys decide them. */
function isReserved(part: string, name: string): boolean {
  const { problems = [] } = parseConfiguration({
    values: { environment: "dev", cluster: { name: "c" }, [part]: { [name]: "x" } },
    secrets: [],
  });
  return problems.some(
    ({ path, rule }) =>
      path[0] === part && path[1] === name && rule.startsWith("is decided by monitoring:"),
  );
}

const identity = { cluster: "c", environment: "qa" };

/** What the code takes where nothing is set and no preset has a say. */
function defaultOf(key: string): unknown {
  const components: Record<string, object> = {
    prometheus: prometheusSchema.parse({ ...identity, protectData: false }),
    loki: lokiSchema.parse({ ...identity, protectData: false }),
    datadog: datadogSchema.parse({ ...identity, existingSecret: "s" }),
    datadogMonitors: datadogMonitorsSchema.parse({ notify: ["@a"] }),
    slack: slackSchema.parse({ ...identity, existingSecret: "s" }),
    alerts: alertSchema.parse({}),
    services: serviceSchema.parse({ name: "s" }),
    cost: costSchema.parse({ prices: {} }),
  };
  const { alertmanager, grafana } = prometheusSchema.parse({ ...identity, protectData: false });
  const stack = configurationSchema.parse({ environment: "dev", cluster: { name: "c" } });
  const all: Record<string, unknown> = { ...stack, ...components, alertmanager, grafana };
  const [first = "", ...rest] = key.replace("monitoring:", "").replace("[]", "").split(".");
  const value = rest.reduce(
    (current: unknown, name) => (current as Record<string, unknown> | undefined)?.[name],
    all[first],
  );
  return key.endsWith("existingSecret") ? undefined : value;
}

/** Dashboards by their numbers, in any order; nothing where there is nothing. */
function normal(value: unknown): unknown {
  if (typeof value === "object" && value !== null && Object.keys(value).length === 0) {
    return undefined;
  }
  if (!Array.isArray(value)) return value;
  const isNumbered = (item: unknown): item is { id: number } =>
    typeof item === "object" && item !== null && "id" in item;
  return value.every(isNumbered) ? value.map(({ id }) => id).sort() : (value as unknown);
}

/** The value that a cell names; a cell of words says that there is none. */
function documentedValue(cell: string): unknown {
  if (/^(true|false)$/.test(cell)) return cell === "true";
  if (/^[\d.]+$/.test(cell)) return Number(cell);
  if (/^\d+(, \d+)+$/.test(cell)) return cell.split(", ").map(Number).sort();
  const codes = codeIn(cell);
  if (cell.replace(/`[^`]+`/g, "").replaceAll(", ", "") !== "") return undefined;
  return codes.length > 1 ? codes : codes[0];
}

function settings(values: Record<string, unknown>): Settings {
  const checked = parseConfiguration({
    values: { environment: "dev", cluster: { name: "c" }, ...values },
    secrets: [],
    region: "eu-west-1",
  });
  assert.deepEqual(checked.problems ?? [], []);
  return checked.settings as Settings;
}

function required(values: Record<string, unknown>, path: string) {
  return (said: string) => {
    assert.equal(said, "required");
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

function protectData(part: "prometheus" | "loki") {
  return (said: string) => {
    assert.equal(said, "prod only");
    assert.equal(settings({ [part]: {} })[part]?.protectData, false);
    assert.equal(settings({ [part]: {}, environment: "prod" })[part]?.protectData, true);
  };
}

/** Defaults that depend on something else, and what their words mean. */
const specialDefaults: Record<string, (said: string) => void> = {
  "monitoring:environment": required({ environment: undefined }, "environment"),
  "monitoring:cluster.name": required({ cluster: {} }, "cluster.name"),
  "monitoring:services[].name": required({ services: [{}] }, "services.0.name"),
  "monitoring:datadogApiKey": required({ datadog: {} }, "datadogApiKey"),
  "monitoring:datadogMonitors.notify": required({ datadogMonitors: {} }, "datadogMonitors.notify"),
  "monitoring:slackWebhookUrl": required({ slack: {} }, "slackWebhookUrl"),
  "monitoring:prometheus.protectData": protectData("prometheus"),
  "monitoring:loki.protectData": protectData("loki"),
  // The names themselves are in the row's meaning.
  "monitoring:alerts.metrics": (said) => {
    assert.equal(said, "the names of the services");
    const row = proseOf(page).find(({ text }) => text.includes("`monitoring:alerts.metrics`"));
    for (const name of Object.keys(alertSchema.parse({}).metrics)) {
      assert.ok(row?.text.includes(`\`${name}\``), name);
    }
  },
  "monitoring:environmentName": (said) => {
    assert.equal(said, "the preset");
    assert.equal(settings({}).services.environment, "dev");
  },
  "monitoring:namespaces.datadog": (said) => {
    assert.equal(said, "that of the services");
    const { namespaces } = settings({ namespaces: { application: "shop" } });
    assert.equal(namespaces.datadog, "shop");
  },
  "monitoring:storage.className": (said) => {
    assert.equal(said, "`gp3`");
    assert.equal(settings({}).storage.className, "gp3");
    const kubeconfig = settings({ cluster: { name: "c", mode: "kubeconfig" } });
    assert.equal(kubeconfig.storage.className, "");
  },
  "monitoring:storage.create": (said) => {
    assert.equal(said, "only in the mode `create`");
    for (const mode of ["existing", "create", "kubeconfig"]) {
      assert.equal(settings({ cluster: { name: "c", mode } }).storage.create, mode === "create");
    }
  },
  "monitoring:loki.region": (said) => {
    assert.equal(said, "`aws:region`");
    assert.equal(settings({ loki: {} }).loki?.region, "eu-west-1");
  },
  "monitoring:alerts.runbookBaseUrl": (said) => {
    assert.equal(said, "the runbooks of this repository");
    assert.match(settings({}).services.alerts.runbookBaseUrl, /\/docs\/runbooks$/);
  },
  "monitoring:services[].selector": (said) => assert.equal(said, "`app: <name>`"),
  "aws:region": (said) => assert.ok(readPage("Pulumi.yaml").includes(said.replaceAll("`", ""))),
};
